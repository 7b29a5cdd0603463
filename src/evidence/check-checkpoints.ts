import { checkpointText } from '#src/ledger/checkpoint.ts';
import { noteOf, openNote, parseVkey, signatureLine } from '#src/ledger/note.ts';
import { createFrontier, digest } from '#src/ledger/tree.ts';
import type { Blobs } from './blobs.ts';
import type { Engine } from './engine.ts';

/** Every signature against the ledger, none missing between; and what was published against the leaves that say so. */
export function* checkCheckpoints(db: Engine, blobs: Blobs): Generator<string> {
  yield* checkSignatures(db);
  yield* checkKeys(db, blobs);
  yield* checkAnchors(db, blobs);
}

function* checkSignatures(db: Engine): Generator<string> {
  const keys = new Map(
    db
      .prepare('SELECT id, vkey FROM ledger_key ORDER BY id')
      .all()
      .map(({ id, vkey }) => [Number(id), String(vkey)]),
  );
  const idle = new Set(keys.keys());
  for (const [i, id] of [...keys.keys()].entries()) if (id !== i + 1) yield `ledger key ${id}: key ${i + 1} is expected`;

  const frontier = createFrontier();
  const leaves = db.prepare('SELECT hash FROM ledger ORDER BY idx').iterate();
  let last: number | null = null;
  for (const { size, key, signature } of db.prepare('SELECT size, key, signature FROM checkpoint ORDER BY size, key').iterate()) {
    const n = Number(size);
    const where = `checkpoint ${n}`;
    if (last !== null && n > last + 1) yield `checkpoint ${last + 1}: it is missing, and so is every one up to ${n}`;
    last = n;
    for (let leaf = leaves; frontier.size() < n; ) {
      const next = leaf.next();
      if (next.done) break;
      frontier.append(Buffer.from(next.value['hash'] as Uint8Array));
    }
    if (frontier.size() !== n) {
      yield `${where}: the ledger has only ${frontier.size()} leaves`;
      continue;
    }
    const vkey = keys.get(Number(key));
    idle.delete(Number(key));
    if (vkey === undefined) yield `${where}: the key ${Number(key)} that signed it is missing`;
    else if (!accepts(vkey, n, frontier.root(), Buffer.from(signature as Uint8Array)))
      yield `${where}: the signature of ${vkey} does not fit the ledger`;
  }
  for (const id of idle) yield `ledger key ${id}: it signed nothing`;
  const leavesLeft = [...leaves].length;
  if (last !== null && leavesLeft > 0) yield `ledger: its last ${leavesLeft} leaves are not signed yet`;
}

/** From the head over a leaf of kind `key` on, until there is another, every head is signed with the keys that it names. */
function* checkKeys(db: Engine, blobs: Blobs): Generator<string> {
  const rows = db.prepare('SELECT size, vkey FROM checkpoint JOIN ledger_key ON id = key').all();
  const signed = new Set(rows.map(({ size, vkey }) => `${Number(size)} ${String(vkey)}`));
  const { leaves } = db.prepare('SELECT count(*) AS leaves FROM ledger').get() as { leaves: number };
  const named = db.prepare("SELECT idx, body FROM entry WHERE kind = 'key' ORDER BY idx").all() as unknown as {
    idx: number;
    body: number;
  }[];
  for (const [i, { idx, body }] of named.entries()) {
    const { inForce } = JSON.parse(blobs.read(body)) as { inForce: string[] };
    // The latest head may not be signed yet, which is told elsewhere.
    const last = named[i + 1]?.idx ?? leaves - 1;
    const due = Array.from({ length: Math.max(0, last - idx) }, (_, n) => idx + 1 + n);
    for (const vkey of inForce) {
      const missing = due.filter((size) => !signed.has(`${size} ${vkey}`));
      if (missing.length > 0) yield `checkpoint ${missing[0]}: ${vkey} did not sign it, nor ${missing.length - 1} later ones`;
    }
  }
}

function accepts(vkey: string, size: number, root: Buffer, signature: Buffer): boolean {
  try {
    const { name } = parseVkey(vkey);
    openNote(noteOf(checkpointText({ origin: name, size, root }), [signatureLine(vkey, signature)]), [vkey]);
    return true;
  } catch {
    return false;
  }
}

/** The body of an entry of kind `anchor`. */
export interface AnchorEntry {
  readonly name: string;
  readonly kind: string;
  readonly size: number;
  /** ISO 8601. */
  readonly at: string;
  /** SHA-256 of the receipt, hex. */
  readonly receipt: string;
}

function* checkAnchors(db: Engine, blobs: Blobs): Generator<string> {
  const told = new Map<string, AnchorEntry>();
  for (const { body } of db.prepare("SELECT body FROM entry WHERE kind = 'anchor'").all()) {
    const entry = JSON.parse(blobs.read(Number(body))) as AnchorEntry;
    told.set(`${entry.name} ${entry.size}`, entry);
  }
  for (const { name, size, kind, at, receipt } of db.prepare('SELECT name, size, kind, at, receipt FROM anchor').all()) {
    const where = `anchor ${String(name)} ${String(size)}`;
    const entry = told.get(`${String(name)} ${String(size)}`);
    told.delete(`${String(name)} ${String(size)}`);
    if (!entry) yield `${where}: no leaf says so`;
    else if (entry.kind !== kind || Date.parse(entry.at) !== at || entry.receipt !== digest(receipt as Uint8Array).toString('hex'))
      yield `${where}: it is not what its leaf says`;
  }
  for (const key of told.keys()) yield `anchor ${key}: its receipt is missing`;
}
