import type { Judgement } from '#src/cycle/evaluate.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import type { Observed } from '#src/population.ts';
import { type Blobs, recentlyUsed } from './blobs.ts';
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
  const documents = readLately(blobs);

  const show = ({ key, scope, hold, firstLook, lastLook, failing, retired }: ScopeState, items: Map<string, HeldItem>) => {
    itemsOf.set(key, items);
    scopes.set(key, { scope, hold, firstLook, lastLook, failing, retired, items });
  };
  return {
    scopes,
    show(state, changed) {
      const items = itemsOf.get(state.key) ?? new Map<string, HeldItem>();
      for (const [key, judgements] of changed) {
        if (judgements) items.set(key, new OneHeld(state.items.get(key)!, documents, untilOf(judgements)));
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
      show(state, new Map([...state.items.values()].map((item) => [item.key, new OneHeld(item, documents)])));
    },
  };
}

/** There are many of them: of the documents each has no more than the state has. */
class OneHeld implements HeldItem {
  readonly #state: ItemState;
  readonly #documents: Documents;
  #until: number | null;
  #hash: string | null = null;

  constructor(state: ItemState, documents: Documents, until: number | null = null) {
    this.#state = state;
    this.#documents = documents;
    this.#until = until;
  }

  get key(): string {
    return this.#state.key;
  }

  get name(): string {
    return this.item.name;
  }

  get snapshot(): string {
    return this.#documents.text(this.#state.snapshot.id);
  }

  get item(): Observed<object> {
    return this.#documents.parsed(this.#state.snapshot.id) as Observed<object>;
  }

  get judgements(): readonly Judgement[] {
    return this.#documents.parsed(this.#state.detail.id) as Judgement[];
  }

  get rules(): readonly string[] {
    return this.#state.rules;
  }

  get until(): number {
    return (this.#until ??= untilOf(this.judgements));
  }

  get hash(): string {
    const { name, key, snapshot } = this.#state;
    return name === key ? snapshot.hash : (this.#hash ??= sha256(this.snapshot));
  }

  get document(): string {
    return this.#state.snapshot.hash;
  }

  get at(): number | null {
    return this.#state.at;
  }

  get firstSeen(): number {
    return this.#state.firstSeen;
  }

  get snapshotIndex(): number {
    return this.#state.snapshotIndex;
  }
}

/** The first instant, epoch ms, at which one of them may be otherwise though nothing changes; Infinity where there is none. */
export const untilOf = (judgements: readonly Judgement[]): number =>
  Math.min(...judgements.map(({ until }) => until ?? Number.POSITIVE_INFINITY));

interface Documents {
  text(id: number): string;
  parsed(id: number): unknown;
}

/** The documents that were asked for last, parsed. All of a large population at once would take more memory than they are worth. */
function readLately(blobs: Blobs): Documents {
  const recent = recentlyUsed<{ id: number; raw: { length: number }; value: unknown }>(4_000_000);
  return {
    text: (id) => blobs.read(id),
    parsed(id) {
      const known = recent.get(id);
      if (known) return known.value;
      const text = blobs.read(id);
      const value: unknown = JSON.parse(text);
      recent.set({ id, raw: { length: text.length + 100 }, value });
      return value;
    },
  };
}
