import { canonical } from './canonical.ts';
import { byUtf8 } from './order.ts';
import { ProofError, rootOfPath } from './proof.ts';
import { checkProof } from './tlog-proof.ts';
import { digest, type Hash, leafHash } from './tree.ts';

/** A leaf, and the way from it to the root of its tree. Hashes in hex. */
export interface LeafProof {
  /** Canonical JSON, as hashed. */
  readonly leaf: string;
  readonly index: number;
  readonly size: number;
  readonly path: readonly string[];
}

/** The leaves between which a name would stand, were it there. Null where it would come first, or last. */
export interface Absence {
  readonly name: string;
  readonly before: LeafProof | null;
  readonly after: LeafProof | null;
}

/**
 * What a cycle held to be so, up to the leaf of the cycle; that this leaf is in the log is another proof. One of four:
 * an item of a scope (`item`, `scope`); no such item there (`noItem`, `scope`); a scope that could not be read, of whose items nothing is
 * claimed (`scope` alone); no such scope (`noScope`).
 */
export interface StateProof {
  readonly item?: LeafProof;
  readonly noItem?: Absence;
  readonly scope?: LeafProof;
  readonly noScope?: Absence;
  readonly cycle: { readonly index: number; readonly leaf: string };
}

/** A proof as a file: a line of canonical JSON. `tlogProof` names the file beside it that shows the leaf of the cycle to be in the log. */
export const formatStateProof = (proof: StateProof & { readonly tlogProof?: string }): string => `${canonical(proof)}\n`;

/** Throws ProofError on anything that `formatStateProof` would not write. Says nothing yet of whether it holds. */
export function parseStateProof(text: string): StateProof & { readonly tlogProof?: string } {
  if (!text.endsWith('\n')) throw new ProofError('the proof does not end with a newline');
  const proof = membersOf(text.slice(0, -1));
  for (const [name, value] of Object.entries(proof)) {
    const right = isPart[name]?.(value);
    if (!right) throw new ProofError(`the proof has ${right === false ? 'a wrong' : 'an unknown'} member ${JSON.stringify(name)}`);
  }
  if (!proof['cycle']) throw new ProofError('the proof names no cycle');
  return proof as unknown as StateProof;
}

/** What a leaf of a scope's tree says of an item. `at` is the instant of an event; hashes in hex. */
export interface ItemLeaf {
  readonly population: string;
  readonly item: string;
  readonly snapshot: string;
  readonly vector: string;
  readonly detail: string;
  readonly at: string | null;
}

/** What a proof shows: of which cycle, of which scope, and what. */
export type Shown = { readonly cycle: number; readonly asOf: string; readonly scope: string } & (
  | { readonly shows: 'item'; readonly item: ItemLeaf }
  | { readonly shows: 'no item'; readonly name: string }
  | { readonly shows: 'failed'; readonly reason: string }
  | { readonly shows: 'no scope' }
);

/**
 * What the proof shows, given that the leaf of its cycle is in the log. Throws ProofError, which says what is wrong. That nothing stands
 * between two leaves side by side holds for trees that are sorted, which only a replay of the whole log can tell.
 */
export function checkStateProof({ item, noItem, scope, noScope, cycle }: StateProof): Shown {
  const given = [item, noItem, scope, noScope].map((part) => (part ? 'x' : '-')).join('');
  if (!['x-x-', '-xx-', '--x-', '---x'].includes(given)) throw new ProofError('the proof is of none of the four kinds');
  const seen = cycleIn(cycle.leaf);
  const where = { cycle: cycle.index, asOf: seen.asOf };
  if (noScope) {
    checkAbsence(noScope, seen.root, scopeIn);
    const [connection, , , population] = noScope.name.split('/');
    if (population === undefined) throw new ProofError(`${JSON.stringify(noScope.name)} is not the name of a scope`);
    if (connection !== seen.connection) throw new ProofError(`the cycle is of ${seen.connection}, not of ${connection}`);
    return { ...where, scope: noScope.name, shows: 'no scope' };
  }
  const state = scopeIn(scope!.leaf);
  checkLeaf(`scope ${state.name}`, scope!, seen.root);
  const there = { ...where, scope: state.name };
  if ('reason' in state) {
    if (item ?? noItem) throw new ProofError(`scope ${state.name} could not be read: nothing is claimed of its items`);
    return { ...there, shows: 'failed', reason: state.reason };
  }
  if (item) {
    checkLeaf(itemIn(item.leaf).name, item, state.root, state.items);
    return { ...there, shows: 'item', item: itemOf(item.leaf, state.name) };
  }
  if (!noItem) throw new ProofError(`scope ${state.name} was read, but the proof says nothing of its items`);
  checkAbsence(noItem, state.root, itemIn, state.items);
  // The same key may be there under a salted name.
  const plainly = !isSalted(noItem.name);
  for (const side of [noItem.before, noItem.after])
    if (plainly && side && isSalted(itemIn(side.leaf).name))
      throw new ProofError(`${noItem.name}: the items of ${state.name} stand by salted names, among which a plain one is never found`);
  return { ...there, shows: 'no item', name: noItem.name };
}

/** What the proof shows, given the proof file of its cycle and the keys one trusts. Throws NoteError or ProofError, which say what is wrong. */
export function checkStateInLog(
  proof: StateProof,
  tlogProof: string,
  vkeys: readonly string[],
): Shown & { readonly origin: string; readonly size: number } {
  const { index, ...log } = checkProof(tlogProof, proof.cycle.leaf, vkeys);
  if (index !== proof.cycle.index) throw new ProofError(`the leaf of the cycle is leaf ${index} of the log, not ${proof.cycle.index}`);
  return { ...checkStateProof(proof), ...log };
}

function checkLeaf(what: string, { leaf, index, size, path }: LeafProof, root: Hash, items?: number): void {
  if (items !== undefined && size !== items) throw new ProofError(`${what}: its tree has ${items} leaves, not ${size}`);
  if (!rootOfPath(leafHash(leaf), index, size, path.map(hashIn)).equals(root)) throw new ProofError(`${what}: the leaf is not in its tree`);
}

function checkAbsence({ name, before, after }: Absence, root: Hash, named: (leaf: string) => { name: string }, items?: number): void {
  for (const side of [before, after]) if (side) checkLeaf(named(side.leaf).name, side, root, items);
  const size = before?.size ?? after?.size ?? 0;
  const [from, to] = [before?.index ?? -1, after?.index ?? size];
  if ((after && after.size !== size) || to !== from + 1) throw new ProofError(`${name}: the leaves given are not side by side`);
  if (size === 0 && !root.equals(digest(''))) throw new ProofError(`${name}: the tree has leaves, and none is given`);
  if (before && byUtf8(named(before.leaf).name, name) >= 0) throw new ProofError(`${name} does not come after ${named(before.leaf).name}`);
  if (after && byUtf8(name, named(after.leaf).name) >= 0) throw new ProofError(`${name} does not come before ${named(after.leaf).name}`);
}

function cycleIn(leaf: string): { connection: string; asOf: string; root: Hash } {
  const { v, kind, connection, asOf, state } = membersOf(leaf);
  const { root } = (state ?? {}) as Record<string, unknown>;
  if (v !== 1 || kind !== 'cycle' || typeof connection !== 'string' || typeof asOf !== 'string' || typeof root !== 'string')
    throw new ProofError('the leaf is not that of a cycle');
  return { connection, asOf, root: hashIn(root) };
}

function scopeIn(leaf: string): { name: string } & ({ root: Hash; items: number } | { reason: string }) {
  const { t, scope: name, status, root, items, reason } = membersOf(leaf);
  if (t === 'scope/1' && typeof name === 'string') {
    if (status === 'failed' && typeof reason === 'string') return { name, reason };
    if (status === 'complete' && typeof root === 'string' && typeof items === 'number') return { name, root: hashIn(root), items };
  }
  throw new ProofError('the leaf is not that of a scope');
}

function itemIn(leaf: string): { name: string } {
  const { t, item: name } = membersOf(leaf);
  if (t !== 'item/1' || typeof name !== 'string') throw new ProofError('the leaf is not that of an item');
  return { name };
}

function itemOf(leaf: string, scope: string): ItemLeaf {
  const { t, at, ...texts } = membersOf(leaf);
  const { population, item, snapshot, vector, detail, ...more } = texts as Record<string, string>;
  const right = [population, item, snapshot, vector, detail].every((text) => typeof text === 'string') && Object.keys(more).length === 0;
  if (!right || !(at === null || typeof at === 'string')) throw new ProofError('the leaf is not that of an item');
  if (population !== scope.split('/').slice(3).join('/'))
    throw new ProofError(`${item}: it is of ${population}, and does not belong into ${scope}`);
  return { population, item: item!, snapshot: snapshot!, vector: vector!, detail: detail!, at };
}

/** The members of canonical JSON: of each object there is one text. */
function membersOf(leaf: string): Record<string, unknown> {
  try {
    const value = JSON.parse(leaf) as unknown;
    if (canonical(value) === leaf && leaf.startsWith('{')) return value as Record<string, unknown>;
  } catch (cause) {
    throw new ProofError('the proof or a leaf of it is not JSON', { cause });
  }
  throw new ProofError('the proof or a leaf of it is not canonical JSON');
}

function hashIn(hex: string): Hash {
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new ProofError(`${JSON.stringify(hex)} is no hash in hex`);
  return Buffer.from(hex, 'hex');
}

const isSalted = (name: string): boolean => name.startsWith('salted:');

const isObject = (value: unknown, ...names: string[]): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.keys(value).sort().join() === names.join();

const isLeaf = (value: unknown): boolean =>
  isObject(value, 'index', 'leaf', 'path', 'size') &&
  typeof value['leaf'] === 'string' &&
  typeof value['index'] === 'number' &&
  typeof value['size'] === 'number' &&
  Array.isArray(value['path']) &&
  value['path'].every((hash) => typeof hash === 'string');

const isAbsence = (value: unknown): boolean =>
  isObject(value, 'after', 'before', 'name') &&
  typeof value['name'] === 'string' &&
  [value['after'], value['before']].every((side) => side === null || isLeaf(side));

const isPart: Readonly<Record<string, (value: unknown) => boolean>> = {
  item: isLeaf,
  noItem: isAbsence,
  scope: isLeaf,
  noScope: isAbsence,
  cycle: (value) => isObject(value, 'index', 'leaf') && typeof value['index'] === 'number' && typeof value['leaf'] === 'string',
  tlogProof: (value) => typeof value === 'string',
};
