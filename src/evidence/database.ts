import { accessSync, constants, existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { HoldfastError } from '#src/errors.ts';
import { digest } from '#src/ledger/tree.ts';
import type { Engine } from './engine.ts';
import { type Applied, faultsOfMigrations, faultsOfSchema, migrations, missingMigrations } from './migrations.ts';

export interface DatabaseOptions {
  /** Sees the store as it is at this moment, also while an agent writes. */
  readonly readOnly?: boolean;
  /** Keeps writers out also while it is only read. */
  readonly alone?: boolean;
  /** Less than `FULL` only for what is thrown away: a power loss may then cost acknowledged cycles. No configuration reaches it. */
  readonly synchronous?: 'FULL' | 'NORMAL' | 'OFF';
}

/**
 * Opens the file, or makes it, and brings its schema forward.
 * Errors: SQLITE_TOO_OLD, STORE_LOCKED, STORE_NEWER, STORE_OLDER, STORE_MIGRATION_CHANGED, STORE_NOT_A_STORE, STORE_UNWRITABLE.
 */
export function openDatabase(path: string, { readOnly = false, alone = !readOnly, synchronous = 'FULL' }: DatabaseOptions = {}): Engine {
  refuseOldSqlite(process.versions['sqlite'] ?? '0');
  const lock = alone && path !== ':memory:' ? lockFor(path) : null;
  let db: DatabaseSync | undefined;
  try {
    // SQLite would open it for reading, and refuse the first write only.
    if (lock && existsSync(path)) accessSync(path, constants.W_OK);
    db = new DatabaseSync(path, { readOnly, enableForeignKeyConstraints: true, timeout: 5_000 });
    db.exec('PRAGMA cache_size = -32768');
    if (readOnly) db.exec('BEGIN');
    else
      db.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA journal_size_limit = 16777216; PRAGMA secure_delete = ON`,
      );
    migrate(db, path, readOnly);
  } catch (error) {
    db?.close();
    lock?.close();
    throw error instanceof HoldfastError ? error : faultOf(path, error);
  }
  return engineOver(db, path, () => lock?.close());
}

/** An open database as the store asks it. */
export const engineOver = (db: DatabaseSync, name: string, closed: () => void = () => undefined): Engine => ({
  name,
  prepare: (sql) => db.prepare(sql),
  begin: () => db.exec('BEGIN IMMEDIATE'),
  commit: () => db.exec('COMMIT'),
  rollback: () => (db.isTransaction ? db.exec('ROLLBACK') : undefined),
  faults: () => faultsIn(db),
  scrub() {
    const { busy } = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
    if (busy !== 0) throw new HoldfastError('STORE_NOT_SCRUBBED', { file: name });
  },
  close() {
    db.close();
    closed();
  },
});

function* faultsIn(db: DatabaseSync): Generator<string> {
  for (const { integrity_check: line } of db.prepare('PRAGMA integrity_check(20)').all())
    if (line !== 'ok') yield `the file: ${String(line)}`;
  for (const { table, rowid, parent } of db.prepare('PRAGMA foreign_key_check').all())
    yield `a row of ${String(table)}${rowid === null ? '' : ` (${Number(rowid)})`} refers to a row of ${String(parent)} that is not there`;

  const known = migrations('sqlite');
  yield* faultsOfMigrations(db.prepare('SELECT id, name, sha256 FROM migration ORDER BY id').all() as unknown as Applied[], known);

  const fresh = new DatabaseSync(':memory:');
  for (const { sql } of known) fresh.exec(sql);
  const expected = schemaOf(fresh);
  fresh.close();
  yield* faultsOfSchema(schemaOf(db), expected);
}

const schemaOf = (db: DatabaseSync): Map<string, string> =>
  new Map(
    db
      .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'migration'")
      .all()
      .map(({ name, sql }) => [String(name), String(sql)]),
  );

/** What SQLite says, in the words of the table of errors. */
export function faultOf(path: string, error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const reason = Error.isError(error) ? error.message : String(error);
  const code = (error as { errcode?: number }).errcode ?? 0;
  if (code === sqliteNotADatabase) return new HoldfastError('STORE_NOT_A_STORE', { file: path, reason }, { cause: error });
  if ((code & 0xff) === sqliteCorrupt) return new HoldfastError('STORE_DAMAGED', { file: path, reason }, { cause: error });
  return new HoldfastError('STORE_UNWRITABLE', { file: path, reason }, { cause: error });
}

/** SQLite before 3.51.3 could lose committed transactions when two connections reset the write-ahead log. */
export function refuseOldSqlite(found: string): void {
  const [major = 0, minor = 0, patch = 0] = found.split('.').map(Number);
  if (major * 1e6 + minor * 1e3 + patch < 3_051_003) throw new HoldfastError('SQLITE_TOO_OLD', { found, needed: '3.51.3' });
}

/** One writer for the life of the store. The operating system drops the lock when the process ends, however it ends. */
function lockFor(path: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(`${path}-lock`, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    const busy = ((error as { errcode?: number }).errcode ?? 0) === sqliteBusy;
    throw busy ? new HoldfastError('STORE_LOCKED', { file: path, holder: '' }, { cause: error }) : faultOf(path, error);
  }
}

function migrate(db: DatabaseSync, path: string, readOnly: boolean): void {
  const known = migrations('sqlite');
  const found = (db.prepare('PRAGMA application_id').get() as { application_id: number }).application_id;
  const { tables } = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number };
  if (found !== applicationId && tables > 0)
    throw new HoldfastError('STORE_NOT_A_STORE', { file: path, reason: 'it is a database of another program' });
  if (found !== applicationId && readOnly) throw new HoldfastError('STORE_NOT_A_STORE', { file: path, reason: 'it is empty' });

  const done =
    found === applicationId ? (db.prepare('SELECT id, name, sha256 FROM migration ORDER BY id').all() as unknown as Applied[]) : [];
  const missing = missingMigrations(path, done, known, readOnly);
  if (missing.length === 0) return;

  // A table that others refer to is made anew: the check of the references comes before the end.
  db.exec('PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE');
  if (done.length === 0)
    db.exec(
      `PRAGMA application_id = ${applicationId}; CREATE TABLE migration (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 BLOB NOT NULL) STRICT`,
    );
  const record = db.prepare('INSERT INTO migration (id, name, sha256) VALUES (?, ?, ?)');
  for (const { id, name, sql } of missing) {
    db.exec(sql);
    record.run(id, name, digest(sql));
  }
  const stray = db.prepare('PRAGMA foreign_key_check').get();
  if (stray) throw new Error(`a row of ${String(stray['table'])} refers to a row of ${String(stray['parent'])} that is not there`);
  db.exec('COMMIT; PRAGMA foreign_keys = ON');
  if (done.length > 0) giveBack(db);
}

/** The space that a former schema took. Where there is no room for it now, it is used for what comes. */
function giveBack(db: DatabaseSync): void {
  try {
    db.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // The store is as it was before.
  }
}

/** "HFST": tells a store of ours from any other SQLite file. */
const applicationId = 0x48465354;
const sqliteBusy = 5;
const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;
