import { byUtf8 } from '#src/ledger/order.ts';
import { createTree, type Hash, leafHash, type Tree } from '#src/ledger/tree.ts';
import { emptyTally, scopeDocument, type Tally } from './documents.ts';
import { addTally } from './scope-tree.ts';
import type { ScopeState } from './state.ts';

/** The root over a connection's scopes that are not retired, and the numbers behind it: of those whose latest look was complete. */
export interface StateRoot {
  readonly root: Hash;
  readonly tally: Tally;
}

interface Connection {
  readonly standing: readonly ScopeState[];
  readonly places: ReadonlyMap<ScopeState, number>;
  readonly tree: Tree;
  /** What each scope counts for. */
  readonly counted: Tally[];
  readonly tally: Tally;
}

/** Follows the roots of the connections. Costs follow what changed. */
export function createStateRoots(scopes: ReadonlyMap<string, ScopeState>) {
  const connections = new Map<string, Connection>();
  const stale = new Map<string, Set<ScopeState>>();

  const opened = (name: string): Connection => {
    const known = connections.get(name);
    if (known) return known;
    const standing = [...scopes.values()].filter(({ scope, retired }) => scope.connection === name && !retired);
    standing.sort((a, b) => byUtf8(a.key, b.key));
    const counted = standing.map(countedOf);
    const tally = emptyTally();
    for (const own of counted) addTally(tally, own);
    const tree = createTree(standing.map((scope) => leafHash(documentOf(scope))));
    const fresh = { standing, places: new Map(standing.map((scope, i) => [scope, i])), tree, counted, tally };
    connections.set(name, fresh);
    stale.delete(name);
    return fresh;
  };
  return {
    standing: (name: string): readonly ScopeState[] => opened(name).standing,
    /** A scope came to the connection, or went. */
    grew: (name: string): void => void connections.delete(name),
    /** The scope has other items, or it fails, or no longer. */
    changed(scope: ScopeState): void {
      const { connection } = scope.scope;
      const changed = stale.get(connection);
      if (changed) changed.add(scope);
      else stale.set(connection, new Set([scope]));
    },
    root(name: string): StateRoot {
      const { places, tree, counted, tally } = opened(name);
      for (const scope of stale.get(name) ?? []) {
        const place = places.get(scope)!;
        tree.replace(place, leafHash(documentOf(scope)));
        addTally(tally, counted[place]!, -1);
        counted[place] = countedOf(scope);
        addTally(tally, counted[place]);
      }
      stale.delete(name);
      return { root: tree.root(), tally: { items: tally.items, results: { ...tally.results } } };
    },
  };
}

const countedOf = ({ failing, tree: { tally } }: ScopeState): Tally =>
  failing ? emptyTally() : { items: tally.items, results: { ...tally.results } };

/** The leaf of a scope as it is now. */
export function documentOf({ key, failing, tree, items }: ScopeState): string {
  return scopeDocument(key, failing ? { reason: failing.unread.unread } : { root: tree.root(), items: items.size });
}
