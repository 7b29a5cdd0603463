import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connectAws } from '#collectors/aws/client.ts';
import { type Agent, openAgent } from '#src/agent.ts';
import { loadConfig } from '#src/config.ts';
import { openLog } from '#src/log.ts';
import { collectors } from '#src/registry.ts';
import { main, other, production, securityGroup, tcp } from '#test/doubles/aws/company.ts';
import { everythingAllowed } from '#test/doubles/aws/permissions.ts';
import { type AwsDouble, type Session, startAws } from '#test/doubles/aws/server.ts';
import { emptyAccount, type World } from '#test/doubles/aws/world.ts';
import { type SlackDouble, startSlack, workspace } from '#test/doubles/slack.ts';

/** A drift is looked at once more, by the agent as it runs, before anybody is told of it. */
const start = Date.parse('2026-03-02T10:00:00Z');
const [second, hour] = [1_000, 3_600_000];
const reading = 'ec2:DescribeSecurityGroups';

let aws: AwsDouble;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.close());

let folder: string;
let slack: SlackDouble;
let session: Session;
let agent: Agent;
let now: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-reread-'));
  now = start;
  slack = await startSlack({ now: () => now, burst: 100 });
  session = aws.session({ world: shut(), account: production });
  agent = await open([main, other]);
});
afterEach(async () => {
  await agent[Symbol.asyncDispose]();
  await slack.close();
  rmSync(folder, { recursive: true });
  expect(slack.faults).toEqual([]);
});

const worldWith = (...ingress: Parameters<typeof tcp>[]): World => {
  const group = securityGroup(
    'web',
    'web',
    ingress.map((each) => tcp(...each)),
  );
  const regions = { [main]: { SecurityGroups: [group] }, [other]: {} };
  return {
    accounts: { [production]: { ...emptyAccount, regions } },
    regions: { [main]: 'opt-in-not-required', [other]: 'opt-in-not-required' },
  };
};
const shut = (): World => worldWith();
const opened = (): World => worldWith([22]);

async function open(regions: readonly string[]): Promise<Agent> {
  const without = collectors.map(({ id }) => id).filter((id) => id.startsWith('aws-') && id !== 'aws-security-groups');
  writeFileSync(
    join(folder, 'holdfast.yaml'),
    JSON.stringify({
      company: 'Acme Health',
      window: { from: '2026-02-01', to: '2026-07-31', timeZone: 'UTC' },
      connections: [{ id: 'aws', provider: 'aws', without, every: { 'aws-security-groups': '1h' } }],
      scope: { in: ['aws:*'] },
      alerts: { slack: { token: '${env:T}', channel: '#security', endpoint: slack.endpoint } },
    }),
  );
  const config = loadConfig(join(folder, 'holdfast.yaml'), { T: workspace.token });
  const connection = connectAws(
    { id: 'aws', region: main, regions, endpoint: aws.endpoint },
    { credentials: () => Promise.resolve(session.credentials), maxAttempts: 1, now: () => now },
  );
  return openAgent({ config, connections: [connection], log: openLog('silent'), now: () => now, operating: true });
}

/** What the agent does by itself every fifteen seconds. Returns how often the groups of both regions were asked for. */
async function looks(ticks = 1): Promise<number> {
  const before = asked();
  for (let i = 0; i < ticks; i++) {
    now += 15 * second;
    await agent.runDue();
  }
  return asked() - before;
}
const asked = (): number => session.calls.filter(({ operation }) => operation === reading).length;

async function nextLook(): Promise<void> {
  now += hour;
  await agent.runDue();
}

/** What people read, once what waits to be posted was posted. */
async function screen(of: RegExp): Promise<string> {
  for (let tries = 0; tries < 300 && !of.test(slack.screen('#security')); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  return slack.screen('#security');
}

/** Time enough for what would be posted. */
async function silence(): Promise<string> {
  await looks(8);
  await new Promise((resolve) => setTimeout(resolve, 200));
  return slack.screen('#security');
}

/** Scopes that are to be read once more. */
function rereads(): string[] {
  const operations = new DatabaseSync(join(folder, '.holdfast', 'operations.db'), { readOnly: true });
  try {
    return operations
      .prepare('SELECT scope FROM reread')
      .all()
      .map(({ scope }) => String(scope));
  } finally {
    operations.close();
  }
}

/** What the evidence has of the group. */
const deviations = () =>
  agent
    .report()
    .deviations()
    .filter(({ name }) => name === 'web');

beforeEach(async () => {
  await nextLook();
  expect(await silence()).toBe('');
  session.world = opened();
});

test('a drift is read once more by the agent, before its turn and that scope alone, and then told', async () => {
  await nextLook();
  const discovered = session.calls.length;
  expect(rereads()).toHaveLength(1);
  expect(await looks()).toBe(1);
  const calls = session.calls.slice(discovered).filter(({ operation }) => operation.startsWith('ec2:'));
  expect(calls.filter(({ operation, region }) => operation === 'ec2:DescribeRegions' || region !== main)).toEqual([]);
  expect(rereads()).toEqual([]);
  expect(slack.posted).toEqual([]);
  expect(await looks(2)).toBe(0);
  expect(await screen(/Drift/)).toMatch(/Drift[^]*web/);
  expect(deviations().every(({ firstGood }) => firstGood === null)).toBe(true);
});

test('a drift that is over when it is read once more is told to nobody, and is a deviation in the evidence all the same', async () => {
  await nextLook();
  session.world = shut();
  expect(await looks()).toBe(1);
  expect(await silence()).toBe('');
  expect(deviations()).not.toEqual([]);
  expect(deviations().every(({ firstGood }) => firstGood !== null)).toBe(true);
});

test('a provider that refuses to be read once more resolves nothing: the drift is told, and that it cannot be seen', async () => {
  await nextLook();
  session.policy = { Statement: [...everythingAllowed.Statement, { Effect: 'Deny', Action: 'ec2:DescribeSecurityGroups' }] };
  expect(await looks()).toBe(1);
  expect(rereads()).toEqual([]);
  await looks(2);
  const told = await screen(/Drift[^]*cannot be read|cannot be read[^]*Drift/);
  expect(told).toMatch(/Drift[^]*web/);
  expect(told).toMatch(/cannot be read/);
  expect(told).not.toMatch(/[Rr]esolved/);
  expect(deviations().every(({ firstGood }) => firstGood === null)).toBe(true);

  // Shut while nobody could see it: it is over only when somebody has looked.
  session.world = shut();
  expect(await silence()).not.toMatch(/[Rr]esolved/);
  session.policy = everythingAllowed;
  await nextLook();
  await looks(2);
  expect(await screen(/Resolved[^]*Resolved/)).toMatch(/Resolved[^]*Resolved/);
});

test('what was to be read once more is read after a restart, and confirmed anew where it waits to be told anew', async () => {
  await nextLook();
  await agent[Symbol.asyncDispose]();
  expect(rereads()).toHaveLength(1);
  agent = await open([main, other]);
  expect(await looks()).toBeGreaterThan(0);
  expect(await looks()).toBe(1);
  expect(rereads()).toEqual([]);
});

test('what was to be read once more is forgotten where its place is no longer looked at', async () => {
  await nextLook();
  await agent[Symbol.asyncDispose]();
  expect(rereads()).toHaveLength(1);
  agent = await open([other]);
  expect(await looks()).toBe(0);
  expect(rereads()).toEqual([]);
});
