import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { collectors } from '#collectors/index.ts';
import { type Agent, openAgent } from '#src/agent.ts';
import { type Connection, type Place, providerOf } from '#src/collector.ts';
import { exampleConfig } from '#src/commands/example.ts';
import { collectScope } from '#src/cycle/collect.ts';
import { openLog } from '#src/log.ts';
import { isUnread } from '#src/population.ts';
import { recordedConnection } from '../../examples/acme-health/recordings.ts';
import { exampleConnections, schedule } from '../../examples/acme-health/world.ts';

const config = { ...exampleConfig('/nowhere'), store: ':memory:' };
const window = config.window!;
const looks = schedule(window);
const at = (text: string): number => Date.parse(text);

describe('what the recordings answer', () => {
  const instants = { 'at the start': window.start, 'in the middle': at('2026-05-02T12:00:00Z'), 'at the end': looks.at(-1)! };

  test.each(Object.entries(instants))('every collector reads everything %s', async (_, instant) => {
    const read = await readAll(instant);
    expect(read.filter(({ collected }) => collected.status === 'failed')).toEqual([]);
    expect(new Set(read.map(({ population }) => population))).toEqual(new Set(collectors.map(({ population }) => population.type)));
  });

  test('only what SCIM does not offer is unread', async () => {
    const unread = new Set<string>();
    for (const { collected, population } of await readAll(window.start)) {
      const items = collected.status === 'complete' ? collected.items : [];
      for (const { item } of items)
        for (const [field, value] of Object.entries(item)) if (isUnread(value)) unread.add(`${population} ${field}`);
    }
    expect([...unread].toSorted()).toEqual(['identity.account factors', 'identity.account lastSignIn']);
  });

  test.each([
    ['2026-04-20T07:04:00Z', 0],
    ['2026-04-20T07:06:00Z', 6],
    ['2026-04-27T09:39:00Z', 6],
    ['2026-04-27T09:41:00Z', 0],
  ])('at %s, %i scopes of databases are refused', async (instant, refused) => {
    const failed = (await readAll(at(instant))).filter(({ collected }) => collected.status === 'failed');
    expect(failed).toHaveLength(refused);
    for (const { collected, population } of failed) {
      expect(['aws.database', 'aws.rds-instance']).toContain(population);
      expect(collected).toMatchObject({
        unread: { unread: 'denied', needs: 'rds:DescribeDBInstances', detail: expect.stringContaining('AccessDenied') },
      });
    }
  });

  test('a call that was never recorded is unavailable, not empty', async () => {
    const connection = recordedConnection({
      id: 'aws',
      provider: 'aws',
      places: [],
      recordings: [{ call: 'a:List', region: 'here', pages: [{}] }],
      now: () => 0,
    });
    const ask = (call: string, region: string) => Array.fromAsync(connection.open({ account: '1', region }).call(call, {}, true));
    expect(await ask('a:List', 'here')).toHaveLength(1);
    await expect(ask('a:List', 'there')).rejects.toMatchObject({ reason: 'unavailable', message: expect.stringContaining('a:List') });
    await expect(ask('b:List', 'here')).rejects.toMatchObject({ reason: 'unavailable' });
  });

  test('of several recordings the one that began last counts, while it lasts', async () => {
    let now = 0;
    const told = (since: number, until: number, body: string) => ({
      call: 'a:Get',
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      pages: [body],
    });
    const connection = recordedConnection({
      id: 'a',
      provider: 'aws',
      places: [],
      recordings: [told(10, 20, 'for a while'), { call: 'a:Get', pages: ['always'] }],
      now: () => now,
    });
    const ask = async () => (await Array.fromAsync(connection.open({ account: '1', region: 'here' }).call('a:Get', {}, false)))[0]!.body;
    const answers: unknown[] = [];
    for (now of [9, 10, 19, 20]) answers.push(await ask());
    expect(answers).toEqual(['always', 'for a while', 'for a while', 'always']);
  });
});

test('the agent looked about every hour, but for 39 hours in July', () => {
  expect(looks.filter((look) => look < window.start)).toHaveLength(1);
  expect(looks.at(-1)).toBeGreaterThan(window.end + 12 * 3_600_000);
  const gaps = looks.slice(1).map((look, i) => ({ from: looks[i]!, minutes: (look - looks[i]!) / 60_000 }));
  const [outage, ...others] = gaps.filter(({ minutes }) => minutes < 57 || minutes > 63);
  expect(others).toEqual([]);
  expect(outage!.from).toBe(looks.findLast((look) => look < at('2026-07-04T22:00:00+02:00')));
  expect(outage!.minutes).toBeGreaterThan(39 * 60);
});

describe('the plot', () => {
  /** When each deviation could first be seen, and when no more. The credential report is made every four hours. */
  const plot = [
    ['aws.snapshot.not-public', 'analytics-export', '2026-02-17T16:20:00+01:00', '2026-02-19T16:05:00+01:00'],
    ['aws.ec2.security-group-no-public-admin-ports', 'bastion', '2026-03-13T22:40:00+01:00', '2026-03-16T08:15:00+01:00'],
    ['aws.ec2.security-group-public-ports-allowlisted', 'bastion', '2026-03-13T22:40:00+01:00', '2026-03-16T08:15:00+01:00'],
    ['aws.iam.user-mfa-enabled', 't.reiter', '2026-04-02T12:00:00Z', '2026-04-26T12:00:00Z'],
    ...branchRules().map((rule) => [rule, 'acme-health/imaging-worker', '2026-05-06T10:32:00+02:00', '2026-05-13T09:48:00+02:00']),
    ...branchRules().map((rule) => [rule, 'acme-health/medical-api', '2026-05-20T14:10:00+02:00', '2026-05-20T15:05:00+02:00']),
    ['aws.iam.access-key-rotated', 'metrics-export, access key 2', '2026-05-25T10:00:00Z', '2026-06-03T12:00:00Z'],
  ] as [rule: string, name: string, from: string, to: string][];
  const failedNights = ['2026-06-09', '2026-06-10', '2026-06-11'];

  let agent: Agent;
  let now = window.start;
  const present = () => agent.report(agent.store.lastCycle()!.asOf);
  beforeAll(async () => {
    agent = await openAgent({ config, log: openLog('silent'), now: () => now, connections: exampleConnections(() => now), example: true });
    // The looks around each change, and those after the backups of a few nights.
    const around = plot.flatMap(([, , from, to]) => [at(from), at(to)]).flatMap((change) => [before(change), after(change)]);
    const nights = [...failedNights, '2026-06-08', '2026-06-12', '2026-06-13'].map((night) => after(at(`${night}T05:00:00Z`)));
    for (const look of [...new Set([looks[0]!, ...around, ...nights, looks.at(-1)!])].toSorted((a, b) => a - b)) {
      now = look;
      await agent.runDue();
    }
  }, 30_000);
  afterAll(async () => agent[Symbol.asyncDispose]());

  test('deviates at its looks, and nothing else does', () => {
    const found = present()
      .deviations()
      .filter(({ rule }) => !rule.startsWith('meta.'));
    const seen = found.map(({ rule, name, firstBad, lastBad }) => [rule, name, minuteOf(at(firstBad)), minuteOf(at(lastBad))].join(' '));
    expect(seen.toSorted()).toEqual(
      plot.map(([rule, name, from, to]) => [rule, name, minuteOf(after(at(from))), minuteOf(before(at(to)))].join(' ')).toSorted(),
    );
  });

  test('one look alone saw the branch of medical-api without protection', () => {
    const [seen] = present()
      .deviations()
      .filter(({ rule, name }) => rule === 'github.branch-protected' && name === 'acme-health/medical-api');
    expect(seen).toMatchObject({ atLeast: 0, closedBy: 'pass' });
    expect(seen!.firstBad).toBe(seen!.lastBad);
    expect(at(seen!.firstGood!) - at(seen!.lastGood!)).toBeLessThan(2.1 * 3_600_000);
  });

  test('the nightly backup of patients fails three times, and no other job does', () => {
    const failed = present()
      .results()
      .filter(({ rule, result }) => rule === 'aws.backup.job-succeeded' && result !== 'pass');
    expect(failed.map(({ name, result }) => `${name} ${result}`).toSorted()).toEqual(
      failedNights.map((night) => `patients at ${night}T02:00:00.000Z fail`),
    );
  });

  test('what is not observed at the end is what SCIM does not tell', () => {
    const rules = new Set(
      present()
        .results()
        .filter(({ result }) => result === 'unobserved')
        .map(({ rule }) => rule),
    );
    expect([...rules].filter((rule) => !rule.startsWith('meta.')).toSorted()).toEqual([
      'idp.dormant-account-disabled',
      'idp.user-mfa-enrolled',
    ]);
  });
});

async function readAll(instant: number) {
  const pairs = (await Promise.all(exampleConnections(() => instant).map(placesOf))).flat();
  return Promise.all(
    pairs.flatMap(({ connection, place }) =>
      collectors
        .filter(
          (collector) => providerOf(collector) === connection.provider && (collector.per === 'account') === (place.region === 'global'),
        )
        .map(async (collector) => ({
          population: collector.population.type,
          place,
          collected: await collectScope(collector, place, connection.open(place)),
        })),
    ),
  );
}

const placesOf = async (connection: Connection): Promise<{ connection: Connection; place: Place }[]> =>
  (await connection.places()).map((place) => ({ connection, place }));

const before = (instant: number): number => looks.findLast((look) => look < instant)!;
const after = (instant: number): number => looks.find((look) => look >= instant)!;
/** Connections are read one after the other, a millisecond apart. */
const minuteOf = (instant: number): string => new Date(instant).toISOString().slice(0, 16);

function branchRules(): string[] {
  return [
    'branch-bypass-restricted',
    'branch-no-force-push-or-deletion',
    'branch-protected',
    'branch-requires-review',
    'branch-requires-status-checks',
  ].map((name) => `github.${name}`);
}
