import { hash } from 'node:crypto';

/** A SHA-256 digest: 32 bytes. */
export type Hash = Buffer;

export const digest = (data: string | Uint8Array): Hash => hash('sha256', data, 'buffer');

/** RFC 6962 §2.1: leaves and inner nodes hash in different domains, so that neither can be taken for the other. */
export function leafHash(data: string | Uint8Array): Hash {
  return digest(Buffer.concat([leafDomain, typeof data === 'string' ? Buffer.from(data) : data]));
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return digest(Buffer.concat([nodeDomain, left, right]));
}

/** The Merkle tree hash over hashed leaves. Of no leaves it is the hash of nothing. */
export function merkleRoot(leaves: Iterable<Hash>): Hash {
  const frontier = createFrontier();
  for (const leaf of leaves) frontier.append(leaf);
  return frontier.root();
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
const nodeDomain = Buffer.of(1);
