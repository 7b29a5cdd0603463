import { expect, test } from '@jest/globals';
import { hour } from '#src/duration.ts';
import { verifyPackage } from '#src/package/verifiers/verify.mjs';
import { start, type World } from '#test/cycle/world.ts';
import { correctToyStore, packageOf, toySource, toyStore } from './world.ts';

/** A day in which a door opened, a scope could not be read for two hours, was empty, was gone, and came again. */
const eventful: Record<number, (world: World) => void> = {
  3: (world) => world.doors.north!.forEach((door) => (door.open = false)),
  5: (world) => (world.failing['south toy:ListDoors'] = 'denied'),
  7: (world) => (world.failing = {}),
  9: (world) => (world.doors.south = []),
  11: (world) => delete world.doors.south,
  13: (world) => (world.doors.south = [{ id: 's1', open: true }]),
};
const afternoon = { from: start + 6 * hour, to: start + 14 * hour, asOf: start + 24 * hour };

test.each([
  ['of things, a day', undefined, undefined],
  ['of things, some hours', undefined, afternoon],
  ['of people, a day', new Set(['toy.door']), undefined],
  ['of people, some hours', new Set(['toy.door']), afternoon],
])(
  'a package %s, of a store from which documents were purged: what is gone is told, and nothing else is wrong',
  async (_, personal, window) => {
    await using store = await toyStore(':memory:', 24, eventful, { ...(personal && { personal }) });
    const before = { replies: start + 20 * hour, snapshots: start + 10 * hour };
    const { documents } = await store.purge({ at: start + 24 * hour, by: 'the owner', policy: 'kept are four hours', before });
    expect(documents).toBeGreaterThan(0);
    const { checks } = await verifyPackage((await packageOf(toySource(store, window))).bytes, { judge: 'none' });
    expect(checks.flatMap(({ faults }) => faults)).toEqual([]);
    expect(checks.flatMap(({ notEstablished }) => notEstablished).join('\n')).toMatch(/what \d+ documents said: they were purged/);
  },
);

test('what was purged after a correction is told, and what the correction brought stays', async () => {
  await using store = await toyStore(':memory:', 24, eventful);
  await correctToyStore(store);
  const before = { replies: start + 20 * hour, snapshots: start + 10 * hour };
  await store.purge({ at: start + 24 * hour, by: 'the owner', policy: 'kept are four hours', before });
  expect(store.check()).toEqual([]);
  const { checks } = await verifyPackage((await packageOf(toySource(store))).bytes, { judge: 'none' });
  expect(checks.flatMap(({ faults }) => faults)).toEqual([]);
  expect(checks.find(({ check }) => check === 'corrections')!.says).toContain('1 correction brings 2 looks');
});
