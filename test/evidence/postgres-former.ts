import { DatabaseSync } from 'node:sqlite';
import type pg from 'pg';
import { migrations } from '#src/evidence/migrations.ts';
import { digest } from '#src/ledger/tree.ts';

/** The tables of the first two migrations, each after those that it refers to. */
const formerTables =
  'scope item blob ledger cycle entry change rule result_run gap ledger_node request_ids ledger_key checkpoint anchor'.split(' ');

/** Makes a schema as an earlier version made it, with the rows of a file of that version. */
export async function copyFormer(file: string, schema: string, client: pg.Client): Promise<void> {
  using from = new DatabaseSync(file, { readOnly: true });
  await client.query(`BEGIN; CREATE SCHEMA ${schema}`);
  await client.query('CREATE TABLE migration (id integer PRIMARY KEY, name text COLLATE "C" NOT NULL, sha256 bytea NOT NULL)');
  for (const { id, name, sql } of migrations('postgres').slice(0, 2)) {
    await client.query(sql);
    await client.query('INSERT INTO migration VALUES ($1, $2, $3)', [id, name, digest(sql)]);
  }
  for (const table of formerTables)
    for (const row of from.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all()) {
      const names = Object.keys(row);
      const values = Object.values(row).map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value));
      await client.query(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})`, values);
    }
  await client.query('COMMIT');
}
