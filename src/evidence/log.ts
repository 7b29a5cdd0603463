import { type NodeAt, nodesOf, rootOf } from '#src/ledger/proof.ts';
import { createFrontier, type Hash, leafHash, merkleRoot } from '#src/ledger/tree.ts';
import { packApart, unpackAny } from './apart.ts';
import { longestChain, recentlyUsed } from './blobs.ts';
import type { Engine } from './engine.ts';
import { documentNumbers, rowsByNumber } from './rows.ts';
import type { LedgerHead } from './store.ts';

/** The append-only log of leaves and its root. */
export interface Log {
  head(): LedgerHead;
  root(): Hash;
  /** Adds a leaf. Leaves of one family resemble each other, and are stored as patches on each other. */
  append(family: string, document: string): void;
  read(index: number): string;
  hashAt(index: number): Hash;
  /** Of any size up to now. */
  rootAt(size: number): Hash;
  readonly nodeAt: NodeAt;
}

/** Leaves in a full tile, whose root has a row of its own. */
export const tile = 256;
export const tileLevel = 8;

/** `numbers` are those of the same engine, where others ask them too. */
export function openLog(db: Engine, numbers = documentNumbers(db)): Log {
  const add = db.prepare('INSERT INTO ledger (idx, hash, base, size, data) VALUES (?, ?, ?, ?, ?)');
  const addNode = db.prepare('INSERT INTO ledger_node (level, n, hash) VALUES (?, ?, ?)');
  const byIndex = rowsByNumber(db, 'ledger', 'idx', 'base, size, data');
  const latest = new Map<string, { index: number; depth: number; document: Buffer }>();
  const frontier = createFrontier();
  for (const { hash } of db.prepare('SELECT hash FROM ledger_node WHERE level = ? ORDER BY n').iterate(tileLevel))
    frontier.appendSubtree(tileLevel, Buffer.from(hash as Uint8Array));
  let tail: Hash[] = [];
  for (const { hash } of db.prepare('SELECT hash FROM ledger WHERE idx >= ? ORDER BY idx').iterate(frontier.size())) {
    tail.push(Buffer.from(hash as Uint8Array));
    frontier.append(tail.at(-1)!);
  }

  // Every leaf hash in memory, but only once an earlier root or a proof is asked for.
  let leaves: Hash[] | null = null;
  let node: NodeAt | null = null;
  const nodeAt: NodeAt = (level, n) => {
    leaves ??= db
      .prepare('SELECT hash FROM ledger ORDER BY idx')
      .all()
      .map(({ hash }) => Buffer.from(hash as Uint8Array));
    return (node ??= nodesOf(leaves))(level, n);
  };

  const recent = recentlyUsed<{ id: number; raw: Buffer }>(1_000_000);
  const read = (index: number): Buffer => {
    const known = recent.get(index);
    if (known) return known.raw;
    const row = byIndex.get(index) as { base: number | null; size: number; data: Uint8Array } | undefined;
    if (!row) throw new Error(`there is no leaf ${index}`);
    const raw = unpackAny(row.data, row.size, row.base === null ? undefined : read(row.base), numbers);
    recent.set({ id: index, raw });
    return raw;
  };
  return {
    head: () => ({ size: frontier.size(), root: frontier.root().toString('hex') }),
    root: () => frontier.root(),
    append(family, document) {
      const index = frontier.size();
      const raw = Buffer.from(document);
      const near = latest.get(family);
      const base = near && near.depth < longestChain ? near : undefined;
      const hash = leafHash(raw);
      add.run(index, hash, base?.index ?? null, raw.length, packApart(raw, base?.document, numbers));
      latest.set(family, { index, depth: base ? base.depth + 1 : 0, document: raw });
      frontier.append(hash);
      leaves?.push(hash);
      tail.push(hash);
      if (tail.length < tile) return;
      addNode.run(tileLevel, (index + 1) / tile - 1, merkleRoot(tail));
      tail = [];
    },
    read: (index) => read(index).toString(),
    hashAt: (index) => nodeAt(0, index),
    rootAt: (size) => (size === frontier.size() ? frontier.root() : rootOf(size, nodeAt)),
    nodeAt,
  };
}
