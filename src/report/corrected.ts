import { partitionOf } from '#src/cycle/members.ts';
import { type Backfill, type EvidenceReading, parseScopeKey, scopeKey } from '#src/evidence/store.ts';
import { inspectedBy, judgedBy, type Rule } from '#src/rule.ts';

/** What something rests on that was brought later or corrected: the leaf since which it is known, and why it came. */
export interface Corrected {
  readonly index: number;
  readonly reason: string;
}

/** The latest correction of a scope that touches [from, to); null where none does. Epoch ms. */
export function correctedIn(backfills: readonly Backfill[], scope: string, from: number, to: number): Corrected | null {
  const found = backfills.findLast((each) => each.scope === scope && each.from < to && each.to > from);
  return found ? { index: found.index, reason: found.reason } : null;
}

/** Whether what a rule says of a scope follows from another scope too. */
export const judgesWith = (rule: Rule, scope: string, other: string): boolean =>
  rule.over === 'populations' &&
  scope !== other &&
  judgedBy(rule).type === parseScopeKey(scope).population &&
  inspectedBy(rule).some(({ population }) => population.type === parseScopeKey(other).population) &&
  partitionOf(scope, rule.within) === partitionOf(other, rule.within);

/**
 * The latest correction of another scope on which what a rule says of this one in [from, to) would rest: a look there vouches until its hold is
 * over. What was said was not judged again. Null where there is none. Epoch ms.
 */
export function correctedBeside(
  { held, backfills }: Pick<EvidenceReading, 'held' | 'backfills'>,
  rule: Rule,
  scope: string,
  [from, to]: readonly [number, number],
): Corrected | null {
  if (rule.over !== 'populations') return null;
  const found = backfills().findLast(
    (each) => each.from < to && each.to + (held.get(each.scope)?.hold ?? 0) > from && judgesWith(rule, scope, each.scope),
  );
  return found ? { index: found.index, reason: found.reason } : null;
}

/** The rules over several populations that judged scopes together with corrected ones, with those scopes. */
export function judgedBeside(
  { held, backfills }: Pick<EvidenceReading, 'held' | 'backfills'>,
  rules: readonly Rule[],
): { readonly rule: string; readonly scopes: readonly string[] }[] {
  const corrected = [...new Set(backfills().map(({ scope }) => scope))];
  if (corrected.length === 0) return [];
  const scopes = [...held.values()].map(({ scope }) => scopeKey(scope)).sort();
  return rules.flatMap((rule) => {
    const beside = scopes.filter((scope) => corrected.some((other) => judgesWith(rule, scope, other)));
    return beside.length > 0 ? [{ rule: rule.id, scopes: beside }] : [];
  });
}
