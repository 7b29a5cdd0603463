import type { Judgement } from '#src/cycle/evaluate.ts';
import { canonical, type Json } from '#src/ledger/canonical.ts';
import { createFrontier, type Hash } from '#src/ledger/tree.ts';
import { attempt } from './attempt.ts';
import type { Blobs } from './blobs.ts';
import { checkBackfill } from './check-backfill.ts';
import { manifestChecks } from './check-manifests.ts';
import { rebuilt } from './check-projections.ts';
import { unpack } from './compression.ts';
import { cycleLeaf, type Looks, letters, type Requests, requestsOf } from './documents.ts';
import type { Engine } from './engine.ts';
import { documentsOf, flawInBody } from './entries.ts';
import { historiesBefore, type ScopeHistory } from './fit.ts';
import { type Log, openLog } from './log.ts';
import { type Replayed, replay } from './replay.ts';
import { changeLeaves, createState, type State } from './state.ts';

/** Tells the whole story again from the change log, and compares: each leaf, each row of `cycle`, and at the end the projections. */
export function* checkCycles(db: Engine, blobs: Blobs): Generator<string> {
  const log = openLog(db);
  const projections = rebuilt(db);
  const state = createState(projections.projection);
  const referenced = new Set<number>();
  const checking: Checking = {
    blobs,
    log,
    state,
    referenced,
    requests: readRequests(db),
    manifest: manifestChecks(blobs, state, referenced),
  };

  for (const replayed of replay(db, blobs, state)) {
    yield* attempt(`cycle ${replayed.cycle.idx}`, () => {
      projections.meet(replayed.ruleSet);
      return checkCycle(replayed, checking);
    });
  }
  yield* checking.requests.strays();
  yield* projections.compare();
  yield* checkReferences(db, blobs, state, referenced);
}

interface Checking {
  readonly blobs: Blobs;
  readonly log: Log;
  readonly state: State;
  readonly manifest: ReturnType<typeof manifestChecks>;
  /** Documents that something refers to. */
  readonly referenced: Set<number>;
  readonly requests: ReturnType<typeof readRequests>;
}

function* checkCycle(replayed: Replayed, checking: Checking): Generator<string> {
  const { cycle, ruleSet, looks, changes, strays } = replayed;
  const { blobs, log, state, referenced } = checking;
  const where = `cycle ${cycle.idx}`;
  if (strays > 0) yield `${where}: changes of a scope that was not looked at`;
  for (const { scope, changes: own } of changes) {
    const rules = ruleSet.byPopulation[scope.scope.population] ?? [];
    for (const { key, seen, judgements } of own) {
      if (!seen) continue;
      referenced.add(seen.snapshot.id).add(seen.detail.id);
      if (!blobs.isPurged(seen.detail.id)) yield* checkVector(`${where}: ${scope.key}: ${key}`, seen.vector, judgements(), rules);
      if (blobs.isPurged(seen.snapshot.id)) continue;
      const item = JSON.parse(blobs.read(seen.snapshot.id)) as { key?: unknown };
      if (item.key !== key) yield `${where}: ${scope.key}: ${key}: the snapshot is of another item`;
    }
  }
  for (const id of [cycle.rule_set, cycle.looks, cycle.manifest]) referenced.add(id);
  const { calls, callsOf } = yield* checking.manifest(replayed);

  const { connection, as_of: asOf, ended } = cycle;
  const leaves = changes.flatMap(({ scope, changes: own }) => changeLeaves(scope, own));
  const found = log.read(cycle.idx);
  const kept = (JSON.parse(found) as { manifest?: { calls: number; ids: number; idRoot: string | null; sample: string[] } }).manifest;
  const requests = (yield* checking.requests.at(cycle.idx, looks, callsOf)) ?? {
    n: kept?.ids ?? 0,
    root: kept?.idRoot ?? null,
    sample: kept?.sample ?? [],
  };
  const expected = cycleLeaf({
    connection,
    asOf,
    ended,
    ruleSet: blobs.kept(cycle.rule_set).hash,
    state: state.root(connection),
    changes: leaves,
    looks,
    looksHash: blobs.kept(cycle.looks).hash,
    manifestHash: blobs.kept(cycle.manifest).hash,
    // A list of calls that was purged is not counted again.
    calls: Number.isNaN(calls) ? (kept?.calls ?? 0) : calls,
    requests,
  });
  for (const member of differing(found, expected)) yield `${where}: ${member} is not what the leaf says`;
  const counts = { scopes: looks.looks.length, failed: looks.looks.filter(({ unread }) => unread).length, changes: leaves.length };
  for (const [name, count] of Object.entries(counts))
    if (cycle[name as keyof typeof counts] !== count) yield `${where}: ${name} should be ${count}`;
}

function* checkVector(where: string, vector: string, judgements: readonly Judgement[], rules: readonly string[]): Generator<string> {
  if (judgements.map(({ result }) => letters[result]).join('') !== vector) yield `${where}: the vector is not what the judgements say`;
  if (judgements.map(({ rule }) => rule).join('\n') !== rules.join('\n')) yield `${where}: it was not judged by the rules in force`;
}

/** The names of the members, one level deep, in which two documents differ. */
function differing(found: string, expected: string): string[] {
  if (found === expected) return [];
  const [a, b] = [JSON.parse(found), JSON.parse(expected)] as Record<string, unknown>[];
  const names = [...new Set([...Object.keys(a!), ...Object.keys(b!)])].filter(
    (name) => canonical(a![name] ?? null) !== canonical(b![name] ?? null),
  );
  return names.length > 0 ? names : ['the text'];
}

/** The lists of request ids that are still kept: one id for each call of each scope. The leaf has their root. */
function readRequests(db: Engine) {
  const rows = db.prepare('SELECT idx, size, data FROM request_ids').all() as unknown as { idx: number; size: number; data: Uint8Array }[];
  const kept = new Map(rows.map((row) => [row.idx, row]));
  const rootBefore = new Map<number, Hash>();
  const frontier = createFrontier();
  for (const { idx, hash } of db.prepare('SELECT idx, hash FROM ledger ORDER BY idx').all()) {
    if (kept.has(Number(idx))) rootBefore.set(Number(idx), frontier.root());
    frontier.append(Buffer.from(hash as Uint8Array));
  }
  return {
    *at(index: number, { looks }: Looks, callsOf: (scope: string) => number): Generator<string, Requests | null> {
      const row = kept.get(index);
      const before = rootBefore.get(index);
      if (!row || !before) return null;
      kept.delete(index);
      const text = unpack(row.data, row.size).toString();
      const ids = JSON.parse(text) as Record<string, string[]>;
      const lengths = Object.fromEntries(Object.entries(ids).map(([scope, own]) => [scope, own.length]));
      const expected = looks
        .map(({ scope }) => [scope, callsOf(scope)] as const)
        .map(([scope, n]) => [scope, Number.isNaN(n) ? (lengths[scope] ?? 0) : n]);
      if (canonical(lengths) !== canonical(Object.fromEntries(expected)) || canonical(ids) !== text)
        yield `request ids ${index}: they are not those of the calls`;
      return requestsOf(Object.values(ids).flat(), before);
    },
    *strays(): Generator<string> {
      for (const index of kept.keys()) yield `request ids ${index}: there is no such cycle`;
    },
  };
}

/** Nothing stands in the tables of evidence that no cycle put there, and nothing is missing between. */
function* checkReferences(db: Engine, blobs: Blobs, state: State, referenced: Set<number>): Generator<string> {
  yield* checkEntries(db, blobs, referenced);
  for (const { id } of db.prepare('SELECT id FROM blob').all())
    if (!referenced.has(Number(id)) && !blobs.isPurged(Number(id))) yield `document ${Number(id)}: nothing refers to it`;
  for (const { key } of db.prepare('SELECT key FROM scope').all())
    if (!state.scope(String(key))) yield `scope ${String(key)}: no cycle looked at it`;
  const halves =
    'SELECT idx FROM change WHERE (snapshot IS NULL) <> (vector IS NULL) OR (snapshot IS NULL) <> (detail IS NULL) OR (snapshot IS NULL AND at IS NOT NULL)';
  for (const { idx } of db.prepare(halves).all())
    yield `change of cycle ${Number(idx)}: it is neither of an item that is there nor of one that is gone`;
  const idle = 'SELECT item.key FROM item LEFT JOIN change ON change.item = item.id WHERE change.item IS NULL';
  for (const { key } of db.prepare(idle).all()) yield `item ${String(key)}: no cycle saw it`;
  const nobody = 'SELECT change.idx, change.item FROM change LEFT JOIN item ON item.id = change.item WHERE item.id IS NULL';
  for (const { idx, item } of db.prepare(nobody).all()) yield `change of cycle ${Number(idx)}: there is no item ${Number(item)}`;
  const foreign = 'SELECT change.idx FROM change LEFT JOIN cycle ON cycle.idx = change.idx WHERE cycle.idx IS NULL';
  for (const { idx } of db.prepare(foreign).all()) yield `change of cycle ${Number(idx)}: there is no such cycle`;
}

/** The bodies of the other leaves: of the shape of their kind, with every document that they name. */
function* checkEntries(db: Engine, blobs: Blobs, referenced: Set<number>): Generator<string> {
  const rows = db.prepare('SELECT idx, kind, as_of, body FROM entry').all() as unknown as EntryRow[];
  const scopeOf = (body: Json) => (body as { scope: string }).scope;
  let histories: ReadonlyMap<number, ScopeHistory> | undefined;
  const historyBefore = (index: number): ScopeHistory => {
    const asked = () => rows.filter(({ kind }) => kind === 'backfill').map(({ idx, body }) => ({ index: idx, scope: scopeOf(read(body)) }));
    histories ??= historiesBefore(db, blobs, asked());
    return histories.get(index)!;
  };
  const read = (body: number) => JSON.parse(blobs.read(body)) as Json;
  for (const { idx, kind, as_of: at, body: id } of rows) {
    referenced.add(id);
    const where = `entry ${idx}`;
    yield* attempt(where, function* () {
      const body = read(id);
      yield* checkBody(where, kind, body, blobs, referenced);
      if (kind === 'backfill') yield* checkBackfill(where, { at, body, before: historyBefore(idx) }, blobs);
    });
  }
}

interface EntryRow {
  readonly idx: number;
  readonly kind: string;
  readonly as_of: number;
  readonly body: number;
}

function* checkBody(where: string, kind: string, body: Json, blobs: Blobs, referenced: Set<number>): Generator<string> {
  const flaw = flawInBody(kind, body);
  if (flaw !== null) yield `${where}: ${flaw}`;
  for (const [name, hash] of Object.entries(documentsOf(body))) {
    const found = blobs.find(hash);
    if (found === null) yield `${where}: its document ${name} is missing`;
    else referenced.add(found);
  }
}
