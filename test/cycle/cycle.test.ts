import { describe, expect, test } from '@jest/globals';
import { runCycle } from '#src/cycle/cycle.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { resultRows } from '#src/report/results.ts';
import { doors, guards, newWorld, settingsAt, start, toyConnection, toyRuleSet, toyRules, type World } from './world.ts';

async function company(world: World = newWorld()) {
  let hours = 0;
  const store: EvidenceStore = openSqlite(':memory:');
  const settings = settingsAt(() => hours);
  const connection = toyConnection(world);
  return {
    world,
    store,
    async look(at: number, over: Parameters<typeof settingsAt>[1] = {}) {
      hours = at;
      return runCycle(connection, store, { ...settings, ...over });
    },
    /** `rule item` → result, as of the last look. */
    results: (at = hours) =>
      Object.fromEntries(
        resultRows(store, toyRules, () => ({}), start + at * 3_600_000).map(({ rule, item, result, reason }) => [
          `${rule} ${item}`,
          reason ? `${result}: ${reason.reason} ${reason.call}` : result,
        ]),
      ),
  };
}

const everything = {
  'toy.door-guarded door:n1': 'pass',
  'toy.door-guarded door:n2': 'pass',
  'toy.door-guarded door:s1': 'pass',
  'toy.door-locked door:n1': 'pass',
  'toy.door-locked door:n2': 'pass',
  'toy.door-locked door:s1': 'pass',
  'toy.door-shut door:n1': 'pass',
  'toy.door-shut door:n2': 'fail',
  'toy.door-shut door:s1': 'pass',
};

describe('a cycle', () => {
  test('judges everything it reads, and a second unchanged one changes nothing', async () => {
    const { look, results, store } = await company();
    await look(0);
    expect(results()).toEqual(everything);
    const before = [...store.runs({ from: 0, to: Infinity })];
    const second = await look(1);
    expect(second!.record.scopes.flatMap((scope) => (scope.status === 'complete' ? scope.changes : []))).toEqual([]);
    expect([...store.runs({ from: 0, to: Infinity })]).toEqual(before);
    expect(results()).toEqual(everything);
  });

  test('an unchanged look asks what the first asked, once; so does one after a change, and finds it on any page', async () => {
    const { look, world, results } = await company();
    await look(0);
    const { calls } = world;
    await look(1);
    expect(world.calls).toBe(2 * calls);
    world.doors.south!.push({ id: 's2', open: true });
    await look(2);
    expect(results()).toMatchObject({ 'toy.door-shut door:s2': 'fail' });
    expect(world.calls).toBe(3 * calls + 1);
    world.doors.south!.pop();
    await look(3);
    expect(Object.keys(results()).filter((key) => key.endsWith('s2'))).toEqual([]);
    world.doors.north![0]!.lock = 'brass';
    await look(4);
    expect(results()).toMatchObject({ 'toy.door-locked door:n1': 'fail' });
  });

  test('unchanged replies under changed rules are judged anew', async () => {
    const { look, results } = await company();
    await look(0);
    await look(1);
    await look(2, { ruleSet: toyRuleSet(toyRules, 'bronze') });
    expect(results()).toMatchObject({ 'toy.door-locked door:n1': 'fail' });
  });

  test('does not ask again before it is due', async () => {
    const { look, world } = await company();
    await look(0);
    const { calls } = world;
    expect(await look(0.5)).toBeNull();
    expect(world.calls).toBe(calls);
  });

  test('keeps only what the reply declares', async () => {
    const { look } = await company();
    const { record } = (await look(0))!;
    expect(JSON.stringify(record.scopes.map(({ calls }) => calls))).not.toContain('unwanted');
  });

  test('a refused listing leaves exactly its region unobserved', async () => {
    const { look, results, world } = await company();
    await look(0);
    world.failing['north toy:ListDoors'] = 'denied';
    await look(1);
    const why = 'unobserved: denied toy:ListDoors';
    const whole = 'unobserved: incomplete toy:ListDoors';
    expect(results()).toEqual({
      ...everything,
      'toy.door-guarded door:n1': why,
      'toy.door-guarded door:n2': why,
      // The rule looks at all doors of the account, so that it cannot be said of the others either.
      'toy.door-guarded door:s1': whole,
      'toy.door-locked door:n1': why,
      'toy.door-locked door:n2': why,
      'toy.door-shut door:n1': why,
      'toy.door-shut door:n2': why,
    });
    world.failing = {};
    await look(2);
    expect(results()).toEqual(everything);
  });

  test('a refused field leaves exactly the rules that inspect it unobserved', async () => {
    const { look, results, world } = await company();
    world.failing['south toy:GetLock'] = 'throttled';
    await look(0);
    expect(results()).toEqual({ ...everything, 'toy.door-locked door:s1': 'unobserved: throttled toy:GetLock' });
  });

  test('a scope that was never read is one unobserved row for each rule, not silence', async () => {
    const { look, results, world } = await company();
    world.failing['south toy:ListDoors'] = 'unavailable';
    await look(0);
    expect(results()).toMatchObject({ 'toy.door-shut scope:toy/house/south/toy.door': 'unobserved: unavailable toy:ListDoors' });
  });

  test('another population that was not read makes a rule over both unobserved, and nothing else', async () => {
    const { look, results, world } = await company();
    await look(0);
    world.failing['global toy:ListGuards'] = 'malformed';
    await look(1);
    const changed = Object.entries(results()).filter(([key, result]) => result !== everything[key as keyof typeof everything]);
    expect(changed.map(([key]) => key)).toEqual(['toy.door-guarded door:n1', 'toy.door-guarded door:n2', 'toy.door-guarded door:s1']);
    expect(changed.every(([, result]) => result === 'unobserved: incomplete toy:ListGuards')).toBe(true);
  });

  test('first one region cannot be read, then the other, in the same words: neither keeps a pass from before', async () => {
    const { look, results, world } = await company();
    await look(0);
    world.failing['south toy:ListDoors'] = 'denied';
    await look(1);
    world.failing = { 'north toy:ListDoors': 'denied' };
    await look(2);
    expect(results()).toMatchObject({ 'toy.door-guarded door:s1': 'unobserved: incomplete toy:ListDoors' });
  });

  test('discovery that fails makes known regions unread; it never makes them disappear', async () => {
    const { look, results, world, store } = await company();
    await look(0);
    world.failing.places = 'denied';
    await look(1);
    expect(results()).toMatchObject({
      'toy.door-shut door:n2': 'unobserved: denied toy:ListRegions',
      'toy.door-shut door:s1': 'unobserved: denied toy:ListRegions',
    });
    expect([...store.held.values()].filter(({ retired }) => retired)).toEqual([]);
  });

  test('discovery that fails at first is unobserved too, and gives way to the regions once they are known', async () => {
    const { look, results, world, store } = await company();
    world.failing.places = 'denied';
    await look(0);
    expect(results()).toMatchObject({ 'toy.door-shut scope:toy/house/unknown/toy.door': 'unobserved: denied toy:ListRegions' });
    world.failing = {};
    await look(1);
    expect(results()).toEqual(everything);
    expect(store.held.get('toy/house/unknown/toy.door')?.retired?.reason).toBe('its places are known now');
  });

  test('a region that the provider no longer has is retired, with its items', async () => {
    const { look, results, world, store } = await company();
    await look(0);
    delete world.doors.south;
    await look(1);
    expect(Object.keys(results()).filter((key) => key.endsWith('s1'))).toEqual([]);
    expect(store.held.get('toy/house/south/toy.door')?.retired).toMatchObject({
      reason: 'the provider no longer has this place, or it is no longer configured',
    });
  });

  test('a region that comes back after it was retired is read anew, though its answers are those of before', async () => {
    const { look, results, world } = await company();
    await look(0);
    await look(1);
    const { south } = world.doors;
    delete world.doors.south;
    await look(2);
    world.doors.south = south!;
    await look(3);
    expect(results()).toEqual(everything);
  });

  test('a place declared out of scope is not asked, and the ledger says why', async () => {
    const { look, world, store } = await company();
    await look(0);
    world.failing['south toy:ListDoors'] = 'denied';
    const declaration = scopeDeclaration({ in: ['toy:house'], out: [{ match: 'toy:house/south', reason: 'Nobody lives there.' }] });
    const { record } = (await look(1, { declaration }))!;
    expect(record.retired).toEqual([
      {
        scope: { connection: 'toy', account: 'house', region: 'south', population: 'toy.door' },
        reason: 'declared out of scope: Nobody lives there.',
      },
    ]);
    expect(store.held.get('toy/house/south/toy.door')?.failing).toBeNull();
  });

  test('changed parameters judge unchanged items again', async () => {
    const { look, results } = await company();
    await look(0);
    await look(1, { ruleSet: toyRuleSet(toyRules, 'bronze') });
    expect(results()).toMatchObject({ 'toy.door-locked door:n1': 'fail', 'toy.door-locked door:s1': 'fail' });
  });

  test('an item that changes, appears or is gone', async () => {
    const { look, results, world, store } = await company();
    await look(0);
    world.doors.north = [
      { id: 'n2', open: false },
      { id: 'n3', open: true },
    ];
    await look(1);
    expect(results()).toMatchObject({ 'toy.door-shut door:n2': 'pass', 'toy.door-shut door:n3': 'fail' });
    expect(Object.keys(results()).filter((key) => key.endsWith('n1'))).toEqual([]);
    expect([...store.runs({ from: 0, to: Infinity, rule: 'toy.door-shut', item: 'door:n1' })]).toMatchObject([
      { result: 'pass', gone: true },
    ]);
  });

  test('a page that is lost is no smaller population', async () => {
    const { look, world, store } = await company();
    await look(0);
    const connection = toyConnection(world);
    const losing = {
      ...connection,
      open: (place: Parameters<typeof connection.open>[0]) => ({
        async *call(operation: string, parameters: object, paged: boolean) {
          let page = 0;
          for await (const answer of connection.open(place).call(operation, parameters, paged)) {
            if (operation === 'toy:ListDoors' && page++ > 0) throw new Error('the connection was reset');
            yield answer;
          }
        },
      }),
    };
    await runCycle(
      losing,
      store,
      settingsAt(() => 1),
    );
    expect(store.held.get('toy/house/north/toy.door')).toMatchObject({ failing: { unread: { call: 'toy:ListDoors' } } });
    expect(store.held.get('toy/house/north/toy.door')!.items.size).toBe(2);
  });

  test('a clock that went back is refused, not mended', async () => {
    const { look } = await company();
    await look(2);
    await expect(look(1, { everything: true })).rejects.toMatchObject({ code: 'CLOCK_BACKWARDS' });
  });

  test('collectors that are switched off retire their scopes', async () => {
    const { look, store } = await company();
    await look(0);
    await look(1, { collectors: [doors] });
    expect(store.held.get('toy/house/global/toy.guard')?.retired?.reason).toBe('its collector is switched off');
    void guards;
  });
});
