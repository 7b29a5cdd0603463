import type { Judgement } from '#src/cycle/evaluate.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import type { Unread } from '#src/population.ts';
import type { BackfilledItem } from './backfill.ts';
import type { Blobs } from './blobs.ts';
import { changeLeaf } from './documents.ts';
import type { Engine } from './engine.ts';
import { tell } from './replay.ts';
import { leafOfItem } from './scope-tree.ts';
import { createState, type LoggedChange, nowhere, type Projection, type ScopeState, type State } from './state.ts';
import type { Backfill, CorrectedLook, ItemRecord, LedgerEntry, RuleSet } from './store.ts';

/** Scopes with late or corrected looks, told in the order of the time in which things held. */
export interface Retold {
  readonly state: State;
  /** By scope and item. */
  readonly history: ReadonlyMap<string, ItemRecord[]>;
  /** By scope and time. */
  readonly looks: readonly CorrectedLook[];
  /** Keys of items that only a backfill saw, by numbers of their own. */
  readonly itemKeys: ReadonlyMap<number, string>;
}

export interface BackfillBody {
  readonly scope: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly run: string;
  readonly ruleSet: string;
  readonly looks: readonly {
    readonly asOf: string;
    readonly hold: number;
    readonly manifest: string;
    readonly items?: string;
    readonly n?: number;
    readonly root?: string;
    readonly unread?: Unread;
  }[];
}

/** What the leaves of kind `backfill` say, as a report tells it. */
export const backfillsIn = (entries: readonly LedgerEntry[]): Backfill[] =>
  entries.map(({ index, asOf, body }) => {
    const { scope, from, to, reason, run, looks } = body as unknown as BackfillBody;
    return { index, at: asOf, scope, from: Date.parse(from), to: Date.parse(to), reason, run, looks: looks.length };
  });

type Event = { readonly index: number; readonly asOf: number } & (
  | { readonly is: 'failed'; readonly hold: number; readonly unread: Unread }
  | { readonly is: 'look'; readonly hold: number; readonly rules: readonly string[]; readonly changes: readonly LoggedChange[] }
  | { readonly is: 'backfill'; readonly hold: number; readonly rules: readonly string[]; readonly items: readonly BackfilledItem[] }
  | { readonly is: 'end'; readonly reason: string; readonly changes: readonly LoggedChange[] }
);

/**
 * Tells each scope that was backfilled again: its cycles, and in [from, to) of each backfill the looks that it brought in place of them. Of two
 * backfills of the same time the later one counts. Events have happened: those of a look that does not count are known from it on, unless what
 * stands in its place lists them.
 */
export function retell(db: Engine, blobs: Blobs, entries: readonly LedgerEntry[], size: number, projection: Projection): Retold {
  const bodies = entries.map(({ index, body }) => ({ index, ...(body as unknown as BackfillBody) }));
  const keys = new Set(bodies.map(({ scope }) => scope));
  const recorded = keys.size > 0 ? recordedEvents(db, blobs, size, keys) : new Map();
  const state = createState(projection);
  const history = new Map<string, ItemRecord[]>();
  const looks: CorrectedLook[] = [];
  const numbers = itemNumbers(db);

  for (const key of [...keys].sort(byUtf8)) {
    const { id, events } = recorded.get(key)!;
    const own = bodies.filter(({ scope }) => scope === key);
    const covering = ({ asOf, index }: Event) =>
      own.filter((each) => each.index > index && asOf >= Date.parse(each.from) && asOf < Date.parse(each.to)).map((each) => each.index);
    const brought = own.flatMap((body) => broughtBy(body, key, blobs));
    const all = [...events, ...brought].sort((a, b) => a.asOf - b.asOf || a.index - b.index);
    tellScope(key, id, all, covering);
  }
  return { state, history, looks, itemKeys: numbers.keys };

  function tellScope(key: string, id: number, events: readonly Event[], covering: (event: Event) => readonly number[]): void {
    const scope = state.addScope(key, id);
    const cycles = createState(nowhere);
    const asRecorded = cycles.addScope(key, id);
    const listed = new Map<number, Set<string>>();
    for (const event of events)
      if (event.is === 'backfill' && covering(event).length === 0)
        listed.set(event.index, new Set(event.items.map(({ item }) => item)).union(listed.get(event.index) ?? new Set()));
    let apart = false;
    for (const event of events) {
      const above = covering(event);
      const counts = above.length === 0;
      if (event.is === 'failed') {
        if (!counts) continue;
        state.failed(scope, event);
        note(scope, [], event);
      } else if (event.is === 'end') {
        cycles.retire(asRecorded, event);
        const ending = [...scope.items.values()].filter(({ at }) => at === null);
        const changes = ending.map(({ id, key, name, at }) => ({ id, key, name, at, seen: null, judgements: () => [] }));
        state.retire(scope, { ...event, changes });
        note(scope, changes, event);
      } else {
        if (event.is === 'look') cycles.complete(asRecorded, event);
        if (!counts) {
          apart = true;
          const seen = event.is === 'backfill' ? broughtItems(key, event) : event.changes;
          const changes = otherThan(scope, seen).filter(
            (each) => each.at !== null && !above.some((leaf) => listed.get(leaf)?.has(each.key)),
          );
          if (changes.length > 0) {
            state.take(scope, { ...event, changes });
            note(scope, changes, event, 'events');
          }
          continue;
        }
        const changes =
          event.is === 'backfill'
            ? apartFrom(scope, broughtItems(key, event))
            : apart
              ? apartFrom(scope, itemsOf(asRecorded))
              : event.changes;
        apart = event.is === 'backfill';
        state.complete(scope, { ...event, changes });
        note(scope, changes, event);
      }
    }
  }

  function itemsOf(scope: ScopeState): LoggedChange[] {
    return [...scope.items.values()].map(({ id, key, name, at, snapshot, detail, vector }) => ({
      id,
      key,
      name,
      at,
      seen: { snapshot, detail, vector },
      judgements: () => JSON.parse(blobs.read(detail.id)) as Judgement[],
    }));
  }

  function broughtItems(scope: string, { items }: Event & { is: 'backfill' }): LoggedChange[] {
    const kept = (hash: string) => ({ id: blobs.find(hash)!, hash });
    return items.map(({ item: key, at, snapshot, detail, vector }) => {
      const seen = { snapshot: kept(snapshot), detail: kept(detail), vector };
      return {
        id: numbers.of(scope, key),
        key,
        name: key,
        at,
        seen,
        judgements: () => JSON.parse(blobs.read(seen.detail.id)) as Judgement[],
      };
    });
  }

  /** What makes of the items of a scope those of a look. Events stay. */
  function apartFrom(scope: ScopeState, look: readonly LoggedChange[]): LoggedChange[] {
    const seen = new Set(look.map(({ key }) => key));
    const other = otherThan(scope, look);
    const gone = [...scope.items.values()].filter(({ key, at }) => at === null && !seen.has(key));
    const ended = gone.map(({ id, key, name, at }): LoggedChange => ({ id, key, name, at, seen: null, judgements: () => [] }));
    return [...other, ...ended].sort((a, b) => byUtf8(a.key, b.key));
  }

  function note(scope: ScopeState, changes: readonly LoggedChange[], event: Event, is = whatIs(event)): void {
    const { index, asOf } = event;
    looks.push({ ...lookOf(scope, changes, event), is });
    for (const { key, name, seen, judgements } of changes) {
      const slot = `${scope.key}\n${key}`;
      const item = seen && scope.items.get(key);
      const leaf = item ? leafOfItem(scope.scope.population, item) : changeLeaf(scope.key, name, null);
      const records = history.get(slot) ?? history.set(slot, []).get(slot)!;
      records.push({
        index,
        asOf,
        snapshot: seen && !blobs.isPurged(seen.snapshot.id) ? blobs.read(seen.snapshot.id) : null,
        snapshotHash: seen?.snapshot.hash ?? null,
        judgements: seen ? judgements() : [],
        leafHash: leaf.toString('hex'),
      });
    }
  }
}

const whatIs = ({ is }: Event): CorrectedLook['is'] => (is === 'look' || is === 'backfill' ? 'complete' : is);

/** What was seen that is not held as it was seen. */
const otherThan = ({ items }: ScopeState, look: readonly LoggedChange[]): LoggedChange[] =>
  look.filter(({ key, seen }) => {
    const held = items.get(key);
    return seen !== null && (held?.snapshot.hash !== seen.snapshot.hash || held.detail.hash !== seen.detail.hash);
  });

function lookOf({ key: scope, hold }: ScopeState, changes: readonly LoggedChange[], event: Event): Omit<CorrectedLook, 'is'> {
  const { index, asOf } = event;
  return {
    scope,
    index,
    asOf,
    hold,
    unread: event.is === 'failed' ? event.unread : null,
    changes: changes.map(({ key, at, seen }) => ({
      key,
      seen: seen && { snapshot: seen.snapshot.hash, detail: seen.detail.hash, vector: seen.vector, at },
    })),
  };
}

function recordedEvents(db: Engine, blobs: Blobs, size: number, keys: ReadonlySet<string>) {
  const found = new Map<string, { id: number; events: Event[] }>();
  for (const { index, asOf, ruleSet, looks, changes, scopes } of tell(db, blobs, size)) {
    const changesOf = (key: string) => changes.find(({ scope }) => scope.key === key)?.changes ?? [];
    const add = (key: string, event: Event) => {
      if (!found.has(key)) found.set(key, { id: scopes.get(key)!.id, events: [] });
      found.get(key)!.events.push(event);
    };
    for (const { scope: key, hold, unread } of looks.looks) {
      if (!keys.has(key)) continue;
      const rules = ruleSet.byPopulation[scopes.get(key)!.scope.population] ?? [];
      add(key, unread ? { is: 'failed', index, asOf, hold, unread } : { is: 'look', index, asOf, hold, rules, changes: changesOf(key) });
    }
    for (const { scope: key, reason } of looks.retired)
      if (keys.has(key)) add(key, { is: 'end', index, asOf, reason, changes: changesOf(key) });
  }
  return found;
}

function broughtBy({ index, ruleSet, looks }: BackfillBody & { index: number }, scope: string, blobs: Blobs): Event[] {
  const read = (hash: string) => JSON.parse(blobs.read(blobs.find(hash)!)) as unknown;
  const population = scope.split('/').slice(3).join('/');
  const rules = (read(ruleSet) as RuleSet).byPopulation[population] ?? [];
  return looks.map(({ asOf, hold, items, unread }): Event => {
    const when = { index, asOf: Date.parse(asOf), hold };
    return unread ? { is: 'failed', ...when, unread } : { is: 'backfill', ...when, rules, items: read(items!) as BackfilledItem[] };
  });
}

/** The numbers of items: those of the table, and others below zero for items that no cycle saw. */
function itemNumbers(db: Engine) {
  const row = db.prepare('SELECT item.id FROM item JOIN scope ON scope.id = item.scope WHERE scope.key = ? AND item.key = ?');
  const given = new Map<string, number>();
  const keys = new Map<number, string>();
  const number = (scope: string, key: string): number => {
    const found = row.get(scope, key);
    if (found) return Number(found['id']);
    keys.set(-given.size - 1, key);
    return -given.size - 1;
  };
  return {
    keys,
    of(scope: string, key: string): number {
      const slot = `${scope}\n${key}`;
      return given.get(slot) ?? given.set(slot, number(scope, key)).get(slot)!;
    },
  };
}
