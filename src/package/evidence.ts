import { HoldfastError } from '#src/errors.ts';
import type { CycleManifest } from '#src/evidence/documents.ts';
import { documentsOf } from '#src/evidence/entries.ts';
import type { KeptCall } from '#src/evidence/manifests.ts';
import { contentOf } from '#src/evidence/salted.ts';
import { type EvidenceStore, type LedgerEntry, parseScopeKey } from '#src/evidence/store.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import type { Interval } from '#src/window/types.ts';
import { csv } from './csv.ts';
import type { Spool } from './spool.ts';
import type { Entity } from './story.ts';
import type { CycleFact } from './trail.ts';

/** What a document is to the log; the first that applies. */
const kinds = ['rule-set', 'looks', 'cycle-manifest', 'manifest', 'reply', 'snapshot', 'detail', 'entry-body', 'document'] as const;
type Kind = (typeof kinds)[number];

/** The documents that the log refers to, and which of them the window rests on. */
export interface References {
  add(kind: Kind, hash: string, needed: boolean): void;
  list(): Iterable<readonly [hash: string, reference: Reference]>;
  readonly size: number;
}

interface Reference {
  readonly kind: Kind;
  readonly needed: boolean;
}

export function newReferences(): References {
  const found = new Map<string, Reference>();
  // One object for each case: there are many documents, and few cases.
  const cases = kinds.map((kind) => [
    { kind, needed: false },
    { kind, needed: true },
  ]);
  return {
    add(kind, hash, needed) {
      const known = found.get(hash);
      const rank = Math.min(kinds.indexOf(kind), known ? kinds.indexOf(known.kind) : Infinity);
      found.set(hash, cases[rank]![Number(needed || known?.needed === true)]!);
    },
    list: () => found,
    get size() {
      return found.size;
    },
  };
}

/** What was asked of a provider for one population over the window. */
export interface Asked {
  looks: number;
  failed: number;
  /** By operation. `example`: the parameters of one call, canonical JSON. */
  readonly operations: Map<string, { calls: number; refused: number; example: string }>;
}

/**
 * What cycles and entries refer to, besides the change log: for cycles of the window down to each reply. Returns what was asked in the window,
 * by population.
 */
export function refer(
  references: References,
  {
    store,
    cycles,
    entries,
    window,
  }: { store: EvidenceStore; cycles: readonly CycleFact[]; entries: readonly LedgerEntry[]; window: Interval },
): Map<string, Asked> {
  const manifests = new Map<string, number>();
  for (const { ruleSet, looks, manifest, asOf } of cycles) {
    const needed = asOf >= window.from && asOf < window.to;
    references.add('rule-set', ruleSet, needed);
    references.add('looks', looks, needed);
    references.add('cycle-manifest', manifest, needed);
    if (needed) manifests.set(manifest, (manifests.get(manifest) ?? 0) + 1);
  }
  const lists = new Map<string, { scope: string; looks: number; failed: number }>();
  for (const [manifest, times] of manifests) {
    for (const [scope, status, , calls] of JSON.parse(store.document(manifest) ?? '[]') as CycleManifest) {
      const known = lists.get(`${calls} ${scope}`) ?? { scope, looks: 0, failed: 0 };
      lists.set(`${calls} ${scope}`, known);
      known.looks += times;
      if (status === 'failed') known.failed += times;
    }
  }
  const asked = new Map<string, Asked>();
  // The versions of one scope after each other: they are stored as patches on each other.
  for (const [key, { scope, looks, failed }] of [...lists].sort(([, a], [, b]) => byUtf8(a.scope, b.scope))) {
    const { population } = parseScopeKey(scope);
    const own = asked.get(population) ?? { looks: 0, failed: 0, operations: new Map() };
    asked.set(population, own);
    references.add('manifest', key.slice(0, 64), true);
    own.looks += looks;
    own.failed += failed;
    for (const { operation, parameters, reply, failure } of JSON.parse(contentOf(store.document(key.slice(0, 64)) ?? '[]')) as KeptCall[]) {
      if (reply !== null) references.add('reply', reply, true);
      const counted = own.operations.get(operation) ?? { calls: 0, refused: 0, example: parameters };
      own.operations.set(operation, counted);
      counted.calls += looks;
      if (failure) counted.refused += looks;
    }
  }
  for (const { index, kind, body } of entries) {
    references.add('entry-body', (JSON.parse(store.leaf(index)) as { body: { sha256: string } }).body.sha256, true);
    // Those of a backfill say in their names what they are.
    for (const [name, hash] of Object.entries(documentsOf(body)))
      references.add(kind === 'backfill' ? kindIn(name) : 'document', hash, true);
  }
  return asked;
}

const kindIn = (name: string): Kind => kinds.find((kind) => name.startsWith(`${kind}/`)) ?? 'document';

/** What the change log refers to, item by item. */
export function referToItems(references: References, entities: Iterable<Entity>, isNeeded: (hash: string) => boolean): void {
  for (const { snapshots, details } of entities) {
    for (const hash of snapshots) references.add('snapshot', hash, isNeeded(hash));
    for (const hash of details) references.add('detail', hash, isNeeded(hash));
  }
}

interface Told {
  readonly present: number;
  readonly outside: number;
  readonly purged: number;
}

/** Writes the documents that the window needs, and the index of all. Errors: STORE_DAMAGED where one is missing and no tombstone says why. */
export async function writeDocuments(
  spool: Spool,
  references: References,
  { store, entries, progress }: { store: EvidenceStore; entries: readonly LedgerEntry[]; progress: (done: number, of: number) => void },
): Promise<Told> {
  const purgedBy = new Map<string, number>();
  for (const { index, kind, body } of entries)
    if (kind === 'tombstone') for (const hash of (body as { purged?: string[] }).purged ?? []) purgedBy.set(hash, index);

  const bytes = new Map<string, number>();
  let done = 0;
  for (const [hash, { kind, needed }] of references.list()) {
    if (++done % 500 === 0) progress(done, references.size);
    if (!needed) continue;
    const text = store.document(hash);
    if (text === null) {
      if (purgedBy.has(hash)) continue;
      throw new HoldfastError('STORE_DAMAGED', { file: '', reason: `the ${kind} ${hash} is not there, and no tombstone says why` });
    }
    const { sha256, size } = await spool.add(`evidence/${hash.slice(0, 2)}/${hash}.json`, text);
    if (sha256 !== hash) throw new HoldfastError('STORE_DAMAGED', { file: '', reason: `the ${kind} ${hash} has another hash` });
    bytes.set(hash, size);
  }
  const all = [...references.list()].sort(([a], [b]) => byUtf8(a, b));
  const tombstone = (hash: string) => (purgedBy.has(hash) ? `purged by tombstone ${purgedBy.get(hash)}` : null);
  await spool.add(
    'evidence/index.csv',
    csv(
      ['sha256', 'kind', 'bytes', 'present', 'reason'],
      all.map(([hash, { kind }]) =>
        bytes.has(hash) ? [hash, kind, bytes.get(hash), 'yes', ''] : [hash, kind, '', 'no', tombstone(hash) ?? 'outside-window'],
      ),
    ),
  );
  const purged = all.filter(([hash]) => !bytes.has(hash) && purgedBy.has(hash)).length;
  return { present: bytes.size, purged, outside: all.length - bytes.size - purged };
}
