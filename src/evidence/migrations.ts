import { readdirSync, readFileSync } from 'node:fs';
import { HoldfastError } from '#src/errors.ts';
import { digest } from '#src/ledger/tree.ts';

export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly sql: string;
}

export interface Applied {
  readonly id: number;
  readonly name: string;
  readonly sha256: Uint8Array;
}

/** The steps of the schema, in order. */
export function migrations(engine: 'sqlite' | 'postgres'): Migration[] {
  const folder = new URL(`migrations/${engine}/`, import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return names.sort().map((name) => ({ id: Number.parseInt(name, 10), name, sql: readFileSync(new URL(name, folder), 'utf8') }));
}

/** The first step that was applied with another text than it has now, or out of turn. */
export function changedMigration(done: readonly Applied[], known: readonly Migration[]): string | undefined {
  const at = done.findIndex(
    ({ id, name, sha256 }, i) => known[i]?.id !== id || known[i].name !== name || !digest(known[i].sql).equals(sha256),
  );
  return at === -1 ? undefined : done[at]!.name;
}

/**
 * The steps that are still to be taken. `file` names the store in errors: STORE_NEWER, STORE_MIGRATION_CHANGED, and STORE_OLDER where there are
 * some and the store is only read.
 */
export function missingMigrations(file: string, done: readonly Applied[], known: readonly Migration[], readOnly: boolean): Migration[] {
  const newest = done.at(-1)?.id ?? 0;
  if (newest > known.at(-1)!.id) throw new HoldfastError('STORE_NEWER', { file, found: newest, known: known.at(-1)!.id });
  const other = changedMigration(done, known);
  if (other !== undefined) throw new HoldfastError('STORE_MIGRATION_CHANGED', { file, migration: other });
  if (readOnly && done.length < known.length) throw new HoldfastError('STORE_OLDER', { file, found: newest, known: known.at(-1)!.id });
  return known.slice(done.length);
}

/** What is wrong with the steps that are recorded. */
export function* faultsOfMigrations(done: readonly Applied[], known: readonly Migration[]): Generator<string> {
  const other = changedMigration(done, known);
  if (other !== undefined) yield `migration ${other} is not the one that this program has`;
  if (done.length !== known.length) yield `${done.length} migrations are recorded, ${known.length} are known`;
}

/** What the schema has to be against what it is, by name. */
export function* faultsOfSchema(found: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): Generator<string> {
  for (const [name, definition] of expected)
    if (found.get(name) !== definition) yield `the schema: ${name} is ${found.has(name) ? 'another' : 'missing'}`;
  for (const name of found.keys()) if (!expected.has(name)) yield `the schema: ${name} does not belong to it`;
}
