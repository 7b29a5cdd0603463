import { generateKeyPairSync } from 'node:crypto';
import { afterAll, describe, expect, test } from '@jest/globals';
import { OtherCheckpoint } from '#src/anchors/anchor.ts';
import { judgeRefusal } from '#src/anchors/marks.ts';
import { witnessAnchor } from '#src/anchors/witness.ts';
import { noteOf, openNote } from '#src/ledger/note.ts';
import { startWitness, type WitnessDouble } from '#test/doubles/witness.ts';
import { testAnchor } from './contract.ts';
import { type TestLedger, testLedger } from './ledger.ts';

const key = generateKeyPairSync('ed25519').privateKey;
const started: WitnessDouble[] = [];
afterAll(() => Promise.all(started.map((each) => each.close())));

async function witness(ledger: TestLedger, shows = true) {
  const double = await startWitness([ledger.vkey], { shows });
  started.push(double);
  return {
    double,
    open: ({ origin }: TestLedger) => witnessAnchor({ name: 'auditor', every: 0, origin, url: double.url, vkey: double.vkey }),
  };
}

describe('a witness', () => {
  testAnchor(() => {
    let double: Promise<WitnessDouble> | undefined;
    return {
      async open(ledger) {
        double ??= startWitness([ledger.vkey]);
        started.push(await double);
        const { url, vkey } = await double;
        return witnessAnchor({ name: 'auditor', every: 0, origin: ledger.origin, url, vkey });
      },
    };
  });

  test('its signature opens with its key, and is asked for from the size it names', async () => {
    const ledger = testLedger(12, { key });
    const { double, open } = await witness(ledger, false);
    const anchor = open(ledger);
    for (const [i, size] of [3, 8, 12].entries()) {
      const checkpoint = ledger.checkpoint(size);
      const { receipt } = await anchor.publish(checkpoint, (old) => ledger.proofFrom(old, size));
      const text = checkpoint.note.slice(0, checkpoint.note.indexOf('\n\n') + 1);
      expect(openNote(noteOf(text, [receipt.toString().trimEnd()]), [double.vkey]).verified[0]!.timestamp).toBe(1_767_225_600 + i);
    }
    const again = open(ledger);
    expect(await again.latest()).toBeNull();
    await again.publish(ledger.checkpoint(), (old) => ledger.proofFrom(old, 12));
    expect(double.answered).toEqual([200, 200, 200, 409, 200]);
  });

  test('that shows nothing still refuses a ledger that was rolled back, and one that was forked', async () => {
    const ledger = testLedger(9, { key });
    const { open } = await witness(ledger, false);
    await open(ledger).publish(ledger.checkpoint(), () => []);
    const refusalOf = async (other: TestLedger) => {
      const anchor = open(other);
      const refused = await anchor
        .publish(other.checkpoint(), (old) => other.proofFrom(old, other.own.size()))
        .catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(OtherCheckpoint);
      return judgeRefusal(anchor, refused as OtherCheckpoint, other.own);
    };
    expect(await refusalOf(ledger.copy(4))).toMatchObject({ code: 'STORE_ROLLED_BACK', data: { outside: 9, own: 4 } });
    const fork = ledger.copy(8);
    for (let i = 0; i < 5; i++) fork.append(`other ${i}`);
    expect(await refusalOf(fork)).toMatchObject({ code: 'STORE_FORKED', data: { outside: 9, own: 13 } });
  });

  test.each([
    ['an unknown key', { status: 404 }, 'does not know this ledger'],
    ['a bad signature', { status: 403 }, 'does not accept the signature'],
    ['a fault', { status: 500 }, 'answered 500'],
    ['a page in place of signatures', { body: '<html>welcome</html>' }, 'without a good signature'],
    ['nothing', { body: '' }, 'without a good signature'],
    ['a conflict without a size', { status: 409, body: '7\n' }, 'without the size'],
    ['a size that changes each time', undefined, 'another size each time'],
    ['too much', { body: 'x'.repeat(300_000) }, 'more than 262144 bytes'],
  ])('%s is a fault of the anchor, and no conflict', async (_, answer, says) => {
    const ledger = testLedger(50, { key });
    const { double, open } = await witness(ledger);
    let size = 5;
    double.meddle = () => answer ?? { status: 409, type: 'text/x.tlog.size', body: `${size++}\n` };
    await expect(open(ledger).publish(ledger.checkpoint(), (old) => ledger.proofFrom(old, 50))).rejects.toMatchObject({
      name: 'AnchorFault',
      message: expect.stringContaining(says),
    });
  });

  test('a signature of another witness, or over another checkpoint, is none', async () => {
    const ledger = testLedger(5, { key });
    const { double, open } = await witness(ledger);
    const other = await witness(ledger);
    const { receipt } = await other.open(ledger).publish(ledger.checkpoint(), () => []);
    const { receipt: earlier } = await (await witness(ledger)).open(ledger).publish(ledger.checkpoint(2), () => []);
    for (const body of [receipt, earlier]) {
      double.meddle = () => ({ body });
      await expect(open(ledger).publish(ledger.checkpoint(), () => [])).rejects.toMatchObject({ name: 'AnchorFault' });
    }
  });
});
