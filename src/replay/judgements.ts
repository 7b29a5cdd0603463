import type { Judgement, Members, Seen } from '#src/cycle/evaluate.ts';
import type { MemberScope } from '#src/cycle/members.ts';
import type { ToldCycle } from '#src/evidence/replay.ts';
import type { ItemState, LoggedChange, ScopeState } from '#src/evidence/state.ts';
import type { Observed, Population } from '#src/population.ts';
import type { CadenceRule, ItemRule, PopulationRule, Rule } from '#src/rule.ts';
import type { Program } from './program.ts';

/** By what a cycle is judged. `why` says why a rule cannot be run. */
export interface Lens {
  readonly ruleSetHash: string;
  readonly rulesOf: (population: string) => readonly string[];
  readonly program: Program | null;
  rule(id: string): { readonly rule: Rule; readonly parameters: unknown } | { readonly why: string };
}

/** One judgement that a look made, or may have made. */
export interface Judged {
  readonly cycle: ToldCycle;
  readonly scope: ScopeState;
  readonly item: ItemState;
  readonly rule: string;
  readonly change: LoggedChange | undefined;
  /** What held before this look; undefined for an item that is new. */
  readonly before: Judgement | undefined;
  /** Whether the look had to judge anew, or could keep what held before. */
  readonly must: boolean;
  readonly over: 'item' | 'populations';
  /** Judges. Text: why it cannot be judged. */
  readonly fresh: () => Judgement | string;
}

/** What is remembered of a scope between its looks. */
interface Memory {
  ruleSet: string | null;
  /** Grows with each change of what is in it. */
  revision: number;
  /** By item: the snapshot that was judged, and the judgements by rule. */
  readonly items: Map<string, { snapshot: number; judgements: Map<string, Judgement>; until: number }>;
  /** The earliest instant from which a judgement may differ; to be found anew where an item was touched. */
  until: number;
  touched: boolean;
}

/**
 * Goes through the cycles and asks `settle` for every judgement that a look made anew or may have made: of what was new or changed, under
 * other rules than before, at the first complete look after its `until`, and, for a rule over populations, when any of them changed. What
 * `settle` returns holds from then on. Costs follow what changed, not how often was looked.
 */
export function judgements(
  lensFor: (cycle: ToldCycle) => Lens,
  itemOf: (item: ItemState) => Observed<object> | null,
  settle: (judged: Judged) => Judgement | null,
) {
  const memories = new Map<string, Memory>();
  const prints = new Map<string, string>();
  const memoryOf = (key: string): Memory =>
    memories.get(key) ?? memories.set(key, { ruleSet: null, revision: 0, items: new Map(), until: Infinity, touched: false }).get(key)!;

  return {
    look,
    /** What holds of an item after its latest look, by rule. */
    holding: (scope: string, item: string): ReadonlyMap<string, Judgement> => memoryOf(scope).items.get(item)?.judgements ?? new Map(),
  };

  function look(cycle: ToldCycle): void {
    const lens = lensFor(cycle);
    const changed = new Map(cycle.changes.map(({ scope, changes }) => [scope.key, new Map(changes.map((change) => [change.key, change]))]));
    const read = cycle.looks.looks.filter(({ unread }) => !unread).map(({ scope }) => cycle.scopes.get(scope)!);
    const taken = eventsTaken(cycle).map(({ scope }) => scope);
    for (const { scope: key } of cycle.looks.retired) forget(key, cycle.scopes.get(key));
    for (const scope of [...read, ...taken]) notice(scope, changed.get(scope.key));
    for (const scope of read) judgeItems(scope, changed.get(scope.key) ?? new Map(), cycle, lens);
    for (const scope of taken) judgeItems(scope, changed.get(scope.key)!, cycle, lens, true);
    for (const rule of populationRules(lens, read)) judgeOver(rule, read, changed, cycle, lens);
    for (const scope of read) {
      const memory = memoryOf(scope.key);
      memory.ruleSet = lens.ruleSetHash;
      if (memory.touched) memory.until = earliest(memory.items.values());
      memory.touched = false;
    }
  }

  /** States end with their scope; events have happened. */
  function forget(key: string, scope: ScopeState | undefined): void {
    const memory = memoryOf(key);
    for (const item of memory.items.keys()) if (!scope?.items.has(item)) memory.items.delete(item);
    memory.revision++;
  }

  function notice(scope: ScopeState, changes: ReadonlyMap<string, LoggedChange> | undefined): void {
    const memory = memoryOf(scope.key);
    let other = false;
    for (const { key, seen } of changes?.values() ?? []) {
      if (seen && memory.items.get(key)?.snapshot === seen.snapshot.id) continue;
      other = true;
      if (!seen) memory.items.delete(key);
    }
    if (other) memory.revision++;
    memory.touched ||= other;
  }

  function judgeItems(
    scope: ScopeState,
    changes: ReadonlyMap<string, LoggedChange>,
    cycle: ToldCycle,
    lens: Lens,
    onlyChanges = false,
  ): void {
    const memory = memoryOf(scope.key);
    const all = onlyChanges ? false : memory.ruleSet !== lens.ruleSetHash || memory.until <= cycle.asOf;
    const keys = all ? scope.items.keys() : changes.keys();
    memory.touched ||= all || changes.size > 0;
    const order = lens.rulesOf(scope.scope.population);
    const rules = order.map((id) => ({ id, ...lens.rule(id) })).filter((own) => !('rule' in own) || own.rule.over !== 'populations');
    for (const key of keys) {
      const item = scope.items.get(key);
      if (!item) continue;
      const before = memory.items.get(key);
      const anew = before?.snapshot !== item.snapshot.id || memory.ruleSet !== lens.ruleSetHash;
      const now = { snapshot: item.snapshot.id, judgements: new Map(before?.judgements), until: Infinity };
      memory.items.set(key, now);
      for (const own of rules) {
        const held = before?.judgements.get(own.id);
        const must = anew || !held || (held.until ?? Infinity) <= cycle.asOf;
        const change = changes.get(key);
        if (!must && !change) continue;
        const fresh = () =>
          'why' in own ? own.why : judgeItem(own.rule as ItemRule | CadenceRule, item, cycle.asOf, own.parameters, lens);
        hold(now, own.id, settle({ cycle, scope, item, rule: own.id, change, before: held, must, over: 'item', fresh }));
      }
      for (const id of now.judgements.keys()) if (!order.includes(id)) now.judgements.delete(id);
      now.until = untilOf(now.judgements);
    }
  }

  function judgeItem(rule: ItemRule | CadenceRule, state: ItemState, asOf: number, parameters: unknown, lens: Lens): Judgement | string {
    const item = itemOf(state);
    return item ? lens.program!.judging.judge(rule, { item, firstSeen: state.firstSeen }, asOf, parameters) : purged;
  }

  function* populationRules(lens: Lens, read: readonly ScopeState[]) {
    const ids = new Set(read.flatMap(({ scope }) => lens.rulesOf(scope.population)));
    for (const id of ids) {
      const own = lens.rule(id);
      if ('rule' in own && own.rule.over === 'populations') yield { id, rule: own.rule, parameters: own.parameters };
    }
  }

  function judgeOver(
    { id, rule, parameters }: { id: string; rule: PopulationRule; parameters: unknown },
    read: readonly ScopeState[],
    changed: ReadonlyMap<string, ReadonlyMap<string, LoggedChange>>,
    cycle: ToldCycle,
    lens: Lens,
  ): void {
    const { partitionOf, unreadAmong, membersOf, verdictsOver } = lens.program!.joining;
    const { asOf } = cycle;
    const populations = Object.entries(rule.populations as Record<string, Population>);
    const judgedType = populations[0]![1].type;
    const partitions = Map.groupBy(
      read.filter(({ scope }) => scope.population === judgedType),
      ({ key }) => partitionOf(key, rule.within),
    );
    for (const [partition, judgedScopes] of partitions) {
      const scopes = populations.map(([name, population]) => {
        const own = [...cycle.scopes.values()].filter(
          ({ scope, key, retired }) => scope.population === population.type && !retired && partitionOf(key, rule.within) === partition,
        );
        return { name, population, own };
      });
      const states = scopes.map(({ population, own }) => ({
        own,
        unread: unreadAmong(
          population,
          own.map((scope) => memberScope(scope, asOf)),
          asOf,
        ),
      }));
      const print = [
        lens.ruleSetHash,
        ...states.map(
          ({ own, unread }) =>
            `${unread ? JSON.stringify(unread) : 'complete'} ${own.map(({ key }) => `${key} ${memoryOf(key).revision}`).join(' ')}`,
        ),
      ].join('\n');
      const complete = states.every(({ unread }) => !unread);
      const due = (key: string) => prints.get(`${id} ${key}`) !== print;
      const lapsed = complete && judgedScopes.some(({ key }) => hasLapsed(memoryOf(key), id, asOf));
      const must = lapsed || judgedScopes.some(({ key }) => due(key));
      const verdicts = lazily(() => {
        const members: Record<string, Members> = {};
        for (const { name, population, own } of scopes)
          members[name] = membersOf(
            population,
            own.map((scope) => memberScope(scope, asOf)),
            asOf,
          );
        return verdictsOver(rule, members, asOf, parameters);
      });
      const fresh = (key: string): Judgement | string => {
        try {
          return verdicts()(key);
        } catch (error) {
          if (error === purgedMember) return purged;
          throw error;
        }
      };
      for (const scope of judgedScopes) {
        const memory = memoryOf(scope.key);
        const changes = changed.get(scope.key);
        memory.touched ||= must;
        for (const key of must ? scope.items.keys() : (changes?.keys() ?? [])) {
          const item = scope.items.get(key);
          if (!item) continue;
          const now = memory.items.get(key)!;
          const before = now.judgements.get(id);
          hold(
            now,
            id,
            settle({
              cycle,
              scope,
              item,
              rule: id,
              change: changes?.get(key),
              before,
              must: must || !before,
              over: 'populations',
              fresh: () => fresh(key),
            }),
          );
          now.until = untilOf(now.judgements);
        }
        prints.set(`${id} ${scope.key}`, print);
      }
    }
  }

  function memberScope({ key, failing, lastLook, hold, items }: ScopeState, asOf: number): MemberScope {
    return {
      key,
      read: lastLook === asOf,
      unread: failing?.unread ?? null,
      lastLook,
      hold,
      items: () => Array.from(items.values(), seen),
    };
  }

  function seen(state: ItemState): Seen {
    const item = itemOf(state);
    if (!item) throw purgedMember;
    return { item, firstSeen: state.firstSeen };
  }
}

/** Events of looks that do not count: changes of scopes that the cycle neither looked at nor retired. */
export function eventsTaken({ looks, changes }: ToldCycle): ToldCycle['changes'] {
  const told = new Set([...looks.looks, ...looks.retired].map(({ scope }) => scope));
  return changes.filter(({ scope }) => !told.has(scope.key));
}

const hasLapsed = ({ until, items }: Memory, rule: string, asOf: number): boolean =>
  until <= asOf && items.values().some(({ judgements }) => (judgements.get(rule)?.until ?? Infinity) <= asOf);

const purged = 'a snapshot was purged';
const purgedMember = new Error(purged);

function hold({ judgements }: { judgements: Map<string, Judgement> }, rule: string, judgement: Judgement | null): void {
  if (judgement) judgements.set(rule, judgement);
  else judgements.delete(rule);
}

const untilOf = (judgements: ReadonlyMap<string, Judgement>): number => earliest(judgements.values());

function earliest(of: Iterable<{ readonly until?: number }>): number {
  let first = Infinity;
  for (const { until } of of) if (until !== undefined && until < first) first = until;
  return first;
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
