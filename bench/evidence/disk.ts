import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Bytes of the file, once what waits in the log is moved into it. */
export function bytesOf(file: string): number {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  return statSync(file).size;
}

/** Bytes by table, its indexes with it, the largest first. */
export function bytesByTable(file: string): [table: string, bytes: number][] {
  const db = new DatabaseSync(file, { readOnly: true });
  const rows = db
    .prepare(
      "SELECT coalesce((SELECT tbl_name FROM sqlite_schema WHERE sqlite_schema.name = dbstat.name), 'sqlite_schema') AS name, sum(pgsize) AS bytes FROM dbstat GROUP BY 1 ORDER BY bytes DESC",
    )
    .all();
  db.close();
  return rows.map(({ name, bytes }) => [String(name), Number(bytes)]);
}
