import type { CallRecord } from '#src/cycle/collect.ts';
import type { Judgement } from '#src/cycle/evaluate.ts';
import type { Json } from '#src/ledger/canonical.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import type { Unread } from '#src/population.ts';
import type { Severity } from '#src/rule.ts';
import type { Blobs } from './blobs.ts';
import { unpack } from './compression.ts';
import { type CycleManifest, changeLeaf, itemLeaf, resultOf } from './documents.ts';
import type { Engine } from './engine.ts';
import type { EntryKind } from './entries.ts';
import type { KeptCall } from './manifests.ts';
import type { GapRow } from './project-in-memory.ts';
import { type CycleRow, wholeLedger } from './replay.ts';
import { backfillsIn } from './retell.ts';
import { keysById } from './rows.ts';
import { type KeyedRun, openRuns } from './runs.ts';
import { committedName } from './salted.ts';
import {
  type AnchorRow,
  type CycleSummary,
  type EvidenceStore,
  type Gap,
  type ItemRecord,
  type LedgerEntry,
  parseScopeKey,
  type ResultRun,
} from './store.ts';
import { openWordless } from './wordless.ts';

type Answers = Pick<
  EvidenceStore,
  'lastCycle' | 'cycles' | 'runs' | 'gaps' | 'history' | 'calls' | 'backfills' | 'entries' | 'document' | 'anchors' | 'nameOf' | 'keyOf'
>;

/** What the tables answer. */
export const queries = (db: Engine, blobs: Blobs, manifestCalls: (manifest: string) => KeptCall[]): Answers => ({
  ...recorded(db, blobs, manifestCalls, wholeLedger),
  ...projected(db, blobs),
});

/** What the evidence itself answers, as far as a ledger of `size` leaves. */
export function recorded(
  db: Engine,
  blobs: Blobs,
  manifestCalls: (manifest: string) => KeptCall[],
  size: number,
): Omit<Answers, 'runs' | 'gaps'> {
  const scopeRow = db.prepare('SELECT id FROM scope WHERE key = ?');
  const cycleAt = db.prepare('SELECT * FROM cycle WHERE idx = ?');
  const idsAt = db.prepare('SELECT size, data FROM request_ids WHERE idx = ?');
  const latest = db.prepare('SELECT * FROM cycle WHERE idx < ? ORDER BY idx DESC LIMIT 1');
  const latestOf = db.prepare('SELECT * FROM cycle WHERE idx < ? AND connection = ? ORDER BY idx DESC LIMIT 1');
  const between = db.prepare('SELECT * FROM cycle WHERE idx < ? AND as_of BETWEEN ? AND ? ORDER BY as_of');
  const historyRows = db.prepare(
    'SELECT change.idx, change.item, cycle.as_of, item.salt, snapshot, vector, detail, at FROM change JOIN item ON item.id = change.item JOIN cycle ON cycle.idx = change.idx WHERE change.idx < ? AND item.scope = ? AND item.key = ? ORDER BY change.idx',
  );
  const everyEntry = db.prepare('SELECT idx, kind, as_of, body FROM entry WHERE idx < ? ORDER BY idx');
  const entriesOf = db.prepare('SELECT idx, kind, as_of, body FROM entry WHERE idx < ? AND kind = ? ORDER BY idx');
  const saltOf = db.prepare('SELECT salt FROM item WHERE scope = ? AND key = ?');
  const saltedIn = db.prepare('SELECT key, salt FROM item WHERE scope = ? AND salt IS NOT NULL');
  const anchorRows = db.prepare('SELECT name, kind, size, at, receipt FROM anchor ORDER BY at, name, size');
  const wordless = openWordless(db);
  const scopeId = (key: string): number | undefined => (scopeRow.get(key) as { id: number } | undefined)?.id;

  const entries: Answers['entries'] = (kind) => {
    const rows = (kind === undefined ? everyEntry.all(size) : entriesOf.all(size, kind)) as unknown as EntryRow[];
    return rows.map(
      (row): LedgerEntry => ({ index: row.idx, kind: row.kind, asOf: row.as_of, body: JSON.parse(blobs.read(row.body)) as Json }),
    );
  };

  return {
    lastCycle: (connection) =>
      summary((connection === undefined ? latest.get(size) : latestOf.get(size, connection)) as CycleRow | undefined),
    cycles: (from, to) => (between.all(size, from, to) as unknown as CycleRow[]).map((row) => summary(row)!),
    history(scope, item) {
      const { population } = parseScopeKey(scope);
      const rows = historyRows.all(size, scopeId(scope) ?? -1, item) as unknown as HistoryRow[];
      return rows.map((row) => itemRecord(row, scope, population, item, blobs, wordless));
    },
    entries,
    nameOf(scope, key) {
      const row = saltOf.get(scopeId(scope) ?? -1, key) as { salt: Uint8Array | null } | undefined;
      return committedName(key, row?.salt ?? null);
    },
    keyOf(scope, name) {
      if (!name.startsWith('salted:')) return name;
      const rows = saltedIn.all(scopeId(scope) ?? -1) as unknown as { key: string; salt: Uint8Array }[];
      return rows.find(({ key, salt }) => committedName(key, salt) === name)?.key ?? name;
    },
    backfills: () => backfillsIn(entries('backfill')),
    document(sha256) {
      const id = blobs.find(sha256);
      return id === null || blobs.isPurged(id) ? null : blobs.raw(id);
    },
    anchors: () => anchorRows.all() as unknown as AnchorRow[],
    calls(index, scope) {
      const cycle = (index < size ? cycleAt.get(index) : undefined) as CycleRow | undefined;
      const entry = cycle && (JSON.parse(blobs.read(cycle.manifest)) as CycleManifest).find(([key]) => key === scope);
      if (!entry) return [];
      const row = idsAt.get(index) as { size: number; data: Uint8Array } | undefined;
      const ids = row ? (JSON.parse(unpack(row.data, row.size).toString()) as Record<string, string[]>)[scope] : undefined;
      return manifestCalls(entry[3]).map((call, i): CallRecord => ({ ...call, requestId: ids?.[i] ?? '' }));
    },
  };
}

/** What the projections answer. */
function projected(db: Engine, blobs: Blobs): Pick<Answers, 'runs' | 'gaps'> {
  const scopeKeys = db.prepare('SELECT id, key FROM scope');
  const gapRows = db.prepare('SELECT scope, since, until, reason, unread FROM gap WHERE since <= ? AND (until IS NULL OR until >= ?)');
  const runs = openRuns(db, blobs);
  return {
    *runs(question) {
      for (const [rule, run] of runs(question)) yield resultRun(rule, run);
    },
    gaps: (from, to) => gapsOf(gapRows.all(to, from) as unknown as GapRow[], keysById(scopeKeys.all())),
  };
}

/** Gaps by scope and time. */
export function gapsOf(rows: Iterable<GapRow>, keys: ReadonlyMap<number, string>): Gap[] {
  const gaps = Array.from(rows, ({ scope, since, until, reason, unread }): Gap => {
    return { scope: keys.get(scope)!, from: since, to: until, reason, unread: unread === null ? null : (JSON.parse(unread) as Unread) };
  });
  return gaps.sort((a, b) => byUtf8(a.scope, b.scope) || a.from - b.from);
}

interface EntryRow {
  readonly idx: number;
  readonly kind: EntryKind;
  readonly as_of: number;
  readonly body: number;
}

function summary(row: CycleRow | undefined): CycleSummary | null {
  if (!row) return null;
  const { idx: index, connection, as_of: asOf, ended, scopes, failed, changes } = row;
  return { index, connection, asOf, ended, scopes, failed, changes };
}

/** The runs of a rule by scope, item and time. */
export function* inOrder(rule: string, runs: KeyedRun[]): Generator<ResultRun> {
  runs.sort(
    (a, b) =>
      (a.inScope === b.inScope ? 0 : byUtf8(a.inScope, b.inScope)) || (a.item === b.item ? a.first - b.first : byUtf8(a.key, b.key)),
  );
  for (const run of runs) yield resultRun(rule, run);
}

function resultRun(rule: string, { inScope, key, before, first, last, ended, gone, idx, result, severity, reason }: KeyedRun): ResultRun {
  return {
    rule,
    scope: inScope,
    item: key,
    result: resultOf(result),
    before,
    first,
    last,
    ended,
    gone: gone === 1,
    index: idx,
    severity: severity as Severity,
    reason,
  };
}

interface HistoryRow {
  readonly idx: number;
  readonly item: number;
  readonly as_of: number;
  readonly salt: Uint8Array | null;
  readonly snapshot: number | null;
  readonly vector: string | null;
  readonly detail: number | null;
  readonly at: number | null;
}

function itemRecord(
  { idx: index, item: id, as_of: asOf, salt, snapshot, vector, detail, at }: HistoryRow,
  scope: string,
  population: string,
  key: string,
  blobs: Blobs,
  wordless: ReturnType<typeof openWordless>,
): ItemRecord {
  const item = committedName(key, salt);
  if (snapshot === null)
    return { index, asOf, snapshot: null, snapshotHash: null, judgements: [], leafHash: changeLeaf(scope, item, null).toString('hex') };
  const { hash } = blobs.kept(snapshot);
  const leaf = itemLeaf(population, { item, snapshot: hash, vector: vector!, detail: blobs.kept(detail!).hash, at });
  return {
    index,
    asOf,
    snapshot: blobs.isPurged(snapshot) ? null : blobs.read(snapshot),
    snapshotHash: hash,
    judgements: blobs.isPurged(detail!) ? wordless(id, asOf) : (JSON.parse(blobs.read(detail!)) as Judgement[]),
    leafHash: leaf.toString('hex'),
  };
}
