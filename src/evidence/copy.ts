import { createHash } from 'node:crypto';
import { HoldfastError } from '#src/errors.ts';
import { check } from './check.ts';
import type { Engine, Row, Value } from './engine.ts';
import { openLog } from './log.ts';
import type { LedgerHead } from './store.ts';

/** The tables of the evidence with what numbers their rows, each after those that it refers to. */
export const evidenceTables: readonly (readonly [name: string, key: string])[] = [
  ['scope', 'id'],
  ['item', 'id'],
  ['blob', 'id'],
  ['ledger', 'idx'],
  ['cycle', 'idx'],
  ['entry', 'idx'],
  ['change', 'item, idx'],
  ['rule', 'id'],
  ['verdict', 'id'],
  ['result_change', 'item, idx'],
  ['gap', 'scope, since'],
  ['ledger_node', 'level, n'],
  ['request_ids', 'idx'],
  ['ledger_key', 'id'],
  ['checkpoint', 'size, key'],
  ['anchor', 'name, size'],
];

export type Progress = (what: string, done: number, of: number) => void;

export interface Copied extends LedgerHead {
  readonly rows: number;
  readonly checkpoints: number;
}

/**
 * Copies every row from one engine into another that is empty, in one transaction: all of it, checked, or nothing. The source must check
 * clean; the target is compared with it row by row, and checked itself, before anything of it counts.
 * `settle` lets the target look at its new rows before it is asked about them. Errors: VERIFY_FAILED, STORE_NOT_EMPTY, and those of the engines.
 */
export function copyEvidence(from: Engine, to: Engine, progress: Progress, settle: () => void): Copied {
  const rows = evidenceTables.reduce((sum, [name]) => sum + count(from, name), 0);
  progress('checking the source', 0, rows);
  mustCheck(from);
  to.begin();
  try {
    const there = evidenceTables.reduce((sum, [name]) => sum + count(to, name), 0);
    if (there > 0) throw new HoldfastError('STORE_NOT_EMPTY', { store: to.name, rows: there });
    let done = 0;
    const copied = (): void => (++done % 1_000 === 0 ? progress('copying', done, rows) : undefined);
    for (const [name, key] of evidenceTables) copyTable(from, to, name, key, copied);
    settle();
    progress('comparing', done, rows);
    for (const [name, key] of evidenceTables)
      if (digestOf(from, name, key) !== digestOf(to, name, key)) throw failed(to, `its ${name} is not that of ${from.name}`);
    progress('checking the copy', done, rows);
    mustCheck(to);
    const [source, target] = [openLog(from).head(), openLog(to).head()];
    if (source.root !== target.root || source.size !== target.size) throw failed(to, 'its root is another');
    to.commit();
    return { ...target, rows, checkpoints: count(to, 'checkpoint') };
  } catch (error) {
    to.rollback();
    throw error;
  }
}

const count = (db: Engine, table: string): number => Number(db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()!['rows']);
const failed = (db: Engine, reason: string): HoldfastError => new HoldfastError('VERIFY_FAILED', { what: db.name, reason });

function mustCheck(db: Engine): void {
  const faults = check(db);
  if (faults.length > 0) throw failed(db, faults.length === 1 ? faults[0]! : `${faults[0]}, and ${faults.length - 1} more`);
}

const rowsOf = (db: Engine, table: string, key: string): Iterable<Row> => db.prepare(`SELECT * FROM ${table} ORDER BY ${key}`).iterate();

function copyTable(from: Engine, to: Engine, table: string, key: string, copied: () => void): void {
  let columns: string[] | undefined;
  let add: ((row: Row) => void) | undefined;
  for (const row of rowsOf(from, table, key)) {
    if (!add) {
      columns = Object.keys(row);
      const insert = to.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
      add = (each) => void insert.run(...columns!.map((name) => each[name]!));
    }
    add(row);
    copied();
  }
}

/** Over the rows in order, each with its columns by name, so that the order of the columns does not matter. */
function digestOf(db: Engine, table: string, key: string): string {
  const hash = createHash('sha256');
  for (const row of rowsOf(db, table, key))
    hash.update(
      `${JSON.stringify(
        Object.keys(row)
          .sort()
          .map((name) => [name, comparable(row[name]!)]),
      )}\n`,
    );
  return hash.digest('hex');
}

const comparable = (value: Value): unknown =>
  value instanceof Uint8Array ? { bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') } : value;
