import { openSqlite, type SqliteOptions } from '#src/evidence/sqlite.ts';
import type { CycleRecord, EvidenceStore } from '#src/evidence/store.ts';
import { type Taken, taking } from './measure.ts';
import { simulatedSigner } from './signer.ts';
import { type Simulation, simulate } from './simulation.ts';
import type { WorldOptions } from './world.ts';

export interface Filled {
  readonly store: EvidenceStore;
  readonly simulation: Simulation;
  /** What each commit took, signed and durable. The first sees everything. */
  readonly taken: readonly Taken[];
  readonly changes: number;
  /** Calls of a cycle, at most. */
  readonly calls: number;
  /** Items and rules at the end. */
  readonly pairs: number;
}

/** Fills a file as an agent would. `afterFirst` is called once everything was seen for the first time. */
export async function fill(
  file: string,
  options: WorldOptions & { readonly store?: SqliteOptions; readonly afterFirst?: () => void },
): Promise<Filled> {
  const store = openSqlite(file, { signers: [simulatedSigner], ...options.store });
  const simulation = simulate(options);
  const taken: Taken[] = [];
  let [changes, calls] = [0, 0];
  for (const cycle of simulation.cycles()) {
    taken.push(await taking(() => store.commit(cycle)));
    changes += changesOf(cycle);
    calls = Math.max(calls, callsOf(cycle));
    if (taken.length === 1) options.afterFirst?.();
  }
  const pairs = simulation.world.places.reduce((sum, { items }) => sum + items.size, 0) * 20;
  return { store, simulation, taken, changes, calls, pairs };
}

const changesOf = ({ scopes }: CycleRecord): number =>
  scopes.reduce((sum, scope) => sum + (scope.status === 'complete' ? scope.changes.length : 0), 0);

const callsOf = ({ scopes }: CycleRecord): number => scopes.reduce((sum, { calls }) => sum + calls.length, 0);
