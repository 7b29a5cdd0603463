import type { FoundPlace } from '#src/collector.ts';
import type { ReplyMemory } from '#src/cycle/collect.ts';
import { cut, type Judgement, judge, type Members, type Seen } from '#src/cycle/evaluate.ts';
import type { CollectedItem } from '#src/cycle/items.ts';
import { type MemberScope, partitionOf, unreadAmong, verdictsOver } from '#src/cycle/members.ts';
import { type HeldItem, type HeldScope, type ItemChange, parseScopeKey, type RuleSet, type Scope, scopeKey } from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { Observed, Population, Unread } from '#src/population.ts';
import { type ItemRule, judgedBy, type PopulationRule, type Rule } from '#src/rule.ts';

/** A scope that was read completely in this cycle. */
export interface ReadScope {
  readonly scope: Scope;
  readonly population: Population;
  readonly items: readonly CollectedItem[];
}

interface Subject {
  readonly seen: CollectedItem;
  readonly firstSeen: number;
  readonly held: HeldItem | undefined;
}

/**
 * Remembers between cycles what need not be judged again: the same item under the same rules, or the same populations, before any `until`.
 * Forgetting it costs time, never correctness.
 */
export interface JudgingMemory {
  /** Fingerprint of the populations that a population rule last judged a scope over, by rule and scope; null where one was incomplete. */
  readonly prints: Map<string, string | null>;
  /** Hash of the rule set under which a scope was last judged. */
  readonly ruleSets: Map<string, string>;
  /** Grows with each change of the items of a scope. */
  readonly revisions: Map<string, number>;
  /** The answers of each scope's latest complete look. */
  readonly replies: Map<string, ReplyMemory>;
  /** When each failed scope was last tried, and each connection last discovered. */
  readonly tried: Map<string, number>;
  /** The places of each connection as they were found last. */
  readonly places: Map<string, readonly FoundPlace[]>;
}

export const newMemory = (): JudgingMemory => ({
  prints: new Map(),
  ruleSets: new Map(),
  revisions: new Map(),
  replies: new Map(),
  tried: new Map(),
  places: new Map(),
});

interface Judging {
  readonly rules: readonly Rule[];
  readonly ruleSet: RuleSet;
  readonly held: ReadonlyMap<string, HeldScope>;
  /** What could not be read in this very cycle, by scope key, and what ceases to exist with it. */
  readonly failed: ReadonlyMap<string, Unread>;
  readonly retired: ReadonlySet<string>;
  readonly memory: JudgingMemory;
  readonly asOf: number;
  /** Awaited with each item, so that many of them keep nobody waiting. What is held must not change meanwhile. */
  readonly breathe?: () => Promise<void> | undefined;
}

/** What the rules over populations say of a scope, by rule; null where what they said before stands. */
type Verdicts = ReadonlyMap<string, ((item: string) => Judgement) | null>;

/**
 * Judges everything that was read in a cycle and returns, by scope key, what is to be recorded: only what changed.
 * Results of a population rule are recorded with the look at its first population; the others must have been read within their hold.
 */
export async function judgeCycle(read: readonly ReadScope[], judging: Judging): Promise<Map<string, ItemChange[]>> {
  const { held, memory, asOf } = judging;
  const ruleSetHash = hashOf(judging.ruleSet);
  const subjects = new Map(read.map((scope) => [scopeKey(scope.scope), subjectsOf(scope, held.get(scopeKey(scope.scope)), asOf)]));
  for (const [key, list] of subjects) {
    const before = held.get(key)?.items;
    if (list.length !== (before?.size ?? -1) || list.some(({ seen, held }) => held?.hash !== seen.hash))
      memory.revisions.set(key, (memory.revisions.get(key) ?? 0) + 1);
  }

  const verdicts = new Map(read.map(({ scope }) => [scopeKey(scope), new Map<string, ((item: string) => Judgement) | null>()]));
  for (const rule of judging.rules) if (rule.over === 'populations') await judgeRule(rule, read, subjects, verdicts, ruleSetHash, judging);

  const changes = new Map<string, ItemChange[]>();
  const pooled = pool();
  for (const { scope, population } of read) {
    const key = scopeKey(scope);
    const sameRules = memory.ruleSets.get(key) === ruleSetHash;
    changes.set(key, await changesOf(population, subjects.get(key)!, held.get(key), verdicts.get(key)!, sameRules, judging, pooled));
    memory.ruleSets.set(key, ruleSetHash);
  }
  return changes;
}

const hashes = new WeakMap<RuleSet, string>();
const hashOf = (ruleSet: RuleSet): string => hashes.get(ruleSet) ?? hashes.set(ruleSet, sha256(canonical(ruleSet))).get(ruleSet)!;

/** What is in the scope now. Events once seen stay, also when the source no longer lists them. */
function subjectsOf({ items, population }: ReadScope, held: HeldScope | undefined, asOf: number): Subject[] {
  const now = items.map((seen): Subject => {
    const before = held?.items.get(seen.key);
    return { seen, firstSeen: before?.firstSeen ?? asOf, held: before };
  });
  if (population.kind === 'state' || !held) return now;
  const listed = new Set(items.map(({ key }) => key));
  const remembered = [...held.items.values()].filter(({ key }) => !listed.has(key));
  return [...now, ...remembered.map((before): Subject => ({ seen: before, firstSeen: before.firstSeen, held: before }))];
}

/** Most items are judged in the same words: those that have no facts of their own are held once. */
function pool(): (judgement: Judgement) => Judgement {
  const known = new Map<string, Judgement>();
  return (judgement) => {
    if (judgement.facts) return judgement;
    const words = JSON.stringify(judgement);
    return known.get(words) ?? known.set(words, judgement).get(words)!;
  };
}

async function judgeRule(
  rule: PopulationRule,
  read: readonly ReadScope[],
  subjects: ReadonlyMap<string, readonly Subject[]>,
  verdicts: ReadonlyMap<string, Map<string, ((item: string) => Judgement) | null>>,
  ruleSetHash: string,
  judging: Judging,
): Promise<void> {
  const { held, failed, retired, memory, asOf, ruleSet } = judging;
  const judgedType = judgedBy(rule).type;
  const partitions = Map.groupBy(
    read.filter(({ population }) => population.type === judgedType),
    ({ scope }) => partitionOf(scopeKey(scope), rule.within),
  );
  for (const [partition, judgedScopes] of partitions) {
    const scopesOf = new Map<string, MemberScope[]>();
    const fingerprint: string[] = [ruleSetHash];
    for (const [name, population] of Object.entries(rule.populations as Record<string, Population>)) {
      const inPartition = [...new Set([...subjects.keys(), ...failed.keys(), ...held.keys()])].filter((key) => {
        const ended = retired.has(key) || (held.get(key)?.retired && !subjects.has(key) && !failed.has(key));
        return parseScopeKey(key).population === population.type && !ended && partitionOf(key, rule.within) === partition;
      });
      const scopes = inPartition.map((key) => memberScope(key, subjects.get(key), judging));
      scopesOf.set(name, scopes);
      fingerprint.push(...inPartition.toSorted().map((key) => `${key} ${memory.revisions.get(key) ?? 0}`));
    }
    const complete = scopesOf.entries().every(([name, scopes]) => unreadAmong(populationOf(rule, name), scopes, asOf) === null);
    // Only what was judged over complete populations is worth remembering, and for each scope apart: they need not be read together.
    const print = complete ? sha256(fingerprint.join('\n')) : null;
    const still =
      print !== null &&
      judgedScopes.every(
        ({ scope }) =>
          memory.prints.get(`${rule.id} ${scopeKey(scope)}`) === print &&
          subjects.get(scopeKey(scope))!.every(({ held }) => held && stillHolds(held, rule.id, asOf)),
      );
    const own = still ? null : verdictsOver(rule, await cutMembers(rule, scopesOf, judging), asOf, ruleSet.rules[rule.id]!.parameters);
    for (const { scope } of judgedScopes) {
      verdicts.get(scopeKey(scope))!.set(rule.id, own);
      memory.prints.set(`${rule.id} ${scopeKey(scope)}`, print);
    }
  }
}

const populationOf = ({ populations }: PopulationRule, name: string): Population => (populations as Record<string, Population>)[name]!;

/** What a rule said of an item before, as long as that is so. Where nothing that was said of the item has an end, its words need not be read. */
function stillHolds(held: HeldItem, rule: string, asOf: number): boolean {
  if (held.until > asOf) return held.rules.includes(rule);
  const before = held.judgements.find((judgement) => judgement.rule === rule);
  return before !== undefined && (before.until === undefined || before.until > asOf);
}

/** The members of each population of the rule, with no more of each than the rule inspects. */
async function cutMembers(
  rule: PopulationRule,
  scopesOf: ReadonlyMap<string, readonly MemberScope[]>,
  { asOf, breathe }: Judging,
): Promise<Record<string, Members>> {
  const members: Record<string, Members> = {};
  for (const [name, scopes] of scopesOf) {
    const unread = unreadAmong(populationOf(rule, name), scopes, asOf);
    const seen: Seen[] = [];
    if (!unread)
      for (const { items } of scopes)
        for (const { item, firstSeen } of items()) {
          await breathe?.();
          seen.push({ item: cut(item, (rule.inspects as Record<string, readonly string[]>)[name]!), firstSeen });
        }
    members[name] = unread ? { complete: false, unread } : { complete: true, seen };
  }
  return members;
}

/** A scope as this cycle found it, or as it is held. */
function memberScope(key: string, now: readonly Subject[] | undefined, { held, failed }: Judging): MemberScope {
  const before = held.get(key);
  return {
    key,
    read: now !== undefined,
    unread: failed.get(key) ?? before?.failing?.unread ?? null,
    lastLook: before?.lastLook ?? null,
    hold: before?.hold ?? 0,
    *items() {
      if (!now) yield* before!.items.values();
      else for (const { seen, firstSeen } of now) yield { item: seen.item, firstSeen };
    },
  };
}

async function changesOf(
  population: Population,
  subjects: readonly Subject[],
  before: HeldScope | undefined,
  verdicts: Verdicts,
  sameRules: boolean,
  { rules, ruleSet, asOf, breathe }: Judging,
  pooled: (judgement: Judgement) => Judgement,
): Promise<ItemChange[]> {
  const order = ruleSet.byPopulation[population.type] ?? [];
  const inForce = order.map((id) => rules.find((rule) => rule.id === id)!);
  const stands = sameRules && order.every((id) => !verdicts.get(id));
  const changes: ItemChange[] = [];
  for (const { seen, firstSeen, held } of subjects) {
    const unchanged = held?.hash === seen.hash ? held : undefined;
    if (unchanged && stands && unchanged.until > asOf && sameList(unchanged.rules, order)) continue;
    await breathe?.();
    const subject = { item: seen.item, firstSeen };
    const before = (rule: Rule) => held!.judgements.find((judgement) => judgement.rule === rule.id)!;
    const results = inForce.map((rule): Judgement => {
      if (rule.over === 'populations') return verdicts.get(rule.id)?.(seen.key) ?? before(rule);
      if (sameRules && unchanged && stillHolds(unchanged, rule.id, asOf)) return before(rule);
      return judge(rule as ItemRule, subject, asOf, ruleSet.rules[rule.id]!.parameters);
    });
    if (unchanged && sameJudgements(unchanged.judgements, results)) continue;
    changes.push(new Change(seen, instantOf(population, subject.item), results.map(pooled)));
  }
  if (population.kind === 'state') {
    const now = new Set(subjects.map(({ seen }) => seen.key));
    for (const { key, name } of before?.items.values().filter(({ key }) => !now.has(key)) ?? [])
      changes.push({ key, name, at: null, snapshot: null, judgements: null });
  }
  return changes;
}

/** There are many of them: a first look has one for each item, and the text of the item is not held a second time. */
class Change implements ItemChange {
  readonly at: number | null;
  readonly judgements: readonly Judgement[];
  readonly #seen: CollectedItem;

  constructor(seen: CollectedItem, at: number | null, judgements: readonly Judgement[]) {
    this.#seen = seen;
    this.at = at;
    this.judgements = judgements;
  }

  get key(): string {
    return this.#seen.key;
  }

  get name(): string {
    return this.#seen.name;
  }

  get snapshot(): string {
    return this.#seen.snapshot;
  }
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((each, i) => each === b[i]));

const sameJudgements = (a: readonly Judgement[], b: readonly Judgement[]): boolean =>
  a.length === b.length && a.every((judgement, i) => judgement === b[i] || canonical(judgement) === canonical(b[i]));

/** The door has refused an event whose instant is unread, so there always is one. */
export const instantOf = ({ kind, at }: Population, item: Observed<object>): number | null =>
  kind === 'event' && at ? Date.parse((item as unknown as Record<string, string>)[at]!) : null;
