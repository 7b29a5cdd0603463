import { defineCadenceRule, definePopulationRule, defineRule, fail, pass, type Rule, z } from '#rule';
import { definePopulation } from '#src/population.ts';
import type { ResultRow } from '#src/report/types.ts';
import { defaultDeadlines } from '#src/window/deviations.ts';
import type { Evidence } from '#src/window/facts.ts';
import type { Run, ScopeCoverage, Window } from '#src/window/types.ts';

/**
 * A company at the 150th day of its window, with what pages must get right: deviations open and closed, one of them seen by a single look,
 * time not observed, a scope never read, rules that do not exist yet, an obligation missed, an item with a hostile name.
 */
export const at = (text: string): number => Date.parse(text.length === 10 ? `${text}T00:00:00Z` : `${text}:00Z`);
export const hour = 3_600_000;
export const deadlines = { ...defaultDeadlines, critical: 72 * hour };
export const asOf = at('2026-06-30T12:30');
export const window: Window = { from: at('2026-01-31T23:00'), to: at('2026-07-31T22:00'), asOf };
export const hostile = '<script>alert(1)</script>\u202egnp.exe\u0000\u200b"\'&';
export const production = 'aws-main/111122223333/eu-central-1/aws.security-group';
export const sandbox = 'aws-main/444455556666/us-east-1/aws.security-group';

const securityGroup = definePopulation('aws.security-group', {
  title: 'Security groups',
  kind: 'state',
  fields: z.object({ ports: z.array(z.int()) }),
  example: { key: 'sg', name: 'web', ports: [] },
});
const change = definePopulation('code.change', {
  title: 'Changes merged into a protected branch',
  kind: 'event',
  at: 'mergedAt',
  fields: z.object({ mergedAt: z.string(), approvals: z.int() }),
  example: { key: 'change', name: '#1', mergedAt: '2026-01-15T00:00:00.000Z', approvals: 1 },
});
const texts = { rationale: 'What anyone can reach, anyone can try.', remediation: 'Close the port, or name the group in the list.' };
const messages = { fine: 'Fine.', open: 'Port 22 is open to the world.' };

export const ports = defineRule(securityGroup, {
  id: 'aws.ec2.security-group-no-public-admin-ports',
  title: 'Administrative ports are not open to the internet',
  kind: 'state',
  severity: 'critical',
  ...texts,
  inspects: ['ports'],
  parameters: z.object({ adminPorts: z.array(z.int()).default([22, 3389]).describe('Ports that only administrators need') }),
  messages,
  examples: { pass: [{}], fail: [{ ports: [22] }] },
  evaluate: ({ ports: open }) => (open.includes(22) ? fail('open') : pass('fine')),
});
export const approved = defineRule(change, {
  id: 'github.change-approved',
  title: 'Every change was approved by another person',
  kind: 'event',
  severity: 'high',
  rationale: 'Two pairs of eyes see more than one.',
  remediation: 'Review the change now, and write down what came of it.',
  inspects: ['approvals'],
  parameters: z.object({}),
  messages,
  examples: { pass: [{}], fail: [{ approvals: 0 }] },
  evaluate: ({ approvals }) => (approvals > 0 ? pass('fine') : fail('open')),
});
export const review = defineCadenceRule(change, {
  id: 'register.access-reviewed',
  title: 'Access is reviewed every quarter',
  severity: 'high',
  rationale: 'Rights pile up unless someone looks.',
  remediation: 'Do the review and add its record.',
  owedBy: 'account',
  inspects: ['approvals'],
  parameters: z.object({}),
  messages,
  examples: { pass: [{}], fail: [{ approvals: 0 }] },
  schedule: () => ({ mode: 'calendar', period: 'quarter', graceDays: 14 }),
  evaluate: () => pass('fine'),
});
export const restore = defineRule(change, {
  ...approved,
  id: 'register.restore-tested',
  title: 'Restores are tested',
  examples: { pass: [{}], fail: [{ approvals: 0 }] },
});
export const segmented = definePopulationRule(
  { groups: securityGroup },
  {
    id: 'aws.ec2.segmented',
    title: 'Networks are segmented',
    kind: 'state',
    severity: 'medium',
    ...texts,
    within: 'everything',
    inspects: { groups: ['ports'] },
    parameters: z.object({}),
    messages,
    examples: [],
    evaluate: () => [],
  },
);
export const rules: readonly Rule[] = [ports, approved, review, restore, segmented];

export const looked: ScopeCoverage = {
  hold: 2 * hour,
  firstLook: window.from - 30 * 24 * hour,
  lastLook: asOf - 10 * 60_000,
  gaps: [
    { from: at('2026-04-03T04:00'), to: at('2026-04-04T18:00'), reason: 'monitor-down' },
    { from: at('2026-06-11T10:00'), to: at('2026-06-11T13:00'), reason: 'throttled' },
  ],
};
const refused: ScopeCoverage = {
  hold: 2 * hour,
  firstLook: null,
  lastLook: null,
  gaps: [{ from: at('2026-02-01'), to: null, reason: 'denied' }],
};
const events: ScopeCoverage = { ...looked, memory: 90 * 24 * hour };
const forgetful: ScopeCoverage = { ...looked, gaps: [{ from: at('2026-03-05'), to: at('2026-04-26'), reason: 'denied' }] };

const first = looked.firstLook as number;
export const last = looked.lastLook as number;
const run = (result: Run['result'], from: number, to: number): Run => ({ result, first: from, last: to });
/** Passed from the first look on, but for the stretches given. */
function runsWith(...stretches: readonly (readonly [Run['result'], number, number])[]): Run[] {
  let from = first;
  const runs = stretches.flatMap(([result, begin, end]) => {
    const before = run('pass', from, begin - hour);
    from = end + hour;
    return [before, run(result, begin, end)];
  });
  return from > last ? runs : [...runs, run('pass', from, last)];
}

export interface Watched {
  readonly key: string;
  readonly name: string;
  readonly result: ResultRow['result'];
  readonly message: string;
  readonly runs: readonly Run[];
}

export const arn = (id: string) => `arn:aws:ec2:eu-central-1:111122223333:security-group/${id}`;
export const watched: readonly Watched[] = [
  {
    key: arn('sg-0a1'),
    name: 'bastion',
    result: 'fail',
    message: 'Port 22 is open to the world: rule "ssh from anywhere".',
    runs: runsWith(['fail', at('2026-04-20T08:00'), at('2026-04-22T21:00')], ['fail', at('2026-06-28T09:00'), last]),
  },
  {
    key: arn('sg-0a2'),
    name: hostile,
    result: 'pass',
    message: `Fine: ${hostile}`,
    runs: runsWith(['fail', at('2026-05-13T07:00'), at('2026-05-13T07:00')]),
  },
  {
    key: arn('sg-0a3'),
    name: 'database',
    result: 'unobserved',
    message: 'ec2:DescribeSecurityGroups (needs ec2:DescribeSecurityGroups): denied',
    runs: [run('pass', first, at('2026-06-20')), { ...run('unobserved', at('2026-06-20T01:00'), last), reason: 'denied' }],
  },
  ...Array.from(
    { length: 402 },
    (_, i): Watched => ({
      key: arn(`sg-1${String(i).padStart(3, '0')}`),
      name: `service-${i + 1}`,
      result: 'pass',
      message: 'Fine.',
      runs: runsWith(),
    }),
  ),
];

const quarterly = {
  subject: 'aws-main/111122223333',
  schedule: { mode: 'calendar', period: 'quarter', graceDays: 14 },
  timeZone: 'Europe/Berlin',
  since: at('2025-12-31T23:00'),
  scopes: [events],
} as const;
const merged = Array.from({ length: 120 }, (_, i) => ({
  item: `change-${i}`,
  at: window.from + (i + 1) * 29 * hour,
  result: i === 40 || i === 77 ? ('fail' as const) : i === 119 ? ('pending' as const) : ('pass' as const),
}));
const none = { kind: 'event', events: [], scopes: [events], completeness: 'reconciled' } as const;
export const evidence = new Map<string, Evidence>(
  (
    [
      {
        kind: 'state',
        rule: ports.id,
        severity: 'critical',
        deadlines,
        scopes: [looked, refused],
        groups: watched.map(({ key, runs }) => ({ item: key, runs, scope: looked })),
      },
      { kind: 'event', rule: approved.id, events: merged, scopes: [events], completeness: 'reconciled' },
      {
        kind: 'cadence',
        rule: review.id,
        owed: [
          { ...quarterly, performances: [{ item: 'review-2026-q1', at: at('2026-04-09T10:00'), result: 'pass' }] },
          { ...quarterly, subject: 'aws-main/444455556666', performances: [] },
        ],
      },
      { ...none, rule: restore.id },
      {
        kind: 'state',
        rule: segmented.id,
        severity: 'medium',
        scopes: [forgetful],
        groups: [{ item: 'vpc', runs: [run('pass', first, last)], scope: forgetful }],
      },
    ] as (Evidence & { scopes?: readonly ScopeCoverage[] })[]
  ).map((each) => [each.rule, { ...each, scopes: each.scopes ?? [events] } as Evidence]),
);
