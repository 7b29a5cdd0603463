import type { RouteSettings } from '#src/config.ts';
import { type Controls, controlsAt } from '#src/controls.ts';
import { didYouMean, HoldfastError } from '#src/errors.ts';
import type { Rule, Severity } from '#src/rule.ts';

/** What a route can go by. */
export interface Routed {
  readonly rule: string | null;
  readonly scope: string;
  readonly severity: Severity;
}

/** The channel of an alert; null where there is none. Cheap enough to be asked for every condition. */
export type Router = (routed: Routed) => string | null;

interface Responsible {
  readonly control: string;
  readonly owner: string;
}

/** Which control, with which owner, each rule tests at an instant. */
export function responsibleAt(controls: Controls, instant: number): Map<string, Responsible[]> {
  const byRule = new Map<string, Responsible[]>();
  for (const { id, owner, key, supporting } of controlsAt(controls, instant))
    for (const rule of new Set([...key, ...supporting])) byRule.set(rule, [...(byRule.get(rule) ?? []), { control: id, owner }]);
  return byRule;
}

/** The first route that matches decides, else the default channel. */
export function router(
  routes: readonly RouteSettings[],
  byRule: ReadonlyMap<string, readonly Responsible[]>,
  otherwise: string | null,
): Router {
  const compiled = routes.map(({ match: { control, owner, severity, scope, rule }, channel }) => {
    const [scopes, rules] = [scope?.map(pattern), rule?.map(pattern)];
    const matches = (routed: Routed): boolean =>
      (!severity || severity.includes(routed.severity)) &&
      (!scopes || scopes.some((each) => each.test(routed.scope))) &&
      (!rules || (routed.rule !== null && rules.some((each) => each.test(routed.rule!)))) &&
      ((!control && !owner) ||
        (routed.rule !== null &&
          (byRule.get(routed.rule) ?? []).some(
            (each) => (!control || control.includes(each.control)) && (!owner || owner.includes(each.owner)),
          )));
    return { matches, channel };
  });
  return (routed) => (otherwise === null ? null : (compiled.find(({ matches }) => matches(routed))?.channel ?? otherwise));
}

const pattern = (text: string): RegExp =>
  new RegExp(`^${text.replaceAll(/[^\w*]/g, (letter) => `\\u{${letter.codePointAt(0)!.toString(16)}}`).replaceAll('*', '.*')}$`, 'su');

/** Refuses routes that name what there is not. Errors: ALERT_ROUTE_UNKNOWN. */
export function checkRoutes(
  routes: readonly RouteSettings[],
  controls: Controls,
  rules: readonly Rule[],
  connections: readonly string[],
): void {
  const known = controls.versions.flatMap(({ control }) => control ?? []);
  const ids = new Set(known.map(({ id }) => id));
  const owners = new Set(known.map(({ owner }) => owner));
  const named = new Set([...rules.map(({ id }) => id), ...known.flatMap(({ key, supporting }) => [...key, ...supporting])]);
  for (const [index, { match }] of routes.entries()) {
    const refuse = (what: string, name: string, among: ReadonlySet<string>): never => {
      throw new HoldfastError('ALERT_ROUTE_UNKNOWN', { index: index + 1, what, name, suggestion: didYouMean(name, among) });
    };
    for (const id of match.control ?? []) if (!ids.has(id)) refuse('control', id, ids);
    for (const owner of match.owner ?? []) if (!owners.has(owner)) refuse('owner of a control', owner, owners);
    for (const rule of match.rule ?? []) if (![...named].some((id) => pattern(rule).test(id))) refuse('rule', rule, named);
    for (const scope of match.scope ?? [])
      if (!connections.some((id) => mayBegin(scope, `${id}/`)))
        refuse('connection in a scope', scope, new Set(connections.map((id) => `${id}/*`)));
  }
}

/** Whether a text that fits the pattern can begin so. */
function mayBegin(text: string, beginning: string): boolean {
  const [literal] = text.split('*', 1) as [string];
  return text.includes('*') ? literal.startsWith(beginning) || beginning.startsWith(literal) : text.startsWith(beginning);
}

/** The routes, counted from 1, that never decide, because routes before them take all that they would; each with the one that does. */
export function deadRoutes(
  routes: readonly RouteSettings[],
  byRule: ReadonlyMap<string, readonly Responsible[]>,
  rules: readonly Rule[],
): { readonly index: number; readonly by: readonly number[] }[] {
  const severities: readonly Severity[] = ['low', 'medium', 'high', 'critical'];
  // Scopes are told apart by the patterns themselves: each pattern is one sort of scope, and no pattern another.
  const scopes = ['\u0000', ...new Set(routes.flatMap(({ match }) => match.scope ?? []))];
  const takers = new Map<number, Set<number>>();
  const deciding = new Set<number>();
  const each = routes.map((route) => router([route], byRule, ''));
  for (const rule of [null, ...rules.map(({ id }) => id)])
    for (const severity of severities)
      for (const scope of scopes) {
        const matching = routes.flatMap((_, i) => (each[i]!({ rule, severity, scope }) === '' ? [] : [i]));
        if (matching.length > 0) deciding.add(matching[0]!);
        for (const later of matching.slice(1)) takers.set(later, (takers.get(later) ?? new Set()).add(matching[0]!));
      }
  return routes.flatMap((_, i) => (deciding.has(i) ? [] : [{ index: i + 1, by: [...(takers.get(i) ?? [])].map((taker) => taker + 1) }]));
}
