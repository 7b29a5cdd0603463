import { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { createFrontier } from '#src/ledger/tree.ts';
import { type Said, tellNext } from './story.ts';

/** What is wrong with a store after its writer was stopped, however; nothing where both are empty. */
export interface Aftermath {
  /** What was acknowledged and is not there, or under another root. */
  readonly lost: readonly string[];
  /** It does not open, does not agree with itself, holds more than one leaf that was never acknowledged, or does not go on. */
  readonly broken: readonly string[];
  /** The leaves that were there, and that are there now that it went on. */
  readonly found: { readonly before: number; readonly after: number };
}

/** Opens the store, compares it with what its writer said, adds two leaves, and checks the whole. `began` is the size that it had before. */
export async function lookAfter(file: string, said: readonly Said[], began = 0): Promise<Aftermath> {
  const lost: string[] = [];
  const broken: string[] = [];
  const heads = said.flatMap(({ acknowledged }) => acknowledged ?? []);
  const found = { before: 0, after: 0 };
  const last = heads.at(-1)?.size ?? began;
  try {
    await using store = openSqlite(file, { synchronous: 'OFF' });
    const { size } = store.head();
    found.before = size;
    const roots = rootsIn(file);
    for (const { size, root } of heads) if (roots[size] !== root) lost.push(`leaf ${size - 1} was acknowledged, and is lost`);
    if (size < began) lost.push(`${began} leaves were there before, and are ${size}`);
    if (size > last + 1) broken.push(`${last} leaves were acknowledged, and ${size} are there`);
    for (let n = 1; n <= 2; n++) if ((found.after = (await tellNext(store)).size) !== size + n) broken.push('it does not go on');
    broken.push(...store.check());
  } catch (error) {
    broken.push(String(error));
  }
  return { lost, broken, found };
}

/** The root at each size. */
function rootsIn(file: string): string[] {
  using db = new DatabaseSync(file, { readOnly: true });
  const log = createFrontier();
  const roots = [log.root().toString('hex')];
  for (const { hash } of db.prepare('SELECT hash FROM ledger ORDER BY idx').iterate()) {
    log.append(Buffer.from(hash as Uint8Array));
    roots.push(log.root().toString('hex'));
  }
  return roots;
}
