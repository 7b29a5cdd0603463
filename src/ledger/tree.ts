import { hash } from 'node:crypto';

/** A SHA-256 digest: 32 bytes. */
export type Hash = Buffer;

/** By way of a string, since a Buffer that the hashing makes itself takes as long as the hashing. */
export const digest = (data: string | Uint8Array): Hash => Buffer.from(hash('sha256', data, 'binary'), 'latin1');

/** RFC 6962 §2.1: leaves and inner nodes hash in different domains, so that neither can be taken for the other. */
export function leafHash(data: string | Uint8Array): Hash {
  return digest(typeof data === 'string' ? `\0${data}` : Buffer.concat([leafDomain, data]));
}

export function nodeHash(left: Hash, right: Hash): Hash {
  left.copy(node, 1);
  right.copy(node, 33);
  return digest(node);
}

/** The Merkle tree hash over hashed leaves. Of no leaves it is the hash of nothing. */
export function merkleRoot(leaves: Iterable<Hash>): Hash {
  const level = Buffer.concat([...leaves]);
  let count = level.length / 32;
  if (count === 0) return digest('');
  for (; count > 1; count = Math.ceil(count / 2)) {
    for (let i = 0; 2 * i + 1 < count; i++) {
      level.copy(node, 1, 64 * i, 64 * i + 64);
      level.write(hash('sha256', node, 'binary'), 32 * i, 'latin1');
    }
    if (count % 2 === 1) level.copyWithin(16 * (count - 1), 32 * (count - 1), 32 * count);
  }
  return level.subarray(0, 32);
}

/** A tree whose leaves may be replaced, each at the cost of its path to the root. */
export interface Tree {
  root(): Hash;
  /** RFC 6962 §2.1.1: the siblings on the way from a leaf to the root, the leaf's own first. */
  path(index: number): Hash[];
  replace(index: number, leaf: Hash): void;
}

export function createTree(leaves: readonly Hash[]): Tree {
  const levels: Hash[][] = [[...leaves]];
  const parent = (below: readonly Hash[], index: number): Hash => {
    const [left, right] = [below[2 * index]!, below[2 * index + 1]];
    return right ? nodeHash(left, right) : left;
  };
  for (let below = levels[0]!; below.length > 1; below = levels.at(-1)!) {
    levels.push(Array.from({ length: Math.ceil(below.length / 2) }, (_, i) => parent(below, i)));
  }
  return {
    root: () => levels.at(-1)![0] ?? digest(''),
    path: (index) => levels.flatMap((nodes, level) => nodes[Math.floor(index / 2 ** level) ^ 1] ?? []),
    replace(index, leaf) {
      levels[0]![index] = leaf;
      for (let level = 1, i = index >> 1; level < levels.length; level++, i >>= 1) levels[level]![i] = parent(levels[level - 1]!, i);
    },
  };
}

/** The right edge of a growing tree: all that is needed to append and to know the root. */
export interface Frontier {
  size(): number;
  root(): Hash;
  append(leaf: Hash): void;
  /** Appends a whole subtree of 2^level leaves. The size must be a multiple of that. */
  appendSubtree(level: number, node: Hash): void;
}

export function createFrontier(): Frontier {
  const edge: { level: number; node: Hash }[] = [];
  let size = 0;

  const appendSubtree = (level: number, node: Hash) => {
    if (size % 2 ** level !== 0) throw new RangeError(`a subtree of level ${level} cannot begin at ${size}`);
    size += 2 ** level;
    let grown = { level, node };
    while (edge.at(-1)?.level === grown.level) grown = { level: grown.level + 1, node: nodeHash(edge.pop()!.node, grown.node) };
    edge.push(grown);
  };
  return {
    size: () => size,
    root: () => (edge.length === 0 ? digest('') : edge.map(({ node }) => node).reduceRight((right, left) => nodeHash(left, right))),
    append: (leaf) => appendSubtree(0, leaf),
    appendSubtree,
  };
}

const leafDomain = Buffer.of(0);
/** Filled anew for every node: the many small buffers would cost more than the hashing. */
const node = Buffer.alloc(65, 1);
