import { openSqlite, type SqliteOptions } from '#src/evidence/sqlite.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { simulate } from './simulation.ts';
import type { World, WorldOptions } from './world.ts';

export interface Filled {
  readonly store: EvidenceStore;
  readonly world: World;
  /** Milliseconds that each commit took, signed and durable. The first sees everything. */
  readonly taken: readonly number[];
  readonly changes: number;
  readonly calls: number;
  readonly pairs: number;
}

/** Fills a file as an agent would. `after` is told of every cycle that was committed. */
export async function fill(
  file: string,
  options: WorldOptions & { readonly store?: SqliteOptions },
  after: (cycle: number, changes: number, ms: number) => void = () => undefined,
): Promise<Filled> {
  const store = openSqlite(file, options.store);
  const simulation = simulate(options);
  const taken: number[] = [];
  let [changes, calls] = [0, 0];
  for (const cycle of simulation.cycles()) {
    const own = cycle.scopes.reduce((sum, scope) => sum + (scope.status === 'complete' ? scope.changes.length : 0), 0);
    const began = performance.now();
    await store.commit(cycle);
    taken.push(performance.now() - began);
    changes += own;
    calls = Math.max(
      calls,
      cycle.scopes.reduce((sum, scope) => sum + scope.calls.length, 0),
    );
    after(taken.length - 1, own, taken.at(-1)!);
  }
  const pairs = simulation.world.places.reduce((sum, { items }) => sum + items.size, 0) * 20;
  return { store, world: simulation.world, taken, changes, calls, pairs };
}
