import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openAgent } from '#src/agent.ts';
import { runCommand } from '#src/commands/index.ts';
import { shapes } from '#src/commands/shapes.ts';
import { loadConfig } from '#src/config.ts';
import { openLog } from '#src/log.ts';
import { startScim } from '#test/doubles/scim.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-waive-'));
const start = Date.parse('2026-03-02T08:00:00Z');
const day = 86_400_000;
const rule = 'idp.privileged-user-authorized';
const env = { SCIM_TOKEN: 'secret-token' };
const user = (id: string, userName: string) => ({
  id,
  userName,
  active: true,
  meta: { resourceType: 'User', created: '2025-01-01T00:00:00Z', lastModified: '2025-01-01T00:00:00Z' },
});
const world = {
  users: [user('1', 'ada@example.com'), user('2', 'mallory@example.com')],
  groups: [{ id: 'g1', displayName: 'admins', members: [{ value: '1' }, { value: '2' }], meta: { resourceType: 'Group' } }],
  token: 'secret-token',
};
let scim: Awaited<ReturnType<typeof startScim>>;

/** Runs the words of a command line, as a shell would. */
async function holdfast(words: readonly string[], at = start, more: Record<string, string | undefined> = {}) {
  let [out, err] = ['', ''];
  const code = await runCommand(words, {
    env: { ...env, ...more },
    cwd: folder,
    now: () => at,
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  });
  return { code, out, err };
}

beforeAll(async () => {
  scim = await startScim(world as never);
  writeFileSync(
    join(folder, 'holdfast.yaml'),
    `company: Acme
window: { from: 2026-03-01, to: 2026-06-30, timeZone: Europe/Berlin }
people:
  - { email: anna@example.com, name: Anna Berg, roles: [approver] }
  - { email: cy@example.com, name: Cy Moss, roles: [owner] }
connections:
  - { id: people, provider: scim, endpoint: '${scim.endpoint}', token: '\${env:SCIM_TOKEN}' }
`,
  );
  expect((await holdfast(['run', '--once'])).code).toBe(0);
});
afterAll(async () => {
  await scim.close();
  rmSync(folder, { recursive: true });
});

const reasoned = ['--reason', 'She builds the new directory.', '--compensating', 'Her sessions are recorded.', '--until', '2026-05-01'];
const ask = (who: string, ...more: string[]) => [
  'waive',
  'request',
  '--rule',
  rule,
  '--item',
  who,
  ...reasoned,
  '--by',
  'cy@example.com',
  ...more,
];
const parsed = (shape: keyof typeof shapes, { out, err, code }: { out: string; err: string; code: number }) => {
  expect([code, err]).toEqual([0, '']);
  return shapes[shape].parse(JSON.parse(out)) as any;
};
const list = async (at: number, ...more: string[]) => parsed('waive list', await holdfast(['waive', 'list', '--json', ...more], at));

test('nothing yet; and what is wrong is told with what to do', async () => {
  expect(await holdfast(['waive'])).toEqual({ code: 0, out: 'No waiver was asked for.\n', err: '' });
  const wrong: [readonly string[], string][] = [
    [['waive', 'grant'], 'There is no waive grant.'],
    [['waive', 'approve'], 'waive approve needs the id of a waiver.'],
    [['waive', 'approve', 'W-000000', '--by', 'anna@example.com'], '--reason is missing.'],
    [['waive', 'approve', 'W-000000', '--by', 'anna@example.com', '--reason', 'Fine.'], 'There is no waiver W-000000.'],
    [['waive', 'show', 'W-000000'], 'There is no waiver W-000000.'],
    [ask('ada@example.com', '--by', 'ana@example.com'), 'Did you mean "anna@example.com"?'],
    [ask('eve@example.com'), `${rule} judges no item eve@example.com.`],
    [ask('ada@example.com', '--deviation', 'x'), 'not both'],
    [['waive', 'request', '--deviation', 'x', ...reasoned, '--by', 'cy@example.com'], 'There is no deviation x in the window.'],
    [ask('ada@example.com', '--until', 'soon'), '--until soon is no day.'],
    [ask('ada@example.com', '--until', '2027-01-01'), 'longer than the 90 days'],
    [
      ['waive', 'request', '--rule', 'idp.nothing', '--item', 'x', ...reasoned, '--by', 'cy@example.com'],
      'There is no rule "idp.nothing".',
    ],
  ];
  for (const [words, says] of wrong) {
    const { code, out, err } = await holdfast(words);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(says)]);
    expect(err.trimEnd().split('\n').length).toBeGreaterThan(1);
  }
  expect(await list(start)).toEqual([]);
});

test('asked for, shown, approved by another, expired: on the command line, in words and as JSON', async () => {
  const asked = parsed('waive request', await holdfast([...ask('ada@example.com'), '--json'], start + day));
  expect(asked).toMatchObject({ by: 'cy@example.com', says: expect.stringContaining('until 2026-05-01T22:00:00.000Z') });
  const [row] = await list(start + day);
  expect(row).toMatchObject({ id: asked.waiver, state: 'requested', requestedBy: 'Cy Moss', decidedBy: null, from: null, failing: 1 });
  expect(row.items).toMatchObject([{ name: 'ada@example.com', failing: true }]);
  expect(row.steps).toMatchObject([{ step: 'requested', by: 'cy@example.com', way: 'command', flaw: null }]);
  const own = await holdfast(['waive', 'approve', asked.waiver, '--reason', 'Fine.', '--by', 'cy@example.com'], start + day);
  expect([own.code, own.err]).toEqual([2, expect.stringContaining('Cy Moss is no approver.')]);
  const done = await holdfast(
    ['waive', 'approve', asked.waiver, '--reason', 'Until she is done.', '--by', 'Anna@Example.com'],
    start + 2 * day,
  );
  expect([done.code, done.err, done.out]).toEqual([0, '', expect.stringContaining('is approved from now until 2026-05-01T22:00:00.000Z')]);

  const table = (await holdfast(['waive', 'list', '--open'], start + 3 * day)).out.split('\n');
  expect(table[1]).toMatch(new RegExp(`^${asked.waiver} +approved +2026-05-01, in 58 d +${rule} +ada@example.com +Cy Moss +Anna Berg`));
  const shown = parsed('waive show', await holdfast(['waive', 'show', asked.waiver, '--json'], start + 3 * day));
  expect(shown).toMatchObject({ state: 'approved', from: new Date(start + 2 * day).toISOString(), verdict: { result: 'pass' } });
  expect((await holdfast(['waive', 'show', asked.waiver], start + 3 * day)).out).toContain(`by Anna Berg (anna@example.com, command)`);

  // Shown, never subtracted.
  const deviations = parsed('deviations', await holdfast(['deviations', '--json'], start + 3 * day));
  const ada = deviations.find((each: { name: string }) => each.name === 'ada@example.com');
  expect(ada.waivers).toMatchObject([{ id: asked.waiver, requestedBy: 'Cy Moss', approvedBy: 'Anna Berg' }]);
  expect(deviations.find((each: { name: string }) => each.name === 'mallory@example.com').waivers).toEqual([]);
  expect((await holdfast(['deviations'], start + 3 * day)).out).toContain(`(${asked.waiver}: waived until 2026-05-01 by Anna Berg)`);
  const results = parsed('results', await holdfast(['results', '--rule', rule, '--json'], start + 3 * day));
  expect(results).toMatchObject([{ result: 'unobserved' }, { result: 'unobserved' }]);
  expect((await holdfast(['status'], start + 3 * day)).out).toContain(
    'waivers: 1 in force, the next ends 2026-05-01T22:00:00.000Z, 0 wait for a decision',
  );

  const late = start + 70 * day;
  expect((await holdfast(['run', '--once'], late)).code).toBe(0);
  expect(parsed('results', await holdfast(['results', '--rule', rule, '--json'], late))[0].waiver).toBeUndefined();
  const [expired] = await list(late);
  expect(expired).toMatchObject({
    state: 'expired',
    verdict: { result: 'fail', message: expect.stringContaining('Expired at 2026-05-01') },
  });
  expect((await holdfast(['status'], late)).out).toContain('1 expired while what they accept still fails');
  expect(parsed('results', await holdfast(['results', '--rule', 'meta.waiver-approved-and-unexpired', '--json'], late))).toMatchObject([
    { item: asked.waiver, result: 'fail', severity: 'medium' },
  ]);

  const renewal = ask('ada@example.com', '--until', '2026-06-30', '--renews', asked.waiver, '--json');
  const again = parsed('waive request', await holdfast(renewal, late));
  expect((await holdfast(['waive', 'refuse', again.waiver, '--reason', 'Enough.', '--by', 'anna@example.com'], late)).code).toBe(0);
  expect((await list(late)).map(({ state }: { state: string }) => state)).toEqual(['refused', 'expired']);
  expect(await list(late, '--open')).toEqual([]);
});

test('beside a running agent the agent does it, within seconds', async () => {
  const at = start + 71 * day;
  const config = loadConfig(join(folder, 'holdfast.yaml'), env);
  await using agent = await openAgent({ config, log: openLog('silent'), now: () => at, operating: true });
  const asked = parsed('waive request', await holdfast([...ask('mallory@example.com', '--until', '2026-06-01'), '--json'], at));
  expect(agent.store.entries('waiver').at(-1)).toMatchObject({
    index: asked.index,
    body: { via: { way: 'command', user: userInfo().username } },
  });
  expect(asked.index).toBe(agent.store.head().size - 1);
});

test('who it is, where nothing says so: the address that git knows', async () => {
  const words = ask('mallory@example.com', '--until', '2026-06-10').filter((word, i, all) => word !== '--by' && all[i - 1] !== '--by');
  const as = (address: string) => {
    writeFileSync(join(folder, 'gitconfig'), `[user]\n\temail = ${address}\n`);
    return holdfast(words, start + 72 * day, { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: join(folder, 'gitconfig') });
  };
  expect((await as('Cy@example.com')).err).toContain('asks for the same already');
  expect((await as('nobody@example.com')).err).toContain('nobody@example.com is none of the people who may act.');
  expect((await holdfast(words, start + 72 * day)).err).toContain(`${userInfo().username} is none of the people who may act.`);
});
