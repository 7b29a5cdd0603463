import type { Judgement } from '#src/cycle/evaluate.ts';
import { letters } from '#src/evidence/documents.ts';
import { untilOf } from '#src/evidence/held.ts';
import { answersFrom } from '#src/evidence/in-memory.ts';
import { projectInMemory } from '#src/evidence/project-in-memory.ts';
import type { ToldCycle } from '#src/evidence/replay.ts';
import { createState, type ItemState, type LoggedChange, type ScopeState } from '#src/evidence/state.ts';
import type { EvidenceReading, EvidenceStore, HeldItem, HeldScope, ItemRecord } from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { Observed } from '#src/population.ts';
import { eventsTaken, type Judged, judgements, type Lens } from './judgements.ts';
import { knownCycles } from './known-cycles.ts';
import { itemsIn, textOf } from './reperform.ts';

/** The evidence as other rules judge it: the same looks, items and gaps, and results of its own. */
export interface Lane {
  readonly reading: EvidenceReading;
  /** Judgements that stand for snapshots that were purged: unobserved. */
  readonly notJudged: number;
  /** What judging every item at every look would have taken. */
  readonly naive: number;
  /** Rule sets that the cycles were recorded under, by hash. */
  readonly ruleSets: ReadonlySet<string>;
  /** The committed names of items, by scope and key. */
  nameOf(scope: string, item: string): string;
}

/** Judges everything that was ever looked at again, in a lane of its own. The store stays as it is. */
export function judgeAgain(store: EvidenceStore, lens: Lens): Lane {
  const rows = projectInMemory();
  const state = createState(rows.projection);
  const itemOf = itemsIn(store);
  const touched = new Map<string, Map<string, ItemState>>();
  const log = new Map<string, ItemRecord[]>();
  const scopeKeys = new Map<number, string>();
  const itemKeys = new Map<number, string>();
  const names = new Map<string, string>();
  const ruleSets = new Set<string>();
  const words = wordsInMemory();
  let notJudged = 0;
  let naive = 0;

  const again = remembering((judgement) => {
    notJudged += typeof judgement === 'string' ? 1 : 0;
  });
  const settle = (judged: Judged): Judgement | null => {
    const { scope, item, before, must } = judged;
    if (!touched.has(scope.key)) touched.set(scope.key, new Map());
    touched.get(scope.key)!.set(item.key, item);
    return must ? again(judged) : before!;
  };
  const { look, holding } = judgements(() => lens, itemOf, settle);

  for (const cycle of knownCycles(store)) {
    ruleSets.add(cycle.ruleSetHash);
    look(cycle);
    for (const { scope: key, hold, unread } of cycle.looks.looks) {
      const seen = cycle.scopes.get(key)!;
      const scope = state.scope(key) ?? state.addScope(key, seen.id);
      scopeKeys.set(seen.id, key);
      const { index, asOf } = cycle;
      const rules = lens.rulesOf(seen.scope.population);
      naive += unread ? 0 : seen.items.size * rules.length;
      if (unread) state.failed(scope, { index, asOf, hold, unread });
      else state.complete(scope, { index, asOf, hold, rules, changes: changesOf(seen, scope, rules, cycle) });
    }
    for (const { scope: seen } of eventsTaken(cycle)) {
      const scope = state.scope(seen.key) ?? state.addScope(seen.key, seen.id);
      scopeKeys.set(seen.id, seen.key);
      const rules = lens.rulesOf(seen.scope.population);
      state.take(scope, { index: cycle.index, asOf: cycle.asOf, rules, changes: changesOf(seen, scope, rules, cycle) });
    }
    for (const { scope: key, reason } of cycle.looks.retired) {
      const ended = cycle.scopes.get(key)!;
      const scope = state.scope(key) ?? state.addScope(key, ended.id);
      state.retire(scope, { index: cycle.index, asOf: cycle.asOf, reason, changes: changesOf(ended, scope, [], cycle) });
    }
    touched.clear();
  }

  /** What is new, changed, judged otherwise or gone in the lane. */
  function changesOf(seen: ScopeState, lane: ScopeState, rules: readonly string[], cycle: ToldCycle): LoggedChange[] {
    const changes: LoggedChange[] = [];
    const recorded = cycle.changes.find(({ scope }) => scope === seen)?.changes ?? [];
    const items = new Map(touched.get(seen.key));
    for (const { key } of recorded) if (seen.items.has(key)) items.set(key, seen.items.get(key)!);
    for (const item of items.values()) {
      const held = holding(seen.key, item.key);
      const said = rules.map((rule) => held.get(rule)!);
      const detail = words.keep(said);
      const before = lane.items.get(item.key);
      if (before?.snapshot.hash === item.snapshot.hash && before.detail.hash === detail.hash) continue;
      const vector = said.map(({ result }) => letters[result]).join('');
      const { id, key, name, at, snapshot } = item;
      changes.push({ id, key, name, at, seen: { snapshot, detail, vector }, judgements: () => said });
    }
    const gone = recorded.filter((change) => change.seen === null);
    for (const change of [...changes, ...gone]) note(seen.key, change, cycle);
    return [...changes, ...gone];
  }

  function note(scope: string, { id, key, name, seen, judgements }: LoggedChange, { index, asOf }: ToldCycle): void {
    itemKeys.set(id, key);
    names.set(`${scope}\n${key}`, name);
    const slot = `${scope}\n${key}`;
    const records = log.get(slot) ?? log.set(slot, []).get(slot)!;
    const snapshotHash = seen?.snapshot.hash ?? null;
    const snapshot = () => (snapshotHash === null ? null : textOf(store, snapshotHash));
    const record = { index, asOf, snapshotHash, judgements: seen ? judgements() : [], leafHash: '' };
    records.push(Object.defineProperty(record, 'snapshot', { get: snapshot, enumerable: true }) as unknown as ItemRecord);
  }

  const reading: EvidenceReading = {
    held: new Map([...state.scopes].map(([key, scope]) => [key, heldIn(scope, itemOf, words.read)])),
    head: () => store.head(),
    entries: (kind) => store.entries(kind),
    backfills: () => store.backfills(),
    lastCycle: (connection) => store.lastCycle(connection),
    cycles: (from, to) => store.cycles(from, to),
    calls: (index, scope, asOf) => store.reading().calls(index, scope, asOf),
    history: (scope, item) => log.get(`${scope}\n${item}`) ?? [],
    lastLookIndex: (scope) => state.scope(scope)?.lastLookIndex ?? null,
    writtenAt: (size) => store.writtenAt(size),
    nameOf: (scope, key) => store.nameOf(scope, key),
    keyOf: (scope, name) => store.keyOf(scope, name),
    ...answersFrom(() => rows, scopeKeys, itemKeys),
  };
  return { reading, notJudged, naive, ruleSets, nameOf: (scope, item) => names.get(`${scope}\n${item}`) ?? item };
}

/**
 * A rule over items is run once for each snapshot, first sight and instant from which its verdict may differ; a look at the same again takes
 * what it said. A snapshot that was purged is unobserved.
 */
function remembering(count: (judgement: Judgement | string) => void) {
  const said = new Map<string, { at: number; judgement: Judgement }>();
  return ({ rule, item, cycle: { asOf }, over, fresh }: Judged): Judgement => {
    const slot = `${rule} ${item.snapshot.hash} ${item.firstSeen}`;
    const known = over === 'item' ? said.get(slot) : undefined;
    if (known && known.at <= asOf && asOf < (known.judgement.until ?? Infinity)) return known.judgement;
    const made = fresh();
    count(made);
    const judgement = typeof made === 'string' ? notJudgedFor(rule, made) : made;
    if (over === 'item') said.set(slot, { at: asOf, judgement });
    return judgement;
  };
}

function notJudgedFor(rule: string, why: string): Judgement {
  const unread = { unread: 'rule-fault', call: rule, needs: '', detail: why } as const;
  return { rule, result: 'unobserved', message: why, severity: 'medium', unread };
}

/** The judgements of items by their hash, numbered below zero so that they are none of the store's. */
function wordsInMemory() {
  const byHash = new Map<string, number>();
  const texts: (readonly Judgement[])[] = [];
  return {
    keep(said: readonly Judgement[]) {
      const hash = sha256(canonical(said));
      const known = byHash.get(hash);
      if (known !== undefined) return { id: known, hash };
      texts.push(said);
      byHash.set(hash, -texts.length);
      return { id: -texts.length, hash };
    },
    read: (id: number): readonly Judgement[] => texts[-id - 1]!,
  };
}

function heldIn(
  { scope, hold, firstLook, lastLook, failing, retired, items }: ScopeState,
  itemOf: (item: ItemState) => Observed<object> | null,
  read: (id: number) => readonly Judgement[],
): HeldScope {
  const held = [...items.values()].map((item): [string, HeldItem] => {
    const { key, rules, at, firstSeen, snapshotIndex, snapshot, detail } = item;
    const judgements = read(detail.id);
    const seen = itemOf(item) ?? ({ key, name: key } as Observed<object>);
    const own = { key, name: seen.name, item: seen, hash: snapshot.hash, snapshot: canonical(seen), document: snapshot.hash };
    return [key, { ...own, judgements, rules, until: untilOf(judgements), firstSeen, at, snapshotIndex }];
  });
  return { scope, hold, firstLook, lastLook, failing, retired, items: new Map(held) };
}
