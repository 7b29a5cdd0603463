import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runCycle } from '#src/cycle/cycle.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { resultRows } from '#src/report/results.ts';
import { newWorld, settingsAt, start, toyConnection, toyRuleSet, toyRules, type World } from './world.ts';

const door = fc.record({ region: fc.constantFrom('north', 'south'), id: fc.constantFrom('a', 'b', 'c') });
const failing = fc.constantFrom('north toy:ListDoors', 'south toy:ListDoors', 'north toy:GetLock', 'global toy:ListGuards', 'places');

/** What may happen between two looks. */
const event = fc.oneof(
  door.map(({ region, id }) => (world: World) => {
    const doors = world.doors[region];
    if (doors && !doors.some((each) => each.id === id)) doors.push({ id, open: false });
  }),
  door.map(({ region, id }) => (world: World) => {
    for (const each of world.doors[region] ?? []) if (each.id === id) each.open = !each.open;
  }),
  door.map(({ region, id }) => (world: World) => {
    for (const each of world.doors[region] ?? []) if (each.id === id) each.lock = each.lock === 'brass' ? 'steel' : 'brass';
  }),
  door.map(({ region, id }) => (world: World) => {
    if (world.doors[region]) world.doors[region] = world.doors[region].filter((each) => each.id !== id);
  }),
  fc.constantFrom('north', 'south').map((region) => (world: World) => {
    if (world.doors[region]) delete world.doors[region];
    else world.doors[region] = [{ id: 'a', open: false }];
  }),
  failing.map((call) => (world: World) => {
    if (world.failing[call]) delete world.failing[call];
    else world.failing[call] = 'denied';
  }),
  fc.constant((world: World) => {
    world.guards[0]!.awake = !world.guards[0]!.awake;
  }),
  fc.constant(() => undefined),
);
const looks = fc.array(
  fc.record({ events: fc.array(event, { maxLength: 3 }), metal: fc.constantFrom('steel', 'steel', 'steel', 'bronze') }),
  { minLength: 2, maxLength: 12 },
);

/** Everything that can be read afterwards, look by look. */
async function observed(story: { events: ((world: World) => void)[]; metal: string }[], remembers: boolean): Promise<unknown[]> {
  const world = newWorld();
  const store = openSqlite(':memory:');
  const memory = newMemory();
  const seen: unknown[] = [];
  for (const [hours, { events, metal }] of story.entries()) {
    for (const happen of events) happen(world);
    const settings = settingsAt(() => hours, {
      ruleSet: toyRuleSet(toyRules, metal),
      everything: true,
      memory: remembers ? memory : newMemory(),
    });
    await runCycle(toyConnection(world), store, settings);
    seen.push(resultRows(store, toyRules, () => ({}), start + hours * 3_600_000));
  }
  seen.push([...store.runs({ from: 0, to: Infinity })], store.gaps(0, Infinity), store.check());
  return seen;
}

test('what the agent remembers between looks saves work, and changes nothing that it says', async () => {
  await fc.assert(
    fc.asyncProperty(looks, async (story) => {
      expect(await observed(story, true)).toEqual(await observed(story, false));
    }),
    { numRuns: 150 },
  );
}, 60_000);
