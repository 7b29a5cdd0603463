import { digest } from '#src/ledger/tree.ts';
import { messageOf } from './attempt.ts';
import { type Blobs, openBlobs } from './blobs.ts';
import type { Engine } from './engine.ts';

/** The documents as a check reads them: whatever it reads one for, it holds it against its hash when it is first unpacked. */
export interface CheckedBlobs extends Blobs {
  readonly rows: readonly DocumentRow[];
  /** Reads those that were not read yet, but for those that need not be; says of each what is wrong with it. */
  faults(skip: ReadonlySet<number>): Generator<string>;
}

export interface DocumentRow {
  readonly id: number;
  /** Hex. */
  readonly hash: string;
  readonly base: number | null;
  readonly depth: number;
  readonly purged: boolean;
}

export function openCheckedBlobs(db: Engine): CheckedBlobs {
  const rows = documentRows(db);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const byHash = new Map(rows.map(({ id, hash }) => [hash, id]));
  const unlike = new Set<number>();
  const met = new Set<number>();
  const blobs = openBlobs(db, {
    cache: 32_000_000,
    unpacked(id, raw) {
      if (met.size < met.add(id).size && digest(raw).toString('hex') !== byId.get(id)?.hash) unlike.add(id);
    },
  });
  const rowOf = (id: number): DocumentRow => {
    const row = byId.get(id);
    if (!row) throw new Error(`there is no document ${id}`);
    return row;
  };
  return {
    ...blobs,
    rows,
    find: (hash) => byHash.get(hash) ?? null,
    isPurged: (id) => rowOf(id).purged,
    kept: rowOf,
    *faults(skip) {
      for (const { id, purged } of rows) {
        if (purged || skip.has(id)) continue;
        try {
          if (!met.has(id)) blobs.raw(id);
          if (unlike.has(id)) yield `document ${id}: it does not have its hash`;
        } catch (error) {
          yield `document ${id}: it cannot be read: ${messageOf(error)}`;
        }
      }
    },
  };
}

function documentRows(db: Engine): DocumentRow[] {
  const rows = db.prepare('SELECT id, hash, base, depth, length(data) AS bytes FROM blob ORDER BY id').iterate();
  return Array.from(rows, ({ id, hash, base, depth, bytes }) => ({
    id: Number(id),
    hash: Buffer.from(hash as Uint8Array).toString('hex'),
    base: base as number | null,
    depth: Number(depth),
    purged: Number(bytes) === 0,
  }));
}
