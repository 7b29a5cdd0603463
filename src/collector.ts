import { z } from 'zod';
import type { Duration } from '#src/duration.ts';
import type { Observed, Population, Unread, UnreadReason } from '#src/population.ts';
import { withoutSecrets } from '#src/redaction.ts';

export type { Observed, Population, Unread } from '#src/population.ts';
export { isUnread } from '#src/population.ts';

/** One call a collector may make: the permission it needs and the part of the answer it keeps. */
export interface Read<T = unknown> {
  /** The permission in the provider's own words. Several where the call needs them all. */
  readonly needs: string | readonly string[];
  /** The answer, one page of it where it is paged. Fields not named here are dropped before anything is kept. */
  readonly reply: z.ZodType<T>;
  /** Error codes of the provider that state a fact: "this is not set". They read as `null`. */
  readonly absent?: readonly string[];
}

export type Reads = Readonly<Record<string, Read>>;

/** What came of one call. A refusal is data; it never looks like an empty answer. */
export type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly unread: Unread };

/** Parameters of calls that are not written as a path. Providers add theirs by declaration merging. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging
export interface OperationParameters {}

type PathParameters<Op> = Op extends `${string}{${infer Name}}${infer Rest}`
  ? { [K in Name]: string | number } & PathParameters<Rest>
  : unknown;
type Query = { query?: Record<string, string | number> };
export type ParametersOf<Op> = Op extends keyof OperationParameters ? OperationParameters[Op] : PathParameters<Op> & Query;
export type ReplyOf<R> = R extends { reply: z.ZodType<infer T> } ? (R extends { absent: readonly string[] } ? T | null : T) : never;

/** The read-only door to a provider. It opens only for the calls that the collector declares, and records every answer. */
export interface Api<S extends Reads> {
  /** One call on which one field depends. A failure is handed back, to stand in the field. */
  get<Op extends keyof S & string>(operation: Op, parameters: ParametersOf<Op>): Promise<Reply<ReplyOf<S[Op]>>>;
  /** All pages of a call on which fields depend: every page, or the failure. Never a part. */
  all<Op extends keyof S & string>(operation: Op, parameters: ParametersOf<Op>): Promise<Reply<ReplyOf<S[Op]>[]>>;
  /** One call on which the population itself depends. A failure makes the whole scope unread. */
  need<Op extends keyof S & string>(operation: Op, parameters: ParametersOf<Op>): Promise<ReplyOf<S[Op]>>;
  /** All pages of a call on which the population itself depends. A failure on any page makes the whole scope unread. */
  pages<Op extends keyof S & string>(operation: Op, parameters: ParametersOf<Op>): AsyncIterable<ReplyOf<S[Op]>>;
  /** A field that the provider answered without: left out for this caller, or not offered at all. */
  unread(operation: keyof S & string, reason: UnreadReason, detail: string): Unread;
  /** States the source's own count of the population. Disagreement with what is yielded makes the scope unread (`partial`). */
  count(total: number, source: string): void;
  /** Gives up the whole scope, with the reason. */
  fail(unread: Unread): never;
}

/** Where a scope lies within its connection. `region` is `global` for what a provider keeps once per account. */
export interface Place {
  readonly account: string;
  readonly region: string;
  /** AWS only: `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition?: string;
}

export interface Collector<T = any, S extends Reads = any> {
  /** `<provider>-<what>`; the provider is the part before the first hyphen. */
  readonly id: string;
  readonly title: string;
  readonly population: Population<T>;
  /** How often; at most half of what the source remembers. */
  readonly every: Duration;
  /** Once per account (or organization, or tenant), or once per region of it. */
  readonly per: 'account' | 'region';
  readonly reads: S;
  /** What the source cannot show. Printed beside the permissions. */
  readonly limits?: string;
  /** Deterministic in the replies: the same recording always yields the same items. */
  collect(api: Api<NoInfer<S>>, place: Place): AsyncIterable<Observed<T>>;
}

export function defineCollector<T, const S extends Reads>(
  population: Population<T>,
  collector: Omit<Collector<T, S>, 'population'>,
): Collector<T, S> {
  return { population, ...collector };
}

/** An instant in an answer, as an SDK's Date or as text; kept as ISO 8601 in UTC with milliseconds. */
export const instant = z.preprocess((value) => {
  if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return new Date(value).toISOString();
  return typeof (value as Date | undefined)?.toISOString === 'function' ? (value as Date).toISOString() : value;
}, z.iso.datetime());

export const providerOf = (collector: { id: string }): string => collector.id.slice(0, collector.id.indexOf('-'));

/** Maps with at most `limit` at a time, in the order of the input: for the calls that each item needs. */
export async function* mapConcurrently<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  for await (const item of items) {
    const result = map(item);
    result.catch(() => undefined);
    running.push(result);
    if (running.length >= limit) yield running.shift()!;
  }
  for (const result of running) yield await result;
}

// ---- What a provider's client promises to the door. ----

/** One answer, one page of it where the call is paged, before anything is dropped from it. */
export interface Answer {
  readonly body: unknown;
  readonly status: number;
  /** The provider's id of the request, which an auditor can look up in the provider's own log. */
  readonly requestId: string;
  /** The provider's own clock, as HTTP writes it. */
  readonly date?: string | undefined;
}

/** A call that gave no usable answer, classified. `code` and `detail` are the provider's words. */
export class CallFailure extends Error {
  readonly reason: UnreadReason;
  readonly code: string;
  readonly status: number;
  readonly requestId: string;
  readonly date: string | undefined;

  constructor(
    reason: UnreadReason,
    facts: { code?: string; status?: number; requestId?: string; date?: string | undefined; detail: string },
    options?: ErrorOptions,
  ) {
    super(withoutSecrets(facts.detail), options);
    this.name = 'CallFailure';
    this.reason = reason;
    this.code = withoutSecrets(facts.code ?? '');
    this.status = facts.status ?? 0;
    this.requestId = facts.requestId ?? '';
    this.date = facts.date;
  }
}

/**
 * Makes calls at one place. It pages, waits for quota, retries and respects Retry-After; what is left is an `Answer` per page or a
 * `CallFailure`. A page that repeats the previous page's token is a failure, and so is a page that does not come.
 */
export interface Transport {
  call(operation: string, parameters: object, paged: boolean): AsyncIterable<Answer>;
}

/** A place found in a connection, or the reason why what lies there cannot be told (`region` or `account` is then `unknown`). */
export type FoundPlace = Place & { readonly name?: string; readonly unread?: Unread };

/** One configured connection: finds its places and opens a transport to each. */
export interface Connection {
  readonly id: string;
  readonly provider: string;
  /** The calls discovery makes, for the permission lists. */
  readonly discovery: Reads;
  /** Every place that exists now, `global` ones included. Never throws for a refusal: it returns a place with `unread`. */
  places(): Promise<FoundPlace[]>;
  /**
   * A transport that belongs to one cycle: answers shared between collectors of the same cycle are asked for once. Once the signal aborts it
   * makes no more calls, and those under way fail at once; what fails then says nothing of the provider.
   */
  open(place: Place, signal?: AbortSignal): Transport;
  /** What the provider last said of the calls that are left; absent where it does not say. */
  quotas?(): readonly Quota[];
  close(): Promise<void>;
}

export interface Quota {
  /** As the provider names it: `core`. */
  readonly name: string;
  readonly left: number;
  readonly of: number;
}
