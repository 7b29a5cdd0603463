import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { type Said, tellNext } from '#test/evidence/faults/story.ts';
import { signed } from '#test/evidence/signers.ts';

/** Opens the store that the argument names, adds leaves, has the log written back, and closes it: again and again, until it is killed. */
const file = process.argv[2]!;
const say = (said: Said) => writeSync(1, `${JSON.stringify(said)}\n`);
for (;;) {
  say({ begins: 'opening' });
  const store = openSqlite(file, signed);
  await store.sign();
  for (let n = 1; n <= 9; n++) {
    say({ begins: 'writing' });
    const acknowledged = await tellNext(store);
    say({ acknowledged, note: store.checkpoint()!.note });
    if (n % 3 > 0) continue;
    using other = new DatabaseSync(file);
    say({ begins: 'writing back' });
    other.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }
  say({ begins: 'closing' });
  await store[Symbol.asyncDispose]();
}
