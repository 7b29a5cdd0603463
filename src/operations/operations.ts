import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HoldfastError } from '#src/errors.ts';
import { engineOver as sqliteEngine, faultOf as sqliteFault } from '#src/evidence/database.ts';
import type { Engine } from '#src/evidence/engine.ts';
import { type PostgresAddress, postgresAddress } from '#src/evidence/postgres-address.ts';
import { engineOver as postgresEngine, faultOf as postgresFault } from '#src/evidence/postgres-engine.ts';
import { connect } from '#src/evidence/postgres-session.ts';

/**
 * What the agent must remember that is no evidence: alerts, messages that are still to be delivered, jobs, orders of people. It lies beside
 * the evidence and never in it; losing it costs a message told twice or a look made early, never a fact. Several processes may use it.
 */
export interface Operations extends Disposable {
  readonly db: Engine;
  /** All of it or nothing, durable when it returns; others wait. Not to be nested. */
  transaction<T>(work: () => T): T;
}

/** The tables of one user of it. A later version is applied after the ones before; a version that was released is never changed. */
export interface Part {
  readonly name: string;
  /** Statements in the SQL that SQLite and PostgreSQL share: `BIGINT` and `TEXT`, no functions. Tables carry the name of the part. */
  readonly versions: readonly string[];
}

/** Opens it in a file, `:memory:` or a schema of PostgreSQL. Errors: STORE_NEWER, STORE_LOCKED, STORE_UNWRITABLE, STORE_UNREACHABLE. */
export function openOperations(where: string, parts: readonly Part[]): Operations {
  const { db, fault } = /^postgres(ql)?:/.test(where) ? openPostgres(where) : openSqlite(where);
  const transaction = <T>(work: () => T): T => {
    db.begin();
    try {
      const result = work();
      db.commit();
      return result;
    } catch (error) {
      db.rollback();
      throw error;
    }
  };
  try {
    transaction(() => bringForward(db, parts));
  } catch (error) {
    db.close();
    throw fault(error);
  }
  return { db, transaction, [Symbol.dispose]: () => db.close() };
}

function bringForward(db: Engine, parts: readonly Part[]): void {
  for (const { name, versions } of parts) {
    const done = Number(db.prepare('SELECT coalesce(max(version), 0) AS done FROM part WHERE name = ?').get(name)!['done']);
    if (done > versions.length)
      throw new HoldfastError('STORE_NEWER', { file: db.name, found: `${name} ${done}`, known: `${name} ${versions.length}` });
    for (const [index, sql] of versions.entries()) {
      if (index < done) continue;
      for (const statement of sql.split(';').filter((each) => each.trim() !== '')) db.prepare(statement).run();
      db.prepare('INSERT INTO part (name, version) VALUES (?, ?)').run(name, index + 1);
    }
  }
}

const begun = [
  'CREATE TABLE IF NOT EXISTS migration (id INTEGER PRIMARY KEY)',
  'CREATE TABLE IF NOT EXISTS part (name TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (name, version))',
  'INSERT INTO migration (id) VALUES (1) ON CONFLICT (id) DO NOTHING',
];

function openSqlite(path: string): { db: Engine; fault: (error: unknown) => HoldfastError } {
  const fault = (error: unknown) => sqliteFault(path, error);
  let db: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    db = new DatabaseSync(path, { timeout: 10_000 });
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304');
    for (const statement of begun) db.exec(statement);
  } catch (error) {
    db?.close();
    throw fault(error);
  }
  return { db: sqliteEngine(db, path), fault };
}

/** A schema of its own beside that of the evidence. */
function openPostgres(text: string): { db: Engine; fault: (error: unknown) => HoldfastError } {
  const evidence = postgresAddress(text);
  const schema = `${evidence.schema.slice(0, 52)}_operations`;
  const address: PostgresAddress = { ...evidence, schema, name: evidence.name.replace(/, schema .*$/, `, schema ${schema}`) };
  const fault = (error: unknown) => postgresFault(address.name, error);
  const session = connect(address, 60_000);
  try {
    // Two processes that begin together would both find nothing.
    session.script(
      `BEGIN; SELECT pg_advisory_xact_lock(${lockClass}, 1); CREATE SCHEMA IF NOT EXISTS "${schema}"; SET search_path = "${schema}"`,
    );
    for (const statement of begun) session.script(statement);
    session.script("COMMIT; SET lock_timeout = '30s'");
  } catch (error) {
    session.close();
    throw fault(error);
  }
  return { db: postgresEngine(session, address.name, false), fault };
}

/** "HFST", as the lock of the evidence. */
const lockClass = 0x48465354;
