import { createFrontier } from '#src/ledger/tree.ts';
import { type Blobs, openBlobs } from './blobs.ts';
import type { Engine } from './engine.ts';
import { holdNothing } from './held.ts';
import { answersFrom } from './in-memory.ts';
import { openManifests } from './manifests.ts';
import { projectInMemory } from './project-in-memory.ts';
import { keysById, recorded } from './queries.ts';
import { replay } from './replay.ts';
import { createState, nowhere } from './state.ts';
import type { EvidenceReading } from './store.ts';

/**
 * What was known when the ledger had `size` leaves. The log is told again up to there, into memory, so that every question has the answer that
 * it had then, whatever has been added since.
 */
export function knownAt(db: Engine, size: number): EvidenceReading {
  const blobs = openBlobs(db);
  const state = createState(nowhere);
  for (const _ of replay(db, blobs, state, size));
  const held = holdNothing(blobs);
  for (const scope of state.scopes.values()) held.load(scope);

  const scopeKeys = keysById(db.prepare('SELECT id, key FROM scope').all());
  const itemKeys = keysById(db.prepare('SELECT id, key FROM item').all());
  const manifests = openManifests(blobs, () => null);
  return {
    held: held.scopes,
    head: () => headAt(db, size),
    ...recorded(db, blobs, (manifest) => manifests.read(manifest), size),
    // Told a second time, with all that it says of the rules: only where that is asked.
    ...answersFrom(() => projectionsAt(db, blobs, size), scopeKeys, itemKeys),
    lastLookIndex: (scope) => state.scope(scope)?.lastLookIndex ?? null,
  };
}

function projectionsAt(db: Engine, blobs: Blobs, size: number) {
  const rows = projectInMemory();
  for (const _ of replay(db, blobs, createState(rows.projection), size));
  return rows;
}

function headAt(db: Engine, size: number) {
  const frontier = createFrontier();
  for (const { hash } of db.prepare('SELECT hash FROM ledger WHERE idx < ? ORDER BY idx').all(size))
    frontier.append(Buffer.from(hash as Uint8Array));
  return { size: frontier.size(), root: frontier.root().toString('hex') };
}

/** How many leaves the ledger had at an instant: those whose cycle had ended by then, or that were appended by then. */
export function sizeKnownAt(db: Engine, instant: number, size: number): number {
  const later =
    'SELECT min(idx) AS first FROM (SELECT idx FROM cycle WHERE ended > ? UNION ALL SELECT idx FROM entry WHERE as_of > ?) AS later';
  const { first } = db.prepare(later).get(instant, instant) as { first: number | null };
  return first ?? size;
}

/** When the last of `size` leaves was written, epoch ms; null for an empty ledger. */
export function writtenAt(db: Engine, size: number): number | null {
  const last =
    'SELECT max(at) AS at FROM (SELECT ended AS at FROM cycle WHERE idx = ? UNION ALL SELECT as_of AS at FROM entry WHERE idx = ?) AS last';
  return (db.prepare(last).get(size - 1, size - 1) as { at: number | null }).at;
}
