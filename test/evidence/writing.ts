import { openSqlite } from '#src/evidence/sqlite.ts';
import { recordOf, type Steps, worldOf } from '#test/evidence/world.ts';

/** Commits cycle after cycle to the store that the argument names, and says each one that is acknowledged, until it is killed. */
const store = openSqlite(process.argv[2]!);
const done = store.head().size;
for (const observation of worldOf(eventful(done + 1_000)).slice(done)) {
  const { size, root } = await store.commit(recordOf(observation, store.held));
  process.stdout.write(`${size} ${root}\n`);
}

/** Every cycle changes something, some fail, some retire: the same from the first each time, so that a restart goes on where it was. */
function eventful(cycles: number): Steps {
  const acts = ['look', 'look', 'look', 'fail', 'look', 'retire'] as const;
  return Array.from({ length: cycles }, (_, n) => ({
    after: 3_600_000,
    connection: n % 2,
    ruleSet: 0,
    places: [0, 1, 2].map((p) => ({
      act: acts[(n * 5 + p * 7) % acts.length]!,
      reason: 'denied' as const,
      hold: 3_600_000,
      items: [0, 1, 2].map((i) => ({ listed: (n + i) % 4 !== 0, value: (n * 3 + i) % 3, results: [n % 5, (n + i) % 5, 0] })),
    })),
  }));
}
