import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { actionsPart, openInbox } from '#src/actions/inbox.ts';
import { openOperations } from '#src/operations/operations.ts';
import { startScim } from '#test/doubles/scim.ts';
import { holdfast } from './cli.ts';

const holds = (name: string) => (file: string) => readFileSync(file, 'latin1').includes(name);
const folder = mkdtempSync(join(tmpdir(), 'holdfast-purge-'));
const start = Date.parse('2026-03-02T08:00:00Z');
const day = 86_400_000;
const at = (instant: number) => ({ env: { SCIM_TOKEN: 'secret-token' }, now: () => instant });
const scope = 'people/default/global/identity.account';

const userOf = (id: string, userName: string) => ({
  id,
  userName,
  active: true,
  meta: { resourceType: 'User', created: '2025-01-01T00:00:00Z', lastModified: '2025-01-01T00:00:00Z' },
});
const [ada, mallory] = [userOf('1', 'ada@example.com'), userOf('2', 'mallory@example.com')];
const world = { users: [ada, mallory], groups: [], token: 'secret-token' };
let scim: Awaited<ReturnType<typeof startScim>>;

beforeAll(async () => {
  scim = await startScim(world as never);
  writeFileSync(
    join(folder, 'holdfast.yaml'),
    `company: Acme\nretention: { repliesDays: 400 }\nconnections:\n  - { id: people, provider: scim, endpoint: '${scim.endpoint}', token: '\${env:SCIM_TOKEN}' }\n`,
  );
});
afterAll(async () => {
  await scim.close();
  rmSync(folder, { recursive: true });
});

test('a person who has left is erased, with every name; one who is still there is not', async () => {
  expect((await holdfast(folder, 'run --once', at(start))).code).toBe(0);
  const rows = JSON.parse((await holdfast(folder, 'results --json', at(start))).out) as { item: string; scope: string; name: string }[];
  const key = rows.find(({ name }) => name === 'mallory@example.com')!;
  const line = `erase --scope ${key.scope} --item ${key.item} --reason request-17 --by dpo`;
  expect(await holdfast(folder, line, at(start))).toMatchObject({ code: 2, err: expect.stringContaining('it is still there') });

  world.users.pop();
  expect((await holdfast(folder, 'run --once', at(start + day))).code).toBe(0);
  const beside = openOperations(join(folder, '.holdfast/operations.db'), [actionsPart]);
  const order = {
    id: 'o',
    at: start,
    by: 'mallory@example.com',
    via: { way: 'command', user: 'm' },
    deed: { do: 'assign', alert: 'HF-2', to: 'x' },
  } as const;
  openInbox(beside, () => start).put(order);
  beside[Symbol.dispose]();
  const trial = await holdfast(folder, `${line} --dry-run`, at(start + day));
  expect(trial).toMatchObject({
    code: 0,
    out: expect.stringMatching(/would be taken away[^]*1 alerts and orders that name them would be/),
  });
  const files = readdirSync(join(folder, '.holdfast')).filter((name) => name.startsWith('operations.'));
  expect(files.map((name) => join(folder, '.holdfast', name)).some(holds('mallory'))).toBe(true);
  const done = await holdfast(folder, `${line} --json`, at(start + day));
  expect(done.err).toBe('');
  expect(JSON.parse(done.out)).toMatchObject({
    dryRun: false,
    words: expect.arrayContaining(['mallory@example.com']),
    beside: 1,
    remaining: { living: 0 },
  });
  expect(
    files
      .map((name) => join(folder, '.holdfast', name))
      .filter((file) => existsSync(file))
      .some(holds('mallory')),
  ).toBe(false);
  for (const command of ['results --json --at 2026-03-02T08:00:00Z', 'deviations --json --from 2026-03-01 --to 2026-03-31']) {
    const { code, out } = await holdfast(folder, command, at(start + day));
    expect(code).toBe(0);
    expect(out).not.toContain('mallory');
  }
  expect(key.scope).toContain(scope.split('/').at(-1));
}, 30_000);

test('the retention of the configuration is applied by the agent once a day, and by hand', async () => {
  world.users.push(userOf('3', 'eve@example.com'));
  expect((await holdfast(folder, 'run --once', at(start + 2 * day))).code).toBe(0);
  expect((await holdfast(folder, 'purge --dry-run', at(start + 2 * day))).out).toContain('0 documents');
  const late = start + 500 * day;
  const trial = JSON.parse((await holdfast(folder, 'purge --dry-run --json', at(late))).out) as { documents: number };
  expect(trial.documents).toBeGreaterThan(0);
  expect((await holdfast(folder, 'run --once', at(late))).code).toBe(0);
  expect((await holdfast(folder, 'purge', at(late + 1))).out).toContain('0 documents');
}, 30_000);

test('without a policy nothing is purged, and the command says so', async () => {
  const other = mkdtempSync(join(tmpdir(), 'holdfast-purge-'));
  writeFileSync(join(other, 'holdfast.yaml'), 'company: Acme\nconnections:\n  - { id: aws, provider: aws }\n');
  expect(await holdfast(other, 'purge', at(start))).toMatchObject({ code: 2, err: expect.stringContaining('No retention is configured') });
  expect(await holdfast(other, 'erase --scope a --item b', at(start))).toMatchObject({
    code: 2,
    err: expect.stringContaining('--reason is missing'),
  });
  rmSync(other, { recursive: true });
});
