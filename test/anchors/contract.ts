import { expect, test } from '@jest/globals';
import { type Anchor, OtherCheckpoint } from '#src/anchors/anchor.ts';
import { judgeMark, judgeRefusal } from '#src/anchors/marks.ts';
import { type TestLedger, testLedger } from './ledger.ts';

/** What every place that keeps checkpoints must hold. `open` gives an anchor of a ledger at a place that is empty the first time. */
export function testAnchor(place: () => { open: (ledger: TestLedger) => Anchor | Promise<Anchor> }): void {
  const hand = (anchor: Anchor, ledger: TestLedger, size?: number) => {
    const checkpoint = ledger.checkpoint(size);
    return anchor.publish(checkpoint, (old) => ledger.proofFrom(old, checkpoint.size));
  };
  const noteIn = async (anchor: Anchor, ledger: TestLedger) => {
    const note = await anchor.latest();
    return note === null ? 0 : judgeMark(anchor, note, ledger.own);
  };

  test('keeps nothing at first, then the largest that it was handed', async () => {
    const ledger = testLedger(7);
    const { open } = place();
    const anchor = await open(ledger);
    expect(await anchor.latest()).toBeNull();
    expect((await hand(anchor, ledger, 3)).receipt.length).toBeGreaterThan(20);
    expect(await noteIn(anchor, ledger)).toBe(3);
    await hand(anchor, ledger, 7);
    expect(await noteIn(anchor, ledger)).toBe(7);
    expect(await noteIn(await open(ledger), ledger)).toBe(7);
    expect(await anchor.check()).not.toBe('');
  });

  test('takes the same again, as after a kill between publication and record', async () => {
    const ledger = testLedger(5);
    const { open } = place();
    const first = await hand(await open(ledger), ledger);
    const again = await hand(await open(ledger), ledger);
    if ((await open(ledger)).kind !== 'witness') expect(again.receipt).toEqual(first.receipt);
    expect(await noteIn(await open(ledger), ledger)).toBe(5);
  });

  test('does not take another checkpoint of the same size, and what it has shows the fork', async () => {
    const ledger = testLedger(6);
    const { open } = place();
    await hand(await open(ledger), ledger);
    const fork = ledger.copy(5);
    fork.append('slipped in');
    const anchor = await open(fork);
    const refused = await hand(anchor, fork).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(OtherCheckpoint);
    expect(judgeRefusal(anchor, refused as OtherCheckpoint, fork.own)).toMatchObject({
      code: 'STORE_FORKED',
      data: { outside: 6, own: 6 },
    });
    await expect(noteIn(anchor, fork)).rejects.toMatchObject({ code: 'STORE_FORKED' });
    for (let i = 0; i < 5; i++) fork.append(`further ${i}`);
    await expect(noteIn(anchor, fork)).rejects.toMatchObject({ code: 'STORE_FORKED' });
    expect(await noteIn(await open(ledger), ledger)).toBe(6);
  });

  test('is ahead of a ledger that was rolled back', async () => {
    const ledger = testLedger(9);
    const { open } = place();
    await hand(await open(ledger), ledger);
    const older = ledger.copy(4);
    await expect(noteIn(await open(older), older)).rejects.toMatchObject({
      code: 'STORE_ROLLED_BACK',
      data: { outside: 9, own: 4 },
      remedy: expect.stringContaining('ledger.origin'),
    });
  });
}
