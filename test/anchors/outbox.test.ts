import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Anchor, AnchorFault, type Checkpoint } from '#src/anchors/anchor.ts';
import { openFaults } from '#src/anchors/faults.ts';
import { lagOf, type Published, progressOf } from '#src/anchors/lag.ts';
import { openOutbox } from '#src/anchors/outbox.ts';
import { type TestLedger, testLedger } from './ledger.ts';

const minute = 60_000;
const day = 1_440 * minute;
let clock: number;
let ledger: TestLedger;
let rows: Published[];
let receipts: number[];
beforeEach(() => {
  clock = Date.parse('2026-03-01T00:00:00Z');
  ledger = testLedger(5);
  rows = [];
  receipts = [];
});

/** A place in memory that does what it is told to. */
function place(name = 'place', kind: Anchor['kind'] = 'file') {
  const kept: Checkpoint[] = [];
  const own = {
    kept,
    asked: 0,
    /** What stands in for the place's own work, before it is done. */
    before: async (): Promise<void> => undefined,
    /** The same, when it is done and its answer is on the way. */
    after: async (): Promise<void> => undefined,
    latest: (): string | null => kept.at(-1)?.note ?? null,
  };
  const anchor: Anchor = {
    name,
    kind,
    every: day,
    latest: async () => own.latest(),
    async publish(checkpoint) {
      own.asked++;
      await own.before();
      if (!kept.some(({ size }) => size === checkpoint.size)) kept.push(checkpoint);
      await own.after();
      return { receipt: Buffer.from(`kept ${checkpoint.size}`) };
    },
    check: async () => 'ok',
  };
  return Object.assign(own, { anchor });
}

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

function open(anchors: readonly Anchor[], { own = ledger, patience = 5_000 }: { own?: TestLedger; patience?: number } = {}) {
  const progress = progressOf(rows, receipts);
  const faults = openFaults(null);
  const outbox = openOutbox({
    anchors,
    own: own.own,
    checkpoint: () => (own.own.size() === 0 ? null : own.checkpoint()),
    proofFrom: (old, size) => own.proofFrom(old, size),
    progress,
    // As the store does: a row, and a leaf of the ledger that names it.
    async record(row) {
      rows.push(row);
      own.append(`receipt of ${row.name} for ${row.size}`);
      receipts.push(own.own.size() - 1);
      return own.own.size() - 1;
    },
    faults,
    log,
    now: () => clock,
    random: () => 0,
    patience,
  });
  const lag = (anchor: Anchor) =>
    lagOf(anchor, {
      progress,
      ledgerSize: own.own.size(),
      instantOf: () => clock - 2 * minute,
      fault: faults.of(anchor.name),
      asOf: clock,
    });
  const round = async (later = 0) => {
    clock += later;
    outbox.nudge();
    await outbox.settled(5_000);
  };
  return { outbox, faults, lag, round };
}
const published = () => rows.map(({ size }) => size);

describe('the outbox', () => {
  test('publishes the head at once, then when its time has come and there is something new', async () => {
    const { anchor } = place();
    const { round } = open([anchor]);
    await round();
    await round(minute);
    expect(published()).toEqual([5]);
    ledger.append('a cycle');
    await round(minute);
    expect(published()).toEqual([5]);
    await round(day);
    expect(published()).toEqual([5, 7]);
  });

  test('a receipt alone is no reason to publish again, however long it waits', async () => {
    const places = [place('a'), place('b'), place('c')];
    const { round } = open(places.map(({ anchor }) => anchor));
    for (let i = 0; i < 10; i++) await round(2 * day);
    expect(published()).toEqual([5, 5, 5]);
    expect(ledger.own.size()).toBe(8);
    ledger.append('a cycle');
    for (let i = 0; i < 10; i++) await round(2 * day);
    expect(rows).toHaveLength(6);
  });

  test('nothing is published of a ledger that is not signed', async () => {
    ledger = testLedger(0);
    const { anchor, kept } = place();
    await open([anchor]).round();
    expect(kept).toEqual([]);
  });

  test('one place that fails or hangs keeps no other waiting, and nobody who nudges', async () => {
    const [good, bad, stuck] = [place('good'), place('bad'), place('stuck')];
    bad.before = async () => Promise.reject(new AnchorFault('the disk is full', { mend: 'Make room there.' }));
    stuck.before = () => new Promise(() => undefined);
    const { outbox, faults, lag } = open([stuck.anchor, bad.anchor, good.anchor], { patience: 20 });
    outbox.nudge();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(published()).toEqual([5]);
    expect(lag(good.anchor)).toMatchObject({ size: 5, leavesBehind: 0, behindSince: null, late: false, fault: null });
    expect(lag(bad.anchor)).toMatchObject({
      size: null,
      leavesBehind: 5,
      behindSince: clock - 2 * minute,
      fault: { reason: 'the disk is full', mend: 'Make room there.' },
    });
    expect(faults.of('stuck')).toMatchObject({ reason: 'nothing within 0.02 s' });
    // What hangs is not asked a second time beside the first.
    clock += day;
    outbox.nudge();
    expect(stuck.asked).toBe(1);
  });

  test('what fails is tried later and later, and once it goes through it is as if it had not', async () => {
    const broken = place();
    broken.before = async () => Promise.reject(new Error('500'));
    const { round, faults } = open([broken.anchor]);
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      await round();
      waits.push((faults.of('place')!.nextAt - clock) / 1_000);
      await round(faults.of('place')!.nextAt - clock - 1);
      clock++;
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1_800, 1_800, 1_800]);
    expect(broken.asked).toBe(9);
    broken.before = async () => undefined;
    await round();
    expect([published(), faults.of('place')]).toEqual([[5], null]);
  });

  test('a kill between publication and record leaves one publication and one record', async () => {
    const spot = place();
    const first = open([spot.anchor]);
    let answer = (): void => undefined;
    spot.after = () => new Promise((resolve) => (answer = resolve));
    first.outbox.nudge();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(spot.kept).toHaveLength(1);
    // The process ends here: what the place answers then, nobody hears.
    first.outbox.close();
    answer();
    await first.outbox.settled(100);
    expect(rows).toEqual([]);
    spot.after = async () => undefined;
    await open([spot.anchor]).round();
    expect([spot.kept.length, published()]).toEqual([1, [5]]);
    await open([spot.anchor]).round(day);
    expect([spot.kept.length, published()]).toEqual([1, [5]]);
  });

  test('what a place had confirmed and lost is told, and brought again', async () => {
    const spot = place();
    const { round, faults } = open([spot.anchor]);
    await round();
    spot.kept.splice(0);
    ledger.append('a cycle');
    await round(day);
    expect(published()).toEqual([5, 7]);
    expect(faults.of('place')!.reason).toContain('it had lost the checkpoint of size 5');
  });
});

describe('the mark outside', () => {
  test('one ahead of the ledger, or of another history, ends all signing', async () => {
    for (const [own, code] of [
      [ledger.copy(3), 'STORE_ROLLED_BACK'],
      [fork(), 'STORE_FORKED'],
    ] as const) {
      const spot = place();
      spot.kept.push(ledger.checkpoint());
      const { outbox, round } = open([spot.anchor], { own });
      await expect(outbox.verifyMarks()).rejects.toMatchObject({ code, data: { anchor: 'place', outside: 5 } });
      expect(outbox.refusal()).toMatchObject({ code });
      await round();
      expect(spot.kept).toHaveLength(1);
    }
  });

  function fork(): TestLedger {
    const other = ledger.copy(4);
    for (let i = 0; i < 4; i++) other.append(`other ${i}`);
    return other;
  }

  test('found while running, it is there for who signs next', async () => {
    const spot = place();
    const { outbox, round } = open([spot.anchor]);
    await outbox.verifyMarks();
    await round();
    for (let i = 0; i < 3; i++) ledger.append(`elsewhere ${i}`);
    spot.kept.push(ledger.checkpoint());
    const older = ledger.copy(6);
    const second = open([spot.anchor], { own: older });
    older.append('x');
    expect(second.outbox.refusal()).toBeNull();
    await second.round(day);
    expect(second.outbox.refusal()).toMatchObject({ code: 'STORE_ROLLED_BACK' });
  });

  test.each<[string, (other: TestLedger) => string]>([
    ['a note of another key', (other) => other.checkpoint(9).note],
    ['a note of ours that was altered', () => ledger.checkpoint().note.replace('\n5\n', '\n9\n')],
    ['a note of another ledger of ours', () => testLedger(9, { origin: 'evidence.example.com/other' }).checkpoint().note],
    ['a page', () => '<html>not found</html>'],
    ['nothing', () => ''],
  ])('%s is a lie, which stops nothing and is shown', async (_, lie) => {
    const spot = place();
    spot.latest = () => lie(testLedger(9));
    const { outbox, lag, round } = open([spot.anchor]);
    await outbox.verifyMarks();
    expect(outbox.refusal()).toBeNull();
    await round(30 * minute);
    expect(lag(spot.anchor).fault).toMatchObject({ attempts: 2, reason: expect.stringContaining('not a checkpoint that our keys signed') });
    expect(lag(spot.anchor)).toMatchObject({ size: null, leavesBehind: 5 });
  });

  test('a place that hangs at the start is waited for no longer than that', async () => {
    const spot = place();
    const anchor = { ...spot.anchor, latest: () => new Promise<null>(() => undefined) };
    const { outbox, faults } = open([anchor], { patience: 20 });
    await outbox.verifyMarks();
    expect([outbox.refusal(), faults.of('place')!.attempts]).toEqual([null, 1]);
  });
});
