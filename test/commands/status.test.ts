import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type AlertTally, lettersProblem } from '#src/alerts/tally.ts';
import { statusLines } from '#src/commands/status-lines.ts';
import { wellness } from '#src/commands/wellness.ts';
import type { StatusReport } from '#src/report/types.ts';
import type { Ages } from '#src/vitals/problems.ts';

const hour = 3_600_000;
const asOf = '2026-03-02T10:00:00.000Z';
const ago = (ms: number) => ({
  index: 1,
  connection: '',
  asOf: Date.parse(asOf) - ms,
  ended: Date.parse(asOf) - ms,
  scopes: 3,
  failed: 0,
  changes: 0,
});

const well: StatusReport = {
  company: 'Acme Health',
  example: false,
  window: { from: 0, to: 0, asOf: 0, firstDay: '2026-02-01', lastDay: '2026-07-31', timeZone: 'Europe/Berlin' } as StatusReport['window'],
  asOf,
  ledger: { size: 1_234, root: 'ab'.repeat(32) },
  connections: [
    { id: 'aws', lastCycle: ago(0.4 * hour), scopes: 60, failing: [], items: 800 },
    { id: 'github', lastCycle: ago(3 * hour), scopes: 3, failing: [], items: 45 },
  ] as unknown as StatusReport['connections'],
  retired: [],
  backfills: [],
  items: 845,
  results: { pass: 950, fail: 3, unobserved: 0, pending: 0, 'not-applicable': 82 },
  observed: 0.998,
  unobserved: { hours: 2, gaps: 1 },
  deviations: { total: 17, open: 3, waived: 0, overdue: 0, nextDue: '2026-03-05T10:00:00.000Z' },
  waivers: { requested: 0, inForce: 0, expired: 0, nextEnd: null },
  criteria: [
    { id: 'CC6.1', says: '', controls: [], reached: true },
    { id: 'CC6.2', says: '', controls: [], reached: false },
  ],
  signed: { origin: 'evidence.example.com/acme', size: 1_234 },
  keyBesideEvidence: false,
  anchors: [
    {
      name: 'worm',
      kind: 's3',
      size: 1_200,
      at: asOf,
      leavesBehind: 30,
      behindSince: '2026-03-02T08:00:00.000Z',
      late: false,
      fault: null,
    },
  ],
};

const tally: AlertTally = {
  open: { low: 2, medium: 0, high: 1, critical: 0 },
  acknowledged: 1,
  waiting: 0,
  waitingSince: null,
  parked: 0,
  fault: null,
};
const agesIn = ({ connections }: StatusReport, also: readonly Ages[] = []): Ages[] => [
  ...[
    { connection: 'aws', period: hour },
    { connection: 'github', period: 4 * hour },
  ].map((age) => ({ ...age, ended: connections.find(({ id }) => id === age.connection)?.lastCycle?.ended ?? null, blind: [] })),
  ...also,
];

const unread = { unread: 'denied', call: 'ec2:DescribeVpcs', needs: 'ec2:DescribeVpcs', detail: '' };
const hostile = 'x'.repeat(40) + '\u001b[2J\u202e\n';

const cases: Readonly<Record<string, StatusReport>> = {
  'all is well': well,
  'nothing was ever looked at': {
    ...well,
    connections: [],
    ledger: { size: 0, root: '' },
    signed: null,
    items: 0,
    observed: null,
    unobserved: null,
    anchors: [],
  },
  'a connection was not looked at in time': {
    ...well,
    connections: [{ ...well.connections[0]!, lastCycle: ago(2.5 * hour) as never }, well.connections[1]!],
  },
  'scopes cannot be read, a deviation is overdue, an anchor fails and is late, a waiver expired': {
    ...well,
    connections: [
      {
        ...well.connections[0]!,
        failing: [
          { scope: 'a', unread, since: asOf },
          { scope: 'b', unread, since: asOf },
        ] as never,
      },
      well.connections[1]!,
    ],
    deviations: { ...well.deviations, overdue: 1, waived: 1 },
    waivers: { requested: 1, inForce: 2, expired: 1, nextEnd: '2026-04-01T00:00:00.000Z' },
    anchors: [
      { ...well.anchors[0]!, late: true, fault: { at: asOf, attempts: 5, reason: `refused ${hostile}`, mend: 'Allow s3:PutObject' } },
    ],
    retired: [{ scope: 'c', at: asOf, reason: 'gone' }],
    backfills: [{ scope: 'd', from: asOf, to: asOf, index: 3, reason: 'outage' }],
  },
  'what was recorded is not signed': { ...well, signed: { ...well.signed!, size: 1_233 }, keyBesideEvidence: true },
  'the example company, without a window': { ...well, example: true, window: null, keyBesideEvidence: true, anchors: [] },
};

/** HOLDFAST_GOLDEN=write rewrites the texts; read the difference before keeping it. */
test('status says in ten lines whether all is well', () => {
  const golden = join(import.meta.dirname, 'status.golden.txt');
  const told = Object.entries(cases)
    .map(
      ([title, status]) =>
        `== ${title}\n${statusLines(status, wellness(status, { ages: agesIn(status), unsignedFor: 2 * 60_000, queue: [], letters: [] }), tally)}`,
    )
    .join('\n');
  if (process.env['HOLDFAST_GOLDEN'] === 'write') writeFileSync(golden, told);
  expect(told).toBe(readFileSync(golden, 'utf8'));
});

test.each(Object.entries(cases))('%s: ten lines, the first says which, and no text of a provider acts in the terminal', (title, status) => {
  const problems = wellness(status, { ages: agesIn(status), unsignedFor: 2 * 60_000, queue: [], letters: [] });
  const lines = statusLines(status, problems, tally).trimEnd().split('\n');
  expect(lines).toHaveLength(10);
  expect(lines[0]!.startsWith(problems.length === 0 ? 'All is well' : 'Not well: ')).toBe(true);
  expect(problems.length === 0).toBe(title === 'all is well' || title.startsWith('the example'));
  expect(lines.join('')).not.toMatch(/[\u001b\u202e]/);
});

test('a head that is a moment old may be unsigned yet; a connection that is configured and never seen is missed', () => {
  const unsigned = { ...well, signed: { ...well.signed!, size: 1_233 } };
  expect(wellness(unsigned, { ages: agesIn(unsigned), unsignedFor: 10_000, queue: [], letters: [] })).toEqual([]);
  expect(
    wellness(well, {
      ages: agesIn(well, [{ connection: 'okta', period: hour, ended: null, blind: [] }]),
      unsignedFor: 0,
      queue: [],
      letters: [],
    }),
  ).toMatchObject([{ key: 'connection okta' }]);
});

test('a connection of which nothing can be read is told once, with the reason', () => {
  const unread = { unread: 'denied', call: 'ec2:DescribeVpcs', needs: 'ec2:DescribeVpcs', detail: '' };
  const refused = { ...well, connections: [{ ...well.connections[0]!, failing: [{ scope: 'a', unread, since: asOf }] as never }] };
  const ages = [{ connection: 'aws', period: hour, ended: Date.parse(asOf), blind: ['denied'] }];
  expect(wellness(refused, { ages, unsignedFor: 0, queue: [], letters: [] })).toEqual([
    { key: 'connection aws', says: 'nothing of aws can be read (denied)' },
  ]);
});

test('messages that people do not get are a problem, in the words of the channel: at once where it refuses them, later where they wait', () => {
  const now = Date.parse(asOf);
  const says = (letters: Partial<AlertTally>) => {
    const [problem, ...more] = wellness(well, {
      ages: agesIn(well),
      unsignedFor: 0,
      queue: [],
      letters: lettersProblem({ ...tally, ...letters }, now),
    });
    expect(more).toEqual([]);
    return problem && `${problem.key}: ${problem.says}`;
  };
  const fault = { says: 'the channel #security does not exist', mend: 'Name another.' };
  expect(says({ parked: 3, fault })).toBe('letters: 3 messages not delivered: the channel #security does not exist; see `holdfast alerts`');
  const busy = { waiting: 2, fault: { says: 'Slack does not answer', mend: '' } };
  expect(says({ ...busy, waitingSince: now - 0.4 * hour })).toBeUndefined();
  expect(says({ ...busy, waitingSince: now - 48 * hour })).toBe(
    'letters: 2 messages not delivered, the oldest that waits for 2 days: Slack does not answer; see `holdfast alerts`',
  );
  expect(says({ waiting: 1, waitingSince: now - hour })).toContain(
    '1 message not delivered, the oldest that waits for 60 min: not tried yet',
  );
  expect(says({ ...busy, parked: 1, waitingSince: now - hour })).toContain('3 messages not delivered');
  expect(statusLines(well, [], { ...tally, parked: 3 })).toContain('; alerts: 3 open, 1 acknowledged, 3 messages not delivered\n');
});
