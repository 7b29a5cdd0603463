import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openAgent } from '#src/agent.ts';
import { exampleConfig } from '#src/commands/example.ts';
import { shapes } from '#src/commands/shapes.ts';
import { hour } from '#src/duration.ts';
import { openLog } from '#src/log.ts';
import { verifyPackage } from '#src/package/verifiers/verify.mjs';
import { holdfast } from '#test/commands/cli.ts';
import { exampleConnections } from '../../examples/acme-health/world.ts';

const folders = ['ours', 'theirs'].map((name) => mkdtempSync(join(tmpdir(), `holdfast-backfill-${name}-`)));
const [ours, theirs] = folders as [string, string];
const start = Date.parse('2026-03-02T00:00:00Z');
const at = (hours: number): string => new Date(start + hours * hour).toISOString();
const groups = 'aws/111122223333/eu-central-1/aws.security-group';
const trails = 'aws/111122223333/global/aws.cloudtrail-trail';
const other = join(theirs, '.holdfast/example.db');

/** The example company, looked at hourly for a day; `down` are hours in which the agent did not run. */
async function watch(folder: string, down: (hours: number) => boolean): Promise<void> {
  let present = start;
  const agent = await openAgent({
    config: exampleConfig(folder),
    log: openLog('silent'),
    now: () => present,
    connections: exampleConnections(() => present).filter(({ id }) => id === 'aws'),
    example: true,
  });
  for (let hours = 0; hours < 24; hours++) {
    present = start + hours * hour;
    if (!down(hours)) await agent.runDue();
  }
  await agent[Symbol.asyncDispose]();
}

beforeAll(async () => {
  await watch(ours, (hours) => hours >= 6 && hours < 18);
  await watch(theirs, () => false);
}, 60_000);
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

const line = (scope: string, more = '') =>
  `backfill --example --from-store ${other} --scope ${scope} --from ${at(5.5)} --to ${at(18)} --reason outage ${more}`.trim();
const sizeOf = async () => (JSON.parse((await holdfast(ours, 'status --example --json')).out) as { ledger: { size: number } }).ledger.size;

describe('what another agent saw is brought', () => {
  test('a dry run says what would be known, and records nothing', async () => {
    const before = await sizeOf();
    const { code, out, err } = await holdfast(ours, line(groups, '--dry-run --json'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(shapes['backfill --dry-run'].parse(JSON.parse(out))).toMatchObject({
      dryRun: true,
      index: null,
      replaced: { complete: 0, failed: 0 },
      brought: { complete: 12, failed: 0 },
      unobserved: { before: 12.5 * 3600, after: 0 },
      notJudgedAgain: [],
    });
    expect(await sizeOf()).toBe(before);
    expect((await holdfast(ours, line(groups, '--dry-run'))).out).toMatch(
      /would be brought {2}12 complete.*not observed {6}13 h.*Nothing was recorded/s,
    );
  });

  test('it is recorded, signed, shown with each result that rests on it, and a package of it verifies down to its rules', async () => {
    for (const scope of [groups, trails]) {
      const before = await sizeOf();
      const { code, out, err } = await holdfast(ours, line(scope, '--json'));
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const { index, ledger, run } = shapes['backfill --dry-run'].parse(JSON.parse(out));
      expect(ledger!.size).toBe(index! + 1);
      expect(index).toBeGreaterThanOrEqual(before);
      expect(run).toMatch(/^holdfast\.local\/acme-health, \d+ leaves, root [0-9a-f]{64}; \d+ looks of its leaves \d+ to \d+$/);
    }
    const again = await holdfast(ours, line(trails));
    expect(again.out).toContain(`Recorded as leaf ${(await sizeOf()) - 1} of the ledger`);
    expect((await holdfast(ours, 'verify --example')).code).toBe(0);
    const rows = shapes.results.parse(JSON.parse((await holdfast(ours, 'results --example --json')).out));
    const scopes = new Set(rows.filter(({ correction }) => correction).map(({ scope }) => scope));
    expect([...scopes].toSorted()).toEqual([groups, trails]);
    expect(rows.find(({ correction }) => correction)!.correction!.reason).toBe('outage');
    expect((await holdfast(ours, 'results --example --rule aws.ec2.default-security-group-empty')).out).toMatch(
      /brought later.*leaf \d+: outage/,
    );

    const replayed = await holdfast(ours, `replay --example --replies --from ${at(5.5)} --to ${at(18)} --json`);
    expect(replayed.code).toBe(0);
    const { notReperformed, replies } = shapes.replay.parse(JSON.parse(replayed.out));
    expect({ notReperformed, replies }).toMatchObject({ notReperformed: [], replies: { looks: 15, agree: 15, differ: 0 } });

    expect((await holdfast(ours, 'export --example --from 2026-03-02 --to 2026-03-02 --out p.zip')).code).toBe(0);
    const { checks } = await verifyPackage(join(ours, 'p.zip'), { judge: 'all' });
    expect(checks.flatMap(({ faults }) => faults)).toEqual([]);
    expect(checks.find(({ check }) => check === 'corrections')!.says).toContain('2 corrections bring');
    expect(checks.find(({ check }) => check === 'rules')!.notEstablished).toEqual([]);
  }, 60_000);

  test('where its connection has another name there, the leaf would say which', async () => {
    const scope = groups.replace('aws/', 'prod/');
    for (const [more, run] of [
      ['', /; looks at aws\/111122223333\/eu-central-1\/aws\.security-group there$/],
      ['--run mine', /^mine; looks at aws\//],
    ] as const) {
      const out = `theirs${more.length}.json`;
      expect((await holdfast(ours, line(scope, `--their-scope ${groups} --out ${out} ${more}`))).code).toBe(0);
      expect((JSON.parse(readFileSync(join(ours, out), 'utf8')) as { run: string }).run).toMatch(run);
    }
  });

  test('written to a file and brought from there, it is the same', async () => {
    expect((await holdfast(ours, line(groups, '--out looks.json'))).out).toContain('12 looks; nothing was recorded');
    const { looks } = JSON.parse(readFileSync(join(ours, 'looks.json'), 'utf8')) as { looks: { calls: object[] }[] };
    expect(looks).toHaveLength(12);
    const [direct, carried] = [
      await holdfast(ours, line(groups, '--dry-run --json')),
      await holdfast(ours, 'backfill looks.json --example --dry-run --json'),
    ];
    expect(JSON.parse(carried.out)).toEqual(JSON.parse(direct.out));
    expect(await holdfast(ours, line(groups, '--out looks.json'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('exists already'),
    });
  });
});

test('looks that the other agent corrected itself are not taken as it first recorded them', async () => {
  const file = { scope: trails, from: at(2), to: at(3), reason: 'a broken look', run: 'by hand', looks: [] };
  writeFileSync(join(theirs, 'broken.json'), JSON.stringify(file));
  expect((await holdfast(theirs, 'backfill broken.json --example')).code).toBe(0);
  const asked = (from: number, to: number) =>
    `backfill --example --from-store ${other} --scope ${trails} --from ${at(from)} --to ${at(to)} --reason outage --dry-run`;
  expect(await holdfast(ours, asked(0, 6))).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringMatching(/leaf \d+ there corrects its looks/),
  });
  expect((await holdfast(ours, asked(3, 6))).code).toBe(0);
});

describe('what does not fit is told, and leaves nothing behind', () => {
  test.each([
    ['people', 'aws/111122223333/global/aws.iam-user', 'what is known of people is kept with a salt'],
    ['what no collector reads', 'aws/all/global/monitor.place', 'kept no calls'],
    ['a scope that was never looked at', groups.replace('security', 'securty'), 'it never looked at'],
  ])('%s', async (_, scope, why) => {
    const before = await sizeOf();
    expect(await holdfast(ours, line(scope))).toMatchObject({ code: 2, out: '', err: expect.stringContaining(why) });
    expect(await sizeOf()).toBe(before);
  });

  test.each([
    ['nothing', 'backfill --example', 'Neither a file nor --from-store'],
    ['both', 'backfill x.json --example --reason because', 'does not go with a file'],
    ['no file', 'backfill absent.json --example', 'there is no such file'],
    ['no store', line(groups).replace(other, 'absent.db'), 'no evidence at'],
    ['no reason', line(groups).replace(' --reason outage', ''), '--reason is missing'],
    ['a day that is none', line(groups).replace(at(18), 'monday'), '--to monday is no time'],
    ['another name there', line(groups.replace('aws/', 'prod/')), `--their-scope ${groups}`],
    ['another account', `${line(groups)} --their-scope ${groups.replace('111122223333', '444455556666')}`, 'is another place than'],
    ['another region', `${line(groups)} --their-scope ${groups.replace('central', 'west')}`, 'is another place than'],
    ['another population', `${line(groups)} --their-scope ${trails}`, 'is another place than'],
    ['a time in which nobody looked', line(groups).replace(at(5.5), '2026-01-01').replace(at(18), '2026-01-02'), 'it has no look at'],
    ['its own time to come', line(groups).replace(at(18), at(40)), 'what has not passed cannot be corrected'],
  ])('%s', async (_, asked, why) => {
    expect(await holdfast(ours, asked)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(why) });
  });

  /** The file of the looks, edited. */
  const edits: [string, (file: any) => unknown, string][] = [
    ['not an object', () => [], 'the whole is no object'],
    ['a field that is missing', ({ reason, ...file }) => file, 'reason is no reason. Write why'],
    ['a field that is not known', (file) => ({ ...file, resaon: 'x' }), 'resaon is no field of it'],
    ['a scope of two parts', (file) => ({ ...file, scope: 'aws/1' }), 'scope has not four parts'],
    [
      'a scope nobody knows',
      (file) => ({ ...file, scope: file.scope.replace('group', 'gruop') }),
      'Did you mean "aws/111122223333/eu-central-1/aws.security-group"',
    ],
    ['an instant without a zone', (file) => ({ ...file, from: '2026-03-02' }), 'from is no instant. Write it with its zone'],
    ['a time that ends before it begins', (file) => ({ ...file, to: file.from }), 'to is not after `from`'],
    ['a look outside', (file) => ({ ...file, looks: [{ ...file.looks[0], at: file.to }] }), 'looks[0].at is not within [from, to)'],
    ['looks that are not sorted', (file) => ({ ...file, looks: file.looks.toReversed() }), 'looks[1].at is not after the look before'],
    ['a look without a call', (file) => ({ ...file, looks: [{ at: file.looks[0].at }] }), 'looks[0] has neither calls nor `unread`'],
    ['a hold that is none', (file) => with0(file, (look: any) => ({ ...look, hold: 'an hour' })), 'looks[0].hold is no duration'],
    [
      'a hold that is longer than that of its looks was',
      (file) => with0(file, (look: any) => ({ ...look, hold: '1000d' })),
      `the look of ${at(6)} would vouch for 86400000 s, and looks at the scope vouched for 7200 s at that time`,
    ],
    [
      'an unknown reason',
      (file) => with0(file, (look: any) => ({ at: look.at, unread: { unread: 'shy' } })),
      'looks[0].unread.unread is no reason that is known. Write one of denied',
    ],
    [
      'a call without reply',
      (file) => withCall(file, ({ reply, ...call }: any) => call),
      'looks[0].calls[0] has not just one of reply and failure',
    ],
    [
      'a call that the collector does not make',
      (file) => withCall(file, (call: any) => ({ ...call, operation: 's3:ListBuckets' })),
      'looks[0].calls[0].operation is s3:ListBuckets, which aws-security-groups does not call. It calls ec2:',
    ],
    [
      'a call that is missing',
      (file) => with0(file, (look: any) => ({ ...look, calls: look.calls.slice(1) })),
      'looks[0].calls lack the call ec2:Describe',
    ],
    [
      'a call that nothing asks for',
      (file) => with0(file, (look: any) => ({ ...look, calls: [...look.calls, { ...look.calls[0], parameters: { other: 1 } }] })),
      'is a call that aws-security-groups does not make',
    ],
  ];
  const with0 = (file: any, edit: (look: any) => object) => ({ ...file, looks: [edit(file.looks[0]), ...file.looks.slice(1)] });
  const withCall = (file: any, edit: (call: any) => object) =>
    with0(file, (look: any) => ({ ...look, calls: [edit(look.calls[0]), ...look.calls.slice(1)] }));

  test.each(edits)('%s', async (_, edit, why) => {
    const file = JSON.parse(readFileSync(join(ours, 'looks.json'), 'utf8')) as unknown;
    writeFileSync(join(ours, 'edited.json'), JSON.stringify(edit(file)));
    const { code, out, err } = await holdfast(ours, 'backfill edited.json --example --dry-run');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err.replaceAll(/\s+/g, ' ')).toContain(why);
    expect(err).not.toMatch(/\n\s+at /);
  });

  test('a reply of another shape, or that holds a secret, makes the look one that failed, as in a cycle', async () => {
    const file = JSON.parse(readFileSync(join(ours, 'looks.json'), 'utf8')) as unknown;
    const spoilt = with0(file, (look) => ({
      ...look,
      calls: look.calls.map((call: object) => ({ ...call, reply: { SecurityGroups: 'none' } })),
    }));
    writeFileSync(join(ours, 'edited.json'), JSON.stringify(spoilt));
    const told = JSON.parse((await holdfast(ours, 'backfill edited.json --example --dry-run --json')).out) as object;
    expect(told).toMatchObject({ brought: { complete: 11, failed: 1 }, failures: [{ reason: expect.stringContaining('malformed') }] });
  });

  test('YAML is read too; text that is neither is told with its line', async () => {
    writeFileSync(
      join(ours, 'looks.yaml'),
      `scope: ${groups}\nfrom: ${at(6)}\nto: ${at(7)}\nreason: nobody looked\nrun: by hand\nlooks: []\n`,
    );
    const told = JSON.parse((await holdfast(ours, 'backfill looks.yaml --example --dry-run --json')).out) as object;
    expect(told).toMatchObject({ brought: { complete: 0, failed: 0 } });
    writeFileSync(join(ours, 'looks.yaml'), 'scope: a\n  from: [\n');
    expect((await holdfast(ours, 'backfill looks.yaml --example')).err).toMatch(/it is no YAML, at line \d/);
  });
});
