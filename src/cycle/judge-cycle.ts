import type { FoundPlace } from '#src/collector.ts';
import type { CollectedItem, ReplyMemory } from '#src/cycle/collect.ts';
import { type Judgement, judge, type Members } from '#src/cycle/evaluate.ts';
import { type MemberScope, membersOf, partitionOf, verdictsOver } from '#src/cycle/members.ts';
import { waiting } from '#src/cycle/waiting.ts';
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
  readonly item: Observed<object>;
  readonly hash: string;
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
}

/**
 * Judges everything that was read in a cycle and returns, by scope key, what is to be recorded: only what changed.
 * Results of a population rule are recorded with the look at its first population; the others must have been read within their hold.
 */
export function judgeCycle(read: readonly ReadScope[], judging: Judging): Map<string, ItemChange[]> {
  const { held, memory, asOf } = judging;
  const ruleSetHash = hashOf(judging.ruleSet);
  const subjects = new Map(read.map((scope) => [scopeKey(scope.scope), subjectsOf(scope, held.get(scopeKey(scope.scope)), asOf)]));
  for (const [key, list] of subjects) {
    const before = held.get(key)?.items;
    if (list.length !== (before?.size ?? -1) || list.some(({ hash, held }) => held?.hash !== hash))
      memory.revisions.set(key, (memory.revisions.get(key) ?? 0) + 1);
  }

  const judgements = new Map<string, Map<string, Map<string, Judgement>>>();
  for (const { scope, population } of read) {
    const key = scopeKey(scope);
    const sameRules = memory.ruleSets.get(key) === ruleSetHash;
    judgements.set(key, judgeItems(subjects.get(key)!, itemRulesOver(population, judging.rules), sameRules, judging));
    memory.ruleSets.set(key, ruleSetHash);
  }
  for (const rule of judging.rules) if (rule.over === 'populations') judgeRule(rule, read, subjects, judgements, ruleSetHash, judging);

  return new Map(
    read.map(({ scope, population }) => {
      const key = scopeKey(scope);
      return [key, changesOf(population, subjects.get(key)!, held.get(key), judgements.get(key)!, judging.ruleSet)];
    }),
  );
}

const hashes = new WeakMap<RuleSet, string>();
const hashOf = (ruleSet: RuleSet): string => hashes.get(ruleSet) ?? hashes.set(ruleSet, sha256(canonical(ruleSet))).get(ruleSet)!;

/** What is in the scope now. Events once seen stay, also when the source no longer lists them. */
function subjectsOf({ items, population }: ReadScope, held: HeldScope | undefined, asOf: number): Subject[] {
  const now = items.map(({ item, hash }): Subject => {
    const before = held?.items.get(item.key);
    return { item, hash, firstSeen: before?.firstSeen ?? asOf, held: before };
  });
  if (population.kind === 'state' || !held) return now;
  const listed = new Set(now.map(({ item }) => item.key));
  const remembered = [...held.items.values()].filter(({ item }) => !listed.has(item.key));
  return [
    ...now,
    ...remembered.map((before): Subject => ({ item: before.item, hash: before.hash, firstSeen: before.firstSeen, held: before })),
  ];
}

const itemRulesOver = (population: Population, rules: readonly Rule[]): ItemRule[] =>
  rules.filter((rule): rule is ItemRule => rule.over === 'item' && rule.population.type === population.type);

function judgeItems(
  subjects: readonly Subject[],
  rules: readonly ItemRule[],
  sameRules: boolean,
  { ruleSet, asOf }: Judging,
): Map<string, Map<string, Judgement>> {
  const parameters = new Map(rules.map((rule) => [rule.id, ruleSet.rules[rule.id]!.parameters]));
  return new Map(
    subjects.map((subject) => {
      const unchanged = sameRules && subject.held?.hash === subject.hash ? subject.held : undefined;
      const results = rules.map((rule): [string, Judgement] => {
        const before = unchanged?.judgements.find((judgement) => judgement.rule === rule.id);
        const still = before && (before.until === undefined || before.until > asOf);
        return [rule.id, still ? before : judge(rule, subject, asOf, parameters.get(rule.id))];
      });
      return [subject.item.key, new Map(results)];
    }),
  );
}

function judgeRule(
  rule: PopulationRule,
  read: readonly ReadScope[],
  subjects: ReadonlyMap<string, readonly Subject[]>,
  judgements: Map<string, Map<string, Map<string, Judgement>>>,
  ruleSetHash: string,
  judging: Judging,
): void {
  const { held, failed, retired, memory, asOf, ruleSet } = judging;
  const judgedType = judgedBy(rule).type;
  const parameters = ruleSet.rules[rule.id]!.parameters;
  const partitions = Map.groupBy(
    read.filter(({ population }) => population.type === judgedType),
    ({ scope }) => partitionOf(scopeKey(scope), rule.within),
  );
  for (const [partition, judgedScopes] of partitions) {
    const members: Record<string, Members> = {};
    const fingerprint: string[] = [ruleSetHash];
    for (const [name, population] of Object.entries(rule.populations as Record<string, Population>)) {
      const inPartition = [...new Set([...subjects.keys(), ...failed.keys(), ...held.keys()])].filter((key) => {
        const ended = retired.has(key) || (held.get(key)?.retired && !subjects.has(key) && !failed.has(key));
        return parseScopeKey(key).population === population.type && !ended && partitionOf(key, rule.within) === partition;
      });
      const scopes = inPartition.map((key) => memberScope(key, subjects.get(key), judging));
      members[name] = membersOf(population, scopes, asOf);
      fingerprint.push(...inPartition.toSorted().map((key) => `${key} ${memory.revisions.get(key) ?? 0}`));
    }
    const all = judgedScopes.flatMap(({ scope }) => subjects.get(scopeKey(scope))!.map((subject) => ({ key: scopeKey(scope), subject })));
    // Only what was judged over complete populations is worth remembering, and for each scope apart: they need not be read together.
    const print = Object.values(members).every(({ complete }) => complete) ? sha256(fingerprint.join('\n')) : null;
    const before = all.map(({ subject }) => subject.held?.judgements.find((judgement) => judgement.rule === rule.id));
    const still =
      print !== null &&
      judgedScopes.every(({ scope }) => memory.prints.get(`${rule.id} ${scopeKey(scope)}`) === print) &&
      before.every((judgement) => judgement && (judgement.until === undefined || judgement.until > asOf));
    const verdicts = still ? null : verdictsOver(rule, members, asOf, parameters);
    for (const [i, { key, subject }] of all.entries())
      judgements
        .get(key)!
        .get(subject.item.key)!
        .set(rule.id, verdicts?.(subject.item.key) ?? before[i]!);
    for (const { scope } of judgedScopes) memory.prints.set(`${rule.id} ${scopeKey(scope)}`, print);
  }
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
    items: () => now ?? before!.items.values(),
  };
}

function changesOf(
  population: Population,
  subjects: readonly Subject[],
  before: HeldScope | undefined,
  judgements: ReadonlyMap<string, ReadonlyMap<string, Judgement>>,
  ruleSet: RuleSet,
): ItemChange[] {
  const order = ruleSet.byPopulation[population.type] ?? [];
  const changes: ItemChange[] = [];
  for (const { item, hash, held } of subjects) {
    const results = order.map((rule) => judgements.get(item.key)!.get(rule)!);
    if (held?.hash === hash && sameJudgements(held.judgements, results)) continue;
    const { key, name } = item;
    const snapshot = waiting(canonical(item));
    changes.push({
      key,
      name,
      at: instantOf(population, item),
      get snapshot() {
        return snapshot();
      },
      judgements: results,
    });
  }
  if (population.kind === 'state') {
    const now = new Set(subjects.map(({ item }) => item.key));
    for (const { item } of before?.items.values() ?? [])
      if (!now.has(item.key)) changes.push({ key: item.key, name: item.name, at: null, snapshot: null, judgements: null });
  }
  return changes;
}

const sameJudgements = (a: readonly Judgement[], b: readonly Judgement[]): boolean =>
  a.length === b.length && a.every((judgement, i) => judgement === b[i] || canonical(judgement) === canonical(b[i]));

/** The door has refused an event whose instant is unread, so there always is one. */
export const instantOf = ({ kind, at }: Population, item: Observed<object>): number | null =>
  kind === 'event' && at ? Date.parse((item as unknown as Record<string, string>)[at]!) : null;
