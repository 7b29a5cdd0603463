import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { shapes } from '#src/commands/shapes.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { localSigner, vkeyOf } from '#src/ledger/note.ts';
import { verifyStore } from '#src/package/verify-store.ts';
import { holdfast } from '#test/commands/cli.ts';
import { results } from './results.ts';
import { publicKeyOf, zipOf } from './sealing.ts';
import { tinyPackage, vkey } from './tiny.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));
const { privateKey } = generateKeyPairSync('ed25519');
const signer = localSigner('example.com/evidence', privateKey);
const file = join(folder, '.holdfast/evidence.db');
const anchored = { name: 'mailbox', kind: 'file', size: 3, at: 3, receipt: Buffer.from('kept') };
let kept: string;

beforeAll(async () => {
  writeFileSync(join(folder, 'holdfast.yaml'), 'company: Acme\nconnections:\n  - id: aws\n    provider: aws\n');
  writeFileSync(join(folder, 'tiny.zip'), zipOf(tinyPackage(results).files));
  mkdirSync(join(folder, '.holdfast'));
  await using store = openSqlite(file, { synchronous: 'OFF', signers: [signer] });
  for (let n = 1; n <= 5; n++) await store.append('schedule', n, { n });
  await store.addAnchor(anchored);
  kept = store.checkpoint(4)!.note;
  writeFileSync(join(folder, 'kept'), kept);
});

const asked = async (outside: Partial<Parameters<typeof verifyStore>[1]> = {}, path = file) => {
  await using store = openSqlite(path, { readOnly: true });
  return verifyStore(store, { vkeys: [], checkpoints: [], ...outside });
};
const faults = (checks: Awaited<ReturnType<typeof asked>>): string[] => checks.flatMap((check) => check.faults);
const open = (checks: Awaited<ReturnType<typeof asked>>): string => checks.flatMap((check) => check.notEstablished).join('\n');

test('a store is accepted with what the asker holds, also beside the agent that writes it', async () => {
  await using _ = openSqlite(file, { synchronous: 'OFF', signers: [signer] });
  const checks = await asked({ vkeys: [signer.vkey], checkpoints: [{ name: 'kept', text: kept }] });
  expect(faults(checks)).toEqual([]);
  expect(checks.map(({ says }) => says)).toEqual([
    expect.stringContaining('6 leaves'),
    expect.stringContaining('with the key you gave'),
    expect.stringContaining('1 receipts of outside places'),
    expect.stringContaining('only grew since the head'),
  ]);
});

test('without anything from outside it says what could not be established', async () => {
  const said = open(await asked());
  expect(said).toContain('no --vkey');
  expect(said).toContain('no --checkpoint');
});

test('another key, another history, a longer one and another log are told', async () => {
  const other = localSigner('example.com/evidence', generateKeyPairSync('ed25519').privateKey);
  expect(faults(await asked({ vkeys: [other.vkey] })).join()).toContain('no key given signed the note');
  const text = (size: number, root: string, origin = 'example.com/evidence') => `${origin}\n${size}\n${root}\n`;
  const root = Buffer.alloc(32).toString('base64');
  const told = async (given: string) => faults(await asked({ checkpoints: [{ name: 'kept', text: given }] })).join();
  expect(await told(text(4, root))).toContain('kept: the first 4 leaves are not those that you hold the head of');
  expect(await told(text(7, root))).toContain('kept: you hold a head of 7 leaves, the store has 6');
  expect(await told(text(4, root, 'example.com/other'))).toContain('kept: it is of another log, example.com/other');
});

test('what is altered in the store is told; what is only not signed yet is not taken for a fault', async () => {
  const copy = join(folder, 'copy.db');
  rmSync(copy, { force: true });
  const db = new DatabaseSync(file);
  db.exec(`VACUUM INTO '${copy}'`);
  db.close();
  const altered = new DatabaseSync(copy);
  const trigger = (name: string) => String(altered.prepare('SELECT sql FROM sqlite_master WHERE name = ?').get(name)!['sql']);
  const refusal = trigger('checkpoint_is_not_deleted');
  altered.exec('DROP TRIGGER checkpoint_is_not_deleted; DELETE FROM checkpoint WHERE size > 5');
  altered.exec(refusal);
  altered.close();
  const unsigned = await asked({}, copy);
  expect(faults(unsigned)).toEqual([]);
  expect(open(unsigned)).toContain('the last 1 leaves: they are not signed yet');
  const again = new DatabaseSync(copy);
  again.exec("DROP TRIGGER anchor_is_not_changed; UPDATE anchor SET receipt = x'00', size = 2");
  again.close();
  expect(faults(await asked({}, copy)).join('\n')).toContain('anchor mailbox 2: no leaf says so');
});

test('holdfast verify checks the live store, and a package with the verifier that lies in it', async () => {
  const live = await holdfast(folder, `verify --vkey ${signer.vkey} --checkpoint kept`);
  expect(live).toMatchObject({ code: 0, err: '' });
  expect(live.out).toContain('ok               signatures: 6 heads are signed');
  const json = await holdfast(folder, 'verify --json');
  shapes.verify.parse(JSON.parse(json.out));
  expect((await holdfast(folder, `verify --vkey ${vkeyOf('a', publicKeyOf(privateKey))}`)).code).toBe(1);
  expect((await holdfast(folder, 'verify --vkey nothing')).code).toBe(2);
  expect((await holdfast(folder, 'verify --checkpoint absent')).code).toBe(2);

  const packed = await holdfast(folder, `verify tiny.zip --json --vkey ${vkey}`);
  expect(packed).toMatchObject({ code: 0, err: '' });
  expect(shapes.verify.parse(JSON.parse(packed.out))).toMatchObject({ ok: true });
  expect((await holdfast(folder, `verify tiny.zip --vkey ${signer.vkey}`)).code).toBe(1);
  expect((await holdfast(folder, 'verify absent.zip')).code).toBe(2);
});
