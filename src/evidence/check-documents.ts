import { canonical } from '#src/ledger/canonical.ts';
import { createFrontier, type Hash, leafHash, merkleRoot } from '#src/ledger/tree.ts';
import { messageOf } from './attempt.ts';
import { type Blobs, longestChain } from './blobs.ts';
import type { CheckedBlobs } from './check-reading.ts';
import { entryLeaf } from './documents.ts';
import type { Engine } from './engine.ts';
import { openLog, tile, tileLevel } from './log.ts';

/** Every leaf against its hash and its row, and every root of the log against its leaves. */
export function* checkLeaves(db: Engine, blobs: Blobs): Generator<string> {
  const leaves: Hash[] = [];
  yield* checkEachLeaf(db, blobs, leaves);
  yield* checkRoots(db, leaves);
}

/** Every document against its hash, its number and its place. */
export function* checkDocuments(db: Engine, blobs: CheckedBlobs): Generator<string> {
  for (const [table, what] of numbered) yield* checkNumbers(db, table, what);
  const misplaced = new Set<number>();
  yield* checkPlaces(db, blobs, misplaced);
  yield* blobs.faults(misplaced);
}

/** What a document is a patch on; and of those that were purged, that a leaf says so. */
function* checkPlaces(db: Engine, blobs: CheckedBlobs, misplaced: Set<number>): Generator<string> {
  const depths = new Map<number, number>();
  const purgedHashes = tombstones(db, blobs);
  const hashes = new Set<string>();
  for (const { id, hash, base, depth, purged } of blobs.rows) {
    if (hashes.size === hashes.add(hash).size) yield `document ${id}: it is there twice`;
    if (purged) {
      if (!purgedHashes.has(hash)) yield `document ${id}: it was purged, and no tombstone says so`;
      if (base !== null || depth !== 0) yield `document ${id}: it was purged, and is a patch on another`;
      continue;
    }
    const expected = base === null ? 0 : (depths.get(base) ?? Number.NaN) + 1;
    if (depth === expected && depth <= longestChain) depths.set(id, depth);
    else {
      misplaced.add(id);
      yield `document ${id}: it is a patch on a document that does not fit`;
    }
  }
}

/** The documents that tombstones say were purged, by their hashes. */
export function tombstones(db: Engine, blobs: Blobs): Set<string> {
  const bodies = db.prepare("SELECT body FROM entry WHERE kind = 'tombstone'").all();
  return new Set(bodies.flatMap(({ body }) => (JSON.parse(blobs.read(Number(body))) as { purged: string[] }).purged));
}

const numbered = [
  ['scope', 'scope'],
  ['item', 'item'],
  ['blob', 'document'],
] as const;

/** They are numbered from 1 without holes. The first that is missing is named. */
function* checkNumbers(db: Engine, table: string, what: string): Generator<string> {
  let expected = 1;
  for (const { id } of db.prepare(`SELECT id FROM ${table} ORDER BY id`).all()) {
    if (Number(id) !== expected) return yield `${what} ${expected}: it is missing, and ${what} ${Number(id)} is there`;
    expected += 1;
  }
}

interface LeafRow {
  readonly idx: number;
  readonly hash: Uint8Array;
  readonly base: number | null;
}

/** Each leaf by itself, and with its row in `cycle` or `entry`. */
function* checkEachLeaf(db: Engine, blobs: Blobs, leaves: Hash[]): Generator<string> {
  const log = openLog(db);
  const kindOf = kindsOf(db, blobs);
  const latest = new Map<string, number>();
  for (const { idx, hash, base } of db.prepare('SELECT idx, hash, base FROM ledger ORDER BY idx').all() as unknown as LeafRow[]) {
    const leaf = Buffer.from(hash);
    if (idx !== leaves.length) yield `ledger: leaf ${idx} stands where leaf ${leaves.length} is expected`;
    leaves.push(leaf);
    const text = base !== null && base >= idx ? { fault: 'it is a patch on a later leaf' } : readOrSay(() => log.read(idx));
    if ('fault' in text) {
      yield `ledger ${idx}: ${text.fault}`;
      kindOf.pass(idx);
      continue;
    }
    if (!leafHash(text.read).equals(leaf)) yield `ledger ${idx}: the leaf does not have its hash`;
    const document = JSON.parse(text.read) as { kind: string; connection?: string };
    if (canonical(document) !== text.read) yield `ledger ${idx}: the leaf is not canonical`;
    const family = `${document.kind} ${document.connection ?? ''}`;
    if (base !== null && base !== latest.get(family)) yield `ledger ${idx}: it is not a patch on the leaf before of its kind`;
    latest.set(family, idx);
    yield* kindOf.check(idx, document.kind, text.read);
  }
  yield* kindOf.strays();
}

/** The rows of `cycle` and `entry`: one for each leaf. What a row of `cycle` says is compared when the cycles are told again. */
function kindsOf(db: Engine, blobs: Blobs) {
  const cycles = new Set(
    db
      .prepare('SELECT idx FROM cycle')
      .all()
      .map(({ idx }) => Number(idx)),
  );
  const rows = db.prepare('SELECT idx, kind, as_of, body FROM entry').all() as unknown as {
    idx: number;
    kind: string;
    as_of: number;
    body: number;
  }[];
  const entries = new Map(rows.map((row) => [row.idx, row]));
  return {
    /** The leaf is there, but nothing can be said of it. */
    pass(index: number): void {
      cycles.delete(index);
      entries.delete(index);
    },
    *check(index: number, kind: string, leaf: string): Generator<string> {
      const entry = entries.get(index);
      const isCycle = cycles.delete(index);
      entries.delete(index);
      if (isCycle !== (kind === 'cycle') || (entry !== undefined) === (kind === 'cycle'))
        yield `ledger ${index}: its row in ${kind === 'cycle' ? 'cycle' : 'entry'} is missing`;
      const same =
        entry === undefined ? { read: true } : readOrSay(() => entryLeaf(entry.kind, entry.as_of, blobs.kept(entry.body).hash) === leaf);
      if ('fault' in same || !same.read) yield `entry ${index}: it is not what its leaf says`;
    },
    *strays(): Generator<string> {
      for (const index of [...cycles, ...entries.keys()]) yield `ledger ${index}: there is no such leaf, but a row that refers to it`;
    },
  };
}

function* checkRoots(db: Engine, leaves: readonly Hash[]): Generator<string> {
  const rows = db.prepare('SELECT level, n, hash FROM ledger_node ORDER BY level, n').all() as unknown as {
    level: number;
    n: number;
    hash: Uint8Array;
  }[];
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

function readOrSay<T>(read: () => T): { read: T } | { fault: string } {
  try {
    return { read: read() };
  } catch (error) {
    return { fault: `it cannot be read: ${messageOf(error)}` };
  }
}
