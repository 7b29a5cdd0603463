import { attempt } from './attempt.ts';
import { checkCheckpoints } from './check-checkpoints.ts';
import { checkCycles } from './check-cycles.ts';
import { checkDocuments } from './check-documents.ts';
import type { Engine } from './engine.ts';

/**
 * Recomputes what can be recomputed, from the documents up: their hashes, the log and its root, the state after every cycle, the
 * projections. Each line names what disagrees. What cannot be read is a line too.
 */
export function check(db: Engine): string[] {
  return [
    ...attempt('the file', () => db.faults()),
    ...attempt('the documents', () => checkDocuments(db)),
    ...attempt('the signatures', () => checkCheckpoints(db)),
    ...attempt('the cycles', () => checkCycles(db)),
  ];
}
