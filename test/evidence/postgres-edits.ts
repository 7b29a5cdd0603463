import { inspect } from 'node:util';
import { check } from '#src/evidence/check.ts';
import { evidenceTables } from '#src/evidence/copy.ts';
import type { Engine, Row, Value } from '#src/evidence/engine.ts';
import { PostgresError } from '#src/evidence/postgres-session.ts';

interface Edit {
  readonly what: string;
  readonly sql: string;
  readonly values: readonly Value[];
}

/** Every table of the store. */
export const tables = ['migration', ...evidenceTables.map(([name]) => name)];

/**
 * Makes edits as a superuser can, past triggers and references, each followed by a check and taken back. Returns how many were tried and
 * those that nothing was said of. What the server refuses even so cannot be. `share` is which part of them is tried.
 */
export function unreportedEdits(db: Engine, share = 1): { tried: number; missed: string[] } {
  const every = Math.round(1 / share);
  const chosen = [...edits(db)].filter((_, n) => n % every === 0);
  return { tried: chosen.length, missed: chosen.filter((edit) => !reported(db, edit)).map(({ what }) => what) };
}

function* edits(db: Engine): Generator<Edit> {
  for (const table of tables) {
    const rows = db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all();
    const columns = Object.keys(rows[0]!);
    const where = columns.map((name) => `${name} IS NOT DISTINCT FROM ?`).join(' AND ');
    for (const row of new Set([rows[Math.floor(rows.length / 3)]!, rows.at(-1)!])) {
      const values = columns.map((name) => row[name]!);
      if (!mayBeRemoved.includes(table)) yield { what: `a row of ${table} removed`, sql: `DELETE FROM ${table} WHERE ${where}`, values };
      for (const column of columns)
        for (const other of othersThan(
          row[column]!,
          rows.map((each: Row) => each[column]!),
        ))
          yield {
            what: `${table}.${column}: ${inspect(row[column])} made ${inspect(other)}`,
            sql: `UPDATE ${table} SET ${column} = ? WHERE ${where}`,
            values: [other, ...values],
          };
    }
  }
}

function reported(db: Engine, { sql, values }: Edit): boolean {
  db.begin();
  try {
    db.prepare('SET LOCAL session_replication_role = replica').all();
    db.prepare(sql).all(...values);
    db.prepare('SET LOCAL session_replication_role = origin').all();
    return check(db).length > 0;
  } catch (error) {
    if (error instanceof PostgresError && /^(22|23|42)/.test(error.code)) return true;
    throw error;
  } finally {
    db.rollback();
  }
}

/** Kept for convenience: whoever removes a list of request ids says nothing false. */
const mayBeRemoved = ['request_ids'];

/** Another value of the same column, one that stands nowhere, and none. */
function othersThan(value: Value, all: readonly Value[]): Value[] {
  const same = (other: Value) => inspect(other) === inspect(value);
  const elsewhere = all.find((other) => !same(other) && other !== null);
  return [...(elsewhere === undefined ? [] : [elsewhere]), ...(value === null ? [] : [null]), ...unheardOf(value)];
}

function unheardOf(value: Value): Value[] {
  if (typeof value === 'number') return [value + 1, value + 1_000_003];
  if (typeof value === 'string') return [`${value}x`];
  if (value instanceof Uint8Array)
    return [0.5, 0.99].map((part) => flipped(value, Math.floor(value.length * part))).concat([Buffer.concat([value, Buffer.of(7)])]);
  return [1, Buffer.alloc(32, 7)];
}

function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 0x10;
  return copy;
}
