import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HoldfastError } from '#src/errors.ts';
import { engineOver as sqliteEngine, faultOf as sqliteFault } from '#src/evidence/database.ts';
import type { Engine } from '#src/evidence/engine.ts';
import { type PostgresAddress, postgresAddress } from '#src/evidence/postgres-address.ts';
import { engineOver as postgresEngine, faultOf as postgresFault } from '#src/evidence/postgres-engine.ts';
import { connect } from '#src/evidence/postgres-session.ts';
import { mentioning } from './mentions.ts';

/**
 * What the agent must remember that is no evidence: alerts, messages that are still to be delivered, jobs, orders of people. It lies beside
 * the evidence and never in it; losing it costs a message told twice or a look made early, never a fact. Several processes may use it.
 */
export interface Operations extends Disposable {
  readonly db: Engine;
  /** All of it or nothing, durable when it returns; others wait. Not to be nested. */
  transaction<T>(work: () => T): T;
  /**
   * Takes away all that mentions one of some texts, whoever remembers it, and leaves nothing of it in the files; or only counts it. Returns
   * how many things it were. Errors: OPERATIONS_NOT_SCRUBBED.
   */
  forget(texts: readonly string[], how?: { readonly dryRun?: boolean }): number;
}

/** The tables of one user of it. A later version is applied after the ones before; a version that was released is never changed. */
export interface Part {
  readonly name: string;
  /** Statements in the SQL that SQLite and PostgreSQL share: `BIGINT` and `TEXT`, no functions. Tables carry the name of the part. */
  readonly versions: readonly string[];
  /** Takes away what mentions somebody, and says how many things that were. Absent where none can. To be called in a transaction. */
  readonly forget?: (db: Engine, mentions: (text: string) => boolean) => number;
}

/** Opens it in a file, `:memory:` or a schema of PostgreSQL. Errors: STORE_NEWER, STORE_LOCKED, STORE_UNWRITABLE, STORE_UNREACHABLE. */
export function openOperations(where: string, parts: readonly Part[]): Operations {
  const { db, fault, scrub } = /^postgres(ql)?:/.test(where) ? openPostgres(where) : openSqlite(where);
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
  return {
    db,
    transaction,
    forget(texts, { dryRun = false } = {}) {
      const mentions = mentioning(texts);
      db.begin();
      try {
        const count = parts.reduce((sum, { forget }) => sum + (forget?.(db, mentions) ?? 0), 0);
        if (dryRun) db.rollback();
        else db.commit();
        if (!dryRun) scrub();
        return count;
      } catch (error) {
        db.rollback();
        throw fault(error);
      }
    },
    [Symbol.dispose]: () => db.close(),
  };
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

interface Opened {
  readonly db: Engine;
  readonly fault: (error: unknown) => HoldfastError;
  /** After something was taken away: leaves nothing of it in the files. */
  readonly scrub: () => void;
}

function openSqlite(path: string): Opened {
  const fault = (error: unknown) => sqliteFault(path, error);
  let db: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    db = new DatabaseSync(path, { timeout: 10_000 });
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY',
    );
    for (const statement of begun) db.exec(statement);
  } catch (error) {
    db?.close();
    throw fault(error);
  }
  const file = db;
  const engine = sqliteEngine(file, path);
  return {
    db: engine,
    fault,
    scrub() {
      try {
        // Pages that were let go of before this could be relied upon are written anew too.
        file.exec('VACUUM');
        engine.scrub();
      } catch (error) {
        throw new HoldfastError('OPERATIONS_NOT_SCRUBBED', { file: path }, { cause: error });
      }
    },
  };
}

/** A schema of its own beside that of the evidence. */
function openPostgres(text: string): Opened {
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
  const tables = 'SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename';
  return {
    db: postgresEngine(session, address.name, false),
    fault,
    scrub() {
      try {
        for (const { tablename } of session.ask(tables)) session.script(`VACUUM FULL "${String(tablename)}"`, 600_000);
      } catch (error) {
        throw new HoldfastError('OPERATIONS_NOT_SCRUBBED', { file: address.name }, { cause: error });
      }
    },
  };
}

/** "HFST", as the lock of the evidence. */
const lockClass = 0x48465354;
