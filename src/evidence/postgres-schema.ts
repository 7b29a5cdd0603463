import { readFileSync } from 'node:fs';
import { HoldfastError } from '#src/errors.ts';
import { digest } from '#src/ledger/tree.ts';
import { type Applied, faultsOfMigrations, faultsOfSchema, migrations, missingMigrations } from './migrations.ts';
import type { PostgresAddress } from './postgres-address.ts';
import type { Session } from './postgres-session.ts';

/** Brings the schema forward, all steps or none. */
export function migrate(session: Session, { name, schema }: PostgresAddress, readOnly: boolean): void {
  const [found] = session.ask(standing, [schema]);
  const ours = found!['ours'] === 'id name sha256';
  if (found!['tables'] === 0 && readOnly) throw new HoldfastError('STORE_MISSING', { file: name });
  if (!ours && found!['tables'] !== 0)
    throw new HoldfastError('STORE_NOT_A_STORE', { file: name, reason: 'the schema holds tables of another program' });

  const missing = missingMigrations(name, ours ? applied(session) : [], migrations('postgres'), readOnly);
  if (missing.length === 0) return;
  const begin = [
    'BEGIN',
    ...(found!['schemas'] === 1 ? [] : [`CREATE SCHEMA "${schema}"`]),
    ...(ours ? [] : ['CREATE TABLE migration (id integer PRIMARY KEY, name text COLLATE "C" NOT NULL, sha256 bytea NOT NULL)']),
  ];
  session.script(begin.join('; '));
  for (const { id, name, sql } of missing) {
    session.script(sql);
    session.send('INSERT INTO migration (id, name, sha256) VALUES ($1, $2, $3)', [id, name, digest(sql)]);
  }
  session.script('COMMIT');
}

/** Whether there is such a schema, how many tables it has, and the columns of the one that records migrations. */
const standing = `
  SELECT count(DISTINCT pg_namespace.oid) AS schemas, count(DISTINCT pg_class.oid) AS tables,
    string_agg(attname, ' ' ORDER BY attnum) FILTER (WHERE relname = 'migration' AND attnum > 0) AS ours
  FROM pg_namespace LEFT JOIN pg_class ON relnamespace = pg_namespace.oid AND relkind IN ('r', 'p', 'v', 'm', 'f')
  LEFT JOIN pg_attribute ON attrelid = pg_class.oid WHERE nspname = $1`;

const applied = (session: Session): Applied[] => session.ask('SELECT id, name, sha256 FROM migration ORDER BY id') as unknown as Applied[];

/** What the server itself finds wrong with the schema and its references. */
export function* faultsIn(session: Session): Generator<string> {
  yield* faultsOfMigrations(applied(session), migrations('postgres'));
  yield* faultsOfSchema(schemaIn(session), recordedSchema());
  for (const { child, of, parent, key } of session.ask(references)) {
    const strays = `SELECT count(*) AS strays FROM "${String(child)}" AS child WHERE "${String(of)}" IS NOT NULL AND NOT EXISTS (SELECT FROM "${String(parent)}" AS parent WHERE parent."${String(key)}" = child."${String(of)}")`;
    if (session.ask(strays)[0]!['strays'] !== 0) yield `a row of ${String(child)} refers to a row of ${String(parent)} that is not there`;
  }
}

/** Foreign keys of one column, as all of ours are. */
const references = `
  SELECT child.relname::text AS child, own.attname::text AS of, parent.relname::text AS parent, other.attname::text AS key
  FROM pg_constraint JOIN pg_class AS child ON child.oid = conrelid JOIN pg_class AS parent ON parent.oid = confrelid
  JOIN pg_attribute AS own ON own.attrelid = conrelid AND own.attnum = conkey[1]
  JOIN pg_attribute AS other ON other.attrelid = confrelid AND other.attnum = confkey[1]
  WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2`;

/** Every object of the schema with its definition, by name. */
export const schemaIn = (session: Pick<Session, 'ask'>): Map<string, string> =>
  new Map(session.ask(catalogue).map(({ name, definition }) => [String(name), String(definition)]));

/** The same of a schema that was just made: test/evidence/postgres-schema.test.ts holds it to that. */
export const recordedSchema = (): Map<string, string> =>
  new Map(Object.entries(JSON.parse(readFileSync(new URL('migrations/postgres/schema.json', import.meta.url), 'utf8')) as object));

const catalogue = `
  WITH own AS (SELECT * FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname <> 'migration' AND relname <> 'migration_pkey')
  SELECT relname::text AS name, concat_ws(' ', relkind::text, relpersistence::text, CASE WHEN relrowsecurity OR relforcerowsecurity THEN 'row security' END,
    CASE WHEN EXISTS (SELECT FROM pg_inherits WHERE inhparent = own.oid OR inhrelid = own.oid) AND relkind <> 'i' THEN 'inherits' END) AS definition
  FROM own WHERE relkind <> 'i'
  UNION ALL
  SELECT relname || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod), collname, CASE WHEN attnotnull THEN 'NOT NULL' END, attstorage::text,
    NULLIF(attgenerated::text || attidentity::text, ''), pg_get_expr(adbin, adrelid))
  FROM own JOIN pg_attribute ON attrelid = own.oid AND attnum > 0 AND NOT attisdropped
  LEFT JOIN pg_attrdef ON adrelid = own.oid AND adnum = attnum LEFT JOIN pg_collation ON pg_collation.oid = attcollation
  WHERE relkind = 'r'
  UNION ALL
  SELECT relname || ' constraint ' || conname, concat_ws(' ', pg_get_constraintdef(pg_constraint.oid, true), CASE WHEN NOT convalidated THEN 'NOT VALID' END)
  FROM own JOIN pg_constraint ON conrelid = own.oid WHERE contype <> 'n'
  UNION ALL
  SELECT relname::text, concat_ws(' ', regexp_replace(pg_get_indexdef(own.oid, 0, true), ' ON \\S+\\.', ' ON '), CASE WHEN NOT (indisvalid AND indisready AND indislive) THEN 'not valid' END)
  FROM own JOIN pg_index ON indexrelid = own.oid
  UNION ALL
  SELECT tgname::text, concat_ws(' ', regexp_replace(pg_get_triggerdef(pg_trigger.oid, true), ' (ON|FUNCTION) \\w+\\.', ' \\1 ', 'g'), CASE WHEN tgenabled <> 'O' THEN 'off' END)
  FROM own JOIN pg_trigger ON tgrelid = own.oid WHERE NOT tgisinternal
  UNION ALL
  SELECT DISTINCT relname || ': the triggers of its references are off', '' FROM own JOIN pg_trigger ON tgrelid = own.oid WHERE tgisinternal AND tgenabled <> 'O'
  UNION ALL
  SELECT relname || ' rule ' || rulename, pg_get_ruledef(pg_rewrite.oid, true) FROM own JOIN pg_rewrite ON ev_class = own.oid
  UNION ALL
  SELECT relname || ' policy ' || polname, polcmd::text FROM own JOIN pg_policy ON polrelid = own.oid
  UNION ALL
  SELECT 'function ' || proname, concat_ws(' ', lanname, prorettype::regtype, prosrc, proconfig::text)
  FROM pg_proc JOIN pg_language ON pg_language.oid = prolang WHERE pronamespace = current_schema()::regnamespace`;
