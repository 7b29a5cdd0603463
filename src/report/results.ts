import { type Judgement, judge, unobserved } from '#src/cycle/evaluate.ts';
import { type EvidenceReading, type HeldScope, type ItemRecord, type ResultRun, scopeKey } from '#src/evidence/store.ts';
import { explainUnread, type Observed, type Population, type Unread } from '#src/population.ts';
import { type ItemRule, judgedBy, type Rule } from '#src/rule.ts';
import { correctedBeside, correctedIn } from './corrected.ts';
import type { ResultRow } from './types.ts';

const order: readonly ResultRow['result'][] = ['fail', 'unobserved', 'pending', 'pass', 'not-applicable'];

/** The worse a result, the smaller. */
export const worst = (result: ResultRow['result']): number => order.indexOf(result);

/**
 * What holds at an instant, for every rule and item, ordered by rule, scope and item. A scope that could not be read then, or was not read
 * for longer than its hold, leaves every item of it unobserved; where no item is known, one row stands for the scope itself.
 */
export function resultRows(
  store: EvidenceReading,
  rules: readonly Rule[],
  parametersOf: (rule: string) => Readonly<Record<string, unknown>>,
  at: number,
): ResultRow[] {
  const last = store.lastCycle();
  const past = last !== null && at < last.asOf;
  const scopes = [...store.held.values()]
    .filter(({ retired }) => !retired || (past && at < retired.at))
    .map((held) => (past ? asOfThen(store, held, at) : asOfNow(held, at)));
  const started = startOfRuns(store, past ? at : (last?.asOf ?? 0));
  const rows: ResultRow[] = [];
  for (const rule of rules) {
    const population = judgedBy(rule);
    if (population.type === 'monitor.stream') rows.push(...streamRows(rule as ItemRule, scopes, parametersOf(rule.id), at));
    if (population.derived) continue;
    for (const view of scopes) {
      if (view.held.scope.population !== population.type) continue;
      if (rule.over !== 'obligations') rows.push(...rowsOf(rule, population, view, started, store));
      else if (view.blind) rows.push(scopeRow(rule, population, view.held, view.lastLook, view.blind));
    }
  }
  return rows.toSorted(byRuleAndItem);
}

export const byRuleAndItem = (a: ResultRow, b: ResultRow): number =>
  compare(a.rule, b.rule) || compare(a.scope, b.scope) || compare(a.item, b.item);

interface View {
  readonly held: HeldScope;
  readonly lastLook: number | null;
  /** Why nothing in the scope can be said to hold at the instant. */
  readonly blind: Unread | null;
  readonly items: readonly {
    readonly key: string;
    readonly name: string;
    readonly document: string;
    readonly judgements: readonly Judgement[];
    readonly index: number;
    /** First seen, of what has no runs: an event. */
    readonly firstSeen: number;
  }[];
}

const silent = ({ scope }: HeldScope): Unread => ({
  unread: 'unavailable',
  call: scope.population,
  needs: '',
  detail: 'the monitor has not looked for longer than one look vouches for',
});

function asOfNow(held: HeldScope, at: number): View {
  const { lastLook, hold, failing, items } = held;
  const blind = failing?.unread ?? (lastLook === null || at - lastLook > hold ? silent(held) : null);
  return {
    held,
    lastLook,
    blind,
    items: [...items.entries()].map(([key, { item, document, judgements, snapshotIndex, firstSeen }]) => ({
      key,
      name: item.name,
      document,
      judgements,
      index: snapshotIndex,
      firstSeen,
    })),
  };
}

/** The past, read from the change log. */
function asOfThen(store: EvidenceReading, held: HeldScope, at: number): View {
  const key = scopeKey(held.scope);
  const gap = store.gaps(at, at).find((each) => each.scope === key && each.from < at && (each.to === null || each.to > at));
  const neverLooked = held.firstLook === null || held.firstLook > at;
  const keys = new Set([...store.runs({ from: at, to: at, scope: key })].map(({ item }) => item));
  for (const [item, { at: instant }] of held.items) if (instant !== null) keys.add(item);
  const items = [...keys].flatMap((item) => {
    const record = store.history(key, item).findLast(({ asOf }) => asOf <= at);
    return record?.snapshotHash ? [itemThen(item, record)] : [];
  });
  return {
    held,
    lastLook: neverLooked ? null : Math.min(at, held.lastLook ?? at),
    blind: gap ? (gap.unread ?? silent(held)) : neverLooked ? silent(held) : null,
    items,
  };
}

const itemThen = (key: string, { snapshot, snapshotHash, judgements, index, asOf }: ItemRecord): View['items'][number] => ({
  key,
  name: snapshot === null ? key : (JSON.parse(snapshot) as { name: string }).name,
  document: snapshotHash!,
  judgements,
  index,
  firstSeen: asOf,
});

function rowsOf(
  rule: Rule,
  population: Population,
  { held, lastLook, blind, items }: View,
  started: ReadonlyMap<string, Started>,
  store: EvidenceReading,
): ResultRow[] {
  const { scope } = held;
  const key = scopeKey(scope);
  const brought = store.backfills();
  const common = { rule: rule.id, population: population.type, connection: scope.connection, scope: key, lastSeen: isoOrNull(lastLook) };
  const rows = items.map((item): ResultRow => {
    const run = started.get(`${rule.id} ${key} ${item.key}`);
    const own = item.judgements.find((judgement) => judgement.rule === rule.id);
    const judgement =
      blind && population.kind === 'state'
        ? unobserved(rule, blind)
        : (own ??
          unobserved(rule, {
            unread: 'incomplete',
            call: rule.id,
            needs: '',
            detail: 'the item has not been looked at since the rule came into force',
          }));
    const lasted = [run?.before ?? run?.first ?? item.firstSeen, (lastLook ?? -Infinity) + 1] as const;
    const correction = correctedIn(brought, key, ...lasted);
    const beside = correctedBeside({ held: store.held, backfills: () => brought }, rule, key, lasted);
    const since = judgement === own ? (run?.first ?? item.firstSeen) : (held.failing?.since ?? lastLook);
    return {
      ...common,
      item: item.key,
      name: item.name,
      result: judgement.result,
      message: judgement.message,
      severity: judgement.severity,
      since: isoOrNull(since),
      // The record that has both: this snapshot, and this result of the rule.
      evidence: { index: Math.max(item.index, run?.index ?? item.index), snapshot: item.document },
      ...(correction && { correction }),
      ...(beside && { notJudgedAgain: beside }),
      ...(judgement.unread && { reason: reasonOf(judgement.unread) }),
    };
  });
  // Events that were seen stay what they were; that others may have gone unseen is said by the scope itself.
  return blind && (items.length === 0 || population.kind === 'event') ? [...rows, scopeRow(rule, population, held, lastLook, blind)] : rows;
}

/** Stands for what cannot be named: a scope that could not be read. */
function scopeRow(rule: Rule, population: Population, { scope, failing }: HeldScope, lastLook: number | null, blind: Unread): ResultRow {
  const key = scopeKey(scope);
  const { message, severity } = unobserved(rule, blind);
  const name = `${population.title} (${scope.account}, ${scope.region})`;
  const since = isoOrNull(failing?.since ?? lastLook);
  return {
    rule: rule.id,
    item: `scope:${key}`,
    name,
    population: population.type,
    connection: scope.connection,
    scope: key,
    result: 'unobserved',
    message,
    severity,
    since,
    lastSeen: isoOrNull(lastLook),
    evidence: null,
    reason: reasonOf(blind),
  };
}

type Started = Pick<ResultRun, 'first' | 'before' | 'index'>;

/** Where each run began that reaches to the instant. */
function startOfRuns(store: EvidenceReading, at: number): Map<string, Started> {
  const started = new Map<string, Started>();
  for (const { rule, scope, item, first, before, index } of store.runs({ from: at, to: at }))
    started.set(`${rule} ${scope} ${item}`, { first, before, index });
  return started;
}

function streamRows(rule: ItemRule, scopes: readonly View[], given: Readonly<Record<string, unknown>>, at: number): ResultRow[] {
  const parameters = rule.parameters.parse(given);
  return scopes.flatMap(({ held, lastLook }): ResultRow[] => {
    const { scope, failing, hold } = held;
    if (scope.population.startsWith('monitor.')) return [];
    const key = scopeKey(scope);
    const item = {
      key,
      name: key,
      population: scope.population,
      lastComplete: isoOrNull(lastLook),
      holdMinutes: Math.round(hold / 60_000),
      failure: failing ? explainUnread(failing.unread) : null,
    };
    const { result, message, severity } = judge(rule, { item: item as Observed<object>, firstSeen: held.firstLook ?? at }, at, parameters);
    return [
      {
        rule: rule.id,
        item: key,
        name: key,
        population: 'monitor.stream',
        connection: scope.connection,
        scope: key,
        result,
        message,
        severity,
        since: isoOrNull(result === 'fail' ? lastLook : held.firstLook),
        lastSeen: isoOrNull(lastLook),
        evidence: null,
      },
    ];
  });
}

const reasonOf = ({ unread, call, needs, detail }: Unread) => ({ reason: unread, call, needs, detail });
const isoOrNull = (instant: number | null): string | null => (instant === null ? null : new Date(instant).toISOString());
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
