import { openSqlite } from '#src/evidence/sqlite.ts';
import { signed } from '#test/evidence/signers.ts';
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
    await using store = openSqlite(file, { synchronous: 'OFF', ...signed });
    const { size } = store.head();
    found.before = size;
    for (const { acknowledged, note } of said) {
      if (!acknowledged) continue;
      const { size: at, root } = acknowledged;
      if (size < at || store.rootAt(at).toString('hex') !== root) lost.push(`leaf ${at - 1} was acknowledged, and is lost`);
      else if (note !== undefined && store.checkpoint(at)?.note !== note)
        lost.push(`the head of size ${at} was acknowledged as signed, and its signature is lost`);
    }
    if (size < began) lost.push(`${began} leaves were there before, and are ${size}`);
    if (size > last + 1) broken.push(`${last} leaves were acknowledged, and ${size} are there`);
    await store.sign();
    if (size > 0 && store.checkpoint()?.size !== size)
      broken.push('the head that was durable is not signed when the store is opened again');
    for (let n = 1; n <= 2; n++) if ((found.after = (await tellNext(store)).size) !== size + n) broken.push('it does not go on');
    broken.push(...store.check());
  } catch (error) {
    broken.push(String(error));
  }
  return { lost, broken, found };
}
