import { byUtf8 } from '#src/ledger/order.ts';
import { createTree, type Hash, type Tree } from '#src/ledger/tree.ts';
import { emptyTally, itemLeaf, resultOf, type SeenItem, type Tally } from './documents.ts';
import type { ItemState } from './state.ts';

/** The tree over the items of a scope, sorted by the names they are committed to, and the numbers of their results. Costs follow what changed. */
export interface ScopeTree {
  /** The item is now another, new, or gone. */
  changed(key: string, before: ItemState | undefined, now: ItemState | undefined): void;
  root(): Hash;
  /** The items in the order of their leaves. */
  sorted(): ItemState[];
  /** The way from the leaf at this place to the root. */
  path(index: number): Hash[];
  readonly tally: Tally;
}

export function createScopeTree(population: string, items: ReadonlyMap<string, ItemState>): ScopeTree {
  const tally = emptyTally();
  const stale = new Set<string>();
  let built: { tree: Tree; places: Map<string, number> } | null = null;

  const build = () => {
    const sorted = [...items.values()].sort((a, b) => byUtf8(a.name, b.name));
    stale.clear();
    return { tree: createTree(sorted.map((item) => leafOfItem(population, item))), places: new Map(sorted.map(({ key }, i) => [key, i])) };
  };
  const current = () => {
    built ??= build();
    for (const key of stale) built.tree.replace(built.places.get(key)!, leafOfItem(population, items.get(key)!));
    stale.clear();
    return built;
  };
  return {
    tally,
    changed(key, before, now) {
      if (before) count(tally, before, -1);
      if (now) count(tally, now, 1);
      if (before && now) stale.add(key);
      else built = null;
    },
    root: () => current().tree.root(),
    sorted: () => [...current().places.keys()].map((key) => items.get(key)!),
    path: (index) => current().tree.path(index),
  };
}

export function leafOfItem(population: string, item: ItemState): Hash {
  item.leaf ??= itemLeaf(population, seenOf(item));
  return item.leaf;
}

export const seenOf = ({ name, snapshot, vector, detail, at }: ItemState): SeenItem => ({
  item: name,
  snapshot: snapshot.hash,
  vector,
  detail: detail.hash,
  at,
});

function count(tally: Tally, { vector }: ItemState, by: 1 | -1): void {
  tally.items += by;
  for (const letter of vector) tally.results[resultOf(letter)] += by;
}

/** `by` -1 takes it off again. */
export function addTally(sum: Tally, { items, results }: Tally, by: 1 | -1 = 1): void {
  sum.items += by * items;
  for (const result of Object.keys(results) as (keyof typeof results)[]) sum.results[result] += by * results[result];
}
