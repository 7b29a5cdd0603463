import fc from 'fast-check';
import type { World } from './world.ts';

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
/** Looks an hour apart, at a world in which things happen between them. */
export const looks = fc.array(
  fc.record({ events: fc.array(event, { maxLength: 3 }), metal: fc.constantFrom('steel', 'steel', 'steel', 'bronze') }),
  { minLength: 2, maxLength: 12 },
);

export type Story = typeof looks extends fc.Arbitrary<infer T> ? T : never;
