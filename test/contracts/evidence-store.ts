import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallRecord } from '#src/cycle/collect.ts';
import type { Judgement } from '#src/cycle/evaluate.ts';
import { type CycleRecord, type EvidenceStore, type ItemChange, type ScopeRecord, scopeKey } from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { Unread } from '#src/population.ts';
import { backfillContract } from '#test/contracts/backfill.ts';
import { timeTravelContract } from '#test/contracts/time-travel.ts';
import { oracle } from '#test/evidence/oracle.ts';
import { shown } from '#test/evidence/shown.ts';
import { hour, minute, type Observation, recordOf, start, steps, worldOf } from '#test/evidence/world.ts';

/** A place where one engine keeps evidence. `open` may be called again once what it gave is disposed of. */
export interface Engine {
  open(): Promise<EvidenceStore>;
  remove(): Promise<void>;
}

/** What every engine must hold. `worlds` is how many random ones each property is tried with at most. */
export function evidenceStoreContract(name: string, make: () => Promise<Engine>, worlds = 30): void {
  const withEngine = async <T>(use: (engine: Engine) => Promise<T>): Promise<T> => {
    const engine = await make();
    try {
      return await use(engine);
    } finally {
      await engine.remove();
    }
  };
  const withStore = <T>(use: (store: EvidenceStore) => Promise<T>): Promise<T> =>
    withEngine(async (engine) => {
      await using store = await engine.open();
      return await use(store);
    });
  /** Many small worlds, each opened, told, asked and checked. */
  const patience = 60_000;
  timeTravelContract(name, withStore, worlds);
  backfillContract(name, withStore, worlds);

  describe(`${name}: everything that was observed`, () => {
    test(
      'runs, gaps, what is held and the history are those of a store that keeps every observation',
      async () => {
        await fc.assert(
          fc.asyncProperty(steps, (given) =>
            withStore(async (store) => {
              const world = worldOf(given);
              await tell(store, world);
              expectAll(store, world);
            }),
          ),
          { numRuns: worlds },
        );
      },
      patience,
    );

    test(
      'a restart anywhere changes nothing: the same ledger, the same answers',
      async () => {
        await fc.assert(
          fc.asyncProperty(steps, fc.nat(), async (given, cut) => {
            const world = worldOf(given);
            const at = cut % (world.length + 1);
            const straight = await withStore((store) => tell(store, world));
            await withEngine(async (engine) => {
              {
                await using store = await engine.open();
                await tell(store, world.slice(0, at));
              }
              await using store = await engine.open();
              expectAll(store, world.slice(0, at));
              await tell(store, world.slice(at));
              expect(store.head()).toEqual(straight);
              expectAll(store, world);
            });
          }),
          { numRuns: Math.min(12, worlds) },
        );
      },
      patience,
    );

    test(
      'the order of scopes and changes within a cycle does not matter',
      async () => {
        await fc.assert(
          fc.asyncProperty(steps, async (given) => {
            const world = worldOf(given);
            const straight = await withStore((store) => tell(store, world));
            const reversed = await withStore((store) => tell(store, world, backwards));
            expect(reversed).toEqual(straight);
          }),
          { numRuns: Math.min(12, worlds) },
        );
      },
      patience,
    );
  });

  describe(`${name}: gaps`, () => {
    const gapsAfter = (...records: CycleRecord[]) =>
      withStore(
        async (store) => (
          await commitAll(store, records), store.gaps(0, Infinity).map(({ from, to, reason }) => [from - start, to && to - start, reason])
        ),
      );

    test('a failure within the hold is no gap once it is over', async () => {
      expect(await gapsAfter(look(0), failure(1.5))).toEqual([[0, null, 'denied']]);
      expect(await gapsAfter(look(0), failure(1.5), look(2))).toEqual([]);
      expect(await gapsAfter(look(0), failure(1.5), look(2.1))).toEqual([[0, 2.1 * hour, 'denied']]);
    });

    test('a scope that was never read is a gap from the first attempt', async () => {
      expect(await gapsAfter(failure(0), failure(1, 'throttled'))).toEqual([[0, null, 'denied']]);
      expect(await gapsAfter(failure(0), look(3))).toEqual([[0, 3 * hour, 'denied']]);
    });

    test('where nothing was tried the monitor was down', async () => {
      expect(await gapsAfter(look(0), look(2))).toEqual([]);
      expect(await gapsAfter(look(0), look(3))).toEqual([[0, 3 * hour, 'monitor-down']]);
    });

    test('the hold that counts is the one declared where the gap begins', async () => {
      expect(await gapsAfter(look(0, [], { hold: hour }), look(2, [], { hold: 9 * hour }))).toEqual([[0, 2 * hour, 'monitor-down']]);
    });

    test('while a scope is retired nothing is missed', async () => {
      expect(await gapsAfter(look(0), retirement(1), look(9))).toEqual([]);
      expect(await gapsAfter(look(0), failure(1), retirement(5), look(9))).toEqual([[0, 5 * hour, 'denied']]);
    });
  });

  describe(`${name}: what is kept of calls`, () => {
    const call = (n: number, reply: string | null): CallRecord => ({
      operation: 'List',
      parameters: canonical({ n }),
      page: 0,
      status: 200,
      requestId: '',
      reply,
    });

    test('a reply may stand by its hash alone when it is kept already, and not otherwise', () =>
      withStore(async (store) => {
        const reply = canonical({ a: 1 });
        const other = canonical({ a: 2 });
        const known = { ...call(1, null), replyHash: sha256(reply) };
        await store.commit(look(0, [], { calls: [{ ...known, reply }] }));
        await store.commit(look(1, [], { calls: [known, call(2, other)] }));
        expect(store.calls(1, scopeKey(scope))).toEqual([call(1, reply), call(2, other)]);
        await expect(store.commit(look(2, [], { calls: [{ ...known, replyHash: sha256('never') }] }))).rejects.toMatchObject({
          code: 'STORE_INVARIANT',
        });
        expect(store.head().size).toBe(2);
      }));

    test('a reply that does not have the hash it is said to have is refused', () =>
      withStore(async (store) => {
        const wrong = { ...call(1, 'null'), replyHash: sha256('other') };
        await expect(store.commit(look(0, [], { calls: [wrong] }))).rejects.toMatchObject({ code: 'STORE_INVARIANT' });
        expect(store.head().size).toBe(0);
      }));

    test('the calls of a cycle come back with their replies, those of failed scopes too', () =>
      withStore(async (store) => {
        const first = [call(1, canonical({ a: 'x'.repeat(500) })), call(2, 'null')];
        const failed = [{ ...call(1, null), status: 403, failure: { reason: 'denied' as const, code: 'AccessDenied', detail: 'no' } }];
        await commitAll(store, [look(0, [], { calls: first }), failure(1, 'denied', failed), look(2, [], { calls: first })]);
        expect([0, 1, 2, 3].map((index) => store.calls(index, scopeKey(scope)))).toEqual([first, failed, first, []]);
        expect(store.calls(0, 'other')).toEqual([]);
        expect(store.lastLookIndex(scopeKey(scope))).toBe(2);
        expect(store.lastLookIndex('other')).toBeNull();
      }));
  });

  describe(`${name}: cycles and other leaves`, () => {
    test('each cycle in a line', () =>
      withStore(async (store) => {
        await commitAll(store, [look(0, [item('a')]), failure(1)]);
        const summaries = [
          { index: 0, connection: 'first', asOf: start, ended: start, scopes: 1, failed: 0, changes: 1 },
          { index: 1, connection: 'first', asOf: start + hour, ended: start + hour, scopes: 1, failed: 1, changes: 0 },
        ];
        expect(store.cycles(0, Infinity)).toEqual(summaries);
        expect(store.cycles(start + 1, start + hour)).toEqual(summaries.slice(1));
        expect(store.lastCycle()).toEqual(summaries[1]);
        expect(store.lastCycle('first')).toEqual(summaries[1]);
        expect(store.lastCycle('second')).toBeNull();
      }));

    test('a leaf of another kind is added only when it says something new', () =>
      withEngine(async (engine) => {
        {
          await using store = await engine.open();
          const head = await store.append('controls', start, { a: [1] });
          expect(head.size).toBe(1);
          expect(await store.append('controls', start + 1, { a: [1] })).toEqual(head);
          expect((await store.append('schedule', start + 1, { a: [1] })).size).toBe(2);
        }
        await using store = await engine.open();
        expect((await store.append('controls', start + 2, { a: [1] })).size).toBe(2);
        expect((await store.append('controls', start + 2, { a: [2] })).size).toBe(3);
        expect((await store.append('controls', start + 3, { a: [1] })).size).toBe(4);
        expect(store.check()).toEqual([]);
      }));

    test('documents that a leaf names are kept with it; none may be missing, and none left over', () =>
      withEngine(async (engine) => {
        const documents = (...texts: string[]) => ({ documents: Object.fromEntries(texts.map((text) => [`${text}.ts`, sha256(text)])) });
        await using store = await engine.open();
        expect((await store.append('program', start, documents('a', 'b'), ['a', 'b'])).size).toBe(1);
        expect((await store.append('program', start + 1, documents('a', 'c'), ['c'])).size).toBe(2);
        expect(store.check()).toEqual([]);
        await expect(store.append('program', start + 2, documents('d'), [])).rejects.toMatchObject({ code: 'STORE_INVARIANT' });
        await expect(store.append('program', start + 2, documents('a'), ['d'])).rejects.toMatchObject({ code: 'STORE_INVARIANT' });
      }));

    test('a body of another shape than its kind has is refused', () =>
      withStore(async (store) => {
        await expect(store.append('program', start, { documents: { 'a.ts': 'no hash' } })).rejects.toMatchObject({
          code: 'STORE_INVARIANT',
        });
        await expect(store.append('tombstones' as 'tombstone', start, {})).rejects.toMatchObject({ code: 'STORE_INVARIANT' });
        expect(store.head().size).toBe(0);
      }));
  });

  describe(`${name}: what is refused leaves nothing behind`, () => {
    const bad: [why: string, code: string, record: CycleRecord][] = [
      ['a time that is not later', 'CLOCK_BACKWARDS', look(1, [item('a')])],
      ['a cycle that ends before it began', 'STORE_INVARIANT', { ...look(2, []), ended: start }],
      ['fewer items than the look saw', 'STORE_INVARIANT', look(2, [], { items: 2 })],
      ['items vanishing without a word', 'STORE_INVARIANT', look(2, [], { items: 0 })],
      ['an item that goes and was not there', 'STORE_INVARIANT', look(2, [gone('b')], { items: 1 })],
      ['an item twice', 'STORE_INVARIANT', look(2, [item('b'), item('b')], { items: 2 })],
      [
        'a scope twice',
        'STORE_INVARIANT',
        { ...look(2, [], { items: 1 }), scopes: [...look(2, [], { items: 1 }).scopes, ...failure(2).scopes] },
      ],
      ['a scope of another connection', 'STORE_INVARIANT', { ...look(2, [], { items: 1 }), connection: 'second' }],
      [
        'a failed scope with changes',
        'STORE_INVARIANT',
        { ...failure(2), scopes: [{ ...failure(2).scopes[0]!, changes: [] } as unknown as ScopeRecord] },
      ],
      ['a judgement too few', 'STORE_INVARIANT', look(2, [{ ...item('b'), judgements: [] }], { items: 2 })],
      ['a judgement of another rule', 'STORE_INVARIANT', look(2, [item('b', [{ ...judged('pass'), rule: 'other' }])], { items: 2 })],
      ['unobserved without a reason', 'STORE_INVARIANT', look(2, [item('b', [judged('unobserved')])], { items: 2 })],
      [
        'a rule in force that did not judge what is held',
        'STORE_INVARIANT',
        { ...look(2, [], { items: 1 }), ruleSet: { rules: {}, byPopulation: { [scope.population]: ['other'] } } },
      ],
      ['a snapshot of another item', 'STORE_INVARIANT', look(2, [{ ...item('b'), snapshot: item('c').snapshot }], { items: 2 })],
      [
        'a snapshot that is not canonical',
        'STORE_INVARIANT',
        look(2, [{ ...item('b'), snapshot: '{"name":"b", "key":"b"}' }], { items: 2 }),
      ],
      ['an event among states', 'STORE_INVARIANT', look(2, [{ ...item('b'), at: start }], { items: 2 })],
      ['a hold of nothing', 'STORE_INVARIANT', look(2, [], { items: 1, hold: 0 })],
      [
        'the retirement of what does not exist',
        'STORE_INVARIANT',
        { ...retirement(2), retired: [{ scope: { ...scope, region: 'x' }, reason: '' }] },
      ],
    ];
    test.each(bad)('%s', (_, code, record) =>
      withStore(async (store) => {
        const head = await store.commit(look(1, [item('a')]));
        await expect(store.commit(record)).rejects.toMatchObject({ code });
        expect(store.head()).toEqual(head);
        expect([...store.held.get(scopeKey(scope))!.items.keys()]).toEqual(['a']);
        expect(store.check()).toEqual([]);
        expect((await store.commit(look(3, [], { items: 1 }))).size).toBe(2);
      }),
    );
  });
}

const scope = { connection: 'first', account: '111111111111', region: 'eu-west-1', population: 'example.bucket' };
const ruleSet = { rules: { 'example.a': { version: '1', parameters: {} } }, byPopulation: { [scope.population]: ['example.a'] } };

const judged = (result: Judgement['result']): Judgement => ({ rule: 'example.a', result, message: 'It is so.', severity: 'high' });
const item = (key: string, judgements = [judged('pass')]): ItemChange => ({
  key,
  name: key,
  at: null,
  snapshot: canonical({ key, name: key }),
  judgements,
});
const gone = (key: string): ItemChange => ({ key, name: key, at: null, snapshot: null, judgements: null });

function look(
  hours: number,
  changes: readonly ItemChange[] = [],
  given: { hold?: number; items?: number; calls?: CallRecord[] } = {},
): CycleRecord {
  const { hold = 2 * hour, items = changes.length, calls = [] } = given;
  return { ...cycle(hours), scopes: [{ scope, hold, calls, status: 'complete', items, changes }] };
}

function failure(hours: number, reason: Unread['unread'] = 'denied', calls: CallRecord[] = []): CycleRecord {
  return {
    ...cycle(hours),
    scopes: [{ scope, hold: 2 * hour, calls, status: 'failed', unread: { unread: reason, call: 'List', needs: 'list', detail: '' } }],
  };
}

const retirement = (hours: number): CycleRecord => ({ ...cycle(hours), retired: [{ scope, reason: 'closed' }] });

function cycle(hours: number): CycleRecord {
  const asOf = start + Math.round(hours * 60) * minute;
  return { connection: 'first', asOf, ended: asOf, ruleSet, scopes: [], retired: [] };
}

async function commitAll(store: EvidenceStore, records: readonly CycleRecord[]): Promise<void> {
  for (const record of records) await store.commit(record);
}

async function tell(store: EvidenceStore, world: readonly Observation[], arrange = (record: CycleRecord) => record) {
  for (const observation of world) await store.commit(arrange(recordOf(observation, store.held)));
  return store.head();
}

function backwards(record: CycleRecord): CycleRecord {
  const scopes = record.scopes
    .toReversed()
    .map((own): ScopeRecord => (own.status === 'failed' ? own : { ...own, changes: own.changes.toReversed() }));
  return { ...record, scopes, retired: record.retired.toReversed() };
}

/** All answers of the store against those of a store that keeps every observation; and the store against its own evidence. */
function expectAll(store: EvidenceStore, world: readonly Observation[]): void {
  const expected = oracle(world);
  const runs = [...store.runs({ from: -Infinity, to: Infinity })];
  expect(runs).toEqual(runs.toSorted(byRun));
  expect(runs).toEqual(expected.runs().sort(byRun));
  expect(store.gaps(-Infinity, Infinity)).toEqual(expected.gaps().sort((a, b) => compare(a.scope, b.scope) || a.from - b.from));
  expect(shown(store.held)).toEqual(expected.held());
  for (const scope of expected.held().keys()) {
    for (const key of ['item-0', 'item-1', 'item-2'])
      expect(store.history(scope, key).map(({ index, asOf, snapshot, judgements }) => ({ index, asOf, snapshot, judgements }))).toEqual(
        expected.history(scope, key),
      );
  }
  for (const { asOf: at } of world) {
    expect([...store.runs({ from: at, to: at })]).toEqual(runs.filter(({ first, ended }) => first <= at && (ended ?? Infinity) >= at));
  }
  expect(store.check()).toEqual([]);
}

type Run = ReturnType<EvidenceStore['runs']> extends Iterable<infer T> ? T : never;
const byRun = (a: Run, b: Run): number =>
  compare(a.rule, b.rule) || compare(a.scope, b.scope) || compare(a.item, b.item) || a.first - b.first;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
