import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { commands } from '#src/commands/index.ts';
import { shapes } from '#src/commands/shapes.ts';
import { printable } from '#src/commands/text.ts';
import { collectors, permissionsOf, rules } from '#src/registry.ts';
import { startScim } from '#test/doubles/scim.ts';
import { holdfast } from './cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-commands-'));
});

describe('usage', () => {
  test('nothing, help and an unknown command', async () => {
    expect(await holdfast(folder, '')).toMatchObject({ code: 2, out: '', err: expect.stringContaining('holdfast COMMAND') });
    expect(await holdfast(folder, 'help')).toMatchObject({ code: 0, err: '' });
    expect(await holdfast(folder, 'resluts')).toMatchObject({ code: 2, out: '', err: expect.stringContaining('Did you mean "results"?') });
  });

  test.each(Object.keys(commands))('%s --help says how it is used; an unknown option is refused', async (name) => {
    const help = await holdfast(folder, `${name} --help`);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain(`holdfast ${name}`);
    const wrong = await holdfast(folder, `${name} --no-such-option`);
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).not.toMatch(/\n\s+at /);
  });

  test.each(['status', 'results', 'conclude', 'deviations', 'check', 'run --once --config nowhere.yaml'])(
    '%s without a configuration is told what to do',
    async (line) => {
      const { code, out, err } = await holdfast(folder, line);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain('holdfast init');
    },
  );

  test('a wrong configuration is told with its line, and nothing else', async () => {
    writeFileSync(join(folder, 'holdfast.yaml'), 'company: Acme\nconections: []\n');
    const { code, err } = await holdfast(folder, 'run --once');
    expect(code).toBe(2);
    expect(err).toMatch(/holdfast\.yaml:2:1: .*Did you mean "connections"|conections/s);
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe('the catalogue', () => {
  test('rules and controls as JSON', async () => {
    expect((JSON.parse((await holdfast(folder, 'rules --json')).out) as { id: string }[]).map(({ id }) => id)).toEqual(
      rules.map(({ id }) => id),
    );
    expect(JSON.parse((await holdfast(folder, 'controls --json')).out)).toHaveLength(45);
  });

  test.each([...rules.map(({ id }) => id), 'NW-01', 'GV-03'])('explain %s', async (id) => {
    const { code, out } = await holdfast(folder, `explain ${id}`);
    expect(code).toBe(0);
    expect(out).toContain(id);
    expect(out).not.toContain('undefined');
  });

  test('explain what does not exist', async () => {
    expect(await holdfast(folder, 'explain aws.iam.root-mfa-enable')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean "aws.iam.root-mfa-enabled"?'),
    });
  });

  test('the policy grants what the collectors declare, and nothing that reads data', async () => {
    const { out } = await holdfast(folder, 'policy aws --json');
    const {
      Statement: [allow, deny, who],
    } = JSON.parse(out) as { Statement: { Sid: string; Action: string[] }[] };
    expect(who).toMatchObject({ Sid: 'HoldfastFindsWhoChangedIt', Action: ['cloudtrail:LookupEvents'] });
    const declared = collectors.filter(({ id }) => id.startsWith('aws-')).flatMap(permissionsOf);
    expect(new Set(allow!.Action)).toEqual(new Set([...declared, 'ec2:DescribeRegions', 'sts:GetCallerIdentity']));
    expect(allow!.Action.filter((action) => !/^[a-z0-9-]+:(Get|List|Describe|Generate)[A-Za-z]+$/.test(action))).toEqual([]);
    expect(allow!.Action.filter((action) => deny!.Action.includes(action))).toEqual([]);
    expect((await holdfast(folder, 'policy github')).out).toContain('metadata');
    expect(await holdfast(folder, 'policy azure')).toMatchObject({ code: 2 });
  });

  test('a collector that is switched off asks for nothing', async () => {
    writeFileSync(
      join(folder, 'holdfast.yaml'),
      'company: Acme\nconnections:\n  - { id: aws, provider: aws, without: [aws-kms-keys, aws-cloudtrail] }\n',
    );
    const { out } = await holdfast(folder, 'policy aws');
    expect(out).not.toContain('kms:ListKeys');
    expect(out).not.toContain('LookupEvents');
    expect(out).toContain('rds:DescribeDBInstances');
  });
});

describe('init', () => {
  test('writes a configuration that is valid, and never over another', async () => {
    const { code, err } = await holdfast(folder, 'init --company Acme --aws --github acme --scim https://scim.example.com/v2');
    expect(code).toBe(0);
    expect(err).toContain('holdfast policy aws');
    const text = readFileSync(join(folder, 'holdfast.yaml'), 'utf8');
    expect(text).toContain('${env:GITHUB_TOKEN}');
    expect((await holdfast(folder, 'policy github')).code).toBe(0);
    expect(await holdfast(folder, 'status')).toMatchObject({ code: 2, err: expect.stringContaining('no evidence') });
    expect(await holdfast(folder, 'init --company Other')).toMatchObject({ code: 2, err: expect.stringContaining('exists already') });
  });
});

/** They need more than a configuration; their own suites hold them to their shapes. */
const heldElsewhere = [
  'alerts --test',
  'waive show',
  'waive request',
  'backfill --dry-run',
  'migrate sqlite-to-postgres',
  'export',
  'replay',
  'replay --today',
  'key',
  'worker --pause',
  'worker --resume',
];

describe('a directory over SCIM, from the first look to the conclusion', () => {
  const start = Date.parse('2026-03-02T08:00:00Z');
  let scim: Awaited<ReturnType<typeof startScim>>;
  beforeAll(async () => {
    const users = [
      {
        id: '1',
        userName: 'ada@example.com',
        active: true,
        meta: { resourceType: 'User', created: '2025-01-01T00:00:00Z', lastModified: '2025-01-01T00:00:00Z' },
      },
      {
        id: '2',
        userName: '\u001b[31mmallory\u202e',
        active: true,
        meta: { resourceType: 'User', created: '2025-01-01T00:00:00Z', lastModified: '2025-01-01T00:00:00Z' },
      },
    ];
    const groups = [{ id: 'g1', displayName: 'admins', members: [{ value: '1', type: 'User' }] }];
    scim = await startScim({ users, groups, token: 'secret-token' } as never);
  });
  afterAll(() => scim.close());

  const company = (window = true) => `company: Acme
retention: { repliesDays: 800 }
${window ? 'window: { from: 2026-03-02, to: 2026-03-31, timeZone: UTC }\n' : ''}connections:
  - { id: people, provider: scim, endpoint: '${scim.endpoint}', token: '\${env:SCIM_TOKEN}' }
`;

  test('run, status, results, conclude, deviations; the same again changes no interval', async () => {
    writeFileSync(join(folder, 'holdfast.yaml'), company());
    const at = (hours: number) => ({ env: { SCIM_TOKEN: 'secret-token' }, now: () => start + hours * 3_600_000 });
    expect(await holdfast(folder, 'check', at(0))).toMatchObject({ code: 0, out: expect.stringContaining('scim-accounts: 2 items') });
    expect(await holdfast(folder, 'run --once', at(0))).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^people: \d+ items in \d scopes, 0 not read/),
    });
    const first = JSON.parse((await holdfast(folder, 'results --json', at(0))).out) as Record<string, unknown>[];
    expect(first.length).toBeGreaterThan(0);
    for (const [command, shape] of Object.entries(shapes)) {
      if (heldElsewhere.includes(command)) continue;
      const { out } = await holdfast(folder, `${command} --json`, at(0.9));
      expect({ command, faults: shape.safeParse(JSON.parse(out)).error?.issues ?? [] }).toEqual({ command, faults: [] });
    }
    expect(first.filter(({ rule }) => rule === 'idp.user-mfa-enrolled')).toMatchObject([
      { result: 'unobserved', reason: { reason: 'not-offered' } },
      { result: 'unobserved' },
    ]);

    const asked = ['conclude --json', 'deviations --json', 'results --json'];
    const answered = await Promise.all(asked.map((line) => holdfast(folder, line, at(0.9))));
    await holdfast(folder, 'run --once', at(1));
    const known = await Promise.all(asked.map((line) => holdfast(folder, `${line} --known-at 2026-03-02T08:54:00Z`, at(5))));
    expect(known.map(({ out }) => out)).toEqual(answered.map(({ out }) => out));
    expect(known[0]!.err).toMatch(/^Known to a ledger of \d+ leaves, root [0-9a-f]{64}, as of 2026-03-02T08:54:00.000Z.\n$/);
    expect((await holdfast(folder, 'results --known-at #2', at(5))).err).toContain('Known to a ledger of 2 leaves');
    for (const never of ['#0', '#99', 'yesterday', '2026-03-03'])
      expect(await holdfast(folder, `results --known-at ${never}`, at(5))).toMatchObject({ code: 2, out: '' });
    const second = JSON.parse((await holdfast(folder, 'results --json', at(1))).out) as Record<string, unknown>[];
    const since = (rows: Record<string, unknown>[]) => rows.map(({ rule, item, result, since }) => ({ rule, item, result, since }));
    expect(since(second)).toEqual(since(first));
    expect(second.filter(({ rule }) => rule === 'idp.user-mfa-enrolled').map(({ lastSeen }) => lastSeen)).toEqual(
      Array(2).fill('2026-03-02T09:00:00.000Z'),
    );

    const replayed = await holdfast(folder, 'replay --replies --json', at(1));
    expect(replayed.code).toBe(0);
    const { agree, judgements, differ, notReperformed, replies } = JSON.parse(replayed.out) as Record<string, unknown>;
    expect({ agree, differ, notReperformed }).toEqual({ agree: judgements, differ: 0, notReperformed: [] });
    expect(replies).toMatchObject({ differ: 0, collections: expect.any(Number) });
    expect((await holdfast(folder, 'replay --rule idp.user-mfa-enrolled', at(1))).out).toMatch(
      /^2 judgements of \d cycles, 2 evaluations\n {2}agree: 2\n/,
    );
    expect(await holdfast(folder, 'replay --from yesterday')).toMatchObject({ code: 2 });
    // What was not done again bears nothing out.
    expect(await holdfast(folder, 'replay --rule idp.no-such', at(1))).toMatchObject({
      code: 1,
      out: expect.stringContaining('No judgement was done again, so that nothing is shown.'),
    });

    const again = await holdfast(folder, 'replay --today --json', at(1));
    expect(JSON.parse(again.out)).toMatchObject({ rules: [], items: [], notJudged: 0 });
    const recorded = await holdfast(folder, 'replay --today --record --json', at(1.5));
    expect(recorded.code).toBe(0);
    const sizes = [again, recorded].map(({ out }) => (JSON.parse(out) as { ledger: { size: number } }).ledger.size);
    expect(sizes[1]).toBe(sizes[0]! + 1);
    expect((await holdfast(folder, 'replay --today', at(1.5))).out).toContain('0 of 45 controls, 0 rules and 0 items differ.');

    const concluded = JSON.parse((await holdfast(folder, 'conclude --json', at(1))).out) as {
      controls: { id: string; conclusion: string }[];
    };
    expect(concluded.controls).toHaveLength(45);
    expect(concluded.controls.find(({ id }) => id === 'GV-03')).toMatchObject({ conclusion: 'not-tested' });
    expect((await holdfast(folder, 'status', at(1))).out.split('\n').length).toBeLessThanOrEqual(13);
    expect((await holdfast(folder, 'deviations', at(1))).code).toBe(0);
    expect((await holdfast(folder, 'results', at(1))).out).not.toMatch(/[\u001b\u202e]/);
    expect(readFileSync(join(folder, '.holdfast/evidence.db')).includes('secret-token')).toBe(false);
  });

  test('a connection that cannot be read at all is recorded, and exits with 3', async () => {
    writeFileSync(join(folder, 'holdfast.yaml'), company());
    const surroundings = { env: { SCIM_TOKEN: 'a-revoked-token' }, now: () => start };
    const { code, err } = await holdfast(folder, 'run --once', surroundings);
    expect(code).toBe(3);
    expect(err).toContain('people');
    const rows = JSON.parse((await holdfast(folder, 'results --json --result unobserved', surroundings)).out) as {
      item: string;
      reason: object;
    }[];
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows)
      expect(row).toMatchObject({
        item: expect.stringMatching(/^scope:/),
        reason: { reason: expect.any(String), call: expect.any(String) },
      });
  });

  test('a secret that is not there, and a window that is not declared', async () => {
    writeFileSync(join(folder, 'holdfast.yaml'), company(false));
    expect(await holdfast(folder, 'run --once')).toMatchObject({ code: 2, err: expect.stringContaining('SCIM_TOKEN') });
    await holdfast(folder, 'run --once', { env: { SCIM_TOKEN: 'x' } });
    expect(await holdfast(folder, 'conclude')).toMatchObject({ code: 2, err: expect.stringContaining('window') });
    expect(await holdfast(folder, 'conclude --from 2026-02-30 --to 2026-03-01')).toMatchObject({
      code: 2,
      err: expect.stringContaining('2026-02-30'),
    });
    expect((await holdfast(folder, 'conclude --from 2026-03-01 --to 2026-03-31')).code).toBe(0);
    expect(await holdfast(folder, 'results --at yesterday')).toMatchObject({ code: 2 });
  });
});

test('text of a provider cannot act on a terminal', () => {
  expect(printable('a\u001b[2Jb\u202ec\u0000')).toBe('a\\u001b[2Jb\\u202ec\\u0000');
});
