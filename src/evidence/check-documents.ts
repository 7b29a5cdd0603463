import type { DatabaseSync } from 'node:sqlite';
import { canonical } from '#src/ledger/canonical.ts';
import { createFrontier, digest, type Hash, leafHash, merkleRoot } from '#src/ledger/tree.ts';
import { longestChain, openBlobs } from './blobs.ts';
import { entryLeaf } from './documents.ts';
import { openLog, tile, tileLevel } from './log.ts';

/** Every document against its hash, every leaf against its hash, and every root of the log against its leaves. */
export function* checkDocuments(db: DatabaseSync): Generator<string> {
  yield* checkBlobs(db);
  const leaves: Hash[] = [];
  yield* checkLeaves(db, leaves);
  yield* checkRoots(db, leaves);
  yield* checkEntries(db);
}

function* checkBlobs(db: DatabaseSync): Generator<string> {
  const blobs = openBlobs(db);
  const depths = new Map<number, number>();
  for (const row of db.prepare('SELECT id, hash, base, depth, size FROM blob ORDER BY id').all() as unknown as { id: number; hash: Uint8Array; base: number | null; depth: number; size: number }[]) {
    const { id, hash, base, depth, size } = row;
    const expected = base === null ? 0 : (depths.get(base) ?? Number.NaN) + 1;
    if (depth !== expected || depth > longestChain) {
      yield `document ${id}: it is a patch on a document that does not fit`;
      continue;
    }
    depths.set(id, depth);
    const text = readOrSay(() => blobs.read(id));
    if ('fault' in text) yield `document ${id}: ${text.fault}`;
    else if (!digest(text.read).equals(hash)) yield `document ${id}: it does not have its hash`;
    else if (Buffer.byteLength(text.read) !== size) yield `document ${id}: it does not have its size`;
  }
}

function* checkLeaves(db: DatabaseSync, leaves: Hash[]): Generator<string> {
  const log = openLog(db);
  for (const { idx, hash, base, size } of db.prepare('SELECT idx, hash, base, size FROM ledger ORDER BY idx').all() as unknown as { idx: number; hash: Uint8Array; base: number | null; size: number }[]) {
    const leaf = Buffer.from(hash);
    if (idx !== leaves.length) yield `ledger: leaf ${idx} stands where leaf ${leaves.length} is expected`;
    leaves.push(leaf);
    if (base !== null && base >= idx) {
      yield `ledger ${idx}: it is a patch on a later leaf`;
      continue;
    }
    const text = readOrSay(() => log.read(idx));
    if ('fault' in text) yield `ledger ${idx}: ${text.fault}`;
    else if (!leafHash(text.read).equals(leaf)) yield `ledger ${idx}: the leaf does not have its hash`;
    else if (Buffer.byteLength(text.read) !== size) yield `ledger ${idx}: the leaf does not have its size`;
    else if (canonical(JSON.parse(text.read)) !== text.read) yield `ledger ${idx}: the leaf is not canonical`;
  }
  yield* checkKinds(db, log.read, leaves.length);
}

/** Every leaf has its row in `cycle` or `entry`, and the other way round. */
function* checkKinds(db: DatabaseSync, read: (index: number) => string, size: number): Generator<string> {
  const rows = db.prepare('SELECT idx, 1 AS cycle FROM cycle UNION ALL SELECT idx, 0 FROM entry').all() as unknown as { idx: number; cycle: number }[];
  const kinds = new Map(rows.map(({ idx, cycle }) => [idx, cycle === 1]));
  if (kinds.size !== rows.length) yield 'ledger: a leaf is both a cycle and something else';
  for (let index = 0; index < size; index++) {
    const text = readOrSay(() => read(index));
    if ('fault' in text) continue;
    const { kind } = JSON.parse(text.read) as { kind: string };
    if (kinds.get(index) !== (kind === 'cycle')) yield `ledger ${index}: its row in ${kind === 'cycle' ? 'cycle' : 'entry'} is missing`;
    kinds.delete(index);
  }
  for (const index of kinds.keys()) yield `ledger ${index}: there is no such leaf, but a row that refers to it`;
}

function* checkRoots(db: DatabaseSync, leaves: readonly Hash[]): Generator<string> {
  const rows = db.prepare('SELECT level, n, hash FROM ledger_node ORDER BY level, n').all() as unknown as { level: number; n: number; hash: Uint8Array }[];
  const expected = Math.floor(leaves.length / tile);
  if (rows.length !== expected) yield `ledger: ${rows.length} full tiles are kept, ${expected} are expected`;
  for (const [i, { level, n, hash }] of rows.entries()) {
    const right = level === tileLevel && n === i && merkleRoot(leaves.slice(n * tile, (n + 1) * tile)).equals(hash);
    if (!right) yield `ledger: tile ${level}/${n} does not have the hash of its leaves`;
  }
  const whole = createFrontier();
  for (const leaf of leaves) whole.append(leaf);
  if (openLog(db).head().root !== whole.root().toString('hex')) yield 'ledger: the root of the tiles is not the root of the leaves';
}

function* checkEntries(db: DatabaseSync): Generator<string> {
  const log = openLog(db);
  const blobs = openBlobs(db);
  for (const { idx, kind, as_of, body } of db.prepare('SELECT idx, kind, as_of, body FROM entry').all() as unknown as { idx: number; kind: string; as_of: number; body: number }[]) {
    const said = readOrSay(() => entryLeaf(kind, as_of, blobs.kept(body).hash) === log.read(idx));
    if (!('read' in said) || !said.read) yield `entry ${idx}: it is not what its leaf says`;
  }
}

function readOrSay<T>(read: () => T): { read: T } | { fault: string } {
  try {
    return { read: read() };
  } catch (error) {
    return { fault: `it cannot be read: ${Error.isError(error) ? error.message : String(error)}` };
  }
}
