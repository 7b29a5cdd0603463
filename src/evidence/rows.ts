import type { Engine, Row } from './engine.ts';

/** Rows of a table by their number. */
export interface RowsByNumber {
  get(number: number): Row | undefined;
  /** Rows were changed. */
  forget(): void;
}

/**
 * Where an answer is a journey, the rows beside one come along with it, the more of them the closer together the questions are. Rows that are
 * not there yet are asked for again.
 */
export function rowsByNumber(db: Engine, table: 'blob' | 'ledger', key: string, columns: string): RowsByNumber {
  if (!db.far) {
    const one = db.prepare(`SELECT ${columns} FROM ${table} WHERE ${key} = ?`);
    return { get: (number) => one.get(number), forget: () => undefined };
  }
  const part = db.prepare(`SELECT ${key} AS number, ${columns} FROM ${table} WHERE ${key} BETWEEN ? AND ?`);
  const near = new Map<number, Row>();
  let [last, span] = [Number.NaN, 1];
  return {
    get(number) {
      const known = near.get(number);
      if (known) return known;
      span = Math.abs(number - last) <= 4 * widest ? Math.min(span * 2, widest) : 1;
      last = number;
      if (near.size > 8 * widest) near.clear();
      for (const row of part.all(number, number + span - 1)) near.set(Number(row['number']), row);
      return near.get(number);
    },
    forget: () => near.clear(),
  };
}

const widest = 128;

/** The documents by their hash and by their number. */
export interface DocumentNumbers {
  find(hash: Buffer): number | null;
  /** Hex. Throws where there is no such document. */
  hashOf(number: number): string;
  /** A document was added. */
  met(hash: Buffer, number: number): void;
}

/** Where an answer is a journey and many are asked for, all hashes are fetched at once; `met` then tells of each that is added. */
export function documentNumbers(db: Engine): DocumentNumbers {
  const one = db.prepare('SELECT id FROM blob WHERE substr(hash, 1, 4) = ? AND hash = ?');
  const hashes = rowsByNumber(db, 'blob', 'id', 'hash');
  let asked = 0;
  let all: Map<string, number> | null = null;
  const everything = () =>
    new Map(
      db
        .prepare('SELECT id, hash FROM blob')
        .all()
        .map(({ id, hash }) => [Buffer.from(hash as Uint8Array).toString('latin1'), Number(id)]),
    );
  return {
    find(hash) {
      if (db.far && ++asked > 100) all ??= everything();
      return (all ? all.get(hash.toString('latin1')) : (one.get(hash.subarray(0, 4), hash) as { id: number } | undefined)?.id) ?? null;
    },
    hashOf(number) {
      const found = hashes.get(number) as { hash: Uint8Array } | undefined;
      if (!found) throw new Error(`there is no document ${number}`);
      return Buffer.from(found.hash).toString('hex');
    },
    met: (hash, number) => void all?.set(hash.toString('latin1'), number),
  };
}

export const keysById = (rows: readonly object[]): Map<number, string> =>
  new Map((rows as { id: number; key: string }[]).map(({ id, key }) => [id, key]));
