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

/** Follows the roots of the connections. A leaf is made anew only where its scope is another. */
export function createStateRoots(scopes: ReadonlyMap<string, ScopeState>) {
  const connections = new Map<
    string,
    { readonly sorted: readonly ScopeState[]; tried: readonly ScopeState[]; leaves: Hash[]; tree: Tree }
  >();
  const leaves = new WeakMap<ScopeState, { readonly says: string; readonly root: Hash | null; readonly leaf: Hash }>();

  const leafOf = (scope: ScopeState): Hash => {
    const reason = scope.failing?.unread.unread;
    const root = reason === undefined ? scope.tree.root() : null;
    const says = reason ?? String(scope.items.size);
    const known = leaves.get(scope);
    if (known?.says === says && known.root === root) return known.leaf;
    const leaf = leafHash(documentOf(scope));
    leaves.set(scope, { says, root, leaf });
    return leaf;
  };
  const opened = (name: string) => {
    const known = connections.get(name);
    if (known) return known;
    const sorted = [...scopes.values()].filter(({ scope }) => scope.connection === name).sort((a, b) => byUtf8(a.key, b.key));
    const fresh = { sorted, tried: [], leaves: [], tree: createTree([]) };
    connections.set(name, fresh);
    return fresh;
  };
  const standing = (name: string): readonly ScopeState[] => opened(name).sorted.filter(({ retired }) => !retired);
  return {
    standing,
    /** A scope came to the connection. */
    grew: (name: string): void => void connections.delete(name),
    root(name: string): StateRoot {
      const connection = opened(name);
      const tried = standing(name);
      const now = tried.map(leafOf);
      if (tried.length !== connection.tried.length || tried.some((scope, i) => scope !== connection.tried[i]))
        Object.assign(connection, { tried, leaves: now, tree: createTree(now) });
      for (const [i, leaf] of now.entries())
        if (leaf !== connection.leaves[i]) {
          connection.tree.replace(i, leaf);
          connection.leaves[i] = leaf;
        }
      const tally = emptyTally();
      for (const scope of tried) if (!scope.failing) addTally(tally, scope.tree.tally);
      return { root: connection.tree.root(), tally };
    },
  };
}

/** The leaf of a scope as it is now. */
export function documentOf({ key, failing, tree, items }: ScopeState): string {
  return scopeDocument(key, failing ? { reason: failing.unread.unread } : { root: tree.root(), items: items.size });
}
