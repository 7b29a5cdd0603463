import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BackfillRecord, type CorrectedLook, type EvidenceReading, type EvidenceStore, scopeKey } from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import { answersOf } from '#test/contracts/time-travel.ts';
import { oracle } from '#test/evidence/oracle.ts';
import { declaredHold, hour, type Observation, recordOf, start, steps, worldOf } from '#test/evidence/world.ts';

type WithStore = <T>(use: (store: EvidenceStore) => Promise<T>) => Promise<T>;
const call = { operation: 'List', parameters: '{}', page: 0, status: 200, requestId: 'r', reply: '{}' };

type Looked = Observation['scopes'][number];

/** What is corrected when: after how many cycles, at which of the scopes, over which share of the time that has passed, with which looks. */
const corrections = fc.array(
  fc.record({ after: fc.nat(20), scope: fc.nat(5), from: fc.nat(99), to: fc.nat(99), looks: steps, first: fc.boolean() }),
  { minLength: 1, maxLength: 3 },
);

/** What every engine must hold of data that comes late. */
export function backfillContract(name: string, withStore: WithStore, worlds: number): void {
  describe(`${name}: what is brought late or corrected`, () => {
    test('a grid of what was known when about which time: what is known now is the corrected world, what was known stays', async () => {
      let brought = 0;
      await fc.assert(
        fc.asyncProperty(steps, corrections, (given, asked) =>
          withStore(async (store) => {
            const story = worldOf(given);
            const then: { size: number; answers: unknown }[] = [];
            let known: Dated[] = [];
            for (const [n, observation] of story.entries()) {
              const index = store.head().size;
              await store.commit(recordOf(observation, store.held));
              known.push({ ...observation, index });
              for (const one of asked.filter(({ after }) => after === n)) {
                const made = correctionOf(one, known, store);
                if (!made) continue;
                const foreseen = withoutLedger(store.foreseen(made.record));
                await store.backfill(made.record);
                expect(withoutLedger(store.reading())).toEqual(foreseen);
                known = applied(known, made, store.head().size - 1);
                brought++;
              }
              expectCorrected(store.reading(), known);
              expectToldBy(store.corrected(), store.reading());
              then.push({ size: store.head().size, answers: answersOf(store.reading()) });
            }
            for (const { size, answers } of then) expect(answersOf(store.knownAt(size))).toEqual(answers);
            expect(store.check()).toEqual([]);
          }),
        ),
        // A few random worlds may leave nothing to correct; these do not.
        { numRuns: Math.min(15, worlds), endOnFailure: true, ...(worlds < 15 && { seed: 7 }) },
      );
      expect(brought).toBeGreaterThan(0);
    }, 120_000);

    test('what does not fit is refused, and leaves nothing behind', () =>
      withStore(async (store) => {
        const [world] = fc.sample(steps, { seed: 5, numRuns: 1 });
        for (const observation of worldOf(world!).slice(0, 4)) await store.commit(recordOf(observation, store.held));
        const [held] = [...store.held.values()];
        const last = store.lastCycle()!.asOf;
        const ruleSet = { rules: {}, byPopulation: {} };
        const look = { asOf: start + 5, hold: 1, calls: [call], items: [] };
        const right: BackfillRecord = {
          at: last + 1,
          scope: held!.scope,
          from: start,
          to: last,
          reason: 'an export',
          run: 'import-7',
          ruleSet,
          looks: [look],
        };
        const wrong: [string, Partial<BackfillRecord>][] = [
          ['no cycle ever looked', { scope: { ...held!.scope, account: '999999999999' } }],
          ['reaches past the last cycle', { to: last + 1 }],
          ['ends before it begins', { from: last }],
          ['gives no reason', { reason: ' ' }],
          ['no run', { run: '' }],
          ['none of the calls', { looks: [{ ...look, calls: [] }] }],
          ['not in order', { looks: [look, look] }],
          ['not within its time', { looks: [{ ...look, asOf: last }] }],
          ['has no hold', { looks: [{ ...look, hold: 0 }] }],
          ['would vouch for 14400 s', { looks: [{ ...look, hold: 4 * hour }] }],
        ];
        const before = store.head();
        for (const [why, change] of wrong)
          await expect(store.backfill({ ...right, ...change })).rejects.toMatchObject({
            code: 'BACKFILL_REFUSED',
            data: { reason: expect.stringContaining(why) },
          });
        expect(store.head()).toEqual(before);
        expect(store.reading()).toBe(store);
      }));

    test('a leaf that says what its documents do not is reported', () =>
      withStore(async (store) => {
        const [world] = fc.sample(steps, { seed: 5, numRuns: 1 });
        const story = worldOf(world!).slice(0, 4);
        for (const observation of story) await store.commit(recordOf(observation, store.held));
        const known = story.map((observation, index) => ({ ...observation, index }));
        const shares = { scope: 0, from: 0, to: 100, first: true, looks: world };
        const { record } = correctionOf(shares, known, store)!;
        expect(record.looks.length).toBeGreaterThan(1);
        await store.backfill(record);
        expect(store.check()).toEqual([]);
        const body = store.entries('backfill')[0]!.body as any;
        const [first, ...others] = body.looks;
        const seen = body.looks.find(({ n }: any) => n > 0);
        const withSeen = (change: object) => ({ looks: body.looks.map((look: any) => (look === seen ? { ...look, ...change } : look)) });
        const texts = {
          none: '[]',
          events: canonical(JSON.parse(store.document(seen.items)!).map((item: object) => ({ ...item, at: start }))),
        };
        const forged: [string, object][] = [
          ['no cycle ever looked at', { scope: 'nobody/1/2/example.bucket' }],
          ['what has not passed', { to: '2036-01-01T00:00:00.000Z' }],
          ['is no time in UTC with milliseconds', { from: body.from.replace('.000Z', 'Z') }],
          ['a look has no hold', withSeen({ hold: 0 })],
          ['looks at the scope vouched for', withSeen({ hold: 1000 * 24 * hour })],
          ['none of the calls that saw it', withSeen({ manifest: sha256(texts.none) })],
          ['its items are events where those of the scope are states', withSeen({ items: sha256(texts.events) })],
          ['not in order', { looks: [...others, first] }],
          ['not within its time', { from: body.to, to: '2026-01-01T00:00:01.000Z' }],
          ['is not what its leaf says', { looks: [{ ...first, n: first.n + 1 }, ...others] }],
          ['which none of its looks needs', { looks: [] }],
          ['does not name', { documents: {} }],
        ];
        for (const [says, change] of forged) {
          const more = 'looks' in change && (change.looks as unknown[]).length > 0 ? Object.values(texts) : [];
          const documents = { ...body.documents, ...Object.fromEntries(more.map((text) => [`more/${sha256(text)}`, sha256(text)])) };
          await store.append('backfill', record.at, { ...body, documents, ...change }, more);
          const where = `entry ${store.head().size - 1}: `;
          expect(
            store
              .check()
              .filter((line) => line.startsWith(where))
              .join('\n'),
          ).toContain(says);
        }
        // What comes after a leaf does not make it fit.
        const place = story.flatMap(({ scopes }) => scopes)[0];
        const later = { scope: { ...place!.scope, account: '999999999999' }, hold: hour, items: [], listed: 0 };
        await store.append('backfill', record.at, { ...body, scope: scopeKey(later.scope) });
        const index = store.head().size - 1;
        await store.commit(
          recordOf({ ...story[0]!, connection: place!.scope.connection, asOf: record.at + 1, scopes: [later], retired: [] }, store.held),
        );
        expect(store.check().filter((line) => line.startsWith(`entry ${index}: ${scopeKey(later.scope)}`))).toEqual([
          expect.stringContaining('no cycle ever looked at'),
        ]);
      }));
  });
}

interface Dated extends Observation {
  readonly index: number;
  /** Looks at events that a correction covers. */
  readonly taken?: Observation['scopes'];
}

interface Correction {
  readonly record: BackfillRecord;
  readonly looks: readonly { readonly asOf: number; readonly seen: Looked }[];
}

/** A correction that the store takes: of a scope that exists all the time that it covers. */
function correctionOf(
  { scope: which, from: a, to: b, looks, first }: any,
  known: readonly Dated[],
  store: EvidenceStore,
): Correction | null {
  const scopes = [...store.held.values()].filter(({ retired }) => !retired);
  const held = scopes[which % Math.max(1, scopes.length)];
  if (!held || known.some(({ retired }) => retired.some((scope) => scopeKey(scope) === scopeKey(held.scope)))) return null;
  const last = known.at(-1)!.asOf;
  const at = (share: number) => start + Math.floor(((last - start) * share) / 100) + (first ? 0 : 1);
  const [from, to] = [Math.min(at(a), at(b)), Math.min(last, Math.max(at(a), at(b)))];
  if (from >= to) return null;
  const event = held.scope.population === 'example.change';
  const made = worldOf(looks).flatMap(({ scopes, asOf, ruleSet }) =>
    scopes
      .filter(({ scope }) => scope.population === held.scope.population)
      .map((seen) => ({ asOf: from + (asOf - start), seen: { ...seen, scope: held.scope }, ruleSet })),
  );
  const fitting = made
    .filter(
      ({ asOf, ruleSet }, i) => asOf < to && ruleSet === made[0]!.ruleSet && made.findIndex((each) => each.asOf === asOf) === i && !event,
    )
    .slice(0, 4)
    .map((each) => {
      const hold = Math.min(each.seen.hold, declaredHold(store, scopeKey(held.scope), each.asOf));
      return { ...each, seen: { ...each.seen, hold } };
    });
  const record: BackfillRecord = {
    at: last + 1,
    scope: held.scope,
    from,
    to,
    reason: 'the export of that night',
    run: 'import-7',
    ruleSet: fitting[0]?.ruleSet ?? known.at(-1)!.ruleSet,
    looks: fitting.map(({ asOf, seen: { hold, unread, items } }) =>
      unread
        ? { asOf, hold, calls: [], unread }
        : { asOf, hold, calls: [call], items: items!.map((item) => ({ ...item, name: item.key })) },
    ),
  };
  return { record, looks: fitting };
}

/** The world as it is known after a correction: the looks of that scope and time are those of the correction, by its leaf. */
function applied(known: readonly Dated[], { record: { scope, from, to, ruleSet }, looks }: Correction, index: number): Dated[] {
  const key = scopeKey(scope);
  const cleared = known.map((observation): Dated => {
    if (observation.asOf < from || observation.asOf >= to) return observation;
    const [covered, scopes] = [true, false].map((is) => observation.scopes.filter((seen) => (scopeKey(seen.scope) === key) === is));
    const events = covered!.filter(({ scope, unread }) => scope.population === 'example.change' && !unread);
    return { ...observation, scopes: scopes!, taken: [...(observation.taken ?? []), ...events] };
  });
  const brought = looks.map(
    ({ asOf, seen }): Dated => ({ connection: scope.connection, asOf, ruleSet, scopes: [seen], retired: [], index }),
  );
  return [...cleared, ...brought].sort((a, b) => a.asOf - b.asOf || a.index - b.index);
}

function expectCorrected(reading: EvidenceReading, known: readonly Dated[]): void {
  const expected = oracle(known);
  const index = (position: number) => known[position]!.index;
  const runs = expected.runs().map((run) => ({ ...run, index: index(run.index) }));
  const byRun = (a: (typeof runs)[number], b: (typeof runs)[number]) =>
    compare(a.rule, b.rule) || compare(a.scope, b.scope) || compare(a.item, b.item) || a.first - b.first;
  expect([...reading.runs({ from: -Infinity, to: Infinity })]).toEqual(runs.sort(byRun));
  expect(reading.gaps(-Infinity, Infinity)).toEqual(expected.gaps().sort((a, b) => compare(a.scope, b.scope) || a.from - b.from));
  for (const key of expected.held().keys())
    for (const item of ['item-0', 'item-1', 'item-2'])
      expect(reading.history(key, item).map(({ index, asOf, snapshot }) => ({ index, asOf, snapshot }))).toEqual(
        (expected.history(key, item) as { index: number; asOf: number; snapshot: string | null }[]).map(
          ({ index: position, asOf, snapshot }) => ({
            index: index(position),
            asOf,
            snapshot,
          }),
        ),
      );
}

/** The looks at corrected scopes, one after the other, change what the histories of their items say. */
function expectToldBy(looks: readonly CorrectedLook[], reading: EvidenceReading): void {
  const told = new Map<string, object[]>();
  for (const { scope, index, asOf, changes } of looks)
    for (const { key, seen } of changes) {
      const slot = `${scope}\n${key}`;
      told.set(slot, [...(told.get(slot) ?? []), { index, asOf, snapshotHash: seen?.snapshot ?? null }]);
    }
  for (const [slot, changes] of told) {
    const [scope, item] = slot.split('\n') as [string, string];
    expect(reading.history(scope, item)).toMatchObject(changes);
  }
}

/** What does not depend on the size of the ledger. */
function withoutLedger(reading: EvidenceReading) {
  const { head, calls, ...answers } = answersOf(reading);
  return answers;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
