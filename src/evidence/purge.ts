import type { Blobs } from './blobs.ts';
import { pack } from './compression.ts';
import type { CycleManifest } from './documents.ts';
import type { Engine } from './engine.ts';
import { documentsOf } from './entries.ts';
import type { Manifests } from './manifests.ts';
import { isSalted } from './salted.ts';
import type { State } from './state.ts';

/** What a purge takes: the data of documents, and the names of items. Hashes stay, and with them every root and every proof. */
export interface Purge {
  readonly documents: ReadonlySet<number>;
  readonly items: readonly { readonly id: number; readonly scope: string; readonly name: string }[];
}

interface Parts {
  readonly db: Engine;
  readonly blobs: Blobs;
  readonly state: State;
  readonly manifests: Manifests;
}

/** Takes the data. What was stored as a patch on it is stored anew first. */
export function takeAway({ db, blobs }: Pick<Parts, 'db' | 'blobs'>, { documents, items }: Purge): void {
  const empty = db.prepare('UPDATE blob SET base = NULL, depth = 0, data = ? WHERE id = ?');
  const rows = db.prepare('SELECT id, base FROM blob WHERE base IS NOT NULL ORDER BY id').all() as unknown as {
    id: number;
    base: number;
  }[];
  const patches = Map.groupBy(rows, ({ base }) => base);
  const stale = new Set<number>();
  const addPatchesOn = (id: number): void => {
    for (const patch of patches.get(id) ?? []) {
      if (!documents.has(patch.id)) stale.add(patch.id);
      addPatchesOn(patch.id);
    }
  };
  for (const id of documents) addPatchesOn(id);
  const texts = [...stale].map((id): [number, Buffer] => [id, Buffer.from(blobs.raw(id))]);
  for (const [id, raw] of texts) empty.run(pack(raw), id);
  for (const id of documents) empty.run(Buffer.alloc(0), id);
  blobs.forget([...documents, ...stale]);
  const rename = db.prepare('UPDATE item SET key = ?, salt = NULL WHERE id = ?');
  for (const { id, name } of items) rename.run(name, id);
}

/** The documents that are needed as long as the present is: of what is held, of the latest look at each scope, and all that other leaves name. */
export function livingDocuments({ db, blobs, state, manifests }: Parts): Set<number> {
  const living = new Set<number>();
  for (const { items, lastTryIndex, key } of state.scopes.values()) {
    for (const { snapshot, detail } of items.values()) living.add(snapshot.id).add(detail.id);
    const id = lastTryIndex === null ? null : manifestIn({ db, blobs }, lastTryIndex, key);
    if (id === null) continue;
    for (const document of [id, ...repliesIn({ blobs, manifests }, id)]) living.add(document);
  }
  for (const { body } of db.prepare('SELECT body FROM entry').all())
    for (const hash of Object.values(documentsOf(JSON.parse(blobs.read(Number(body)))))) living.add(blobs.find(hash)!);
  return living;
}

/** What a policy lets go: replies of looks, and snapshots of items that were replaced, before an instant each. Words of results stay. */
export function outlived(parts: Parts, before: { readonly replies?: number; readonly snapshots?: number }): Set<number> {
  const { db, blobs } = parts;
  const living = livingDocuments(parts);
  const [old, kept] = [new Set<number>(), new Set<number>()];
  if (before.replies !== undefined) {
    const lists = new Map<string, boolean>();
    for (const { manifest, as_of } of db.prepare('SELECT manifest, as_of FROM cycle').all())
      for (const [, , , hash] of JSON.parse(blobs.read(Number(manifest))) as CycleManifest)
        lists.set(hash, (lists.get(hash) ?? true) && Number(as_of) < before.replies);
    for (const [hash, isOld] of lists) for (const id of repliesIn(parts, blobs.find(hash)!)) (isOld ? old : kept).add(id);
  }
  if (before.snapshots !== undefined) {
    const replaced =
      'SELECT change.snapshot, (SELECT min(cycle.as_of) FROM change AS later JOIN cycle ON cycle.idx = later.idx WHERE later.item = change.item AND later.idx > change.idx) AS replaced FROM change WHERE change.snapshot IS NOT NULL';
    for (const { snapshot, replaced: at } of db.prepare(replaced).all())
      (at !== null && Number(at) < before.snapshots ? old : kept).add(Number(snapshot));
  }
  for (const id of old) if (kept.has(id) || living.has(id) || blobs.isPurged(id)) old.delete(id);
  return old;
}

/** Where a person still stands that cannot be taken away. */
export interface Remaining {
  /** Documents of what is held now, or of the latest look. */
  readonly living: number;
  /** Documents kept without salt: from before salts, or of populations that are not of people. */
  readonly unsalted: number;
}

/**
 * What there is of a person: the documents of the item, and all others that hold one of its names between quotes. Of a list of calls that is
 * taken, the replies that no other list names go with it.
 */
export function traces(parts: Parts, item: number): { documents: Set<number>; words: string[]; remaining: Remaining } {
  const { db, blobs, manifests } = parts;
  const own = db.prepare('SELECT DISTINCT snapshot, detail FROM change WHERE item = ? AND snapshot IS NOT NULL').all(item);
  const { key } = db.prepare('SELECT key FROM item WHERE id = ?').get(item) as { key: string };
  const words = new Set([key]);
  for (const { snapshot } of own)
    if (!blobs.isPurged(Number(snapshot))) for (const word of namesIn(blobs.read(Number(snapshot)))) words.add(word);
  const quoted = [...words]
    .map((word) => JSON.stringify(word).slice(1, -1))
    .flatMap((word) => [`"${word}"`, `\\"${JSON.stringify(word).slice(1, -1)}\\"`]);

  const living = livingDocuments(parts);
  const documents = new Set(own.flatMap(({ snapshot, detail }) => [Number(snapshot), Number(detail)]));
  let [stillLiving, unsalted] = [0, 0];
  for (const { id } of db.prepare('SELECT id FROM blob ORDER BY id').all()) {
    if (blobs.isPurged(Number(id))) continue;
    const raw = blobs.raw(Number(id));
    if (!quoted.some((word) => raw.includes(word))) continue;
    if (!isSalted(raw)) unsalted++;
    else if (living.has(Number(id))) stillLiving++;
    else documents.add(Number(id));
  }
  const lists = new Set(
    db
      .prepare('SELECT manifest FROM cycle')
      .all()
      .flatMap(({ manifest }) => (JSON.parse(blobs.read(Number(manifest))) as CycleManifest).map(([, , , hash]) => blobs.find(hash)!)),
  );
  const needed = new Set([...lists].flatMap((id) => (documents.has(id) ? [] : repliesIn({ blobs, manifests }, id))));
  for (const id of lists)
    if (documents.has(id)) for (const reply of repliesIn({ blobs, manifests }, id)) if (!needed.has(reply)) documents.add(reply);
  for (const id of documents) if (living.has(id) || blobs.isPurged(id)) documents.delete(id);
  return { documents, words: [...words].toSorted(), remaining: { living: stillLiving, unsalted } };
}

/** The texts of a snapshot that name a person: its key, its name, and every address. */
function namesIn(snapshot: string): string[] {
  const { key, name, ...fields } = JSON.parse(snapshot) as Record<string, unknown>;
  const strings = (value: unknown): string[] =>
    typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
  return [String(key), String(name), ...strings(fields).filter((text) => text.includes('@'))].filter((text) => text.length > 2);
}

function manifestIn({ db, blobs }: Pick<Parts, 'db' | 'blobs'>, index: number, scope: string): number | null {
  const row = db.prepare('SELECT manifest FROM cycle WHERE idx = ?').get(index);
  const entry = row && (JSON.parse(blobs.read(Number(row['manifest']))) as CycleManifest).find(([key]) => key === scope);
  return entry ? blobs.find(entry[3]) : null;
}

const repliesIn = ({ blobs, manifests }: Pick<Parts, 'blobs' | 'manifests'>, manifest: number): number[] =>
  blobs.isPurged(manifest) ? [] : manifests.list(manifest).flatMap(({ reply }) => (reply === null ? [] : (blobs.find(reply) ?? [])));
