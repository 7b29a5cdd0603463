import type { Rule } from '#rule';
import { criteriaIn } from '#src/criteria.ts';
import { parseScopeKey } from '#src/evidence/store.ts';
import type { ControlReport, ControlRule, DeviationRow, ItemReport, Report, ResultRow, RuleItem, StatusReport } from '#src/report/types.ts';
import { type Control, type ControlVersion, conclusions } from '#src/window/conclusions.ts';
import { deviations } from '#src/window/deviations.ts';
import { factsOf } from '#src/window/facts.ts';
import { measure, ratios } from '#src/window/measure.ts';
import { controlStrip, ruleStrip } from '#src/window/strip.ts';
import { timeline } from '#src/window/timeline.ts';
import {
  approved,
  arn,
  asOf,
  at,
  deadlines,
  evidence,
  hostile,
  hour,
  last,
  looked,
  ports,
  production,
  restore,
  review,
  rules,
  sandbox,
  segmented,
  type Watched,
  watched,
  window,
} from './company.ts';

/* The reports over the company of company.ts. What follows from the evidence is computed from it; the rest is written down. */

const version = (
  key: readonly string[],
  supporting: readonly string[] = [],
  from = -Infinity,
  to: number | null = null,
): ControlVersion => ({ from, to, key, supporting });
const thresholds = { coverage: 0.95, gap: 72 * hour };
const worded: readonly (Pick<ControlReport, 'id' | 'title' | 'statement' | 'criteria'> & {
  versions: readonly ControlVersion[];
  says: string;
})[] = [
  {
    id: 'AC-05',
    title: 'Access review',
    statement: 'Access is reviewed every quarter by who owns it.',
    criteria: ['CC6.2', 'CC6.3'],
    versions: [version([review.id])],
    says: '1 deviation: 1 open',
  },
  {
    id: 'BK-04',
    title: 'Restore testing',
    statement: 'Backups are restored in a test twice a year.',
    criteria: ['A1.3'],
    versions: [version([restore.id])],
    says: 'no restore test due in this window',
  },
  {
    id: 'CM-01',
    title: 'Review and approval of changes',
    statement: 'Each change is approved by someone else before it is merged.',
    criteria: ['CC8.1'],
    versions: [version([approved.id])],
    says: '2 of 120 changes merged without approval; 1 pending',
  },
  {
    id: 'GV-03',
    title: 'Training and awareness',
    statement: 'Everyone is trained each year.',
    criteria: ['CC1.4', 'CC2.2'],
    versions: [version(['register.training-done'])],
    says: 'no rule that tests it is available yet',
  },
  {
    id: 'NW-01',
    title: 'Boundary firewall rules',
    statement: 'Firewall rules deny inbound traffic by default; administrative ports are not reachable from the internet.',
    criteria: ['CC6.6', 'CC6.1'],
    versions: [
      version([ports.id], [], -Infinity, at('2026-03-31T22:00')),
      version([ports.id, 'aws.net.public-entrypoint-authorized'], [segmented.id], at('2026-03-31T22:00')),
    ],
    says: '3 deviations: 1 open, 2 remediated in time; one scope never read',
  },
  {
    id: 'NW-02',
    title: 'Segmentation and host exposure',
    statement: 'Databases sit in private networks.',
    criteria: ['CC6.1', 'CC6.6'],
    versions: [version([segmented.id])],
    says: 'not observed for 52 d at a stretch',
  },
];

const titles = new Map(rules.map(({ id, title }) => [id, title]));
function controlRule(id: string): ControlRule {
  const own = evidence.get(id);
  if (!own) return { id, title: id, available: false, facts: null, strip: null };
  return {
    id,
    title: titles.get(id) ?? id,
    available: true,
    facts: factsOf(own, window, window, thresholds, []),
    strip: ruleStrip(own, window),
  };
}

function controls(): ControlReport[] {
  const inForce: Control[] = worded.map(({ id, versions }) => ({ id, versions }));
  const concluded = conclusions(inForce, evidence, window, { thresholds });
  return worded.map(({ versions, ...words }, i) => {
    const detail = concluded[i]!;
    const rulesOf = (role: 'key' | 'supporting') => [...new Set(versions.flatMap((each) => each[role]))].map(controlRule);
    const key = rulesOf('key');
    const shares = key.flatMap(({ facts }) => ((facts?.scopeCoverage ?? null) === null ? [] : [facts!.scopeCoverage!]));
    return {
      ...words,
      family: words.id.split('-')[0]!,
      owner: 'Head of Platform',
      frequency: 'continuous',
      type: 'preventive, automated',
      conclusion: detail.conclusion,
      grade: detail.grade,
      tally: detail.deviations,
      backfilled: false,
      shortfalls: detail.shortfalls,
      detail,
      observed: shares.length > 0 ? Math.min(...shares) : null,
      strip: key.some(({ available }) => available)
        ? controlStrip(inForce[i]!, (rule) => (evidence.has(rule) ? ruleStrip(evidence.get(rule)!, window) : undefined), window)
        : null,
      key,
      supporting: rulesOf('supporting'),
    };
  });
}

const iso = (instant: number) => new Date(instant).toISOString();
const isoOrNull = (instant: number | null) => (instant === null ? null : iso(instant));
function deviationRows(): DeviationRow[] {
  return watched.flatMap(({ key, name, message, runs }) =>
    deviations({ rule: ports.id, item: key, severity: 'critical', deadlines, runs }, asOf).map((each) => ({
      id: each.id,
      count: 1,
      rule: ports.id,
      item: key,
      name,
      scope: production,
      severity: each.severity,
      message,
      controls: ['NW-01'],
      waivers: [],

      lastGood: isoOrNull(each.lastGood),
      firstBad: iso(each.firstBad),
      lastBad: iso(each.lastBad),
      firstGood: isoOrNull(each.firstGood),
      closedBy: each.closedBy,

      atLeast: each.minDuration / 1000,
      atMost: each.maxDuration === null ? null : each.maxDuration / 1000,
      due: iso(each.due),
      clock: each.remediated,
      carriedIn: false,
      backfilled: false,
    })),
  );
}

function row({ key, name, result, message }: Watched): ResultRow {
  const unread = {
    reason: 'denied',
    call: 'ec2:DescribeSecurityGroups',
    needs: 'ec2:DescribeSecurityGroups',
    detail: 'explicit deny in a policy',
  };
  return {
    rule: ports.id,
    item: key,
    name,
    population: 'aws.security-group',
    connection: 'aws-main',
    scope: production,
    result,
    message,
    severity: 'critical',
    since: iso(at('2026-06-20T01:00')),
    lastSeen: iso(last),
    evidence: { index: 4120, snapshot: 'c0ffee'.repeat(10) },
    ...(result === 'unobserved' && { reason: unread }),
  };
}

const itemOf = (each: Watched): RuleItem => {
  const segments = timeline(each.runs, looked, window);
  return {
    scope: production,
    item: each.key,
    name: each.name,
    result: each.result,
    message: each.message,
    segments,
    measure: measure(segments),
  };
};

function item(ruleId: string, scope: string, key: string): ItemReport | null {
  const each = watched.find((candidate) => candidate.key === key);
  if (ruleId !== ports.id || scope !== production || !each) return null;
  const { segments, measure: time } = itemOf(each);
  const snapshot = (open: readonly number[]) =>
    JSON.stringify({ key, name: each.name, ports: open, unreadable: { unread: 'denied', call: 'x', needs: 'y', detail: hostile } });
  const record = (index: number, when: string, open: readonly number[], result: 'pass' | 'fail') => ({
    index,
    asOf: at(when),
    snapshot: snapshot(open),
    snapshotHash: `${index}abc`.padEnd(64, '0'),
    judgements: [],
    leafHash: `${index}def`.padEnd(64, '1'),
    result,
    message: result === 'pass' ? 'Fine.' : each.message,
  });
  return {
    rule: ports as Rule,
    scope: parseScopeKey(scope),
    item: key,
    name: each.name,
    result: row(each),
    segments,
    measure: time,
    ratios: ratios(time),
    records: [
      record(12, '2026-01-02T10:00', [], 'pass'),
      record(3001, '2026-04-20T08:00', [22], 'fail'),
      record(3044, '2026-04-22T22:00', [], 'pass'),
      record(4120, '2026-06-28T09:00', [22], 'fail'),
    ],
    corrections: [],
    gaps: looked.gaps.map(({ from, to, reason }) => ({ scope, from, to, reason, unread: null })),
    deviations: deviationRows().filter((deviation) => deviation.item === key),
    calls: [
      {
        operation: 'ec2:DescribeSecurityGroups',
        parameters: '{"MaxResults":500}',
        page: 1,
        status: 200,
        requestId: '7f3c9a52-0b1e-4f57',
        failure: null,
      },
      {
        operation: 'ec2:DescribeNetworkInterfaces',
        parameters: '{}',
        page: 1,
        status: 403,
        requestId: '',
        failure: 'denied UnauthorizedOperation',
      },
    ],
  };
}

function status(): StatusReport {
  const reached = new Set(
    worded.filter(({ versions }) => versions.some(({ key }) => key.some((id) => titles.has(id)))).flatMap(({ criteria }) => criteria),
  );
  const cycle = (connection: string, failed: number) => ({
    index: 4343,
    connection,
    asOf: asOf - 5 * 60_000,
    ended: asOf - 4 * 60_000,
    scopes: 20,
    failed,
    changes: 2,
  });
  const unread = {
    unread: 'denied',
    call: 'ec2:DescribeSecurityGroups',
    needs: 'ec2:DescribeSecurityGroups',
    detail: `not authorized ${hostile}`,
  } as const;
  return {
    company: 'Acme Health',
    example: true,
    asOf: iso(asOf),
    ledger: { size: 4344, root: '93f5d22b'.repeat(8) },
    backfills: [],
    retired: [
      { scope: 'aws-main/111122223333/ap-south-1/aws.vpc', at: iso(window.from + 3_600_000), reason: `declared out of scope: ${hostile}` },
    ],
    items: 5204,
    window: { ...window, firstDay: '2026-02-01', lastDay: '2026-07-31', timeZone: 'Europe/Berlin' },
    connections: [
      {
        id: 'aws-main',
        lastCycle: cycle('aws-main', 1),
        scopes: 20,
        failing: [{ scope: sandbox, unread, since: iso(at('2026-02-01')) }],
        items: 4804,
      },
      { id: 'github-main', lastCycle: cycle('github-main', 0), scopes: 4, failing: [], items: 400 },
    ],
    signed: { origin: 'evidence.example.com/acme', size: 4344 },
    keyBesideEvidence: true,
    anchors: [
      {
        name: 'worm',
        kind: 's3',
        size: 4330,
        at: iso(asOf - 3_600_000),
        leavesBehind: 14,
        behindSince: iso(asOf - 3_500_000),
        late: false,
        fault: null,
      },
      {
        name: 'repository',
        kind: 'git',
        size: null,
        at: null,
        leavesBehind: 4344,
        behindSince: iso(at('2026-02-01')),
        late: true,
        fault: {
          at: iso(asOf - 60_000),
          attempts: 7,
          reason: `git push failed: ${hostile}`,
          mend: 'Give a key or a token that may push there.',
        },
      },
    ],
    results: { pass: 5012, fail: 1, 'not-applicable': 160, unobserved: 30, pending: 1 },
    observed: 0.99973,
    unobserved: { hours: 41, gaps: 2 },
    deviations: { total: 3, open: 1, waived: 0, nextDue: iso(at('2026-07-01T09:00')), overdue: 0 },
    waivers: { requested: 0, inForce: 0, expired: 0, nextEnd: null },
    criteria: criteriaIn(['security', 'availability']).map(({ id, says }) => ({
      id,
      says,
      controls: worded.filter(({ criteria }) => criteria.includes(id)).map((each) => each.id),
      reached: reached.has(id),
    })),
  };
}

export const fixture: Report = {
  status,
  results: () => watched.map(row),
  controls,
  deviations: deviationRows,
  waivers: () => ({ waivers: [], strays: [] }),
  rule: (id) => {
    const rule = rules.find((each) => each.id === id);
    if (!rule) return null;
    const { facts, strip: line } = controlRule(id);
    const own = id === ports.id ? watched.map(itemOf) : [];
    return {
      rule,
      parameters: rule.parameters.parse({}) as Record<string, unknown>,
      facts,
      strip: line,
      items: own,
      obligations: facts?.obligations ?? [],
      controls: worded.flatMap(({ id: control, title, versions }) =>
        versions.some(({ key }) => key.includes(id)) ? [{ id: control, title, role: 'key' as const }] : [],
      ),
      unread: id === ports.id ? [{ scope: sandbox, reason: `ec2:DescribeSecurityGroups: denied, ${hostile}` }] : [],
    };
  },
  item,
};

const brought = {
  index: 4120,
  at: at('2026-06-29T09:00'),
  scope: production,
  from: at('2026-06-28T08:00'),
  to: at('2026-06-28T20:00'),
  reason: `the second monitor ${hostile}`,
  run: hostile,
  looks: 12,
};

/** The same company after somebody brought looks later. */
export const corrected: Report = {
  ...fixture,
  status: () => ({ ...status(), backfills: [{ ...brought, from: iso(brought.from), to: iso(brought.to) }] }),
  deviations: () => deviationRows().map((row) => ({ ...row, backfilled: true, correction: brought })),
  item: (...asked) => {
    const report = item(...asked);
    return report && { ...report, corrections: [brought] };
  },
};

/** The same company before it declared a window, with a connection that was never read. */
export const undeclared: Report = {
  ...fixture,
  status: () => ({
    ...status(),
    example: false,
    window: null,
    observed: null,
    unobserved: null,
    connections: [{ id: 'aws-main', lastCycle: null, scopes: 0, failing: [], items: 0 }],
  }),
  controls: () => [],
};

export const links = {
  item: (key: string) => `/items?${new URLSearchParams({ rule: ports.id, scope: production, item: arn(key) }).toString()}`,
  rule: `/rules/${ports.id}`,
};
