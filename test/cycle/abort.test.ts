import { expect, test } from '@jest/globals';
import type { Connection } from '#src/collector.ts';
import { CallFailure } from '#src/collector.ts';
import { runCycle } from '#src/cycle/cycle.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { resultRows } from '#src/report/results.ts';
import { newWorld, settingsAt, start, toyConnection, toyRules } from './world.ts';

/** A provider whose nth call never comes to an end by itself; what is under way when the signal aborts fails as clients make it fail. */
function stuckAt(nth: number, connection: Connection, asked: () => void): Connection {
  let calls = 0;
  return {
    ...connection,
    open(place, signal) {
      const transport = connection.open(place, signal);
      return {
        async *call(operation, parameters, paged) {
          if (++calls === nth) {
            asked();
            await new Promise((_, reject) =>
              signal!.addEventListener('abort', () => reject(new CallFailure('unavailable', { detail: 'aborted' }))),
            );
          }
          yield* transport.call(operation, parameters, paged);
        },
      };
    },
  };
}

test.each([1, 2, 3, 4, 5, 6])(
  'a cycle given up at call %i leaves nothing, and the next one sees what the first would have seen',
  async (nth) => {
    const connection = toyConnection(newWorld());
    const untouched = openSqlite(':memory:');
    const store = openSqlite(':memory:');
    const stop = new AbortController();
    const stuck = runCycle(
      stuckAt(nth, connection, () => stop.abort(new Error('stop'))),
      store,
      settingsAt(() => 0, { signal: stop.signal }),
    );
    await expect(stuck).rejects.toThrow('stop');
    expect(store.head().size).toBe(0);
    expect(store.held.size).toBe(0);

    const settings = settingsAt(() => 1, { memory: newMemory() });
    await runCycle(connection, store, settings);
    await runCycle(connection, untouched, { ...settings, memory: newMemory() });
    const rows = (of: typeof store) => resultRows(of, toyRules, () => ({}), start + 3_600_000);
    expect(rows(store)).toEqual(rows(untouched));
    expect(store.gaps(0, Infinity)).toEqual(untouched.gaps(0, Infinity));
    expect(rows(store).length).toBeGreaterThan(0);
  },
);

test('a cycle given up while the places are looked for leaves nothing, though they never come', async () => {
  const store = openSqlite(':memory:');
  const stop = new AbortController();
  const connection: Connection = {
    ...toyConnection(newWorld()),
    places: () => {
      setImmediate(() => stop.abort(new Error('stop')));
      return new Promise(() => undefined);
    },
  };
  await expect(
    runCycle(
      connection,
      store,
      settingsAt(() => 0, { signal: stop.signal }),
    ),
  ).rejects.toThrow('stop');
  expect(store.head().size).toBe(0);
});

test('asked to stop beforehand, nothing is asked of the provider', async () => {
  const world = newWorld();
  await expect(
    runCycle(
      toyConnection(world),
      openSqlite(':memory:'),
      settingsAt(() => 0, { signal: AbortSignal.abort(new Error('stop')) }),
    ),
  ).rejects.toThrow('stop');
  expect(world.calls).toBe(0);
});
