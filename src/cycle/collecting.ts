import pLimit from 'p-limit';
import type { Collector, Connection, Place, Transport } from '#src/collector.ts';
import { type Collected, collectScope, newReplyMemory, type ReplyMemory } from '#src/cycle/collect.ts';
import { type HeldScope, type Scope, scopeKey } from '#src/evidence/store.ts';
import { labelOf } from './declared.ts';

/** A scope that is due, and where it is read. */
export interface DueScope {
  readonly scope: Scope;
  readonly collector: Collector;
  readonly place: Place;
  /** It is to be read before others. */
  readonly soon: boolean;
}

/** The cycle for which scopes are collected. */
export interface CycleOf {
  readonly connection: Connection;
  readonly asOf: number;
  readonly held: ReadonlyMap<string, HeldScope>;
  /** The latest complete look at each scope, for the next one. */
  readonly replies: Map<string, ReplyMemory>;
  /** Told after each scope: how many are done. */
  readonly progress: (done: number) => void;
  /** Once it aborts nothing more is asked; what is returned is dropped. */
  readonly signal?: AbortSignal | undefined;
}

/** Collects what is due in a cycle. Returns what came of each scope, in their order; never throws for what a provider or a worker does. */
export type CollectDue = (due: readonly DueScope[], cycle: CycleOf) => Promise<readonly Collected[]>;

/** What is remembered of the latest complete look at a scope. */
export const memoryOf = (key: string, { replies }: CycleOf): ReplyMemory =>
  replies.get(key) ?? replies.set(key, newReplyMemory()).get(key)!;

/** The answers of a scope of more items weigh so much that only one such scope is read at a time. */
const heavy = 4_000;

/** Collects in this process, so many scopes at a time. */
export function collectHere(concurrency = 8): CollectDue {
  return (due, cycle) => {
    const [limit, oneByOne] = [pLimit(concurrency), pLimit(1)];
    const transportTo = transportsOf(cycle.connection, cycle.signal);
    let done = 0;
    return Promise.all(
      due.map(({ scope, collector, place }) => {
        const key = scopeKey(scope);
        const known = cycle.held.get(key)?.items;
        return (known && known.size > heavy ? oneByOne : limit)(async () => {
          cycle.signal?.throwIfAborted();
          const collected = await collectScope(collector, place, transportTo(place), known, memoryOf(key, cycle));
          cycle.progress(++done);
          return collected;
        });
      }),
    );
  };
}

/** One transport for each place, so that what collectors share is asked for once. */
export function transportsOf(connection: Connection, signal?: AbortSignal): (place: Place) => Transport {
  const transports = new Map<string, Transport>();
  return (place) => {
    const label = labelOf(connection.provider, place);
    return transports.get(label) ?? transports.set(label, connection.open(place, signal)).get(label)!;
  };
}
