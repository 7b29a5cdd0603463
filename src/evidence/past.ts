import { openBlobs } from './blobs.ts';
import type { Engine } from './engine.ts';
import { type Replayed, replay } from './replay.ts';
import { copyState, createState, nowhere, type State } from './state.ts';

/**
 * Tells the past as often as it is asked for. Of each telling some states on the way are kept in memory, so that the next one begins at the
 * nearest before it. They are made from the log alone, and forgotten with the process.
 */
export interface Past {
  /** The state when the ledger had `size` leaves, or earlier; and the cycles after it, up to `end`, each told to that state as it is handed out. */
  from(size: number, end: number): { readonly state: State; readonly cycles: Iterable<Replayed> };
  /** The state when the ledger had `size` leaves: the caller's own. */
  at(size: number): State;
  /** What was told is no longer what the log says: items were erased. */
  forget(): void;
}

export interface PastOptions {
  /** Leaves between two states that are kept, at least. */
  readonly spacing?: number;
  /** How many items all of them hold together, at most. */
  readonly items?: number;
}

export function openPast(db: Engine, { spacing = 500, items: most = 200_000 }: PastOptions = {}): Past {
  const blobs = openBlobs(db);
  let kept: { readonly size: number; readonly state: State }[] = [];
  let apart = spacing;

  const keep = (size: number, state: State): void => {
    if (size < (kept.at(-1)?.size ?? 0) + apart) return;
    const items = state.scopes.values().reduce((sum, scope) => sum + scope.items.size, 0);
    if ((kept.length + 1) * items > most) {
      kept = kept.filter((_, i) => i % 2 === 1);
      apart *= 2;
    } else kept.push({ size, state: copyState(state) });
  };
  function* telling(state: State, begin: number, end: number): Generator<Replayed> {
    for (const replayed of replay(db, blobs, state, end, begin)) {
      yield replayed;
      keep(replayed.cycle.idx + 1, state);
    }
  }
  const from: Past['from'] = (size, end) => {
    const nearest = kept.findLast((each) => each.size <= size);
    const state = nearest ? copyState(nearest.state) : createState(nowhere);
    return { state, cycles: telling(state, nearest?.size ?? 0, end) };
  };
  return {
    from,
    at(size) {
      const { state, cycles } = from(size, size);
      for (const _ of cycles);
      return state;
    },
    forget: () => void (kept = []),
  };
}
