import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { collectors } from '#src/registry.ts';
import { company, present, production } from '#test/doubles/aws/company.ts';
import type { Policy } from '#test/doubles/aws/permissions.ts';
import { type AwsDouble, startAws } from '#test/doubles/aws/server.ts';
import { holdfast } from './cli.ts';

let aws: AwsDouble;
let folder: string;
const environment = { ...process.env };
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-check-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.env = { ...environment };
});

/** `check` of one account, whose clock is off from the double's by so much. */
async function check({ off, policy }: { off?: number; policy?: Policy } = {}, more = '') {
  const clock = off === undefined ? {} : { clock: () => Date.now() + off };
  const { credentials } = aws.session({ world: { ...company, ...clock }, account: production, ...(policy && { policy }) });
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  const others = collectors
    .map(({ id }) => id)
    .filter((id) => id.startsWith('aws-') && id !== 'aws-region-settings')
    .join();
  writeFileSync(
    join(folder, 'holdfast.yaml'),
    `company: Acme\nconnections:\n  - { id: aws, provider: aws, endpoint: '${aws.endpoint}', regions: [${Object.keys(company.regions)[0]}], accounts: [{ id: '${production}' }], without: [${others}] }\n${more}`,
  );
  return holdfast(folder, 'check', {
    env: { DB: 'postgres://holdfast:c4n4ry-p4ss@127.0.0.1:9/evidence' },
    ...(off === undefined && { now: () => present }),
  });
}

describe('the clock', () => {
  test.each([
    [0, 0, 'ok      clock, against aws: they agree to the minute\n'],
    [180_000, 0, 'ok      clock, against aws: the clock of this machine is 3 minutes behind\n          Set it, and keep it with NTP'],
    [-3_600_000, 2, 'FAILED  clock, against aws: the clock of this machine is 60 minutes ahead\n          Set it, and keep it with NTP'],
  ])('off by %i ms', async (off, code, says) => {
    const told = await check({ off });
    expect(told.out).toContain(says);
    expect(told.code).toBe(code);
  });
});

test('the clock of Slack is asked without a credential', async () => {
  const asked: string[] = [];
  const slack = createServer(({ url = '', headers }, response) => {
    asked.push(`${url} ${headers.authorization ?? 'no credential'}`);
    response.setHeader('date', new Date(present - 600_000).toUTCString());
    response.end('{"ok":false,"error":"invalid_auth"}');
  }).listen(0, '127.0.0.1');
  await once(slack, 'listening');
  const { port } = slack.address() as AddressInfo;
  const { code, out } = await check(
    {},
    `alerts: { slack: { token: '\${env:T}', channel: '#x', endpoint: 'http://127.0.0.1:${port}/api/' } }\n`,
  );
  slack.close();
  expect(out).toContain('FAILED  clock, against Slack: the clock of this machine is 10 minutes ahead\n');
  expect(asked).toContain('/api/api.test no credential');
  expect(code).toBe(2);
});

test('whether it will be known who changed something: refused, it is no fault', async () => {
  expect((await check()).out).toContain(`ok      who changed it, aws ${production}: it will be known\n`);
  const policy = {
    Statement: [
      { Effect: 'Allow', Action: '*' },
      { Effect: 'Deny', Action: 'cloudtrail:LookupEvents' },
    ],
  };
  const { code, out } = await check({ policy });
  expect(out).toMatch(
    /partly {2}who changed it, aws \d+: it will not be known: cloudtrail:LookupEvents is refused .*\n {10}Grant what holdfast policy aws names/,
  );
  expect(code).toBe(0);
});

test('each secret that is not found is told, and everything else is checked all the same', async () => {
  const { code, out } = await check(
    {},
    "  - { id: people, provider: scim, endpoint: 'http://127.0.0.1:9', token: '${env:NO_SUCH}' }\n  - { id: code, provider: github, organization: acme, endpoint: 'http://127.0.0.1:9', token: '${file:nowhere}' }\n",
  );
  expect(code).toBe(3);
  expect(out).toMatch(/FAILED {2}secret \$\{env:NO_SUCH\}: .*NO_SUCH is not set/);
  expect(out).toMatch(/FAILED {2}secret \$\{file:nowhere\}: .*there is no file/);
  expect(out).toContain('aws-region-settings: 1 items');
});

test('a database that cannot be reached is told, with its name and without its password', async () => {
  const { code, out } = await check({}, "store: '${env:DB}'\n");
  expect(code).toBe(2);
  expect(out).toMatch(/FAILED {2}store: .*127\.0\.0\.1:9/);
  expect(out).not.toContain('c4n4ry');
});
