import type { Judgement } from '#src/cycle/evaluate.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import type { Observed } from '#src/population.ts';
import type { Blobs } from './blobs.ts';
import type { ItemState, ScopeState } from './state.ts';
import type { HeldItem, HeldScope } from './store.ts';

/** What is held, as the store shows it. It follows the state only when told to: after a cycle is durable. */
export interface Held {
  readonly scopes: ReadonlyMap<string, HeldScope>;
  /** Shows a scope as the state has it. Of its items the given ones changed; those of them without judgements are gone. */
  show(scope: ScopeState, changed: Iterable<readonly [key: string, judgements: readonly Judgement[] | null]>): void;
  /** Shows a scope with all its items. Each is read from its documents when it is first looked at. */
  load(scope: ScopeState): void;
}

export function holdNothing(blobs: Blobs): Held {
  const scopes = new Map<string, HeldScope>();
  const itemsOf = new Map<string, Map<string, HeldItem>>();

  const show = ({ key, scope, hold, firstLook, lastLook, failing, retired }: ScopeState, items: Map<string, HeldItem>) => {
    itemsOf.set(key, items);
    scopes.set(key, { scope, hold, firstLook, lastLook, failing, retired, items });
  };
  return {
    scopes,
    show(state, changed) {
      const items = itemsOf.get(state.key) ?? new Map<string, HeldItem>();
      for (const [key, judgements] of changed) {
        if (judgements) items.set(key, heldItem(state.items.get(key)!, blobs, judgements));
        else items.delete(key);
      }
      show(state, items);
    },
    load(state) {
      const { population } = state.scope;
      const [first] = state.items.values();
      if (first) {
        blobs.offer(`snapshot ${population}`, first.snapshot.id);
        blobs.offer(`detail ${population}`, first.detail.id);
      }
      show(state, new Map([...state.items.values()].map((item) => [item.key, heldItem(item, blobs)])));
    },
  };
}

/** What was seen of it is read when it is asked for, and so are the judgements where they are not at hand. */
function heldItem(
  { name, key, snapshot, detail, at, firstSeen, snapshotIndex }: ItemState,
  blobs: Blobs,
  judgements?: readonly Judgement[],
): HeldItem {
  let item: Observed<object> | undefined;
  let hash: string | undefined;
  return {
    get item() {
      return (item ??= JSON.parse(blobs.read(snapshot.id)) as Observed<object>);
    },
    get judgements() {
      return (judgements ??= JSON.parse(blobs.read(detail.id)) as Judgement[]);
    },
    get hash() {
      return (hash ??= name === key ? snapshot.hash : sha256(blobs.read(snapshot.id)));
    },
    get document() {
      return snapshot.hash;
    },
    at,
    firstSeen,
    snapshotIndex,
  };
}
