import type { EvidenceStore } from '#src/evidence/store.ts';
import { type Documents, openPrograms, ownProgram, type Program } from './program.ts';

export type { Program } from './program.ts';

/** The programs of a ledger, ready to run. */
export interface RecordedPrograms extends Disposable {
  /** The code that was recorded last before a leaf, or why there is none. */
  at(index: number): Program | string;
  /** Notes that a cycle was judged. */
  count(index: number): void;
  used(): { hash: string; cycles: number; onDisk: boolean }[];
}

/** Loads every program that the ledger names. */
export async function programsOf(store: EvidenceStore): Promise<RecordedPrograms> {
  const own = ownProgram().hash;
  const programs = openPrograms((hash) => store.document(hash));
  const loaded: { index: number; program: Program | string }[] = [];
  for (const { index, body } of store.entries('program')) {
    const { documents } = body as { documents: Documents };
    const program = await programs
      .load(documents)
      .catch((error: unknown) => `the recorded program cannot be run: ${Error.isError(error) ? error.message : String(error)}`);
    loaded.push({ index, program });
  }
  const counts = new Map<string, number>();
  const at = (index: number): Program | string =>
    loaded.findLast((entry) => entry.index < index)?.program ?? 'no program was recorded before the cycle';
  return {
    at,
    count(index) {
      const program = at(index);
      if (typeof program !== 'string') counts.set(program.hash, (counts.get(program.hash) ?? 0) + 1);
    },
    used: () => [...counts].map(([hash, cycles]) => ({ hash, cycles, onDisk: hash === own })),
    [Symbol.dispose]: () => programs[Symbol.dispose](),
  };
}
