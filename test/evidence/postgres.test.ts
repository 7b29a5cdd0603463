import { afterAll, beforeAll, describe, test } from '@jest/globals';
import type pg from 'pg';
import { openPostgres } from '#src/evidence/postgres.ts';
import { evidenceStoreContract } from '#test/contracts/evidence-store.ts';
import { type PostgresServer, postgresIsThere, startPostgres } from '#test/evidence/postgres-server.ts';

if (!postgresIsThere) test.skip('PostgreSQL is not installed here', () => undefined);
(postgresIsThere ? describe : describe.skip)('with a server of its own', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.remove());

  evidenceStoreContract(
    'PostgreSQL',
    async () => ({
      open: async () => openPostgres(server.address('contract')),
      remove: () => server.unguarded('contract', emptied),
    }),
    4,
  );
});

/** Making a schema takes longer than most tests: its tables are emptied instead. */
async function emptied(client: pg.Client): Promise<void> {
  const { rows } = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'migration'");
  await client.query(rows.map(({ tablename }) => `DELETE FROM ${tablename}`).join(';'));
}
