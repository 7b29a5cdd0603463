import type { Judgement } from '#src/cycle/evaluate.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { Observed } from '#src/population.ts';
import type { Blobs } from './blobs.ts';
import type { ItemState, ScopeState } from './state.ts';
import type { HeldItem, HeldScope } from './store.ts';

/** What is held, as the store shows it. It follows the state only when told to: after a cycle is durable. */
export interface Held {
  readonly scopes: ReadonlyMap<string, HeldScope>;
  /** Shows a scope as the state has it. Of its items the given ones changed; those of them without content are gone. */
  show(scope: ScopeState, changed: Iterable<readonly [key: string, content: ItemContent | null]>): void;
  /** Shows a scope with all its items. Each is read from its documents when it is first looked at. */
  load(scope: ScopeState): void;
}

export interface ItemContent {
  readonly item: Observed<object>;
  readonly judgements: readonly Judgement[];
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
      for (const [key, content] of changed) {
        if (content) items.set(key, heldNow(state.items.get(key)!, content));
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
      show(state, new Map([...state.items.values()].map((item) => [item.key, heldWhenAsked(item, blobs)])));
    },
  };
}

const heldNow = ({ name, key, snapshot, at, firstSeen, snapshotIndex }: ItemState, { item, judgements }: ItemContent): HeldItem => ({
  item,
  judgements,
  hash: name === key ? snapshot.hash : sha256(canonical(item)),
  document: snapshot.hash,
  at,
  firstSeen,
  snapshotIndex,
});

function heldWhenAsked({ name, key, snapshot, detail, at, firstSeen, snapshotIndex }: ItemState, blobs: Blobs): HeldItem {
  let item: Observed<object> | undefined;
  let judgements: readonly Judgement[] | undefined;
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
