import type { CallRecord } from '#src/cycle/collect.ts';
import { createFrontier } from '#src/ledger/tree.ts';
import { type Blobs, openBlobs, overlaid } from './blobs.ts';
import type { Engine } from './engine.ts';
import { holdNothing } from './held.ts';
import { answersFrom } from './in-memory.ts';
import { openManifests } from './manifests.ts';
import type { Past } from './past.ts';
import { projectInMemory } from './project-in-memory.ts';
import { recorded } from './queries.ts';
import { replay } from './replay.ts';
import { type BackfillBody, backfillsIn, retell } from './retell.ts';
import { keysById } from './rows.ts';
import { createState, nowhere, type State } from './state.ts';
import type { CorrectedLook, EvidenceReading, LedgerEntry } from './store.ts';

/** A leaf that is not recorded, with the documents that it names. */
interface Foreseen {
  readonly entry: LedgerEntry;
  readonly texts: readonly string[];
}

/**
 * What was known when the ledger had `size` leaves. The log is told again up to there, into memory, so that every question has the answer that
 * it had then, whatever has been added since. `more` is taken for a leaf that was added after them.
 */
export function knownAt(db: Engine, past: Past, size: number, more: Foreseen | null = null): EvidenceReading {
  const blobs = more ? overlaid(openBlobs(db), more.texts) : openBlobs(db);
  const manifests = openManifests(blobs, () => null);
  const own = recorded(db, blobs, (manifest) => manifests.read(manifest), size);
  const backfills = [...own.entries('backfill'), ...(more ? [more.entry] : [])];
  const corrected = new Set(backfills.map(({ body }) => (body as { scope: string }).scope));

  const rows = projectInMemory();
  const retold = retell(db, blobs, backfills, size, rows.projection);
  const state = past.at(size);
  const scopeAt = (key: string) => (corrected.has(key) ? retold.state : state).scope(key);
  const held = holdNothing(blobs);
  for (const key of state.scopes.keys()) held.load(scopeAt(key)!);

  const scopeKeys = keysById(db.prepare('SELECT id, key FROM scope').all());
  const itemKeys = new Map([...keysById(db.prepare('SELECT id, key FROM item').all()), ...retold.itemKeys]);
  return {
    held: held.scopes,
    head: () => headAt(db, size),
    ...own,
    backfills: () => backfillsIn(backfills),
    // Told a second time, with all that it says of the rules: only where that is asked.
    ...answersFrom(() => projectionsAt(db, blobs, size, rows, corrected), scopeKeys, itemKeys),
    history: (scope, item) => (corrected.has(scope) ? (retold.history.get(`${scope}\n${item}`) ?? []) : own.history(scope, item)),
    calls: (index, scope, asOf) => callsOf(backfills, { index, scope, asOf }, blobs) ?? own.calls(index, scope),
    lastLookIndex: (scope) => scopeAt(scope)?.lastLookIndex ?? null,
    writtenAt: (of) => writtenAt(db, Math.min(of, size)),
  };
}

/** The scopes that a ledger of `size` leaves corrects, look after look. */
export function correctedLooks(db: Engine, size: number): readonly CorrectedLook[] {
  const blobs = openBlobs(db);
  const backfills = recorded(db, blobs, () => [], size).entries('backfill');
  return backfills.length > 0 ? retell(db, blobs, backfills, size, nowhere).looks : [];
}

/** Adds the projections of what was not corrected to those of what was. */
function projectionsAt(db: Engine, blobs: Blobs, size: number, rows: ReturnType<typeof projectInMemory>, corrected: ReadonlySet<string>) {
  const state = createState(rows.projection);
  const ignored = createState(nowhere);
  for (const _ of replay(db, blobs, corrected.size > 0 ? apart(state, ignored, corrected) : state, size));
  return rows;
}

/** A state that is told only of some scopes; another is told of the rest. */
const apart = (state: State, others: State, keys: ReadonlySet<string>): State => {
  const of = (key: string) => (keys.has(key) ? others : state);
  return {
    ...state,
    scope: (key) => of(key).scope(key),
    addScope: (key, id) => of(key).addScope(key, id),
    failed: (scope, look) => of(scope.key).failed(scope, look),
    complete: (scope, look) => of(scope.key).complete(scope, look),
    retire: (scope, end) => of(scope.key).retire(scope, end),
  };
};

/** The calls of the look that a backfill brought for an instant, else of its last; undefined where the leaf is none of that scope. */
function callsOf(
  backfills: readonly LedgerEntry[],
  { index, scope, asOf }: { index: number; scope: string; asOf: number | undefined },
  blobs: Blobs,
): CallRecord[] | undefined {
  const body = backfills.find((entry) => entry.index === index)?.body as BackfillBody | undefined;
  if (body?.scope !== scope) return undefined;
  const look = asOf === undefined ? body.looks.at(-1) : body.looks.find((each) => Date.parse(each.asOf) === asOf);
  if (!look) return [];
  const read = (hash: string) => blobs.read(blobs.find(hash)!);
  const calls = JSON.parse(read(look.manifest)) as CallRecord[];
  return calls.map((call) => ({ ...call, reply: call.reply === null ? null : read(call.reply) }));
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
