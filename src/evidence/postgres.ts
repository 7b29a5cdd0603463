import { type EvidenceOptions, openEvidence } from './evidence.ts';
import { faultOf, openPostgresDatabase, type PostgresOptions } from './postgres-engine.ts';
import type { EvidenceStore } from './store.ts';

/**
 * Opens the evidence kept in a schema of PostgreSQL, and makes the schema if there is none. `address` is
 * `postgres://user:password@host:5432/database`. Errors: those of openPostgresDatabase, and STORE_DAMAGED.
 */
export function openPostgres(address: string, options: PostgresOptions & EvidenceOptions = {}): EvidenceStore {
  const db = openPostgresDatabase(address, options);
  return openEvidence(db, (error) => faultOf(db.name, error), options);
}
