import type { Judgement } from '#src/cycle/evaluate.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import type { Hash } from '#src/ledger/tree.ts';
import type { Unread } from '#src/population.ts';
import type { Kept } from './blobs.ts';
import { changeLeaf } from './documents.ts';
import { createScopeTree, leafOfItem, type ScopeTree } from './scope-tree.ts';
import { createStateRoots, type StateRoot } from './state-root.ts';
import { parseScopeKey, type Scope } from './store.ts';

/** What the log says of an item now. */
export interface ItemState {
  readonly id: number;
  readonly key: string;
  /** By which the trees know it. */
  readonly name: string;
  readonly snapshot: Kept;
  readonly detail: Kept;
  readonly vector: string;
  readonly rules: readonly string[];
  readonly at: number | null;
  readonly firstSeen: number;
  readonly index: number;
  /** Ledger index of the change that brought this snapshot. */
  readonly snapshotIndex: number;
  /** Leaf of the tree of the scope, once it was asked for. */
  leaf: Hash | null;
}

/** When something was looked at. While looks repeat each other, one object stands for all of them and moves along. */
export interface Look {
  asOf: number;
  index: number;
}

export interface ScopeState {
  readonly id: number;
  readonly key: string;
  readonly scope: Scope;
  hold: number;
  firstLook: number | null;
  /** The latest complete look, and the latest attempt at one. */
  looked: Look | null;
  tried: Look | null;
  readonly lastLook: number | null;
  readonly lastLookIndex: number | null;
  readonly lastTryIndex: number | null;
  failing: { readonly since: number; readonly unread: Unread } | null;
  retired: { readonly at: number; readonly reason: string } | null;
  /** The gap that lasts, with the hold that was declared where it begins. */
  gap: { readonly since: number; readonly hold: number } | null;
  /** The hold declared with the last complete look. */
  holdAtLook: number;
  readonly items: Map<string, ItemState>;
  /** How many of the items were judged by which rules, and how many are events. */
  readonly judgedBy: Map<readonly string[], number>;
  events: number;
  readonly tree: ScopeTree;
}

/** One line of the change log. `seen` is null when the item is gone. */
export interface LoggedChange {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly at: number | null;
  readonly seen: { readonly snapshot: Kept; readonly detail: Kept; readonly vector: string } | null;
  readonly judgements: () => readonly Judgement[];
}

/** A change of what is judged of an item. */
export interface ResultsChange {
  readonly index: number;
  readonly asOf: number;
  /** The complete look before: when, and in which cycle. */
  readonly last: Look | null;
  /** The item is gone, and all its runs end. */
  readonly gone: boolean;
  /** Rules whose run ends, whether another begins or not. */
  readonly ended: readonly string[];
  readonly begun: readonly { readonly rule: string; readonly letter: string; readonly judgement: () => Judgement }[];
}

/** Where the projections go: to their tables, to a comparison with them, or nowhere. */
export interface Projection {
  resultsChange(scope: number, item: number, change: ResultsChange): void;
  gapOpens(scope: number, gap: { since: number; until: number | null; reason: string; unread: Unread | null }): void;
  /** `until` null: the time without a look stayed within the hold, so it was no gap. */
  gapCloses(scope: number, since: number, until: number | null): void;
}

/** Where only the state is wanted. */
export const nowhere: Projection = {
  resultsChange: () => undefined,
  gapOpens: () => undefined,
  gapCloses: () => undefined,
};

/** What the log says, told one cycle after the other. The same for who writes, who opens and who checks. */
export interface State {
  readonly scopes: Map<string, ScopeState>;
  scope(key: string): ScopeState | undefined;
  addScope(key: string, id: number): ScopeState;
  /** A look that failed. `look` is what the scopes of a cycle may share. */
  failed(scope: ScopeState, look: { index: number; asOf: number; hold: number; unread: Unread; look?: Look }): void;
  /** A complete look. */
  complete(
    scope: ScopeState,
    look: { index: number; asOf: number; hold: number; rules: readonly string[]; changes: readonly LoggedChange[]; look?: Look },
  ): void;
  /** Events that a look saw which does not count: they have happened, though nothing else is known by that look. */
  take(scope: ScopeState, events: { index: number; asOf: number; rules: readonly string[]; changes: readonly LoggedChange[] }): void;
  /** The scope ceased to exist; `changes` end its items. */
  retire(scope: ScopeState, end: { index: number; asOf: number; reason: string; changes: readonly LoggedChange[] }): void;
  root(connection: string): StateRoot;
  /** The scopes behind that root, in the order of their leaves. */
  standing(connection: string): readonly ScopeState[];
}

const monitorDown = 'monitor-down';

export function createState(projection: Projection): State {
  const scopes = new Map<string, ScopeState>();
  const roots = createStateRoots(scopes);

  const closeGap = (scope: ScopeState, asOf: number) => {
    const { gap, lastLook, id } = scope;
    if (gap) projection.gapCloses(id, gap.since, asOf - gap.since > gap.hold ? asOf : null);
    else if (lastLook !== null && asOf - lastLook > scope.holdAtLook)
      projection.gapOpens(id, { since: lastLook, until: asOf, reason: monitorDown, unread: null });
    scope.gap = null;
    scope.failing = null;
  };
  const begin = (scope: ScopeState, look: Look, hold: number) => {
    if (scope.retired) {
      Object.assign(scope, { retired: null, firstLook: null, looked: null });
      roots.grew(scope.scope.connection);
    }
    scope.tried = look;
    scope.hold = hold;
  };
  const apply = (scope: ScopeState, changes: readonly LoggedChange[], look: { index: number; asOf: number; rules: readonly string[] }) => {
    for (const logged of changes) see(projection, scope, logged, look);
  };

  return {
    scopes,
    scope: (key) => scopes.get(key),
    addScope(key, id) {
      const scope = newScope(key, id);
      scopes.set(key, scope);
      roots.grew(scope.scope.connection);
      return scope;
    },
    failed(scope, { index, asOf, hold, unread, look = { asOf, index } }) {
      begin(scope, look, hold);
      if (!scope.gap) {
        const since = scope.lastLook ?? asOf;
        scope.gap = { since, hold: scope.lastLook === null ? hold : scope.holdAtLook };
        projection.gapOpens(scope.id, { since, until: null, reason: unread.unread, unread });
      }
      scope.failing = { since: scope.failing?.since ?? asOf, unread };
      roots.changed(scope);
    },
    complete(scope, { index, asOf, hold, rules, changes, look = { asOf, index } }) {
      begin(scope, look, hold);
      if (scope.failing || changes.length > 0) roots.changed(scope);
      closeGap(scope, asOf);
      apply(scope, changes, { index, asOf, rules });
      scope.holdAtLook = hold;
      scope.looked = look;
      scope.firstLook ??= asOf;
    },
    take(scope, { index, asOf, rules, changes }) {
      roots.changed(scope);
      apply(scope, changes, { index, asOf, rules });
    },
    retire(scope, { index, asOf, reason, changes }) {
      closeGap(scope, asOf);
      apply(scope, changes, { index, asOf, rules: [] });
      scope.retired = { at: asOf, reason };
      roots.grew(scope.scope.connection);
    },
    root: (connection) => roots.root(connection),
    standing: (connection) => roots.standing(connection),
  };
}

/** A state that stands where another stands, and goes on by itself. */
export function copyState({ scopes }: State): State {
  const copy = createState(nowhere);
  for (const scope of scopes.values()) {
    const { hold: declared, holdAtLook, firstLook, looked, tried, failing, retired, gap } = scope;
    const own = copy.addScope(scope.key, scope.id);
    Object.assign(own, { hold: declared, holdAtLook, firstLook, failing, retired, gap });
    Object.assign(own, { looked: looked && { ...looked }, tried: tried && { ...tried } });
    for (const [key, item] of scope.items) hold(own, key, item);
  }
  return copy;
}

function newScope(key: string, id: number): ScopeState {
  const nothing = { firstLook: null, looked: null, tried: null, failing: null, retired: null, gap: null };
  const scope = parseScopeKey(key);
  const items = new Map<string, ItemState>();
  return {
    id,
    key,
    scope,
    hold: 0,
    holdAtLook: 0,
    items,
    judgedBy: new Map(),
    events: 0,
    tree: createScopeTree(scope.population, items),
    ...nothing,
    get lastLook() {
      return this.looked?.asOf ?? null;
    },
    get lastLookIndex() {
      return this.looked?.index ?? null;
    },
    get lastTryIndex() {
      return this.tried?.index ?? null;
    },
  };
}

/** Moves an item to what was seen of it, and its runs with it. */
function see(
  projection: Projection,
  scope: ScopeState,
  { id, key, name, at, seen, judgements }: LoggedChange,
  { index, asOf, rules }: { index: number; asOf: number; rules: readonly string[] },
): void {
  const before = scope.items.get(key);
  if (at === null) {
    const change = resultsChange(scope, before, { seen, judgements }, { index, asOf, rules });
    if (change.begun.length > 0 || change.ended.length > 0) projection.resultsChange(scope.id, id, change);
  }
  if (!seen) {
    hold(scope, key, undefined);
    return;
  }
  const snapshotIndex = before?.snapshot.id === seen.snapshot.id ? before.snapshotIndex : index;
  const now: ItemState = { id, key, name, ...seen, rules, at, firstSeen: before?.firstSeen ?? asOf, index, snapshotIndex, leaf: null };
  hold(scope, key, now);
}

/** Of an item that is no event. */
function resultsChange(
  { looked }: ScopeState,
  before: ItemState | undefined,
  { seen, judgements }: Pick<LoggedChange, 'seen' | 'judgements'>,
  { index, asOf, rules }: { index: number; asOf: number; rules: readonly string[] },
): ResultsChange {
  const letterNow = (rule: string, i: number) => (seen ? letterOf(rule, i, seen.vector, rules) : undefined);
  const letterBefore = (rule: string, i: number) => before && letterOf(rule, i, before.vector, before.rules);
  const ended = looked && before ? before.rules.filter((rule, i) => letterNow(rule, i) !== before.vector[i]) : [];
  const begun = seen
    ? rules.flatMap((rule, i) => {
        const letter = seen.vector[i]!;
        if (letterBefore(rule, i) === letter) return [];
        return [{ rule, letter, judgement: () => judgements().find((each) => each.rule === rule)! }];
      })
    : [];
  return { index, asOf, last: looked, gone: seen === null, ended, begun };
}

/** What a vector says of a rule, which mostly stands at that place. */
const letterOf = (rule: string, place: number, vector: string, rules: readonly string[]): string | undefined =>
  vector[rules[place] === rule ? place : rules.indexOf(rule)];

/** Puts the item into the scope, and what it held of it out. */
function hold(scope: ScopeState, key: string, now: ItemState | undefined): void {
  const before = scope.items.get(key);
  if (now) scope.items.set(key, now);
  else scope.items.delete(key);
  for (const [item, by] of [
    [before, -1],
    [now, 1],
  ] as const) {
    if (!item) continue;
    const judged = (scope.judgedBy.get(item.rules) ?? 0) + by;
    if (judged === 0) scope.judgedBy.delete(item.rules);
    else scope.judgedBy.set(item.rules, judged);
    if (item.at !== null) scope.events += by;
  }
  scope.tree.changed(key, before, now);
}

/** The leaves of a cycle's changes to a scope, once the state has been told of them. */
export function changeLeaves(scope: ScopeState, changes: readonly Pick<LoggedChange, 'key' | 'name'>[]): Hash[] {
  return changes
    .toSorted((a, b) => byUtf8(a.name, b.name))
    .map(({ key, name }) => {
      const item = scope.items.get(key);
      return changeLeaf(scope.key, name, item ? leafOfItem(scope.scope.population, item) : null);
    });
}
