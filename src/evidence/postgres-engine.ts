import { hostname } from 'node:os';
import { HoldfastError } from '#src/errors.ts';
import { digest } from '#src/ledger/tree.ts';
import type { Engine, Row, Statement, Value } from './engine.ts';
import { type PostgresAddress, postgresAddress } from './postgres-address.ts';
import { faultsIn, migrate } from './postgres-schema.ts';
import { connect, PostgresError, type Session } from './postgres-session.ts';

export interface PostgresOptions {
  /** Sees the store as it is at this moment, also while an agent writes. */
  readonly readOnly?: boolean;
  /** How long the server may be silent while it is waited for, in milliseconds. */
  readonly patience?: number;
}

/**
 * Opens the schema that the address names, or makes it, and brings it forward.
 * Errors: STORE_ADDRESS, STORE_UNREACHABLE, POSTGRES_TOO_OLD, STORE_NOT_DURABLE, STORE_LOCKED, STORE_MISSING (where it is only read),
 * STORE_NEWER, STORE_OLDER, STORE_MIGRATION_CHANGED, STORE_NOT_A_STORE, STORE_UNWRITABLE.
 */
export function openPostgresDatabase(text: string, { readOnly = false, patience = 60_000 }: PostgresOptions = {}): Engine {
  const address = postgresAddress(text);
  const session = connect(address, patience);
  try {
    refuseOldPostgres(session);
    session.script(`SET search_path = "${address.schema}"; ${settings}`);
    if (readOnly) session.script('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    else {
      refuseUndurable(session, address);
      lock(session, address);
    }
    migrate(session, address, readOnly);
  } catch (error) {
    session.close();
    throw faultOf(address.name, error);
  }
  return engineOver(session, address.name, readOnly);
}

/**
 * The version of the server that the address names, once it is certain that a store can be kept there. Makes and locks nothing.
 * Errors: STORE_ADDRESS, STORE_UNREACHABLE, POSTGRES_TOO_OLD, STORE_NOT_DURABLE, STORE_UNWRITABLE.
 */
export function examinePostgres(text: string, patience = 10_000): string {
  const address = postgresAddress(text);
  const session = connect(address, patience);
  try {
    refuseOldPostgres(session);
    refuseUndurable(session, address);
    return String(session.ask("SELECT current_setting('server_version') AS found")[0]!['found']);
  } catch (error) {
    throw faultOf(address.name, error);
  } finally {
    session.close();
  }
}

/** An open session as the store asks it. */
export function engineOver(session: Session, name: string, readOnly: boolean): Engine {
  let writing = false;
  const end = (sql: string) => {
    writing = false;
    session.script(sql);
  };
  return {
    name,
    far: true,
    prepare: (sql) => statement(session, numbered(sql), () => writing || readOnly),
    begin() {
      session.script('BEGIN');
      writing = true;
      session.ask(takeTurn);
    },
    commit: () => end('COMMIT'),
    rollback() {
      if (!writing) return;
      writing = false;
      try {
        session.takeBack('ROLLBACK');
      } catch {
        // Where the server is gone, so is what was not committed.
      }
    },
    faults: () => faultsIn(session),
    scrub() {
      // The tables are written anew, once nobody reads them any more.
      try {
        session.script("SET lock_timeout = '5min'");
        for (const table of ['blob', 'item']) session.script(`VACUUM FULL ${table}`, hour);
        session.script(`SET ${lockTimeout}`);
      } catch (error) {
        throw faultOf(name, error);
      }
    },
    close() {
      try {
        session.takeBack('ROLLBACK; SELECT pg_advisory_unlock_all()');
      } catch {
        // The server lets go of the lock when it finds the connection gone.
      }
      session.close();
    },
  };
}

/** Within a transaction what adds and changes is sent ahead: the next answer, and `commit` above all, comes after it or tells its error. */
const statement = (session: Session, sql: string, inTransaction: () => boolean): Statement => {
  const all = (...values: Value[]) => session.ask(sql, values);
  return {
    all,
    get: (...values) => all(...values)[0],
    iterate: (...values) => (inTransaction() ? throughCursor(session, sql, values) : all(...values).values()),
    run: (...values) => void (inTransaction() ? session.send(sql, values) : session.ask(sql, values)),
  };
};

/** A part of the rows at a time. */
function* throughCursor(session: Session, sql: string, values: readonly Value[]): Generator<Row> {
  const cursor = freeCursors.pop() ?? `rows_${++cursors}`;
  session.ask(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`, values);
  for (;;) {
    const rows = session.ask(`FETCH 2000 FROM ${cursor}`);
    yield* rows;
    if (rows.length < 2_000) break;
  }
  session.ask(`CLOSE ${cursor}`);
  freeCursors.push(cursor);
}
let cursors = 0;
const freeCursors: string[] = [];

/** `?` as PostgreSQL counts them. */
function numbered(sql: string): string {
  let n = 0;
  return sql.replaceAll(/'[^']*'|\?/g, (found) => (found === '?' ? `$${++n}` : found));
}

/** Two that both believe to be alone still take turns: the second sees what the first committed, and that it is not what it expected. */
const takeTurn = 'SELECT id FROM migration WHERE id = 1 FOR UPDATE';

const lockTimeout = "lock_timeout = '10s'";

/** Nothing of ours is cut short by a default of the server; a lost connection frees the lock within a minute or so. */
const settings = [
  'standard_conforming_strings = on',
  'statement_timeout = 0',
  'idle_in_transaction_session_timeout = 0',
  lockTimeout,
  'tcp_keepalives_idle = 20',
  'tcp_keepalives_interval = 10',
  'tcp_keepalives_count = 3',
  'bytea_output = hex',
]
  .map((setting) => `SET ${setting}`)
  .join('; ');

/** Oldest version of the server that still gets repairs at the time of writing, less one. */
const oldest = 130_000;

function refuseOldPostgres(session: Session): void {
  const [row] = session.ask("SELECT current_setting('server_version') AS found, current_setting('server_version_num')::int AS number");
  if (Number(row!['number']) < oldest) throw new HoldfastError('POSTGRES_TOO_OLD', { found: String(row!['found']), needed: '13' });
}

function refuseUndurable(session: Session, { name: store, schema }: PostgresAddress): void {
  const setting = (name: string) => String(session.ask('SELECT current_setting($1) AS value', [name])[0]!['value']);
  const refuse = (reason: string) => {
    throw new HoldfastError('STORE_NOT_DURABLE', { store, reason });
  };
  if (session.ask('SELECT pg_is_in_recovery()::int AS standby')[0]!['standby'] === 1)
    throw new HoldfastError('STORE_UNWRITABLE', { file: store, reason: 'the server is a standby' });
  if (setting('fsync') === 'off') refuse('the server runs with fsync = off');
  if (setting('full_page_writes') === 'off') refuse('the server runs with full_page_writes = off');
  if (setting('session_replication_role') !== 'origin') refuse('the role works with session_replication_role other than origin');
  const unlogged =
    "SELECT relname::text AS name FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relpersistence = 'u' AND relkind = 'r'";
  for (const { name } of session.ask(unlogged, [schema])) refuse(`the table ${String(name)} is unlogged`);
  if (setting('synchronous_commit') === 'off') session.script('SET synchronous_commit = on');
  session.script("SET default_transaction_read_only = off; SET default_transaction_isolation = 'read committed'");
}

/** One writer for the life of the session. The server drops the lock when the session ends, however it ends. */
function lock(session: Session, { name, schema }: PostgresAddress): void {
  const key = digest(schema).readInt32BE(0);
  session.ask("SELECT set_config('application_name', $1, false)", [`holdfast ${hostname().slice(0, 40)} ${process.pid}`]);
  const taken = () => session.ask('SELECT pg_try_advisory_lock($1::int4, $2::int4)::int AS taken', [lockClass, key])[0]!['taken'] === 1;
  for (let attempt = 1; !taken(); attempt++) {
    // A process that was killed is gone from the server a moment later.
    if (attempt === 10) throw new HoldfastError('STORE_LOCKED', { file: name, holder: holderOf(session, key >>> 0) });
    session.ask('SELECT pg_sleep(0.1)');
  }
}

function holderOf(session: Session, key: number): string {
  const [row] = session.ask(
    `SELECT application_name AS name FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND classid = $1 AND objid = $2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [lockClass, key],
  );
  return row?.['name'] ? ` (${String(row['name'])})` : '';
}

const hour = 3_600_000;

/** "HFST": tells our locks from those of other programs in the same database. */
const lockClass = 0x48465354;

/** What PostgreSQL says, in the words of the table of errors. */
export function faultOf(store: string, error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const reason = Error.isError(error) ? error.message : String(error);
  const code = error instanceof PostgresError ? error.code : '';
  if (/^XX00[12]$/.test(code)) return new HoldfastError('STORE_DAMAGED', { file: store, reason }, { cause: error });
  if (code === '55P03') return new HoldfastError('STORE_LOCKED', { file: store, holder: '' }, { cause: error });
  return new HoldfastError('STORE_UNWRITABLE', { file: store, reason }, { cause: error });
}
