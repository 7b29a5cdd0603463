import type { CallRecord } from '#src/cycle/collect.ts';
import type { Judgement } from '#src/cycle/evaluate.ts';
import { HoldfastError } from '#src/errors.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import type { Observed, Unread } from '#src/population.ts';
import { letters } from './documents.ts';
import type { ScopeState, State } from './state.ts';
import { type CycleRecord, type ItemChange, type ScopeRecord, scopeKey } from './store.ts';

/** A cycle whose promises have been checked, in the order in which it is recorded. */
export interface PreparedCycle {
  readonly scopes: readonly PreparedScope[];
  readonly retired: readonly { readonly key: string; readonly reason: string }[];
}

export interface PreparedScope {
  readonly key: string;
  readonly hold: number;
  readonly calls: readonly CallRecord[];
  /** Null when the look was complete. */
  readonly unread: Unread | null;
  readonly items: number | null;
  readonly rules: readonly string[];
  readonly changes: readonly PreparedChange[];
}

interface PreparedChange {
  readonly key: string;
  readonly at: number | null;
  readonly seen: PreparedItem | null;
}

/** The texts are made when they are asked for: those of a whole first look would take more memory than all else. */
interface PreparedItem {
  readonly snapshot: string;
  readonly judgements: readonly Judgement[];
  /** Canonical JSON of the judgements. */
  readonly detail: string;
  readonly vector: string;
}

/**
 * Refuses what would break a promise of the store, before anything is written. `breathe` is awaited with each change; the state must stay as it
 * is meanwhile. Errors: CLOCK_BACKWARDS, STORE_INVARIANT.
 */
export async function prepare(
  cycle: CycleRecord,
  state: State,
  lastAsOf: number | null,
  breathe: () => Promise<void> | undefined,
): Promise<PreparedCycle> {
  const { asOf, ended, connection, ruleSet } = cycle;
  if (!isInstant(asOf) || !isInstant(ended) || ended < asOf) refuse(`a cycle cannot last from ${asOf} to ${ended}`);
  if (lastAsOf !== null && asOf <= lastAsOf)
    throw new HoldfastError('CLOCK_BACKWARDS', { now: new Date(asOf).toISOString(), last: new Date(lastAsOf).toISOString() });

  const scopes: PreparedScope[] = [];
  for (const record of cycle.scopes) {
    const preparing = prepareScope(record, ruleSet.byPopulation[record.scope.population] ?? [], state);
    let step = preparing.next();
    for (; !step.done; step = preparing.next()) await breathe();
    scopes.push(step.value);
  }
  const retired = cycle.retired.map(({ scope, reason }) => ({ key: scopeKey(scope), reason }));
  const named = [...scopes, ...retired].map(({ key }) => key);
  const twice = firstTwice(named);
  if (twice !== undefined) refuse(`the scope ${twice} stands twice in a cycle`);
  for (const { scope } of [...cycle.scopes, ...cycle.retired])
    if (scope.connection !== connection) refuse(`the scope ${scopeKey(scope)} is not of the connection ${connection}`);
  for (const { key } of retired)
    if (!state.scope(key) || state.scope(key)?.retired) refuse(`the scope ${key} cannot be retired: it does not exist`);
  return { scopes: scopes.sort(byKey), retired: retired.sort(byKey) };
}

/** A complete look by itself, whatever was held before. */
export function prepareLook(record: ScopeRecord, rules: readonly string[]): PreparedScope {
  const preparing = prepareScope(record, rules, { scope: () => undefined });
  for (;;) {
    const step = preparing.next();
    if (step.done) return step.value;
  }
}

/** Change by change. */
function* prepareScope(
  record: ScopeRecord,
  rules: readonly string[],
  state: Pick<State, 'scope'>,
): Generator<undefined, PreparedScope, undefined> {
  const { scope, hold, calls } = record;
  const key = scopeKey(scope);
  if (!Number.isSafeInteger(hold) || hold <= 0) refuse(`${key}: a hold of ${hold} ms`);
  if ([scope.connection, scope.account, scope.region].some((part) => part.includes('/'))) refuse(`${key}: a part of a scope holds a slash`);
  if (record.status === 'failed') {
    if ('changes' in record) refuse(`${key}: a scope that failed carries changes`);
    return { key, hold, calls, unread: record.unread, items: null, rules, changes: [] };
  }
  const before = state.scope(key);
  const changes: PreparedChange[] = [];
  for (const change of record.changes) {
    changes.push(prepareChange(key, change, rules, before));
    yield;
  }
  changes.sort(byKey);
  const twice = firstTwice(changes.map((change) => change.key));
  if (twice !== undefined) refuse(`${key}: the item ${twice} changes twice in a cycle`);
  refuseLost(record, key, changes, rules, before);
  return { key, hold, calls, unread: null, items: record.items, rules, changes };
}

function prepareChange(scope: string, change: ItemChange, rules: readonly string[], before: ScopeState | undefined): PreparedChange {
  const { key, name, at, snapshot, judgements } = change;
  const where = `${scope}: ${key}`;
  const held = before?.items.get(key);
  if (held && snapshot !== null && (held.at === null) !== (at === null)) refuse(`${where} is an event at one time and a state at another`);
  if (at !== null && !isInstant(at)) refuse(`${where}: ${at} is no instant`);
  if (snapshot === null || judgements === null) {
    if (!held) refuse(`${where} is gone, but was not there`);
    if (snapshot !== judgements || at !== null || held.at !== null) refuse(`${where} is gone, but is an event or was judged`);
    return { key, at: null, seen: null };
  }
  if (judgements.length !== rules.length || judgements.some(({ rule }, i) => rule !== rules[i]))
    refuse(`${where} is not judged by the rules in force`);
  for (const { rule, result, unread } of judgements)
    if ((result === 'unobserved') !== (unread !== undefined)) refuse(`${where}: ${rule} is ${result}, with ${unread ? 'a' : 'no'} reason`);
  const item = parsed(where, snapshot);
  if (item.key !== key || item.name !== name) refuse(`${where}: its snapshot is of another item`);
  canonicalOf(where, judgements);
  return {
    key,
    at,
    seen: {
      get snapshot() {
        return change.snapshot!;
      },
      judgements,
      get detail() {
        return canonical(judgements);
      },
      vector: judgements.map(({ result }) => letters[result]).join(''),
    },
  };
}

/** The changes leave exactly the items that the look saw, each judged by the rules in force. Events stay though no longer listed. */
function refuseLost(
  { items }: { items: number },
  key: string,
  changes: readonly PreparedChange[],
  rules: readonly string[],
  before: ScopeState | undefined,
): void {
  const replaced = changes.flatMap((change) => before?.items.get(change.key) ?? []);
  const seen = changes.filter((change) => change.seen);
  const judgedBy = new Map(before?.judgedBy);
  for (const item of replaced) judgedBy.set(item.rules, judgedBy.get(item.rules)! - 1);
  for (const [own, left] of judgedBy)
    if (left > 0 && !sameRules(own, rules)) {
      const stale = [...before!.items.values()].find((item) => item.rules === own && !replaced.includes(item));
      refuse(`${key}: ${stale?.key} is not judged by the rules in force`);
    }
  const events = (before?.events ?? 0) - count(replaced) + count(seen);
  const after = (before?.items.size ?? 0) - replaced.length + seen.length;
  if (events !== 0 && events !== after) refuse(`${key} holds events and states`);
  if (events > 0 ? items > after : items !== after) refuse(`${key}: ${items} items were seen, and the changes leave ${after}`);
}

const count = (events: readonly { readonly at: number | null }[]): number => events.filter(({ at }) => at !== null).length;

const sameRules = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((rule, i) => rule === b[i]));

function parsed(where: string, snapshot: string): Observed<object> {
  let item: unknown;
  try {
    item = JSON.parse(snapshot);
  } catch {
    refuse(`${where}: its snapshot is not JSON`);
  }
  if (canonicalOf(where, item) !== snapshot) refuse(`${where}: its snapshot is not canonical`);
  return item as Observed<object>;
}

function canonicalOf(where: string, value: unknown): string {
  try {
    return canonical(value);
  } catch (error) {
    return refuse(`${where}: ${(error as Error).message}`);
  }
}

export function refuse(reason: string): never {
  throw new HoldfastError('STORE_INVARIANT', { reason });
}

const byKey = (a: { key: string }, b: { key: string }): number => byUtf8(a.key, b.key);

const isInstant = (value: number): boolean => Number.isSafeInteger(value) && Math.abs(value) <= 8.64e15;

function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
