import { createPublicKey, sign } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { hour } from '#src/duration.ts';
import { cosignedText, localSigner, openNote, signatureLine, vkeyOf } from '#src/ledger/note.ts';
import { verifyPackage } from '#src/package/verifiers/verify.mjs';
import { localKey, publicForms, rawPublicKey } from '#src/signing/key.ts';
import { start, type World } from '#test/cycle/world.ts';
import { privateKeyOf, seeds } from '#test/ledger/vectors.ts';
import { packageOf, toySource, toyStore } from './world.ts';

const origin = 'toy.example/log';
const privateKey = privateKeyOf(seeds[0]);
const signer = localSigner(origin, privateKey);
const key = localKey(privateKey);
const witness = vkeyOf('auditor.example/w1', rawPublicKey(createPublicKey(privateKeyOf(seeds[1]))), 4);
const signers = `${origin} ${publicForms(rawPublicKey(createPublicKey(privateKey)), '').ssh.trim()}\n`;

const eventful: Record<number, (world: World) => void> = {
  3: (world) => world.doors.north!.forEach((door) => (door.open = false)),
  5: (world) => (world.failing['south toy:ListDoors'] = 'denied'),
  7: (world) => (world.failing = {}),
  9: (world) => (world.doors.south = []),
  11: (world) => delete world.doors.south,
  13: (world) => (world.doors.south = [{ id: 's1', open: true }]),
};

/** A day of a signed ledger whose heads were handed out, exported whole; and the head that somebody kept at noon. */
async function signedDay(personal?: ReadonlySet<string>) {
  const store = await toyStore(':memory:', 24, eventful, { signers: [signer], ...(personal && { personal }) });
  const kept = store.checkpoint(12)!.note;
  await store.addAnchor({ name: 'folder', kind: 'file', size: 12, at: start + 12 * hour, receipt: Buffer.from('{}') });
  const seen = Math.floor((start + 12 * hour) / 1000);
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(seen));
  const cosignature = Buffer.concat([
    stamp,
    sign(null, Buffer.from(cosignedText(openNote(kept, [signer.vkey]).text, seen)), privateKeyOf(seeds[1])),
  ]);
  const receipt = Buffer.from(`${signatureLine(witness, cosignature)}\n`);
  await store.addAnchor({ name: 'auditor', kind: 'witness', size: 12, at: start + 12 * hour, receipt });
  return { kept, ...(await packageOf({ ...toySource(store), key })) };
}

const faultsIn = ({ checks }: Awaited<ReturnType<typeof verifyPackage>>) =>
  checks.flatMap(({ check, faults }) => faults.map((fault) => `${check}: ${fault}`));

describe('a package of a signed ledger', () => {
  let day: Awaited<ReturnType<typeof signedDay>>;
  beforeAll(async () => {
    day = await signedDay();
  });

  test('is accepted with what an auditor holds from outside', async () => {
    const report = await verifyPackage(day.bytes, {
      vkeys: [signer.vkey],
      signers,
      checkpoints: [{ name: 'kept', text: day.kept }],
      judge: 'none',
    });
    expect(faultsIn(report)).toEqual([]);
    const said = (check: string) => report.checks.find((each) => each.check === check)?.says;
    expect(said('checkpoint')).toContain('with the key you gave');
    expect(said('signature')).toContain('whom you named');
    expect(said('results')).toMatch(/2 deviations/);
    expect(said('proofs')).toMatch(/proofs lead/);
  });

  test('a witness that the auditor names is asked for the largest head it saw; one that saw none is told', async () => {
    const named = async (vkey: string) => verifyPackage(day.bytes, { vkeys: [signer.vkey, vkey], judge: 'none' });
    const report = await named(witness);
    expect(faultsIn(report)).toEqual([]);
    expect(report.checks.find(({ check }) => check === 'history')!.says).toContain('the head of 12 leaves that auditor.example/w1 saw on');
    const stranger = vkeyOf('stranger.example', rawPublicKey(createPublicKey(privateKeyOf(seeds[1]))), 4);
    expect(faultsIn(await named(stranger))).toEqual([
      expect.stringContaining('stranger.example, whom you named, cosigned no head of this log'),
    ]);
  });

  test('says who signed it, where a reader looks', () => {
    const { files, exported } = day;
    expect(exported).toMatchObject({ sumsSigned: true, ledger: { signed: true, origin } });
    expect(files.get('keys/1.vkey')).toBe(`${signer.vkey}\n`);
    expect(files.get('00_README.html')).toContain(signer.vkey);
    expect(files.get('00_README.html')).toContain(`signed under the name <code>${origin}</code>`);
    expect(JSON.parse(files.get('anchors/anchors.json')!)).toMatchObject([
      { name: 'auditor', size: 12, file: 'cosignatures/12.checkpoint' },
      { name: 'folder', size: 12, file: 'anchors/12.receipt' },
    ]);
    expect([...files.keys()]).toContain(`consistency/12-${exported.ledger.size}.txt`);
  });

  test('has a proof for each deviation and for a sample that nobody chose', () => {
    const rows = day.files.get('proofs/index.csv')!.trim().split('\n').slice(1);
    expect(rows.filter((row) => row.includes(',deviation,'))).toHaveLength(2);
    expect(rows.filter((row) => row.includes(',sample,')).length).toBeGreaterThan(5);
  });

  test('a list that its key cannot sign stays unsigned, and says so', async () => {
    const store = await toyStore(':memory:', 3, {}, { signers: [signer] });
    const { files, exported, bytes } = await packageOf({ ...toySource(store), key: localKey(privateKeyOf(seeds[1])) });
    expect(exported.sumsSigned).toBe(false);
    expect(files.has('SHA256SUMS.sig')).toBe(false);
    expect(files.get('00_README.html')).toContain('The list is not signed');
    expect(faultsIn(await verifyPackage(bytes, { judge: 'none' }))).toEqual([]);
  });
});

test('people are committed to by salted names, and a verifier still finds everything', async () => {
  const { bytes, files } = await signedDay(new Set(['toy.guard']));
  expect(files.get('ledger/names.csv')).toContain('salted:');
  expect(files.get('ledger/changes.ndjson')).not.toContain('"item":"guard:g1"');
  expect(files.get('scope/entities.csv')).toContain('guard:g1,g1,');
  expect(faultsIn(await verifyPackage(bytes, { judge: 'none' }))).toEqual([]);
});

test('a package of an unsigned ledger is accepted for what it is', async () => {
  const { bytes } = await packageOf(toySource(await toyStore(':memory:', 24, eventful)));
  const report = await verifyPackage(bytes, { judge: 'none' });
  expect(faultsIn(report)).toEqual([]);
  expect(report.lines().join('\n')).toContain('not signed');
});
