import type { Result } from '#src/cycle/evaluate.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import { digest, type Hash, leafHash, merkleRoot } from '#src/ledger/tree.ts';
import type { Unread } from '#src/population.ts';

/** The letters of a vector of results. */
export const letters = { pass: 'P', fail: 'F', 'not-applicable': 'N', unobserved: 'U', pending: 'W' } as const satisfies Record<
  Result,
  string
>;

const results = new Map((Object.keys(letters) as Result[]).map((result): [string, Result] => [letters[result], result]));

export const resultOf = (letter: string): Result => results.get(letter)!;

/** What was seen of an item, as the trees commit to it. Hashes in hex. */
export interface SeenItem {
  readonly item: string;
  readonly snapshot: string;
  readonly vector: string;
  readonly detail: string;
  readonly at: number | null;
}

/** Leaf of the tree of a scope, as text and as hash. */
export const itemDocument = (population: string, { item, snapshot, vector, detail, at }: SeenItem): string =>
  canonical({ t: 'item/1', population, item, snapshot, vector, detail, at: at === null ? null : iso(at) });

export const itemLeaf = (population: string, seen: SeenItem): Hash => leafHash(itemDocument(population, seen));

/** Leaf of the tree of a cycle's changes; `leaf` is the item's leaf, null when it is gone. */
export const changeLeaf = (scope: string, item: string, leaf: Hash | null): Hash =>
  leafHash(canonical({ t: 'change/1', scope, item, leaf: leaf?.toString('hex') ?? null }));

/** Leaf of the tree of a connection's state. A scope that fails has no root: nothing is claimed of its items. */
export const scopeDocument = (scope: string, seen: { root: Hash; items: number } | { reason: string }): string =>
  canonical(
    'root' in seen
      ? { t: 'scope/1', scope, status: 'complete', root: seen.root.toString('hex'), items: seen.items }
      : { t: 'scope/1', scope, status: 'failed', reason: seen.reason },
  );

/** Which scopes a cycle looked at, and which ceased to exist. Sorted by scope. */
export interface Looks {
  readonly looks: readonly { readonly scope: string; readonly hold: number; readonly unread?: Unread }[];
  readonly retired: readonly { readonly scope: string; readonly reason: string }[];
}

/** What was kept of a cycle's calls: per scope the hash of its own manifest. Sorted by scope. */
export type CycleManifest = readonly (readonly [scope: string, status: 'complete' | 'failed', items: number | null, manifest: string])[];

export interface Tally {
  items: number;
  readonly results: Record<Result, number>;
}

export const emptyTally = (): Tally => ({ items: 0, results: { pass: 0, fail: 0, 'not-applicable': 0, unobserved: 0, pending: 0 } });

export interface CycleFacts {
  readonly connection: string;
  readonly asOf: number;
  readonly ended: number;
  readonly ruleSet: string;
  readonly state: { readonly root: Hash; readonly tally: Tally };
  readonly changes: readonly Hash[];
  readonly looks: Looks;
  readonly looksHash: string;
  readonly manifestHash: string;
  readonly calls: number;
  readonly requests: Requests;
}

/** The leaf of a cycle: canonical JSON, at most 65,535 bytes. Lists longer than 64 stand by their number and hash. */
export function cycleLeaf({
  connection,
  asOf,
  ended,
  ruleSet,
  state,
  changes,
  looks,
  looksHash,
  manifestHash,
  calls,
  requests,
}: CycleFacts): string {
  const failed = looks.looks.flatMap(({ scope, unread }) => (unread ? [{ scope, reason: unread.unread }] : []));
  return canonical({
    v: 1,
    kind: 'cycle',
    connection,
    asOf: iso(asOf),
    ended: iso(ended),
    ruleSet,
    state: { root: state.root.toString('hex'), items: state.tally.items, results: state.tally.results },
    changes: { n: changes.length, root: merkleRoot(changes).toString('hex') },
    scopes: { total: looks.looks.length, looks: looksHash, failed: shortly(failed), retired: shortly(looks.retired) },
    manifest: { sha256: manifestHash, calls, ids: requests.n, idRoot: requests.root, sample: requests.sample },
  });
}

/** The leaf of anything else: it names its body by hash. */
export const entryLeaf = (kind: string, asOf: number, body: string): string =>
  canonical({ v: 1, kind, asOf: iso(asOf), body: { sha256: body } });

const shortly = (list: readonly object[]) =>
  list.length <= 64 ? list : { n: list.length, sha256: digest(canonical(list)).toString('hex') };

export interface Requests {
  readonly n: number;
  /** RFC 6962 root over the distinct ids sorted by their UTF-8 bytes; null where there are none. */
  readonly root: string | null;
  readonly sample: readonly string[];
}

/**
 * The ids that providers gave to a cycle's requests. The full list is heavy and random, so the leaf keeps its root and eight ids.
 * Which eight follows from the root of the ledger before and from the list, so whoever makes the list cannot choose them: for k = 0, 1, …
 * the first six bytes of SHA-256(SHA-256(previous root || id root) || k as four bytes), big-endian, modulo the length of the list.
 */
export function requestsOf(given: Iterable<string>, previousRoot: Hash): Requests {
  const ids = [...new Set(given)].filter((id) => id !== '').sort(byUtf8);
  if (ids.length === 0) return { n: 0, root: null, sample: [] };
  const root = merkleRoot(ids.map((id) => leafHash(id)));
  const seed = digest(Buffer.concat([previousRoot, root]));
  const chosen = new Set<number>();
  for (let k = 0; chosen.size < Math.min(8, ids.length); k++) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(k);
    chosen.add(digest(Buffer.concat([seed, counter])).readUIntBE(0, 6) % ids.length);
  }
  return { n: ids.length, root: root.toString('hex'), sample: [...chosen].sort((a, b) => a - b).map((i) => ids[i]!) };
}

const iso = (instant: number): string => new Date(instant).toISOString();
