import { type DatabaseOptions, faultOf, openDatabase } from './database.ts';
import { type EvidenceOptions, openEvidence } from './evidence.ts';
import type { EvidenceStore } from './store.ts';

export interface SqliteOptions extends DatabaseOptions, EvidenceOptions {}

/**
 * Opens the evidence kept in a SQLite file, and makes the file if there is none. `:memory:` keeps nothing.
 * Errors: STORE_LOCKED where another process writes to it; SQLITE_TOO_OLD, STORE_NEWER, STORE_OLDER, STORE_MIGRATION_CHANGED, STORE_NOT_A_STORE,
 * STORE_UNWRITABLE, STORE_DAMAGED.
 */
export const openSqlite = (path: string, options: SqliteOptions = {}): EvidenceStore =>
  openEvidence(openDatabase(path, options), (error) => faultOf(path, error), options);
