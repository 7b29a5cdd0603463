import { sha256 } from '#src/ledger/canonical.ts';
import type { Hash } from '#src/ledger/tree.ts';
import { digest } from '#src/ledger/tree.ts';
import { packApart, unpackAny } from './apart.ts';
import { pack } from './compression.ts';
import { type Engine, numbering } from './engine.ts';
import { type DocumentNumbers, documentNumbers, rowsByNumber } from './rows.ts';
import { contentOf, isSalted, randomSalt, type Salt, salted } from './salted.ts';

/** A document as it is referred to: its row, and its SHA-256 in hex. */
export interface Kept {
  readonly id: number;
  readonly hash: string;
}

/** Documents by their hash, each stored once, as a patch on one that resembles it. */
export interface Blobs {
  /** `like` is the document it most likely resembles: its previous version. `kind` names those that are alike without being versions. */
  put(text: string, kind: string, like?: number | null): Kept;
  /** The same for what is known of people: salted, so that its hash says nothing once it is erased. Never finds a former one. */
  putSalted(text: string, kind: string, like?: number | null): Kept;
  find(hash: string): number | null;
  /** Without its salt. Throws where there is none, where it was purged, or where it cannot be unpacked. */
  read(id: number): string;
  /** As it was hashed. Throws as `read` does. */
  raw(id: number): string;
  isPurged(id: number): boolean;
  /** Bytes, of the document as it was hashed. */
  sizeOf(id: number): number;
  /** Their rows were changed. */
  forget(ids: readonly number[]): void;
  /** Its hash is read when it is first asked for. */
  kept(id: number): Kept;
  /** Offers a stored document as the one that others of its kind are patches on. */
  offer(kind: string, id: number): void;
}

export const longestChain = 16;

/** Kinds of documents that are lists of hashes. */
const ofHashes: ReadonlySet<string> = new Set(['manifest', 'cycle manifest']);

export interface BlobOptions {
  readonly salt?: Salt | undefined;
  /** Those of the same engine, where others ask them too. */
  readonly numbers?: DocumentNumbers;
  /** How much of what was read last is held, in bytes. */
  readonly cache?: number;
  /** Is told of each document that was unpacked. */
  readonly unpacked?: (id: number, raw: Buffer) => void;
}

export function openBlobs(
  db: Engine,
  { salt = randomSalt, numbers = documentNumbers(db), cache = 8_000_000, unpacked: met }: BlobOptions = {},
): Blobs {
  const rows = rowsByNumber(db, 'blob', 'id', 'base, depth, size, data');
  const add = db.prepare('INSERT INTO blob (id, hash, base, depth, size, data) VALUES (?, ?, ?, ?, ?, ?)');
  const restore = db.prepare('UPDATE blob SET data = ? WHERE id = ?');
  const next = numbering(db, 'blob');
  const exemplars = new Map<string, Unpacked>();
  const recent = recentlyUsed<Unpacked>(cache);

  const row = (id: number) => {
    const found = rows.get(id) as unknown as BlobRow | undefined;
    if (!found) throw new Error(`there is no document ${id}`);
    return found;
  };
  const unpacked = (id: number): Unpacked => {
    const known = recent.get(id);
    if (known) return known;
    const { base, depth, size, data } = row(id);
    if (data.length === 0) throw new Error(`the document ${id} was purged`);
    const document = { id, depth, raw: unpackAny(data, size, base === null ? undefined : unpacked(base).raw, numbers) };
    met?.(id, document.raw);
    recent.set(document);
    return document;
  };
  const baseFor = (kind: string, like: number | null | undefined): Unpacked | undefined => {
    const previous = like === null || like === undefined || isPurged(like) ? undefined : unpacked(like);
    return patchable(previous) ?? patchable(exemplars.get(kind));
  };
  const patchable = (base: Unpacked | undefined): Unpacked | undefined =>
    base === undefined || base.depth < longestChain ? base : firstVersion(base.id);
  /** Where a chain may not grow longer, another begins at the oldest version: it resembles the next one more than other documents do. */
  const firstVersion = (id: number): Unpacked | undefined => {
    let { base } = row(id);
    for (let at = id; base !== null; { base } = row(at)) {
      if (row(base).depth === 0) return isPurged(at) ? undefined : unpacked(at);
      at = base;
    }
    return undefined;
  };
  const find = (hash: Hash): number | null => numbers.find(hash);
  const isPurged = (id: number): boolean => recent.get(id) === undefined && row(id).data.length === 0;
  const keep = (text: string, kind: string, like: number | null | undefined): Kept => {
    const raw = Buffer.from(text);
    const hash = digest(raw);
    const known = find(hash);
    const kept = { id: known ?? next(), hash: hash.toString('hex') };
    if (known !== null && !isPurged(known)) return kept;
    const base = known === null ? baseFor(kind, like) : undefined;
    const depth = base ? base.depth + 1 : 0;
    if (known === null) {
      const data = ofHashes.has(kind) ? packApart(raw, base?.raw, numbers) : pack(raw, base?.raw);
      add.run(kept.id, hash, base?.id ?? null, depth, raw.length, data);
    } else restore.run(pack(raw), known);
    if (known === null) numbers.met(hash, kept.id);
    else rows.forget();
    const document = { id: kept.id, depth, raw };
    if (!exemplars.has(kind)) exemplars.set(kind, document);
    recent.set(document);
    return kept;
  };

  return {
    // What only looks salted is salted, so that taking one salt off always gives what was put in.
    put: (text, kind, like) => keep(isSalted(text) ? salted(text, salt(text)) : text, kind, like),
    putSalted: (text, kind, like) => keep(salted(text, salt(text)), kind, like),
    find: (hash) => find(Buffer.from(hash, 'hex')),
    read: (id) => contentOf(unpacked(id).raw.toString()),
    raw: (id) => unpacked(id).raw.toString(),
    isPurged,
    sizeOf: (id) => row(id).size,
    forget(ids) {
      for (const id of ids) recent.delete(id);
      rows.forget();
      const gone = new Set(ids);
      for (const [kind, { id }] of exemplars) if (gone.has(id)) exemplars.delete(kind);
    },
    kept(id) {
      let hash: string | undefined;
      return {
        id,
        get hash() {
          return (hash ??= numbers.hashOf(id));
        },
      };
    },
    offer: (kind, id) => void (exemplars.has(kind) || exemplars.set(kind, unpacked(id))),
  };
}

/** Some documents more, which are not stored. They stand before those that are. */
export function overlaid(blobs: Blobs, texts: readonly string[]): Blobs {
  const hashes = texts.map((text) => sha256(text));
  // What is kept already has the number that it has there: the same document has one number.
  const numbers = new Map(hashes.map((hash, i) => [hash, blobs.find(hash) ?? -i - 1]));
  const byNumber = new Map(hashes.map((hash, i) => [numbers.get(hash)!, texts[i]!]));
  return {
    ...blobs,
    find: (hash) => numbers.get(hash) ?? blobs.find(hash),
    read: (id) => byNumber.get(id) ?? blobs.read(id),
    raw: (id) => byNumber.get(id) ?? blobs.raw(id),
    isPurged: (id) => !byNumber.has(id) && blobs.isPurged(id),
    kept: (id) => (id < 0 ? { id, hash: sha256(byNumber.get(id)!) } : blobs.kept(id)),
    offer: (kind, id) => (id < 0 ? undefined : blobs.offer(kind, id)),
  };
}

interface BlobRow {
  readonly base: number | null;
  readonly depth: number;
  readonly size: number;
  readonly data: Uint8Array;
}

interface Unpacked {
  readonly id: number;
  readonly depth: number;
  readonly raw: Buffer;
}

/** The documents used last, up to a number of bytes. */
export function recentlyUsed<T extends { readonly id: number; readonly raw: { readonly length: number } }>(limit: number) {
  const held = new Map<number, T>();
  let total = 0;
  return {
    get(id: number): T | undefined {
      const found = held.get(id);
      if (found && held.delete(id)) held.set(id, found);
      return found;
    },
    delete(id: number): void {
      total -= held.get(id)?.raw.length ?? 0;
      held.delete(id);
    },
    set(document: T): void {
      if (document.raw.length > limit / 4 || held.has(document.id)) return;
      held.set(document.id, document);
      total += document.raw.length;
      for (const [oldest, { raw }] of held) {
        if (total <= limit) return;
        held.delete(oldest);
        total -= raw.length;
      }
    },
  };
}
