import type { Judgement } from '#src/cycle/evaluate.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import type { Blobs } from './blobs.ts';
import type { CycleManifest, Looks } from './documents.ts';
import type { Engine } from './engine.ts';
import { committedName } from './salted.ts';
import { createState, type LoggedChange, type Look, nowhere, type ScopeState, type State } from './state.ts';
import type { RuleSet } from './store.ts';
import { openWordless } from './wordless.ts';

/** More leaves than a ledger can have. */
export const wholeLedger = 2 ** 31 - 1;

/** A row of `cycle`. */
export interface CycleRow {
  readonly idx: number;
  readonly connection: string;
  readonly as_of: number;
  readonly ended: number;
  readonly rule_set: number;
  readonly looks: number;
  readonly manifest: number;
  readonly scopes: number;
  readonly failed: number;
  readonly changes: number;
}

export interface Replayed {
  readonly cycle: CycleRow;
  readonly ruleSet: RuleSet;
  readonly looks: Looks;
  /** The scopes of the cycle with what changed in them, in order. */
  readonly changes: readonly { readonly scope: ScopeState; readonly changes: readonly LoggedChange[] }[];
  /** Changes of the cycle that belong to no scope it looked at. */
  readonly strays: number;
}

/** A cycle told again, with every scope as it stood after it. The scopes are the same objects each time: take what is needed before the next. */
export interface ToldCycle {
  readonly index: number;
  readonly connection: string;
  readonly asOf: number;
  readonly ended: number;
  readonly ruleSet: RuleSet;
  readonly ruleSetHash: string;
  readonly looks: Looks;
  readonly changes: Replayed['changes'];
  readonly scopes: ReadonlyMap<string, ScopeState>;
  manifest(): CycleManifest;
}

/** The cycles of a ledger of `size` leaves, the oldest first. */
export function* tell(db: Engine, blobs: Blobs, size = wholeLedger): Generator<ToldCycle> {
  const state = createState(nowhere);
  for (const { cycle, ruleSet, looks, changes } of replay(db, blobs, state, size)) {
    const { idx: index, connection, as_of: asOf, ended, rule_set, manifest } = cycle;
    const ruleSetHash = blobs.kept(rule_set).hash;
    yield {
      index,
      connection,
      asOf,
      ended,
      ruleSet,
      ruleSetHash,
      looks,
      changes,
      scopes: state.scopes,
      manifest: () => JSON.parse(blobs.read(manifest)) as CycleManifest,
    };
  }
}

const none: readonly LoggedChange[] = [];

/**
 * Tells the state every cycle that was recorded, the oldest first, as far as a ledger of `size` leaves; hands out each as it is done. A state
 * that stands where the ledger had `begin` leaves is told the rest.
 */
export function* replay(db: Engine, blobs: Blobs, state: State, size = wholeLedger, begin = 0): Generator<Replayed> {
  const scopeIds = new Map(
    (db.prepare('SELECT id, key FROM scope').all() as unknown as { id: number; key: string }[]).map(({ id, key }) => [key, id]),
  );
  const document = remembering((id: number) => JSON.parse(blobs.read(id)) as unknown);
  const log = readChanges(db, blobs, size, begin);

  const latest = new Map<string, Repeatable>();

  const tell = (cycle: CycleRow): Replayed => {
    const ruleSet = document(cycle.rule_set) as RuleSet;
    const looks = document(cycle.looks) as Looks;
    const changes = log.at(cycle.idx, cycle.as_of);
    const { idx: index, as_of: asOf } = cycle;
    const before = latest.get(cycle.connection);
    const repeats = before?.looks === cycle.looks && asOf - before.look.asOf <= before.patience;
    const look = repeats ? before.look : { asOf, index };
    const done: { scope: ScopeState; changes: LoggedChange[] }[] = [];
    const take = (scope: ScopeState): readonly LoggedChange[] => {
      const own = changes.get(scope.id);
      if (!own) return none;
      changes.delete(scope.id);
      done.push({ scope, changes: own });
      return own;
    };
    for (const { scope: key, hold, unread } of repeats ? before.changed(changes.keys()) : looks.looks) {
      const scope = state.scope(key) ?? state.addScope(key, scopeIds.get(key) ?? -1);
      if (unread) state.failed(scope, { index, asOf, hold, unread, look });
      else
        named(key, () => {
          const rules = ruleSet.byPopulation[scope.scope.population] ?? [];
          state.complete(scope, { index, asOf, hold, rules, changes: take(scope), look });
        });
    }
    for (const { scope: key, reason } of looks.retired) {
      const scope = state.scope(key);
      if (scope) named(key, () => state.retire(scope, { index, asOf, reason, changes: take(scope) }));
    }
    if (repeats) Object.assign(look, { asOf, index });
    else if (looks.looks.every(({ scope }) => scope.startsWith(`${cycle.connection}/`)))
      latest.set(cycle.connection, repeatable(cycle.looks, looks, look, scopeIds));
    else latest.clear();
    return { cycle, ruleSet, looks, changes: done, strays: changes.size };
  };
  try {
    for (const cycle of db.prepare('SELECT * FROM cycle WHERE idx >= ? AND idx < ? ORDER BY idx').all(begin, size) as unknown as CycleRow[])
      yield named(`cycle ${cycle.idx}`, () => tell(cycle));
  } finally {
    log.close();
  }
}

/**
 * The latest cycle of a connection. Where the next looks at the same scopes with the same outcome, and comes in time, every scope stands as it
 * stood, but for the instant of its look and for what changed.
 */
interface Repeatable {
  /** The document that says so. */
  readonly looks: number;
  readonly look: Look;
  /** In ms, after which one of the looks would have ended in a gap. */
  readonly patience: number;
  /** Those of its looks that are at these scopes, in order. */
  changed(scopes: Iterable<number>): Looks['looks'];
}

function repeatable(id: number, { looks, retired }: Looks, look: Look, scopeIds: ReadonlyMap<string, number>): Repeatable {
  const patience = retired.length > 0 ? -Infinity : Math.min(...looks.map(({ hold, unread }) => (unread ? Infinity : hold)));
  let places: Map<number | undefined, number> | undefined;
  return {
    looks: id,
    look,
    patience,
    changed(scopes) {
      places ??= new Map(looks.map(({ scope }, i) => [scopeIds.get(scope), i]));
      const found = Array.from(scopes, (scope) => places!.get(scope)).filter((place) => place !== undefined);
      return found.sort((a, b) => a - b).map((place) => looks[place]!);
    },
  };
}

/** What goes wrong in it says where. */
function named<T>(where: string, tell: () => T): T {
  try {
    return tell();
  } catch (error) {
    if (Error.isError(error)) error.message = `${where}: ${error.message}`;
    throw error;
  }
}

interface ChangeRow {
  readonly idx: number;
  readonly id: number;
  readonly scope: number;
  readonly key: string;
  readonly salt: Uint8Array | null;
  readonly snapshot: number | null;
  readonly vector: string | null;
  readonly detail: number | null;
  readonly at: number | null;
}

/** The change log in the order of the cycles: asked with growing indexes, it gives the cycle's changes by scope. A log that stays open holds up the database. */
interface ChangeLog {
  at(index: number, asOf: number): Map<number, LoggedChange[]>;
  close(): void;
}

function readChanges(db: Engine, blobs: Blobs, size: number, begin: number): ChangeLog {
  const rows = db
    .prepare(
      'SELECT change.idx, item.id, item.scope, item.key, item.salt, snapshot, vector, detail, at FROM change JOIN item ON item.id = change.item WHERE change.idx >= ? AND change.idx < ? ORDER BY change.idx',
    )
    .iterate(begin, size) as unknown as IterableIterator<ChangeRow, undefined>;
  const kept = remembering((id: number) => blobs.kept(id));
  // The rules of an item are asked one after the other for the same document.
  const judgementsIn = rememberingLast((id) => JSON.parse(blobs.read(id)) as readonly Judgement[]);
  const wordless = openWordless(db);
  const loggedChange = ({ id, key, salt, at, snapshot, vector, detail }: ChangeRow, asOf: number): LoggedChange => ({
    id,
    key,
    name: committedName(key, salt),
    at,
    seen: snapshot === null ? null : { snapshot: kept(snapshot), detail: kept(detail!), vector: vector! },
    judgements: () => {
      if (detail === null) return [];
      return blobs.isPurged(detail) ? wordless(id, asOf) : judgementsIn(detail);
    },
  });
  let next = rows.next();
  return {
    at(index, asOf) {
      const changes = new Map<number, LoggedChange[]>();
      for (; !next.done && next.value.idx <= index; next = rows.next()) {
        const list = changes.get(next.value.scope) ?? [];
        if (list.length === 0) changes.set(next.value.scope, list);
        list.push(loggedChange(next.value, asOf));
      }
      for (const list of changes.values()) list.sort((a, b) => byUtf8(a.key, b.key));
      return changes;
    },
    close: () => void rows.return?.(),
  };
}

/** Asks once for each. */
function remembering<K, T>(ask: (id: K) => T): (id: K) => T {
  const answers = new Map<K, T>();
  return (id) => {
    const known = answers.get(id);
    if (known !== undefined) return known;
    const answer = ask(id);
    answers.set(id, answer);
    return answer;
  };
}

/** Asks anew only for another number than the last. */
function rememberingLast<T>(ask: (id: number) => T): (id: number) => T {
  let last: { readonly id: number; readonly answer: T } | undefined;
  return (id) => (last?.id === id ? last : (last = { id, answer: ask(id) })).answer;
}
