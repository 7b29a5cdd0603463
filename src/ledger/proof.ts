import { digest, type Hash, nodeHash } from './tree.ts';

/** A proof that has not the form its tree asks for. */
export class ProofError extends Error {
  override readonly name = 'ProofError';
}

/** The root of a complete subtree: that over the leaves from n * 2^level, 2^level of them. */
export type NodeAt = (level: number, n: number) => Hash;

/** The nodes over leaves that are at hand. Each is made once; leaves may be added later. */
export function nodesOf(leaves: readonly Hash[]): NodeAt {
  const made: Hash[][] = [];
  return function nodeAt(level, n): Hash {
    if (!Number.isSafeInteger(n) || n < 0 || (n + 1) * 2 ** level > leaves.length)
      throw new RangeError(`there is no node ${n} at level ${level} over ${leaves.length} leaves`);
    if (level === 0) return leaves[n]!;
    made[level] ??= [];
    made[level][n] ??= nodeHash(nodeAt(level - 1, 2 * n), nodeAt(level - 1, 2 * n + 1));
    return made[level][n];
  };
}

/** The root over the first leaves of a tree. */
export const rootOf = (size: number, nodeAt: NodeAt): Hash => (size === 0 ? digest('') : rangeRoot(0, size, nodeAt));

/** RFC 6962 §2.1.1: the siblings on the way from a leaf to the root, the leaf's own first. */
export function inclusionPath(index: number, size: number, nodeAt: NodeAt): Hash[] {
  if (!isPlace(index, size)) throw new RangeError(`a tree of ${size} has no leaf ${index}`);
  const path: Hash[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const split = from + splitOf(to - from);
    if (index < split) {
      path.push(rangeRoot(split, to, nodeAt));
      to = split;
    } else {
      path.push(rangeRoot(from, split, nodeAt));
      from = split;
    }
  }
  return path.reverse();
}

/** RFC 6962 §2.1.2: what shows that a tree begins with the leaves of a smaller one. Empty where either is all or nothing of the other. */
export function consistencyPath(old: number, size: number, nodeAt: NodeAt): Hash[] {
  if (!isSize(old) || !isSize(size) || old > size) throw new RangeError(`a tree of ${size} has no earlier one of ${old}`);
  if (old === 0 || old === size) return [];
  const path: Hash[] = [];
  let [from, to] = [0, size];
  while (to !== old) {
    const split = from + splitOf(to - from);
    if (old <= split) {
      path.push(rangeRoot(split, to, nodeAt));
      to = split;
    } else {
      path.push(rangeRoot(from, split, nodeAt));
      from = split;
    }
  }
  // From 0 the root of the earlier tree is the node itself, and whoever checks has it.
  if (from > 0) path.push(rangeRoot(from, to, nodeAt));
  return path.reverse();
}

/** The root that a leaf and its path give. Throws ProofError where the path has not the length that the place asks for. */
export function rootOfPath(leaf: Hash, index: number, size: number, path: readonly Hash[]): Hash {
  if (!isPlace(index, size)) throw new ProofError(`a tree of ${size} has no leaf ${index}`);
  if (![leaf, ...path].every(isHash)) throw new ProofError('a hash has 32 bytes');
  let node = leaf;
  let used = 0;
  // A last node without a sibling rises as it is.
  for (let [at, last] = [index, size - 1]; last > 0; [at, last] = [half(at), half(last)]) {
    if (at === last && at % 2 === 0) continue;
    const sibling = path[used++];
    if (!sibling) throw new ProofError(`the path of leaf ${index} in a tree of ${size} is too short`);
    node = at % 2 === 1 ? nodeHash(sibling, node) : nodeHash(node, sibling);
  }
  if (used !== path.length) throw new ProofError(`the path of leaf ${index} in a tree of ${size} is too long`);
  return node;
}

/** Whether the path shows that the tree of this size and root begins with the tree of that size and root. */
export function isConsistent(oldSize: number, oldRoot: Hash, size: number, root: Hash, path: readonly Hash[]): boolean {
  if (!isSize(oldSize) || !isSize(size) || oldSize > size || ![oldRoot, root, ...path].every(isHash)) return false;
  if (size === 0 && !root.equals(digest(''))) return false;
  if (oldSize === 0) return path.length === 0 && oldRoot.equals(digest(''));
  if (oldSize === size) return path.length === 0 && oldRoot.equals(root);
  // RFC 9162 §2.1.4.2: up from the last leaf of the old tree, past every node that both trees share.
  let [at, last] = [oldSize - 1, size - 1];
  for (; at % 2 === 1; [at, last] = [half(at), half(last)]);
  const rest = at === 0 ? [oldRoot, ...path] : [...path];
  let [oldNode, node] = [rest[0], rest[0]];
  if (!oldNode || !node) return false;
  for (const sibling of rest.slice(1)) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      oldNode = nodeHash(sibling, oldNode);
      node = nodeHash(sibling, node);
      for (; at % 2 === 0 && at !== 0; [at, last] = [half(at), half(last)]);
    } else node = nodeHash(node, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && oldNode.equals(oldRoot) && node.equals(root);
}

/** The root over leaves that some tree has a node for: `from` is a multiple of a power of two no smaller than their number. */
function rangeRoot(from: number, to: number, nodeAt: NodeAt): Hash {
  const nodes: Hash[] = [];
  for (let at = from; at < to; ) {
    const [level, width] = largestWithin(to - at);
    nodes.push(nodeAt(level, at / width));
    at += width;
  }
  return nodes.reduceRight((right, left) => nodeHash(left, right));
}

/** The largest power of two up to n, and which it is. */
function largestWithin(n: number): [level: number, width: number] {
  let [level, width] = [0, 1];
  for (; width * 2 <= n; width *= 2) level++;
  return [level, width];
}

/** The largest power of two below n: where RFC 6962 splits a tree. */
const splitOf = (n: number): number => largestWithin(n - 1)[1];

const half = (n: number): number => Math.floor(n / 2);
const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;
const isPlace = (index: number, size: number): boolean => isSize(index) && isSize(size) && index < size;
const isHash = (value: Hash): boolean => value.length === 32;
