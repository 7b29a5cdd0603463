import { expect, test } from '@jest/globals';
import { diskAt } from '#src/vitals/disk.ts';
import { hour, minute, patient, second, start } from './world.ts';

test('well is an agent whose store is open, signed and written to, and whose connections were each looked at within twice their period', () => {
  const { vitals, watched, pass, state } = patient();
  expect(pass(0)).toEqual(['the evidence is not open, for 0 min']);
  const leave = vitals.attach(watched);
  expect(pass(0)).toEqual([]);
  expect(pass(2 * hour)).toEqual([]);
  expect(pass(minute)).toEqual(['aws was last looked at 2 h ago; it is due every 60 min']);
  state.ended['aws'] = state.wall;
  expect(pass(0)).toEqual([]);
  leave();
  expect(pass(5 * minute)).toEqual(['the evidence is not open, for 5 min']);
});

test('a connection that was never looked at is not well, however young the agent is', () => {
  const { vitals, watched, pass, state } = patient();
  state.ended['github'] = null;
  vitals.attach(watched);
  expect(pass(0)).toEqual(['github was not looked at yet; it is due every 6 h']);
});

test('a connection of which every scope is refused is not seen, however often it is asked; one of which some are is', () => {
  const { vitals, watched, pass, state } = patient();
  vitals.attach(watched);
  const scope = (connection: string, population: string, unread: string | null, retired = false) => ({
    scope: { connection, account: '1', region: 'r', population },
    failing: unread && { since: start, unread: { unread } },
    retired: retired ? { at: start, reason: 'gone' } : null,
    items: new Map(),
  });
  const hold = (...scopes: object[]) => {
    state.held = new Map(scopes.map((each, i) => [String(i), each])) as unknown as typeof state.held;
    return pass(0);
  };
  // That its places are known, or that something was read which is no longer there, reads nothing of it.
  const [places, gone, other] = [
    scope('aws', 'monitor.place', null),
    scope('aws', 'aws.vpc', null, true),
    scope('github', 'github.member', null),
  ];
  expect(hold(places, gone, other, scope('aws', 'aws.vpc', 'denied'), scope('aws', 'aws.key', 'throttled'))).toEqual([
    'nothing of aws can be read (denied, throttled)',
  ]);
  expect(vitals.problems(state.wall)).toMatchObject([{ key: 'connection aws' }]);
  expect(pass(3 * hour)).toEqual([
    'aws was last looked at 3 h ago; it is due every 60 min; nothing of aws can be read (denied, throttled)',
  ]);
  state.ended['aws'] = state.wall;
  expect(hold(places, scope('aws', 'aws.vpc', 'denied'), scope('aws', 'aws.key', null))).toEqual([]);
  expect(hold(places, gone)).toEqual([]);
  // Refused from the start: not even its places are known, and there is nothing else.
  expect(hold(scope('aws', 'monitor.place', 'credential-rejected'), gone)).toEqual(['nothing of aws can be read (credential-rejected)']);
});

test('a head that stays unsigned is told after a minute, and no longer once it is signed', () => {
  const { vitals, watched, pass, state } = patient();
  vitals.attach(watched);
  state.leaves = 11;
  expect(pass(15 * second)).toEqual([]);
  expect(pass(50 * second)).toEqual([]);
  expect(pass(15 * second)).toEqual(['what was recorded is not signed, for 1 min']);
  state.signed = 11;
  expect(pass(15 * second)).toEqual([]);
});

test('what is not signed anyway, as in memory, is not missed', () => {
  const { vitals, watched, pass, state } = patient();
  vitals.attach({ ...watched, signs: false });
  state.signed = 0;
  pass(0);
  expect(pass(10 * minute)).toEqual([]);
});

test('where nothing can be written, that is told within a minute, with the reason', () => {
  const { vitals, watched, pass, state } = patient();
  vitals.attach(watched);
  state.broken = true;
  expect(pass(minute)).toEqual(['nothing can be written: disk I/O error']);
  state.broken = false;
  expect(pass(minute)).toEqual([]);
});

test('a store that does not answer is told, at the next look or when somebody asks, and ends nothing', () => {
  const { vitals, watched, pass, state } = patient();
  const told = ['the evidence cannot be read: The database db:5432 does not answer.'];
  vitals.attach(watched);
  state.away = true;
  expect(vitals.problems(state.wall).map(({ says }) => says)).toEqual(told);
  expect(pass(15 * second)).toEqual(told);
  expect(vitals.problems(state.wall)).toMatchObject([{ key: 'store' }]);
  state.away = false;
  expect(pass(15 * second)).toEqual([]);
  state.away = true;
  vitals.attach(watched);
  expect(pass(0)).toEqual(told);
});

test('what other parts know to be wrong is told with the rest', () => {
  const { vitals, watched, pass } = patient();
  vitals.attach({ ...watched, problems: () => [{ key: 'letters', says: '2 messages not delivered' }] });
  expect(pass(0)).toEqual(['2 messages not delivered']);
});

test('a volume that fills is a trouble long before it is full, and full it is a problem', () => {
  const { vitals, watched, pass, state } = patient();
  vitals.attach(watched);
  expect(vitals.troubles(state.wall)).toEqual([]);
  state.disk = { free: 4 * 2 ** 30, size: 200 * 2 ** 30 };
  expect(pass(minute)).toEqual([]);
  pass(hour);
  expect(vitals.troubles(state.wall)).toMatchObject([{ key: 'disk', severity: 'high', since: start + minute }]);
  state.disk = { free: 10 * 2 ** 20, size: 200 * 2 ** 30 };
  expect(pass(0)).toEqual(['the volume of the evidence is full: 10 MB are left']);
  state.disk = { free: 300 * 2 ** 20, size: 2 ** 30 };
  expect(pass(0)).toEqual([]);
  expect(vitals.troubles(state.wall)).toEqual([]);
});

test('a volume that cannot be looked at is no volume with room: it is a low trouble, with the code, until it can be', () => {
  const { vitals, watched, pass, state } = patient();
  vitals.attach(watched);
  state.disk = diskAt('/a folder/that is not there/evidence.db');
  expect(pass(minute)).toEqual([]);
  pass(hour);
  expect(vitals.troubles(state.wall)).toMatchObject([
    { key: 'disk unknown', severity: 'low', says: expect.stringContaining('ENOENT'), since: start + minute },
  ]);
  expect(vitals.disk()).toBeNull();
  state.disk = { free: 100 * 2 ** 30, size: 200 * 2 ** 30 };
  pass(minute);
  expect(vitals.troubles(state.wall)).toEqual([]);
});

test.each([
  [-hour, 'back by 60 min'],
  [3 * hour, 'forward by 3 h'],
])('a clock that is set by %i ms is told for an hour; one that runs a little fast is not', (by, words) => {
  const { vitals, state, pass } = patient();
  state.running -= 5 * second;
  pass(hour);
  expect(vitals.troubles(state.wall)).toEqual([]);
  state.wall += by;
  pass(0);
  expect(vitals.troubles(state.wall)).toMatchObject([{ key: 'clock', headline: expect.stringContaining(words), since: state.wall }]);
  pass(hour);
  expect(vitals.troubles(state.wall)).toHaveLength(1);
  pass(minute);
  expect(vitals.troubles(state.wall)).toEqual([]);
});

test('a pass that does not end is death, for beginning anew is what helps; one that waits for a quota is not', () => {
  const { vitals, watched, pass, state } = patient();
  vitals.attach(watched);
  vitals.passes(true);
  pass(12 * hour);
  expect(vitals.dead(state.wall)).toEqual([]);
  pass(minute);
  expect(vitals.dead(state.wall)).toMatchObject([{ key: 'pass', says: 'the pass over the connections that began 12 h ago has not ended' }]);
  vitals.passes(false);
  expect(vitals.dead(state.wall)).toEqual([]);
  vitals.passes(true);
  vitals.attach(watched)();
  pass(24 * hour);
  expect(vitals.dead(state.wall)).toEqual([]);
});
