/** Writes down what a schema made by the migrations holds, for the check of a store to compare with. Needs PostgreSQL on this machine. */
import { writeFileSync } from 'node:fs';
import { openPostgresDatabase } from '#src/evidence/postgres-engine.ts';
import { schemaIn } from '#src/evidence/postgres-schema.ts';
import { startPostgres } from '#test/evidence/postgres-server.ts';

const server = await startPostgres();
const db = openPostgresDatabase(server.address('fresh'));
const found = [...schemaIn({ ask: (sql) => db.prepare(sql).all() })].sort(([a], [b]) => (a < b ? -1 : 1));
const file = new URL('../src/evidence/migrations/postgres/schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(Object.fromEntries(found), null, 2)}\n`);
db.close();
await server.remove();
