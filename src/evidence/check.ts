import { attempt } from './attempt.ts';
import { checkCheckpoints } from './check-checkpoints.ts';
import { checkCycles } from './check-cycles.ts';
import { checkDocuments, checkLeaves } from './check-documents.ts';
import { openCheckedBlobs } from './check-reading.ts';
import type { Engine } from './engine.ts';

/**
 * Recomputes what can be recomputed, from the documents up: their hashes, the log and its root, the state after every cycle, the
 * projections. Each line names what disagrees. What cannot be read is a line too.
 */
export function check(db: Engine): string[] {
  const file = [...attempt('the file', () => db.faults())];
  return [...file, ...attempt('the evidence', () => checkEvidence(db))];
}

/** The cycles read most documents, so they come before those that are left over. */
function* checkEvidence(db: Engine): Generator<string> {
  const blobs = openCheckedBlobs(db);
  yield* attempt('the leaves', () => checkLeaves(db, blobs));
  yield* attempt('the signatures', () => checkCheckpoints(db, blobs));
  yield* attempt('the cycles', () => checkCycles(db, blobs));
  yield* attempt('the documents', () => checkDocuments(db, blobs));
}
