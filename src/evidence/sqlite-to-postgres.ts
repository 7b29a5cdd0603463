import { type Copied, copyEvidence, evidenceTables, type Progress } from './copy.ts';
import { faultOf as faultOfFile, openDatabase } from './database.ts';
import { faultOf, openPostgresDatabase } from './postgres-engine.ts';
import { PostgresError } from './postgres-session.ts';

/**
 * Copies the evidence of a SQLite file into an empty schema of PostgreSQL, all or nothing. No agent may write to the file meanwhile, and
 * nothing of it is changed. Errors: those of copyEvidence, openDatabase and openPostgresDatabase.
 */
export function sqliteToPostgres(file: string, address: string, progress: Progress): Copied {
  const from = openDatabase(file, { readOnly: true, alone: true });
  try {
    const to = openPostgresDatabase(address);
    try {
      // Without it PostgreSQL takes the tables for small, and plans its answers accordingly.
      const settle = () => void to.prepare(`ANALYZE ${evidenceTables.map(([name]) => name).join(', ')}`).all();
      return copyEvidence(from, to, progress, settle);
    } catch (error) {
      throw error instanceof PostgresError ? faultOf(to.name, error) : faultOfFile(file, error);
    } finally {
      to.close();
    }
  } finally {
    from.close();
  }
}
