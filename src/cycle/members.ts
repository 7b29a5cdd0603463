import { type Judgement, judgePopulations, type Members, type Seen, unobserved } from '#src/cycle/evaluate.ts';
import { parseScopeKey } from '#src/evidence/store.ts';
import type { Population, Unread } from '#src/population.ts';
import type { PopulationRule } from '#src/rule.ts';

/** A scope as a rule over populations meets it in a cycle. */
export interface MemberScope {
  readonly key: string;
  /** It was read completely in this very cycle. */
  readonly read: boolean;
  /** Why it could not be read, in this cycle or when it was last tried. */
  readonly unread: Unread | null;
  readonly lastLook: number | null;
  readonly hold: number;
  items(): Iterable<Seen>;
}

/** The reason why the scopes of a population do not make it up completely at an instant, or null. The first by the order of their keys. */
export function unreadAmong(population: Population, scopes: readonly MemberScope[], asOf: number): Unread | null {
  if (scopes.length === 0) return incomplete(population, 'no collector reads this population here');
  for (const { read, unread, lastLook, hold } of inOrder(scopes)) {
    if (read) continue;
    if (unread) return unread;
    if (lastLook === null || asOf - lastLook > hold) return incomplete(population, 'the last look is too long ago');
  }
  return null;
}

/** The members of a population over its scopes, or the reason why they are not complete. */
export function membersOf(population: Population, scopes: readonly MemberScope[], asOf: number): Members {
  const unread = unreadAmong(population, scopes, asOf);
  return unread ? { complete: false, unread } : { complete: true, seen: scopes.flatMap((scope) => [...scope.items()]) };
}

/** What the rule says of each item of its first population, by key: also of those that it says nothing of. */
export function verdictsOver(
  rule: PopulationRule,
  members: Readonly<Record<string, Members>>,
  asOf: number,
  parameters: unknown,
): (item: string) => Judgement {
  const results = judgePopulations(rule, members, asOf, parameters);
  const judged = Object.values(members)[0]!;
  const missing: Unread = { unread: 'rule-fault', call: rule.id, needs: '', detail: 'the rule said nothing of this item' };
  const silence = judged.complete ? missing : { ...judged.unread, unread: 'incomplete' as const };
  return (item) => results.get(item) ?? unobserved(rule, silence);
}

/** What a rule over populations takes together. */
export function partitionOf(scope: string, within: PopulationRule['within']): string {
  const { connection, account, region } = parseScopeKey(scope);
  if (within === 'everything') return 'everything';
  return within === 'account' ? `${connection}/${account}` : `${connection}/${account}/${region}`;
}

const incomplete = ({ type }: Population, detail: string): Unread => ({ unread: 'incomplete', call: type, needs: '', detail });

const inOrder = (scopes: readonly MemberScope[]) => scopes.toSorted((a, b) => (a.key < b.key ? -1 : 1));
