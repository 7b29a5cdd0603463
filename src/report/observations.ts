import { judge } from '#src/cycle/evaluate.ts';
import { milliseconds } from '#src/duration.ts';
import { type EvidenceStore, type HeldScope, type ResultRun, scopeKey } from '#src/evidence/store.ts';
import type { Observed, Population } from '#src/population.ts';
import { type CadenceRule, type ItemRule, inspectedBy, judgedBy, type Rule, type Severity } from '#src/rule.ts';
import { type Deadlines, deviations } from '#src/window/deviations.ts';
import type { Evidence, Group } from '#src/window/evidence.ts';
import type { Run, ScopeCoverage, Window } from '#src/window/types.ts';

/** What the window needs to know of the rules and of the company. */
export interface Asking {
  readonly store: EvidenceStore;
  readonly rules: readonly Rule[];
  readonly parametersOf: (rule: string) => Readonly<Record<string, unknown>>;
  readonly timeZone: string;
  readonly window: Window;
}

/** One item under one STATE rule, over the window. */
export interface Observation extends Group {
  readonly scopeKey: string;
  readonly index: number;
}

/** What was recorded of every rule, ready for the window's arithmetic; and the STATE observations item by item. */
export interface Observations {
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly items: ReadonlyMap<string, readonly Observation[]>;
}

/** The monitor's own record has no gaps: it knows of every instant whether it looked. */
const ownRecord = (window: Window, since: number): ScopeCoverage => ({
  hold: Infinity,
  memory: Infinity,
  firstLook: since,
  lastLook: window.asOf,
  gaps: [],
});

export function observe(asking: Asking): Observations {
  const { store, rules, window } = asking;
  const coverages = coverageByScope(store, window);
  const items = new Map<string, Observation[]>();
  const evidence = new Map<string, Evidence>();
  // From the beginning: a deviation is the same whatever window is asked about.
  const runs = Map.groupBy(store.runs({ from: 0, to: window.asOf }), ({ rule }) => rule);

  for (const rule of rules) {
    const population = judgedBy(rule);
    if (population.derived) continue;
    const scopes = scopesOf(rule, store, coverages, window);
    if (rule.over === 'obligations')
      evidence.set(rule.id, { rule: rule.id, kind: 'cadence', scopes, owed: owedUnder(rule, asking, coverages) });
    else if (rule.kind === 'event')
      evidence.set(rule.id, { rule: rule.id, kind: 'event', scopes, completeness: 'not-reconcilable', events: eventsUnder(rule, store) });
    else {
      const observed = observationsOf(runs.get(rule.id) ?? [], store, coverages, window);
      items.set(rule.id, observed);
      evidence.set(rule.id, {
        rule: rule.id,
        kind: 'state',
        severity: rule.severity,
        scopes,
        groups: grouped(observed),
        deadlines: deadlinesOf(asking),
      });
    }
  }
  for (const rule of rules) if (judgedBy(rule).type === 'monitor.stream') observeStreams(rule, asking, coverages, items, evidence);
  for (const rule of rules) if (judgedBy(rule).type === 'monitor.deviation') observeDeviations(rule as ItemRule, asking, items, evidence);
  return { evidence, items };
}

/** The deadlines by severity that the company set for `meta.finding-remediated-in-sla`. */
export function deadlinesOf({ parametersOf }: Pick<Asking, 'parametersOf'>): Deadlines {
  const {
    criticalDays = 1,
    highDays = 7,
    mediumDays = 30,
    lowDays = 90,
  } = parametersOf('meta.finding-remediated-in-sla') as Record<string, number>;
  return { critical: criticalDays * 86_400_000, high: highDays * 86_400_000, medium: mediumDays * 86_400_000, low: lowDays * 86_400_000 };
}

/** When each scope was looked at. A retired scope counts as looked at afterwards: it was declared not to exist. */
function coverageByScope(store: EvidenceStore, window: Window): Map<string, ScopeCoverage> {
  const gaps = Map.groupBy(store.gaps(-Infinity, window.asOf), ({ scope }) => scope);
  return new Map(
    [...store.held].map(([key, { hold, firstLook, lastLook, retired }]) => [
      key,
      {
        hold,
        firstLook,
        lastLook: retired ? Math.max(window.asOf, retired.at) : lastLook,
        gaps: (gaps.get(key) ?? []).map(({ from, to, reason, unread }) => ({
          from,
          to: to ?? (retired ? retired.at : null),
          reason,
          ...(unread && { detail: unread.detail }),
        })),
      },
    ]),
  );
}

function scopesOf(rule: Rule, store: EvidenceStore, coverages: ReadonlyMap<string, ScopeCoverage>, window: Window): ScopeCoverage[] {
  const populations = new Map(inspectedBy(rule).map(({ population }) => [population.type, population]));
  return [...store.held.values()]
    .filter(({ scope, retired }) => populations.has(scope.population) && !(retired && retired.at <= window.from))
    .map(({ scope }) => withMemory(coverages.get(scopeKey(scope))!, populations.get(scope.population)!));
}

const withMemory = (coverage: ScopeCoverage, { memory }: Population): ScopeCoverage =>
  memory ? { ...coverage, memory: milliseconds(memory) } : coverage;

/** The runs of each item as the window knows them: with the looks before it came and after it went. */
function observationsOf(
  rows: readonly ResultRun[],
  store: EvidenceStore,
  coverages: ReadonlyMap<string, ScopeCoverage>,
  window: Window,
): Observation[] {
  const observations: Observation[] = [];
  let own: ResultRun[] = [];
  const flush = () => {
    const first = own[0];
    if (!first) return;
    const scope = store.held.get(first.scope)!;
    const coverage = coverages.get(first.scope)!;
    const latest = own.at(-1)!;
    observations.push({
      item: first.item,
      scopeKey: first.scope,
      index: latest.index,
      severity: latest.severity,
      scope: coverage,
      runs: runsOf(own, scope, coverage, window),
    });
    own = [];
  };
  for (const row of rows) {
    if (own[0] && (own[0].item !== row.item || own[0].scope !== row.scope)) flush();
    own.push(row);
  }
  flush();
  return observations;
}

function runsOf(rows: readonly ResultRun[], scope: HeldScope, coverage: ScopeCoverage, window: Window): Run[] {
  const runs: Run[] = [];
  const last = coverage.lastLook ?? window.asOf;
  for (const [i, row] of rows.entries()) {
    const { result, first, reason } = row;
    const absentSince = i === 0 ? scope.firstLook : rows[i - 1]!.gone ? rows[i - 1]!.ended : null;
    if (absentSince !== null && row.before !== null && absentSince <= row.before)
      runs.push({ result: 'absent', first: absentSince, last: row.before });
    const end = row.last ?? Math.min(scope.lastLook ?? first, last);
    runs.push({
      result: result === 'pending' ? 'unobserved' : result,
      first,
      last: Math.max(first, end),
      ...(reason !== null && { reason }),
    });
  }
  const final = rows.at(-1)!;
  if (final.gone && final.ended !== null && final.ended <= last) runs.push({ result: 'absent', first: final.ended, last });
  return runs;
}

/** Items of one scope with the same runs count as one group: what is asked of them has the same answer. */
function grouped(observations: readonly Observation[]): Group[] {
  const groups = new Map<string, Observation & { count: number }>();
  for (const observation of observations) {
    const { scopeKey, severity, runs } = observation;
    // A failing item stands for itself, so that each deviation names its item.
    const own = runs.some(({ result }) => result === 'fail') ? observation.item : '';
    const signature = `${scopeKey} ${severity} ${own} ${runs.map(({ result, first, last, reason }) => `${result} ${first} ${last} ${reason ?? ''}`).join(' ')}`;
    const group = groups.get(signature);
    if (group) group.count += 1;
    else groups.set(signature, { ...observation, count: 1 });
  }
  return [...groups.values()];
}

function eventsUnder(rule: Rule, store: EvidenceStore) {
  const type = judgedBy(rule).type;
  return [...store.held.values()]
    .filter(({ scope }) => scope.population === type)
    .flatMap(({ items }) =>
      [...items.values()].map(({ item, at, judgements }) => ({
        item: item.key,
        at: at ?? 0,
        result: judgements.find(({ rule: id }) => id === rule.id)?.result ?? ('unobserved' as const),
      })),
    );
}

function owedUnder(rule: CadenceRule, { store, parametersOf, timeZone, window }: Asking, coverages: ReadonlyMap<string, ScopeCoverage>) {
  const parameters = rule.parameters.parse(parametersOf(rule.id));
  const scopes = [...store.held.values()].filter(
    ({ scope, retired }) => scope.population === rule.population.type && !(retired && retired.at <= window.from),
  );
  const subjects = Map.groupBy(scopes, ({ scope }) =>
    rule.owedBy === 'everything'
      ? 'the company'
      : rule.owedBy === 'account'
        ? `${scope.connection}/${scope.account}`
        : `${scope.connection}/${scope.account}/${scope.region}`,
  );
  return [...subjects].map(([subject, members]) => {
    const own = members.map(({ scope }) => withMemory(coverages.get(scopeKey(scope))!, rule.population));
    const starts = own.map(({ firstLook, gaps }) => firstLook ?? gaps[0]?.from ?? window.from);
    const retired = members.every((member) => member.retired) ? Math.max(...members.map((member) => member.retired!.at)) : undefined;
    return {
      subject,
      schedule: rule.schedule(parameters),
      timeZone,
      since: Math.min(...starts),
      ...(retired !== undefined && { until: retired }),
      scopes: own,
      performances: members.flatMap(({ items }) =>
        [...items.values()].map(({ item, at, firstSeen }) => ({
          item: item.key,
          at: at ?? 0,
          result: judge(rule, { item, firstSeen }, window.asOf, parameters).result,
        })),
      ),
    };
  });
}

/** `meta.collection-coverage`: its failing time is exactly the time that is unobserved for the rules that depend on the stream. */
function observeStreams(
  rule: Rule,
  asking: Asking,
  coverages: ReadonlyMap<string, ScopeCoverage>,
  items: Map<string, Observation[]>,
  evidence: Map<string, Evidence>,
): void {
  const { store, window } = asking;
  const observed: Observation[] = [];
  for (const [key, coverage] of coverages) {
    const held = store.held.get(key)!;
    if (held.scope.population.startsWith('monitor.') || (held.retired && held.retired.at <= window.from)) continue;
    const start = Math.min(coverage.firstLook ?? Infinity, coverage.gaps[0]?.from ?? Infinity);
    if (start > window.asOf) continue;
    observed.push({
      item: key,
      scopeKey: key,
      index: 0,
      severity: rule.severity as Severity,
      scope: ownRecord(window, start),
      runs: streamRuns(coverage, start, held.retired?.at ?? null, window),
    });
  }
  const since = Math.min(...observed.map(({ scope }) => scope.firstLook ?? Infinity), window.asOf);
  items.set(rule.id, observed);
  evidence.set(rule.id, {
    rule: rule.id,
    kind: 'state',
    severity: rule.severity,
    scopes: [ownRecord(window, since)],
    groups: grouped(observed),
    deadlines: deadlinesOf(asking),
  });
}

export function streamRuns({ gaps, lastLook, hold }: ScopeCoverage, start: number, retired: number | null, window: Window): Run[] {
  const end = Math.min(window.asOf, retired ?? Infinity);
  const silent = gaps.at(-1)?.to !== null && lastLook !== null && retired === null && window.asOf - lastLook > hold;
  const failing = [...gaps, ...(silent ? [{ from: lastLook, to: null, reason: 'monitor-down' }] : [])].filter(({ from }) => from < end);
  const runs: Run[] = [];
  let at = start;
  for (const { from, to, reason } of failing) {
    if (at < from) runs.push({ result: 'pass', first: at, last: from, ...(runs.length > 0 && { changedAt: at }) });
    const until = Math.min(to ?? end, end);
    runs.push({
      result: 'fail',
      first: Math.max(at, from) + (runs.length > 0 ? 1 : 0),
      last: to === null ? until : Math.max(from + 1, until - 1),
      reason,
      ...(runs.length > 0 && { changedAt: from }),
    });
    at = until;
  }
  if (at < end || runs.length === 0)
    runs.push({ result: 'pass', first: at, last: Math.max(at, end), ...(runs.length > 0 && { changedAt: at }) });
  if (retired !== null && retired < window.asOf) runs.push({ result: 'absent', first: retired + 1, last: window.asOf });
  return runs;
}

/** `meta.finding-remediated-in-sla`: every deviation that was open at any time of the window is an event of it. */
function observeDeviations(
  rule: ItemRule,
  asking: Asking,
  items: ReadonlyMap<string, readonly Observation[]>,
  evidence: Map<string, Evidence>,
): void {
  const { window, parametersOf } = asking;
  const parameters = rule.parameters.parse(parametersOf(rule.id));
  const events = [...items].flatMap(([id, observations]) =>
    observations
      .filter(({ runs }) => runs.some(({ result }) => result === 'fail'))
      .flatMap(({ item, severity = rule.severity, runs }) =>
        deviations({ rule: id, item, severity, runs, deadlines: deadlinesOf(asking) }, window.asOf)
          .filter(({ ended }) => (ended ?? Infinity) > window.from)
          .map((deviation) => {
            const fields = {
              rule: id,
              item,
              severity,
              openedAt: iso(deviation.firstBad),
              closedAt: deviation.firstGood === null ? null : iso(deviation.firstGood),
              closedBy: deviation.closedBy,
            };
            const event = { key: deviation.id, name: item, ...fields } as unknown as Observed<object>;
            return {
              item: deviation.id,
              at: Math.max(deviation.firstBad, window.from),
              result: judge(rule, { item: event, firstSeen: deviation.firstBad }, window.asOf, parameters).result,
            };
          }),
      ),
  );
  const first = Math.min(...[...items.values()].flat().map(({ scope }) => scope.firstLook ?? Infinity), window.asOf);
  evidence.set(rule.id, { rule: rule.id, kind: 'event', scopes: [ownRecord(window, first)], completeness: 'reconciled', events });
}

const iso = (instant: number): string => new Date(instant).toISOString();
