import { judge } from '#src/cycle/evaluate.ts';
import type { Observed } from '#src/population.ts';
import type { ItemRule, Rule, Severity } from '#src/rule.ts';
import { waiversIn } from '#src/waivers/tell.ts';
import { type Stretch, stretches } from '#src/waivers/waivers.ts';
import { type Deviation, deviations } from '#src/window/deviations.ts';
import type { Evidence } from '#src/window/evidence.ts';
import type { Run, ScopeCoverage, Window } from '#src/window/types.ts';
import { type Asking, deadlinesOf, grouped, type Observation } from './asking.ts';

/** The monitor's own record has no gaps: it knows of every instant whether it looked. */
export const ownRecord = (window: Window, since: number): ScopeCoverage => ({
  hold: Infinity,
  memory: Infinity,
  firstLook: since,
  lastLook: window.asOf,
  gaps: [],
});

/** `meta.collection-coverage`: its failing time is exactly the time that is unobserved for the rules that depend on the stream. */
export function observeStreams(
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

function streamRuns({ gaps, lastLook, hold }: ScopeCoverage, start: number, retired: number | null, window: Window): Run[] {
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
export function observeDeviations(
  rule: ItemRule,
  asking: Asking,
  items: ReadonlyMap<string, readonly Observation[]>,
  evidence: Map<string, Evidence>,
): void {
  const { store, window, parametersOf } = asking;
  const parameters = rule.parameters.parse(parametersOf(rule.id));
  const accepted = Map.groupBy(stretches(waiversIn(store).waivers), (each) => `${each.rule}\n${each.scope}\n${each.item}`);
  const events = [...items].flatMap(([id, observations]) =>
    observations
      .filter(({ runs }) => runs.some(({ result }) => result === 'fail'))
      .flatMap(({ item, scopeKey, severity = rule.severity, runs }) =>
        deviations({ rule: id, item, severity, runs, deadlines: deadlinesOf(asking) }, window.asOf)
          .filter(({ ended }) => (ended ?? Infinity) > window.from)
          .map((deviation) => {
            const fields = {
              rule: id,
              item,
              severity,
              openedAt: iso(deviation.firstBad),
              ...closingOf(deviation, accepted.get(`${id}\n${scopeKey}\n${item}`) ?? [], window.asOf),
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

/** It is closed by the look that saw it otherwise, or by a waiver before that, if it stood under waiver from then on without a break. */
function closingOf({ firstBad, firstGood, closedBy }: Deviation, accepted: readonly Stretch[], asOf: number) {
  const end = firstGood ?? asOf;
  const waived = accepted.find(({ from, to }) => from < end && to >= end && (firstGood !== null || asOf < to));
  if (waived) return { closedAt: iso(Math.max(waived.from, firstBad)), closedBy: 'waived' };
  return { closedAt: firstGood === null ? null : iso(firstGood), closedBy };
}

const iso = (instant: number): string => new Date(instant).toISOString();
