import { writeSync } from 'node:fs';
import { HoldfastError } from '#src/errors.ts';
import { openSqlite, type SqliteOptions } from '#src/evidence/sqlite.ts';
import { type Said, tellNext } from '#test/evidence/faults/story.ts';
import { signed } from '#test/evidence/signers.ts';

/** Opens the store that the first argument names, adds so many leaves, and closes it. Says what became of each on a line of its own. */
const [file = '', leaves = '0', options = '{}'] = process.argv.slice(2);
const say = (said: Said) => writeSync(1, `${JSON.stringify(said)}\n`);
const attempt = async <T>(what: 'opening' | 'writing' | 'writing again' | 'closing', doing: () => T | Promise<T>): Promise<T | null> => {
  try {
    return await doing();
  } catch (error) {
    say({ refused: what, code: error instanceof HoldfastError ? error.code : 'UNKNOWN', message: String(error) });
    return null;
  }
};

const store = await attempt('opening', () => openSqlite(file, { ...(JSON.parse(options) as SqliteOptions), ...signed }));
if (store && (await attempt('opening', () => store.sign()))) {
  for (let n = 0; n < Number(leaves); n++) {
    const head = await attempt('writing', () => tellNext(store));
    if (head) {
      say({ acknowledged: head, note: store.checkpoint()!.note });
      continue;
    }
    const after = await attempt('writing again', () => tellNext(store));
    if (after) say({ acknowledged: after, afterRefusal: true });
    break;
  }
  await attempt('closing', async () => store[Symbol.asyncDispose]());
  say({ closed: true });
}
