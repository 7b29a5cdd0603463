import { type EvidenceReading, type HeldScope, scopeKey } from '#src/evidence/store.ts';
import { explainUnread } from '#src/population.ts';
import { inspectedBy, type Rule } from '#src/rule.ts';
import { factsOf } from '#src/window/facts.ts';
import { measure } from '#src/window/measure.ts';
import { ruleStrip } from '#src/window/strip.ts';
import { timeline } from '#src/window/timeline.ts';
import type { Window } from '#src/window/types.ts';
import type { Observation } from './asking.ts';
import type { Context } from './context.ts';
import { nameIn } from './deviation-rows.ts';
import { worst } from './results.ts';
import type { ResultRow, RuleItem, RuleReport } from './types.ts';
import { windowWaivers } from './waived.ts';

/** A rule over the window with its items, worst first; null where there is no such rule. */
export function ruleReport(
  { byId, shownWindow: window, observed, thresholds, current: currentRows, store, parametersOf, rolesOf, waivers }: Context,
  id: string,
): RuleReport | null {
  const rule = byId.get(id);
  if (!rule) return null;
  const { evidence, items } = observed(window);
  const own = evidence.get(id);
  const facts = own ? factsOf(own, window, window, thresholds, windowWaivers(waivers().waivers)) : null;
  const current = new Map(
    currentRows()
      .filter((row) => row.rule === id)
      .map((row) => [`${row.scope} ${row.item}`, row]),
  );
  const stated = (items.get(id) ?? []).map((observation) =>
    ruleItem(rule, observation, window, store, current.get(`${observation.scopeKey} ${observation.item}`)),
  );
  const events =
    own?.kind === 'event' || own?.kind === 'cadence'
      ? [...current.values()].map((row): RuleItem => ({ ...row, segments: [], measure: measure([]) }))
      : [];
  return {
    rule,
    parameters: rule.parameters.parse(parametersOf(id)) as Record<string, unknown>,
    controls: rolesOf(id),
    facts,
    strip: own ? ruleStrip(own, window) : null,
    items: [...stated, ...events].toSorted(
      (a, b) =>
        mayHaveFailed(b) - mayHaveFailed(a) ||
        worst(a.result) - worst(b.result) ||
        b.measure.unobserved - a.measure.unobserved ||
        (a.name < b.name ? -1 : 1),
    ),
    unread: [...store.held.values()]
      .filter(
        ({ scope, lastLook, retired }) =>
          !retired && lastLook === null && inspectedBy(rule).some(({ population }) => population.type === scope.population),
      )
      .map((scope) => ({
        scope: scopeKey(scope.scope),
        reason: scope.failing ? explainUnread(scope.failing.unread) : 'not read yet',
      })),
    obligations: facts?.obligations ?? [],
  };
}

function ruleItem(rule: Rule, observation: Observation, window: Window, store: EvidenceReading, row: ResultRow | undefined): RuleItem {
  const segments = timeline(observation.runs, observation.scope, window);
  const { scopeKey: scope, item } = observation;
  const gone =
    row ?? goneRow(rule, store.held.get(scope)!, item, nameIn(store.history(scope, item)) ?? item, 'No longer in the population.');
  return { scope, item, name: gone.name, result: gone.result, message: gone.message, segments, measure: measure(segments) };
}

/** Stands for an item that is no longer in its population. */
export const goneRow = (rule: Rule, { scope, lastLook }: HeldScope, item: string, name: string, message: string): ResultRow => ({
  rule: rule.id,
  item,
  name,
  population: scope.population,
  connection: scope.connection,
  scope: scopeKey(scope),
  result: 'not-applicable',
  message,
  severity: rule.severity,
  since: null,
  lastSeen: lastLook === null ? null : new Date(lastLook).toISOString(),
  evidence: null,
});

const mayHaveFailed = ({ measure: { failed, uncertain } }: RuleItem): number => failed + uncertain;
