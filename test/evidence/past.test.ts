import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openBlobs } from '#src/evidence/blobs.ts';
import { openDatabase } from '#src/evidence/database.ts';
import { openEvidence } from '#src/evidence/evidence.ts';
import { openPast } from '#src/evidence/past.ts';
import { replay } from '#src/evidence/replay.ts';
import { createState, nowhere, type State } from '#src/evidence/state.ts';
import { recordOf, steps, worldOf } from '#test/evidence/world.ts';

test('what is told from a state on the way is what is told from the beginning', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.array(fc.nat(), { maxLength: 12 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(12),
      async (world, sizes, spacing, items) => {
        const db = openDatabase(':memory:', { synchronous: 'OFF' });
        await using store = openEvidence(db, (error) => error as never, {});
        for (const observation of worldOf(world)) await store.commit(recordOf(observation, store.held));
        const { size } = store.head();
        const past = openPast(db, { spacing, items });
        for (const asked of [...sizes.map((n) => n % (size + 1)), size]) {
          const anew = createState(nowhere);
          for (const _ of replay(db, openBlobs(db), anew, asked));
          expect(standing(past.at(asked))).toEqual(standing(anew));
        }
      },
    ),
    { numRuns: 15, endOnFailure: true },
  );
});

function standing(state: State) {
  const connections = [...new Set(state.scopes.values().map(({ scope }) => scope.connection))];
  return {
    roots: connections.map((connection) => state.root(connection)),
    scopes: Array.from(state.scopes.values(), ({ items, tree, judgedBy, ...scope }) => ({
      ...scope,
      tally: tree.tally,
      judged: judgedBy.values().reduce((sum, n) => sum + n, 0),
      items: Array.from(items.values(), ({ snapshot, detail, leaf: _, ...item }) => ({ ...item, seen: [snapshot.hash, detail.hash] })).sort(
        byKey,
      ),
    })),
  };
}

const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1);
