import { type Judgement, judge, type Seen } from '#src/cycle/evaluate.ts';
import { instantOf } from '#src/cycle/judge-cycle.ts';
import { type MemberScope, membersOf, partitionOf, verdictsOver } from '#src/cycle/members.ts';
import { type BackfillRecord, type ItemChange, parseScopeKey, type RuleSet } from '#src/evidence/store.ts';
import type { Population } from '#src/population.ts';
import type { ItemRule, PopulationRule, Rule } from '#src/rule.ts';
import type { CollectedLook } from './collecting.ts';
import type { KnownScope, KnownWorld } from './known-world.ts';

/** By what looks are judged. */
interface By {
  readonly rules: readonly Rule[];
  readonly ruleSet: RuleSet;
  readonly population: Population;
  readonly scope: string;
  readonly from: number;
  readonly code?: Code;
}

/** What runs the rules: that of the program, or of a recorded one. */
export interface Code {
  readonly judge: typeof judge;
  readonly partitionOf: typeof partitionOf;
  readonly membersOf: typeof membersOf;
  readonly verdictsOver: typeof verdictsOver;
}

const ownCode: Code = { judge, partitionOf, membersOf, verdictsOver };

/** Stands in place of the items of a scope of which a snapshot was purged. */
export const purgedAmong = 'its snapshots were purged';

/**
 * Judges looks as cycles at their instants would have: each item since it was first seen as it is known now, together with what is known of
 * other scopes at that instant. Looks in order of time.
 */
export function judgeLooks(world: KnownWorld, looks: readonly CollectedLook[], by: By): BackfillRecord['looks'] {
  const before = world.at(by.from - 1).find(({ key }) => key === by.scope);
  const firstSeen = new Map(before?.items.entries().map(([key, item]) => [key, item.firstSeen]));
  return looks.map((look) => {
    const { asOf, hold, calls } = look;
    if (look.unread) return { asOf, hold, calls, unread: look.unread };
    const listed = new Set(look.items.map(({ key }) => key));
    if (by.population.kind === 'state') for (const key of firstSeen.keys()) if (!listed.has(key)) firstSeen.delete(key);
    for (const key of listed) if (!firstSeen.has(key)) firstSeen.set(key, asOf);
    const seen = look.items.map(({ item }): Seen => ({ item, firstSeen: firstSeen.get(item.key)! }));
    return { asOf, hold, calls, items: judged(seen, look, world, by) };
  });
}

function judged(seen: readonly Seen[], { asOf, hold, items }: CollectedLook, world: KnownWorld, by: By): ItemChange[] {
  const { rules, ruleSet, population, code = ownCode } = by;
  const order = ruleSet.byPopulation[population.type] ?? [];
  const inForce = order.map((id) => rules.find((rule) => rule.id === id)!);
  const over = new Map(
    inForce
      .filter((rule) => rule.over === 'populations')
      .map((rule) => [rule.id, verdicts(rule, { key: by.scope, asOf, hold, seen }, world, { ruleSet, code })]),
  );
  const snapshots = new Map(items!.map(({ key, snapshot }) => [key, snapshot]));
  return seen.map(({ item, firstSeen }) => {
    const judgements = inForce.map(
      (rule): Judgement =>
        over.get(rule.id)?.(item.key) ?? code.judge(rule as ItemRule, { item, firstSeen }, asOf, ruleSet.rules[rule.id]!.parameters),
    );
    return { key: item.key, name: item.name, at: instantOf(population, item), snapshot: snapshots.get(item.key)!, judgements };
  });
}

/** What a rule over populations says of the items of the look, with what is known of all other scopes. */
function verdicts(
  rule: PopulationRule,
  look: { readonly key: string; readonly asOf: number; readonly hold: number; readonly seen: readonly Seen[] },
  world: KnownWorld,
  { ruleSet, code: { partitionOf, membersOf, verdictsOver } }: { ruleSet: RuleSet; code: Code },
): (item: string) => Judgement {
  const { key, asOf, hold, seen } = look;
  const own: MemberScope = { key, read: true, unread: null, lastLook: asOf, hold, items: () => seen };
  const others = world.at(asOf).filter((scope) => scope.key !== key);
  const partition = partitionOf(key, rule.within);
  const members = Object.fromEntries(
    Object.entries(rule.populations as Record<string, Population>).map(([name, population]) => {
      const scopes = [own, ...others.map((scope) => memberScope(scope, asOf, world))].filter(
        (scope) => parseScopeKey(scope.key).population === population.type && partitionOf(scope.key, rule.within) === partition,
      );
      return [name, membersOf(population, scopes, asOf)];
    }),
  );
  return verdictsOver(rule, members, asOf, ruleSet.rules[rule.id]!.parameters);
}

const memberScope = ({ key, lastLook, hold, unread, items }: KnownScope, asOf: number, world: KnownWorld): MemberScope => {
  const seen = (): Seen[] => [...items.values()].map(({ snapshot, firstSeen }) => ({ item: world.item(snapshot)!, firstSeen }));
  const purged = items.values().some(({ snapshot }) => world.item(snapshot) === null);
  const lost = purged ? ({ unread: 'incomplete', call: parseScopeKey(key).population, needs: '', detail: purgedAmong } as const) : null;
  return { key, read: lastLook === asOf && !lost, unread: unread ?? lost, lastLook, hold, items: seen };
};
