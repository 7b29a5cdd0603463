import { judge } from '#src/cycle/evaluate.ts';
import { milliseconds } from '#src/duration.ts';
import { type EvidenceReading, type HeldScope, type ResultRun, scopeKey } from '#src/evidence/store.ts';
import type { Population } from '#src/population.ts';
import { type CadenceRule, type ItemRule, inspectedBy, judgedBy, type Rule } from '#src/rule.ts';
import type { Evidence, OwedFrom } from '#src/window/evidence.ts';
import type { Run, ScopeCoverage, Window } from '#src/window/types.ts';
import { type Asking, deadlinesOf, grouped, type Observation } from './asking.ts';
import { observeDeviations, observeStreams } from './own-record.ts';
import { observeWaivers, type WaiverRecord } from './waiver-record.ts';

/** What was recorded of every rule, ready for the window's arithmetic; and the STATE observations item by item. */
export interface Observations {
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly items: ReadonlyMap<string, readonly Observation[]>;
  /** The waivers that somebody approved, by id. */
  readonly waivers: ReadonlyMap<string, WaiverRecord>;
}

/** Reads the evidence of every rule, also what Holdfast knows of itself. */
export function observe(asking: Asking): Observations {
  const { store, rules, window } = asking;
  const coverages = coverageByScope(store, window);
  const items = new Map<string, Observation[]>();
  const evidence = new Map<string, Evidence>();
  for (const rule of rules) {
    const population = judgedBy(rule);
    if (population.derived) continue;
    const scopes = scopesOf(rule, store, coverages, window);
    if (rule.over === 'obligations')
      evidence.set(rule.id, { rule: rule.id, kind: 'cadence', scopes, owed: owedUnder(rule, asking, coverages) });
    else if (rule.kind === 'event')
      evidence.set(rule.id, { rule: rule.id, kind: 'event', scopes, completeness: 'not-reconcilable', events: eventsUnder(rule, store) });
    else {
      // From the beginning: a deviation is the same whatever window is asked about.
      const runs = store.runs({ from: 0, to: window.asOf, rule: rule.id });
      const observed = observationsOf(runs, store, coverages, window);
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
  const waiverRule = rules.find((rule) => judgedBy(rule).type === 'monitor.waiver');
  const waivers = waiverRule ? observeWaivers(waiverRule as ItemRule, asking, items, evidence) : new Map<string, WaiverRecord>();
  for (const rule of rules) if (judgedBy(rule).type === 'monitor.deviation') observeDeviations(rule as ItemRule, asking, items, evidence);
  return { evidence, items, waivers };
}

/** The STATE observations of one rule, also of one that is not built any more. */
export function observationsUnder(rule: string, { store, window }: Pick<Asking, 'store' | 'window'>): Observation[] {
  return observationsOf([...store.runs({ from: 0, to: window.asOf, rule })], store, coverageByScope(store, window), window);
}

/** When each scope was looked at. A retired scope counts as looked at afterwards: it was declared not to exist. */
function coverageByScope(store: EvidenceReading, window: Window): Map<string, ScopeCoverage> {
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

function scopesOf(rule: Rule, store: EvidenceReading, coverages: ReadonlyMap<string, ScopeCoverage>, window: Window): ScopeCoverage[] {
  const populations = new Map(inspectedBy(rule).map(({ population }) => [population.type, population]));
  return [...store.held.values()]
    .filter(({ scope, retired }) => populations.has(scope.population) && !(retired && retired.at <= window.from))
    .map(({ scope }) => withMemory(coverages.get(scopeKey(scope))!, populations.get(scope.population)!));
}

const withMemory = (coverage: ScopeCoverage, { memory }: Population): ScopeCoverage =>
  memory ? { ...coverage, memory: milliseconds(memory) } : coverage;

/** The runs of each item as the window knows them: with the looks before it came and after it went. */
function observationsOf(
  rows: Iterable<ResultRun>,
  store: EvidenceReading,
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

function eventsUnder(rule: Rule, store: EvidenceReading) {
  const type = judgedBy(rule).type;
  return [...store.held.values()]
    .filter(({ scope }) => scope.population === type)
    .flatMap(({ scope, items }) =>
      [...items.values()].map(({ item, at, judgements }) => ({
        scopeKey: scopeKey(scope),
        item: item.key,
        at: at ?? 0,
        result: judgements.find(({ rule: id }) => id === rule.id)?.result ?? ('unobserved' as const),
      })),
    );
}

/** What every subject owes under the rules with a schedule. */
export function owedBySubject(asking: Asking): { readonly rule: CadenceRule; readonly owed: OwedFrom }[] {
  const coverages = coverageByScope(asking.store, asking.window);
  return asking.rules.flatMap((rule) =>
    rule.over === 'obligations' ? owedUnder(rule, asking, coverages).map((owed) => ({ rule, owed })) : [],
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
