import { breathing } from '#src/breath.ts';
import type { Judgement } from '#src/cycle/evaluate.ts';
import { HoldfastError } from '#src/errors.ts';
import { canonical, type Json, sha256 } from '#src/ledger/canonical.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import type { Hash } from '#src/ledger/tree.ts';
import type { Blobs, Kept } from './blobs.ts';
import type { Checkpoints } from './checkpoints.ts';
import { pack } from './compression.ts';
import { type CycleManifest, cycleLeaf, entryLeaf, type Looks, requestsOf } from './documents.ts';
import { type Engine, numbering } from './engine.ts';
import { documentsOf, type EntryKind, flawInBody } from './entries.ts';
import type { Held } from './held.ts';
import type { Log } from './log.ts';
import { formerManifests, type Manifests } from './manifests.ts';
import { type PreparedCycle, type PreparedScope, prepare, refuse } from './prepare.ts';
import type { RuleNumbers } from './projections.ts';
import { outlived, type Purge, takeAway, traces } from './purge.ts';
import type { CycleRow } from './replay.ts';
import { committedName, randomSalt, type Salt } from './salted.ts';
import { changeLeaves, type LoggedChange, type ScopeState, type State } from './state.ts';
import type { CycleRecord, ErasureOrder, EvidenceStore, LedgerHead, Purged, PurgeOrder, RuleSet } from './store.ts';

export interface WriterOptions {
  /** For how long the full list of each cycle's request ids is kept, in days. By default not at all: the leaf has their root and a sample. */
  readonly requestIdDays?: number;
  /** The types of the populations whose items are people: what is known of them is salted. */
  readonly personal?: ReadonlySet<string>;
  readonly salt?: Salt;
}

interface Parts {
  readonly db: Engine;
  /** What an error of the engine means. */
  readonly faultOf: (error: unknown) => HoldfastError;
  readonly blobs: Blobs;
  readonly log: Log;
  readonly checkpoints: Checkpoints;
  readonly rules: RuleNumbers;
  readonly state: State;
  readonly held: Held;
  readonly manifests: Manifests;
}

type Writer = Pick<EvidenceStore, 'commit' | 'append' | 'addAnchor' | 'sign' | 'purge' | 'erase'> & {
  /** What is being written, to be waited for; null where nothing is. */
  unfinished(): Promise<unknown> | null;
};

/** The only one that adds to the store. */
export function writer(parts: Parts, { requestIdDays = 0, personal = new Set(), salt = randomSalt }: WriterOptions): Writer {
  const { db, faultOf, log, state, held, blobs, checkpoints } = parts;
  const lastAsOf = db.prepare('SELECT max(as_of) AS at FROM cycle');
  const size = db.prepare('SELECT coalesce(max(idx), -1) + 1 AS found FROM ledger');
  const addCycle = db.prepare(
    'INSERT INTO cycle (idx, connection, as_of, ended, rule_set, looks, manifest, scopes, failed, changes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const addEntry = db.prepare('INSERT INTO entry (idx, kind, as_of, body) VALUES (?, ?, ?, ?)');
  const addAnchorRow = db.prepare('INSERT INTO anchor (name, size, kind, at, receipt) VALUES (?, ?, ?, ?, ?)');
  const latestBody = db.prepare('SELECT body FROM entry WHERE kind = ? ORDER BY idx DESC LIMIT 1');
  const addIds = db.prepare('INSERT INTO request_ids (idx, size, data) VALUES (?, ?, ?)');
  const dropIds = db.prepare('DELETE FROM request_ids WHERE idx < (SELECT idx FROM cycle WHERE as_of >= ? ORDER BY as_of LIMIT 1)');
  const latestCycle = db.prepare('SELECT * FROM cycle WHERE connection = ? ORDER BY idx DESC LIMIT 1');
  const scopes = scopeWriter(parts, personal, salt);
  const formerManifest = formerManifests(db);
  let broken: string | null = null;

  /** All or nothing. What fails in here may have left the state ahead of the file, so the store then answers no more writes. */
  const durably = <T>(write: () => T): T => {
    try {
      begin();
      const written = write();
      db.commit();
      return written;
    } catch (error) {
      throw takenBack(error);
    }
  };
  /** The same for what lets others be heard on the way: up to its last step it writes only what nobody reads before there is a cycle that names it. */
  const durablyInSteps = async <T>(write: () => Promise<T>): Promise<T> => {
    try {
      begin();
      const written = await write();
      db.commit();
      return written;
    } catch (error) {
      throw takenBack(error);
    }
  };
  const begin = () => {
    db.begin();
    const { found } = size.get() as { found: number };
    const expected = log.head().size;
    if (found !== expected) throw new HoldfastError('LEDGER_MOVED', { found, expected });
  };
  const takenBack = (error: unknown): HoldfastError => {
    broken = Error.isError(error) ? error.message : String(error);
    db.rollback();
    return faultOf(error);
  };
  /** Whoever asks a far engine meanwhile asks within the transaction, and what goes wrong then would end it. */
  const breathe = db.far ? () => undefined : breathing();
  /** What is asked before anything is written: a database that fails to answer is not asked again either. */
  const asked = <T>(ask: () => T): T => {
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof HoldfastError)) broken = Error.isError(error) ? error.message : String(error);
      throw faultOf(error);
    }
  };
  const refuseBroken = () =>
    broken === null ? undefined : refuse(`an earlier write failed (${broken}); close the store and open it again`);

  const keepIds = (index: number, asOf: number, { scopes }: PreparedCycle) => {
    dropIds.run(asOf - requestIdDays * 86_400_000);
    if (requestIdDays === 0) return;
    const ids = scopes.map(({ key, calls }): [string, string[]] => [key, calls.map(({ requestId }) => requestId)]);
    const raw = Buffer.from(canonical(Object.fromEntries(ids)));
    addIds.run(index, raw.length, pack(raw));
  };
  let rulesKept: { readonly ruleSet: RuleSet; readonly kept: Kept } | undefined;
  const keepRules = (ruleSet: RuleSet, before: number | undefined): Kept => {
    if (rulesKept?.ruleSet === ruleSet) return rulesKept.kept;
    parts.rules.meet(ruleSet);
    rulesKept = { ruleSet, kept: blobs.put(canonical(ruleSet), 'rule set', before) };
    return rulesKept.kept;
  };
  const recordCycle = async (cycle: CycleRecord, prepared: PreparedCycle): Promise<Map<ScopeState, Changed>> => {
    const { size: index } = log.head();
    const { connection, asOf, ended, ruleSet } = cycle;
    const before = latestCycle.get(connection) as CycleRow | undefined;
    const keptRules = keepRules(ruleSet, before?.rule_set);

    const changed = new Map<ScopeState, Changed>();
    const leaves: Hash[] = [];
    const manifest: CycleManifest[number][] = [];
    const looked: LoggedChange[][] = [];
    for (const scope of prepared.scopes) {
      manifest.push([
        scope.key,
        scope.unread ? 'failed' : 'complete',
        scope.items,
        parts.manifests.keep(scope.key, scope.calls, scope.unread === null).hash,
      ]);
      looked.push(await scopes.log(scope, index, breathe));
    }
    // From here on in one step: the state, what is projected from it, and the leaf.
    for (const [i, scope] of prepared.scopes.entries())
      for (const leaf of scopes.look(scope, looked[i]!, index, asOf, changed)) leaves.push(leaf);
    for (const { key, reason } of prepared.retired) leaves.push(...scopes.retire(key, reason, index, asOf, changed));

    const looks: Looks = {
      looks: prepared.scopes.map(({ key, hold, unread }) => ({ scope: key, hold, ...(unread && { unread }) })),
      retired: prepared.retired.map(({ key, reason }) => ({ scope: key, reason })),
    };
    const keptLooks = blobs.put(canonical(looks), 'looks', before?.looks);
    const keptManifest = blobs.put(canonical(manifest), 'cycle manifest', formerManifest(connection));
    const calls = prepared.scopes.flatMap((scope) => scope.calls);
    const requests = requestsOf(
      calls.map(({ requestId }) => requestId),
      log.root(),
    );
    const facts = {
      connection,
      asOf,
      ended,
      ruleSet: keptRules.hash,
      state: state.root(connection),
      changes: leaves,
      looks,
      looksHash: keptLooks.hash,
      manifestHash: keptManifest.hash,
    };
    const leaf = cycleLeaf({ ...facts, calls: calls.length, requests });
    if (Buffer.byteLength(leaf) > 65_535) refuse('the leaf of the cycle is longer than 65,535 bytes');
    log.append(`cycle ${connection}`, leaf);
    addCycle.run(
      index,
      connection,
      asOf,
      ended,
      keptRules.id,
      keptLooks.id,
      keptManifest.id,
      prepared.scopes.length,
      prepared.scopes.filter(({ unread }) => unread).length,
      leaves.length,
    );
    keepIds(index, asOf, prepared);
    return changed;
  };

  const appendLeaf = (kind: EntryKind, asOf: number, text: string, before: number | null): void => {
    const { size: index } = log.head();
    const { id, hash } = blobs.put(text, kind, before);
    log.append(kind, entryLeaf(kind, asOf, hash));
    addEntry.run(index, kind, asOf, id);
  };
  const latestOf = (kind: EntryKind): number | null => (latestBody.get(kind) as { body: number } | undefined)?.body ?? null;
  const sign = async (): Promise<LedgerHead> => {
    try {
      await checkpoints.sign({ size: log.head().size, root: log.root() }, { asked, durably });
    } catch (error) {
      broken ??= Error.isError(error) ? error.message : String(error);
      throw error;
    }
    return log.head();
  };

  const forget = async (reason: 'retention' | 'erasure', { policy, by, at, dryRun }: Order, purge: Purge): Promise<Purged> => {
    const found = [...purge.documents].map((id) => ({ hash: blobs.kept(id).hash, size: blobs.sizeOf(id) }));
    const bytes = found.reduce((sum, { size }) => sum + size, 0);
    const report = { documents: found.length, bytes, words: [], remaining: { living: 0, unsalted: 0 } };
    if (dryRun || (found.length === 0 && purge.items.length === 0)) return { ...report, head: log.head() };
    const items = purge.items.map(({ scope, name }) => ({ scope, name }));
    const body = { reason, policy, by, items, purged: found.map(({ hash }) => hash).toSorted() };
    durably(() => {
      takeAway(parts, purge);
      appendLeaf('tombstone', at, canonical(body), null);
    });
    const head = await sign();
    db.scrub();
    return { ...report, head };
  };

  /** One after the other: what is durable is signed before the next thing is written. */
  let turn: Promise<unknown> = Promise.resolve();
  let under = 0;
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    under++;
    const done = turn.then(() => (refuseBroken(), act())).finally(() => under--);
    turn = done.catch(() => undefined);
    return done;
  };

  return {
    unfinished: () => (under > 0 ? turn : null),
    commit: (cycle) =>
      inTurn(async () => {
        const { at } = asked(() => lastAsOf.get()) as { at: number | null };
        const prepared = await prepare(cycle, state, at, breathe);
        const changed = await durablyInSteps(() => recordCycle(cycle, prepared));
        await sign();
        for (const [scope, items] of changed) held.show(scope, items);
        return log.head();
      }),
    append: (kind, asOf, body, attachments = []) =>
      inTurn(async () => {
        const flaw = flawInBody(kind, body);
        if (flaw !== null) refuse(flaw);
        const text = canonical(body);
        const before = asked(() => latestOf(kind));
        const latest = before === null ? null : asked(() => blobs.read(before));
        if (latest === text) return log.head();
        const documents = attached(blobs, kind, body, attachments);
        const former = latest === null ? {} : documentsOf(JSON.parse(latest));
        durably(() => {
          for (const [name, document] of documents)
            blobs.put(document, `document ${kind}`, former[name] === undefined ? null : blobs.find(former[name]));
          appendLeaf(kind, asOf, text, before);
        });
        return sign();
      }),
    addAnchor: ({ name, kind, size, at, receipt }) =>
      inTurn(async () => {
        const body = { name, kind, size, at: new Date(at).toISOString(), receipt: sha256(receipt) };
        durably(() => {
          addAnchorRow.run(name, size, kind, at, receipt);
          appendLeaf('anchor', at, canonical(body), latestOf('anchor'));
        });
        return sign();
      }),
    sign: () => inTurn(sign),
    purge: (order) =>
      inTurn(async () => {
        const documents = outlived(parts, order.before);
        return forget('retention', order, { documents, items: [] });
      }),
    erase: (order) =>
      inTurn(async () => {
        const item = erasable(parts, order);
        const { documents, words, remaining } = traces(parts, item.id);
        return { ...(await forget('erasure', order, { documents, items: [item] })), words, remaining };
      }),
  };
}

/** The texts of a body's documents by name, but for those that are kept already. None is missing, and none left over. */
function attached(blobs: Blobs, kind: EntryKind, body: Json, texts: readonly string[]): Map<string, string> {
  const given = new Map(texts.map((text) => [sha256(text), text]));
  const named = Object.entries(documentsOf(body));
  const missing = named.find(([, hash]) => !given.has(hash) && blobs.find(hash) === null);
  if (missing) refuse(`a ${kind}: its document ${missing[0]} is neither given nor kept`);
  const used = new Set(named.map(([, hash]) => hash));
  const stray = [...given.keys()].find((hash) => !used.has(hash));
  if (stray !== undefined) refuse(`a ${kind}: it does not name the document ${stray}`);
  return new Map(named.flatMap(([name, hash]) => (given.has(hash) ? [[name, given.get(hash)!]] : [])));
}

type Order = Omit<PurgeOrder, 'before'>;

/** The item that may be erased: salted, and no longer there. */
function erasable({ db, state }: Parts, { scope, item: key }: ErasureOrder): Purge['items'][number] {
  const refuseErasing = (reason: string): never => {
    throw new HoldfastError('ITEM_NOT_ERASABLE', { scope, item: key, reason });
  };
  const row = db
    .prepare('SELECT item.id, salt FROM item JOIN scope ON scope.id = item.scope WHERE scope.key = ? AND item.key = ?')
    .get(scope, key);
  if (!row) return refuseErasing('there is no such item in that scope');
  if (state.scope(scope)?.items.has(key)) return refuseErasing('it is still there, and the next look would bring it back');
  if (row['salt'] === null) return refuseErasing('it was not recorded as a person, or before names were salted, or it was erased');
  return { id: Number(row['id']), scope, name: committedName(key, row['salt'] as Uint8Array) };
}

/** The items of a scope that a cycle changed, with what is now judged of them; null where they are gone. */
type Changed = Map<string, readonly Judgement[] | null>;

interface ItemRow {
  readonly id: number;
  readonly key: string;
  readonly salt: Uint8Array | null;
}

/** Writes the change log, and tells the state. */
function scopeWriter({ db, blobs, state }: Parts, personal: ReadonlySet<string>, salt: Salt) {
  const addScope = db.prepare('INSERT INTO scope (id, key) VALUES (?, ?)');
  const findItem = db.prepare('SELECT id, key, salt FROM item WHERE scope = ? AND key = ?');
  const addItem = db.prepare('INSERT INTO item (id, scope, key, salt) VALUES (?, ?, ?, ?)');
  const addChange = db.prepare('INSERT INTO change (item, idx, snapshot, vector, detail, at) VALUES (?, ?, ?, ?, ?, ?)');
  const [nextScope, nextItem] = [numbering(db, 'scope'), numbering(db, 'item')];
  const newScope = (key: string): number => {
    const id = nextScope();
    addScope.run(id, key);
    return id;
  };
  const newItem = (scope: ScopeState, key: string): ItemRow => {
    const row = { id: nextItem(), key, salt: personal.has(scope.scope.population) ? salt(`${scope.key} ${key}`) : null };
    addItem.run(row.id, scope.id, key, row.salt);
    return row;
  };
  /** A scope that was never tried has no items. */
  const formerItem = (scope: ScopeState, key: string): ItemRow | undefined =>
    scope.lastTryIndex === null ? undefined : (findItem.get(scope.id, key) as unknown as ItemRow | undefined);
  const rowOf = (scope: ScopeState, key: string): ItemRow => formerItem(scope, key) ?? newItem(scope, key);

  const keep = (text: string, kind: string, { scope }: ScopeState, before: Kept | undefined): Kept => {
    if (!personal.has(scope.population)) return blobs.put(text, `${kind} ${scope.population}`, before?.id);
    return before && blobs.read(before.id) === text ? before : blobs.putSalted(text, `${kind} ${scope.population}`, before?.id);
  };
  const logItem = (scope: ScopeState, index: number, { key, at, seen }: PreparedScope['changes'][number]): LoggedChange => {
    const before = scope.items.get(key);
    const row = before ? null : rowOf(scope, key);
    const { id, name } = before ?? { id: row!.id, name: committedName(row!.key, row!.salt) };
    const kept = seen && {
      snapshot: keep(seen.snapshot, 'snapshot', scope, before?.snapshot),
      detail: keep(seen.detail, 'detail', scope, before?.detail),
      vector: seen.vector,
    };
    addChange.run(id, index, kept?.snapshot.id ?? null, kept?.vector ?? null, kept?.detail.id ?? null, at);
    return { id, key, name, at, seen: kept, judgements: () => seen?.judgements ?? [] };
  };

  return {
    /** The change log of a look, with its documents. */
    async log({ key, changes }: PreparedScope, index: number, breathe: () => Promise<void> | undefined): Promise<LoggedChange[]> {
      const scope = state.scope(key) ?? state.addScope(key, newScope(key));
      const logged: LoggedChange[] = [];
      for (const change of changes) {
        await breathe();
        logged.push(logItem(scope, index, change));
      }
      return logged;
    },
    /** Tells the state of a look that is logged. */
    look(
      { key, hold, unread, rules, changes }: PreparedScope,
      logged: readonly LoggedChange[],
      index: number,
      asOf: number,
      changed: Map<ScopeState, Changed>,
    ): Hash[] {
      const scope = state.scope(key)!;
      changed.set(scope, new Map(changes.map(({ key, seen }) => [key, seen && seen.judgements])));
      if (unread) state.failed(scope, { index, asOf, hold, unread });
      else state.complete(scope, { index, asOf, hold, rules, changes: logged });
      return changeLeaves(scope, logged);
    },
    /** Items end with their scope. Events do not: they have happened. */
    retire(key: string, reason: string, index: number, asOf: number, changed: Map<ScopeState, Changed>): Hash[] {
      const scope = state.scope(key)!;
      const ending = [...scope.items.values()].filter(({ at }) => at === null).map((item) => ({ key: item.key, at: null, seen: null }));
      ending.sort((a, b) => byUtf8(a.key, b.key));
      changed.set(scope, new Map(ending.map((change) => [change.key, null])));
      const logged = ending.map((change) => logItem(scope, index, change));
      state.retire(scope, { index, asOf, reason, changes: logged });
      return changeLeaves(scope, logged);
    },
  };
}
