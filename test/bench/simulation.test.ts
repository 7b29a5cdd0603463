import { expect, test } from '@jest/globals';
import { fill } from '../../bench/evidence/fill.ts';
import { simulate } from '../../bench/evidence/simulation.ts';

const small = { items: 40, hours: 30, changing: 1, coming: 0.3, refused: 0.3, failing: 0.01 };

test('the same seed makes the same year, leaf for leaf; another seed makes another', async () => {
  const heads = await Promise.all(
    [1, 1, 2].map(async (seed) => {
      const { store } = await fill(':memory:', { ...small, seed });
      await using _ = store;
      return store.head();
    }),
  );
  expect(heads[1]).toEqual(heads[0]);
  expect(heads[2]!.root).not.toBe(heads[0]!.root);
});

test('what the store is told of the simulated year is sound, and all of it is there', async () => {
  const { store, simulation, taken } = await fill(':memory:', small);
  await using _ = store;
  const { world } = simulation;
  expect(taken.length).toBe(small.hours - world.missed.size);
  expect(store.check()).toEqual([]);
  const held = [...store.held.values()].reduce((sum, { items }) => sum + items.size, 0);
  const reachable = world.places.filter((place) => !world.failing.has(place)).reduce((sum, { items }) => sum + items.size, 0);
  expect(held).toBeGreaterThanOrEqual(reachable);
});

test('the simulated year has changes, arrivals, departures, refused fields and scopes that fail', () => {
  const seen = { changed: 0, gone: 0, refused: 0, failed: 0 };
  for (const { scopes } of simulate(small).cycles())
    for (const scope of scopes) {
      if (scope.status === 'failed') seen.failed++;
      else
        for (const { snapshot, judgements } of scope.changes) {
          if (snapshot === null) seen.gone++;
          else seen.changed++;
          if (judgements?.some(({ result }) => result === 'unobserved')) seen.refused++;
        }
    }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  expect(seen.changed).toBeGreaterThan(small.items);
});
