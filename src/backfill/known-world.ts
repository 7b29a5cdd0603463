import type { ScopeState } from '#src/evidence/state.ts';
import type { CorrectedLook, EvidenceStore } from '#src/evidence/store.ts';
import type { Observed, Unread } from '#src/population.ts';
import { textOf } from '#src/replay/reperform.ts';

interface KnownItem {
  readonly snapshot: string;
  readonly firstSeen: number;
  /** Of an event its instant. */
  readonly at: number | null;
}

/** What is known of a scope at an instant. */
export interface KnownScope {
  readonly key: string;
  readonly lastLook: number | null;
  readonly hold: number;
  readonly unread: Unread | null;
  readonly items: ReadonlyMap<string, KnownItem>;
}

/** What is known of all scopes, at growing instants: as the cycles recorded it, and of those that were corrected as it was corrected. */
export interface KnownWorld {
  /** With the looks of that very instant; without retired scopes. To be read before the next is asked for. */
  at(instant: number): KnownScope[];
  /** An item by the hash of its snapshot; null where it was purged. */
  item(snapshot: string): Observed<object> | null;
}

/** As it was known to a ledger of `size` leaves, or is to the whole. */
export function knownWorld(store: EvidenceStore, size = store.head().size): KnownWorld {
  const told = Iterator.from(store.told(size));
  const instants = store.cycles(-Infinity, Infinity).flatMap(({ index, asOf }) => (index < size ? [asOf] : []));
  const folds = [...Map.groupBy(store.corrected(size), ({ scope }) => scope)].map(([key, looks]) => folding(key, looks));
  const corrected = new Set(folds.map(({ key }) => key));
  const items = new Map<string, Observed<object> | null>();
  const read = (snapshot: string) => {
    const text = textOf(store, snapshot);
    return text === null ? null : (JSON.parse(text) as Observed<object>);
  };
  let recorded: ReadonlyMap<string, ScopeState> = new Map();
  let next = 0;
  return {
    at(instant) {
      for (; next < instants.length && instants[next]! <= instant; next++) recorded = told.next().value?.scopes ?? recorded;
      const others = recorded.values().filter(({ key, retired }) => !retired && !corrected.has(key));
      return [...others.map(asRecorded), ...folds.flatMap((fold) => fold.at(instant) ?? [])];
    },
    item: (snapshot) => items.get(snapshot) ?? items.set(snapshot, read(snapshot)).get(snapshot)!,
  };
}

const asRecorded = ({ key, lastLook, hold, failing, items }: ScopeState): KnownScope => ({
  key,
  lastLook,
  hold,
  unread: failing?.unread ?? null,
  items: new Map(items.values().map(({ key: item, snapshot, firstSeen, at }) => [item, { snapshot: snapshot.hash, firstSeen, at }])),
});

/** A corrected scope, look after look. `at` is null before its first look and where it is retired. */
function folding(key: string, looks: readonly CorrectedLook[]) {
  const items = new Map<string, KnownItem>();
  let known: KnownScope | null = null;
  let next = 0;
  const fold = ({ asOf, is, hold, unread, changes }: CorrectedLook) => {
    for (const { key: item, seen } of changes) {
      if (!seen) items.delete(item);
      else items.set(item, { snapshot: seen.snapshot, at: seen.at, firstSeen: items.get(item)?.firstSeen ?? asOf });
    }
    if (is === 'events') return;
    const lastLook: number | null = is === 'complete' ? asOf : (known?.lastLook ?? null);
    known = is === 'end' ? null : { key, hold, items, unread, lastLook };
  };
  return {
    key,
    at(instant: number): KnownScope | null {
      for (; next < looks.length && looks[next]!.asOf <= instant; next++) fold(looks[next]!);
      return known && { ...known, items: new Map(items) };
    },
  };
}
