import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EvidenceReading, EvidenceStore } from '#src/evidence/store.ts';
import { recordOf, start, steps, worldOf } from '#test/evidence/world.ts';

/** Runs a test over a store that is thrown away afterwards. */
type WithStore = <T>(use: (store: EvidenceStore) => Promise<T>) => Promise<T>;

/** What every engine must hold of its second axis of time: the ledger index. */
export function timeTravelContract(name: string, withStore: WithStore, worlds: number): void {
  describe(`${name}: what was known then`, () => {
    test('every question has, at each size of the ledger, the answer that it had then, whatever was added since', async () => {
      await fc.assert(
        fc.asyncProperty(steps, (given) =>
          withStore(async (store) => {
            const then = [answersOf(store)];
            for (const [n, observation] of worldOf(given).entries()) {
              await store.commit(recordOf(observation, store.held));
              then.push(answersOf(store));
              if (n % 4 > 0) continue;
              await store.append('schedule', observation.asOf + 1, { n });
              then.push(answersOf(store));
            }
            expect(then.map((_, size) => answersOf(store.knownAt(size)))).toEqual(then);
          }),
        ),
        { numRuns: Math.min(12, worlds) },
      );
    }, 60_000);

    test('the ledger of an instant has the cycles that had ended by then, and the leaves appended by then', () =>
      withStore(async (store) => {
        const [world] = fc.sample(steps, { seed: 3, numRuns: 1 });
        await store.append('controls', start, { a: 1 });
        for (const observation of worldOf(world!).slice(0, 3)) await store.commit(recordOf(observation, store.held));
        const cycles = store.cycles(0, Infinity);
        expect([start - 1, start].map((instant) => store.sizeKnownAt(instant))).toEqual([0, 1]);
        for (const { asOf, ended, index } of cycles) {
          expect([asOf, ended - 1, ended].map((instant) => store.sizeKnownAt(instant))).toEqual([index, index, index + 1]);
          expect(store.writtenAt(index + 1)).toBe(ended);
        }
        expect([store.writtenAt(0), store.writtenAt(1)]).toEqual([null, start]);
      }));
  });
}

/** Every answer there is. */
export function answersOf(store: EvidenceReading) {
  const scopes = [...store.held.keys()].sort();
  const items = ['item-0', 'item-1', 'item-2'];
  const { size } = store.head();
  return {
    head: store.head(),
    held: scopes.map((scope) => {
      const { items, ...own } = store.held.get(scope)!;
      const sorted = [...items.keys()].sort().map((key) => [key, items.get(key)!] as const);
      return { ...own, items: sorted.map(([key, item]) => ({ ...item, key, item: item.item, judgements: item.judgements })) };
    }),
    runs: [...store.runs({ from: -Infinity, to: Infinity })],
    some: [...store.runs({ from: start, to: start + 7_200_000, rule: 'example.a', item: 'item-1' })],
    gaps: store.gaps(-Infinity, Infinity),
    cycles: store.cycles(0, Infinity),
    last: [store.lastCycle(), store.lastCycle('first'), store.lastCycle('second')],
    looked: scopes.map((scope) => store.lastLookIndex(scope)),
    history: scopes.map((scope) => items.map((item) => store.history(scope, item))),
    calls: scopes.map((scope) => Array.from({ length: size + 2 }, (_, index) => store.calls(index, scope))),
  };
}
