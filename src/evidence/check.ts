import { DatabaseSync } from 'node:sqlite';
import { checkCycles } from './check-cycles.ts';
import { checkDocuments } from './check-documents.ts';
import { type Applied, changedMigration, migrations } from './database.ts';

/**
 * Recomputes what can be recomputed, from the documents up: their hashes, the log and its root, the state after every cycle, the
 * projections. Each line names what disagrees. What cannot be read is a line too.
 */
export function check(db: DatabaseSync): string[] {
  return [
    ...attempt('the file', () => checkFile(db)),
    ...attempt('the documents', () => checkDocuments(db)),
    ...attempt('the cycles', () => checkCycles(db)),
  ];
}

function* attempt(what: string, lines: () => Iterable<string>): Generator<string> {
  try {
    yield* lines();
  } catch (error) {
    yield `${what} could not be checked to the end: ${Error.isError(error) ? error.message : String(error)}`;
  }
}

function* checkFile(db: DatabaseSync): Generator<string> {
  for (const { integrity_check: line } of db.prepare('PRAGMA integrity_check(20)').all())
    if (line !== 'ok') yield `the file: ${String(line)}`;
  for (const { table, parent } of db.prepare('PRAGMA foreign_key_check').all())
    yield `a row of ${String(table)} refers to a row of ${String(parent)} that is not there`;

  const known = migrations();
  const done = db.prepare('SELECT id, name, sha256 FROM migration ORDER BY id').all() as unknown as Applied[];
  const other = changedMigration(done, known);
  if (other !== undefined) yield `migration ${other} is not the one that this program has`;
  if (done.length !== known.length) yield `${done.length} migrations are recorded, ${known.length} are known`;

  const fresh = new DatabaseSync(':memory:');
  for (const { sql } of known) fresh.exec(sql);
  const [expected, found] = [schemaOf(fresh), schemaOf(db)];
  fresh.close();
  for (const [name, sql] of expected)
    if (found.get(name) !== sql) yield `the schema: ${name} is ${found.has(name) ? 'another' : 'missing'}`;
  for (const name of found.keys()) if (!expected.has(name)) yield `the schema: ${name} does not belong to it`;
}

const schemaOf = (db: DatabaseSync): Map<string, string> =>
  new Map(
    db
      .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'migration'")
      .all()
      .map(({ name, sql }) => [String(name), String(sql)]),
  );
