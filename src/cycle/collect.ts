import type { Answer, Api, Collector, Place, Reads, Reply, Transport } from '#src/collector.ts';
import { CallFailure } from '#src/collector.ts';
import { type Answers, type Asked, askAgain, slotOf } from '#src/cycle/again.ts';
import { type CollectedItem, shelf } from '#src/cycle/items.ts';
import { waiting } from '#src/cycle/waiting.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import { flawIn, type Observed, type Unread, type UnreadReason } from '#src/population.ts';
import { secretIn } from '#src/redaction.ts';

/** One call as it was made: what the auditor can look up, and what a replay needs. */
export interface CallRecord {
  readonly operation: string;
  /** Canonical JSON. */
  readonly parameters: string;
  readonly page: number;
  readonly status: number;
  readonly requestId: string;
  /** Canonical JSON of the part of the answer that is kept, which may be unpacked each time it is asked for; null where there was none, or where `replyHash` says that it is kept already. */
  readonly reply: string | null;
  /** SHA-256 of the reply, where the door has it at hand. */
  readonly replyHash?: string;
  readonly failure?: { readonly reason: UnreadReason; readonly code: string; readonly detail: string };
}

/** The latest complete look at a scope, so that an unchanged one costs little. Forgetting it costs time only. */
export interface ReplyMemory {
  answers: Answers;
  /** Its calls in order; null where one of them was refused. */
  asked: readonly Asked[] | null;
  /** The hashes of its items, by key, as one: what is held must be just that for the look to stand for it. */
  items: string;
}

export const newReplyMemory = (): ReplyMemory => ({ answers: new Map(), asked: null, items: '' });

/** What is held of a scope, by key. */
export type Known = ReadonlyMap<string, CollectedItem>;

/** A scope was read whole, or it has failed as a whole. There is nothing between. */
export type Collected = { readonly calls: readonly CallRecord[] } & (
  | { readonly status: 'complete'; readonly items: readonly CollectedItem[] }
  | { readonly status: 'failed'; readonly unread: Unread }
);

/** Ends the collection of a scope. Not for collectors to catch: the scope stays failed if they do. */
class ScopeUnread extends Error {
  readonly unread: Unread;

  constructor(unread: Unread) {
    super(unread.detail);
    this.unread = unread;
  }
}

/** What came of a look: all as at the look before, so that its items stand; the items; or why there are none. */
export type Look = { readonly calls: readonly CallRecord[] } & (
  | { readonly status: 'same' }
  | { readonly status: 'complete'; readonly items: readonly CollectedItem[]; readonly looked: Looked }
  | { readonly status: 'failed'; readonly unread: Unread }
);

/** What a look leaves for the next one. */
export type Looked = Pick<ReplyMemory, 'answers' | 'asked'>;

/** Whether what is held of a scope is just what came of the look that is remembered. Events of former looks are held too, so it never is. */
export const stands = ({ population }: Collector, known: Known, memory: ReplyMemory): boolean =>
  population.kind === 'state' && memory.items === itemsHash(known);

/**
 * Runs a collector at a place through the door: only declared calls, every answer projected and recorded, no partial population.
 * `known` is what is held of the scope. Where every answer is the same as at the look that `memory` remembers, so are the items: collectors
 * are deterministic in the replies.
 */
export async function collectScope(
  collector: Collector,
  place: Place,
  transport: Transport,
  known: Known = new Map(),
  memory: ReplyMemory = newReplyMemory(),
): Promise<Collected> {
  return collectedFrom(await lookAt(collector, place, transport, memory, stands(collector, known, memory), known), known, memory);
}

/** A look beside what is held of the scope. What it leaves for the next one goes into `memory`. */
export function collectedFrom(look: Look, known: Known, memory: ReplyMemory): Collected {
  const { calls } = look;
  if (look.status === 'failed') return { status: 'failed', unread: look.unread, calls };
  if (look.status === 'same') return { status: 'complete', calls, items: [...known.values()] };
  const { items, looked } = look;
  Object.assign(memory, looked, { items: itemsHash(items.map((each) => [each.key, each] as const)) });
  return { status: 'complete', items, calls };
}

/** A look at a scope, where what is held need not be at hand: that it `stands` is enough to find that nothing changed. */
export async function lookAt(
  collector: Collector,
  place: Place,
  transport: Transport,
  { answers, asked }: Looked,
  stands: boolean,
  known: Known = new Map(),
): Promise<Look> {
  const { calls, transport: next } = await askAgain(transport, stands ? asked : null, answers, rawHash);
  if (calls) return { status: 'same', calls: inOrder(calls) };
  const door = openDoor(collector, next, answers);
  const gathered = gathering(collector, known, () => stands && door.sameSoFar(), door.unread);
  try {
    for await (const item of collector.collect(door.api as never, place)) gathered.take(item);
    door.close(gathered.size());
    if (stands && door.unchanged()) return { status: 'same', calls: door.calls() };
    return { status: 'complete', items: gathered.items(), looked: door.looked(), calls: door.calls() };
  } catch (error) {
    const unread =
      door.lost() ??
      (error instanceof ScopeUnread ? error.unread : door.unread('collector-fault', Error.isError(error) ? error.message : String(error)));
    return { status: 'failed', unread, calls: door.calls() };
  }
}

/**
 * The items of a look, each checked against its population unless it is held already. The same item may be listed twice; two different ones may
 * not. While `same`, an item is the one that the look before saw: made of the same answers, it needs no text until it is certain that it is
 * wanted. What is wrong is told once the end of the population was reached, of the first item that is.
 */
function gathering({ population }: Collector, known: Known, same: () => boolean, unread: (reason: UnreadReason, detail: string) => Unread) {
  const add = shelf();
  /** Null for one that has no text yet. */
  const found = new Map<string, CollectedItem | null>();
  const early = new Map<string, Observed<object>>();
  const flaws = new Map<string, unknown>();
  const whole = (item: Observed<object>): CollectedItem => {
    const snapshot = canonical(item);
    const hash = sha256(snapshot);
    const flaw = hash === known.get(item.key)?.hash ? null : flawIn(population, item);
    if (flaw !== null) throw new ScopeUnread(unread('collector-fault', flaw));
    return add(item, snapshot, hash);
  };
  const first = (item: Observed<object>): CollectedItem | null => {
    if (!same()) return whole(item);
    const held = known.get(item.key);
    if (!held) early.set(item.key, item);
    return held ?? null;
  };
  const hashOf = (key: string): string => found.get(key)?.hash ?? sha256(canonical(early.get(key)));

  return {
    size: () => found.size,
    take(item: Observed<object>) {
      const { key } = item;
      if (flaws.has(key)) return;
      try {
        if (!found.has(key)) found.set(key, null).set(key, first(item));
        else if (hashOf(key) !== sha256(canonical(item)))
          throw new ScopeUnread(unread('malformed', `two different items have the key ${key}`));
      } catch (error) {
        flaws.set(key, error);
      }
    },
    items(): CollectedItem[] {
      return Array.from(found, ([key, item]) => {
        if (flaws.has(key)) throw flaws.get(key);
        return item ?? whole(early.get(key)!);
      });
    },
  };
}

/** A call whose reply waits compressed. */
export function callOf(facts: Omit<CallRecord, 'reply'>, reply: string | null): CallRecord {
  const kept = reply === null ? () => null : waiting(reply);
  return {
    ...facts,
    get reply() {
      return kept();
    },
  };
}

/** The door of DESIGN §5: what #collector's `Api` promises, over one transport. */
function openDoor(collector: Collector, transport: Transport, before: Answers) {
  const reads = collector.reads as Reads;
  const calls: CallRecord[] = [];
  const answers = new Map<string, { raw: string; reply: string }>();
  const asked: Asked[] = [];
  let refused = false;
  let sameSoFar = true;
  let lost: Unread | null = null;
  let stopped: Unread | null = null;
  let lastCall = Object.keys(reads)[0] ?? '';
  const totals: { total: number; source: string }[] = [];

  const unread = (reason: UnreadReason, detail: string, operation = lastCall): Unread => ({
    unread: reason,
    call: operation,
    needs: [reads[operation]?.needs ?? ''].flat().join(' and '),
    detail: detail.replace(/\s+/g, ' ').slice(0, 300),
  });
  const giveUp = (reading: Unread): never => {
    lost ??= reading;
    throw new ScopeUnread(lost);
  };

  async function* read(operation: string, parameters: object, paged: boolean): AsyncGenerator {
    const declared = reads[operation];
    if (!declared) throw new CallFailure('collector-fault', { detail: `the call ${operation} is not declared` });
    lastCall = operation;
    const record = { operation, parameters: canonical(parameters) };
    asked.push({ operation, parameters, paged });
    let page = 0;
    try {
      for await (const answer of transport.call(operation, parameters, paged)) {
        const slot = slotOf(operation, record.parameters, page);
        const raw = rawHash(answer.body);
        const same = before.get(slot)?.raw === raw ? before.get(slot)!.reply : undefined;
        const { value, reply } = keep(declared.reply, answer, same !== undefined);
        const replyHash = same ?? sha256(reply!);
        answers.set(slot, { raw, reply: replyHash });
        sameSoFar &&= same !== undefined;
        calls.push(callOf({ ...record, page: page++, status: answer.status, requestId: answer.requestId, replyHash }, reply));
        yield value;
      }
      sameSoFar &&= !before.has(slotOf(operation, record.parameters, page));
      if (page === 0) throw new CallFailure('malformed', { detail: 'there was no answer' });
    } catch (error) {
      const failure =
        error instanceof CallFailure
          ? error
          : new CallFailure('collector-fault', { detail: Error.isError(error) ? error.message : String(error) }, { cause: error });
      const { reason, code, status, requestId, message: detail } = failure;
      if (page === 0 && code !== '' && declared.absent?.includes(code)) {
        sameSoFar &&= !before.has(slotOf(operation, record.parameters, page));
        // The code is kept beside the null, so that a replay meets the same fact, and a null in an answer never looks like one.
        calls.push({ ...record, page, status, requestId, reply: 'null', failure: { reason, code, detail: detail.slice(0, 300) } });
        yield null;
        return;
      }
      refused = true;
      const slot = slotOf(operation, record.parameters, page);
      answers.set(slot, { raw: `${reason} ${code} ${detail}`, reply: reason });
      sameSoFar &&= before.get(slot)?.raw === answers.get(slot)!.raw;
      calls.push({ ...record, page, status, requestId, reply: null, failure: { reason, code, detail: detail.slice(0, 300) } });
      throw failure;
    }
  }

  const reply = async <T>(operation: string, values: Promise<T>): Promise<Reply<T>> => {
    try {
      return { ok: true, value: await values };
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      return { ok: false, unread: unread(error.reason, describe(error), operation) };
    }
  };
  const one = async (operation: string, parameters: object): Promise<unknown> =>
    (await Array.fromAsync(read(operation, parameters, false)))[0];

  const api = {
    get: (operation: string, parameters: object) => reply(operation, one(operation, parameters)),
    all: (operation: string, parameters: object) => reply(operation, Array.fromAsync(read(operation, parameters, true))),
    async need(operation: string, parameters: object) {
      const answer: Reply<unknown> = await reply(operation, one(operation, parameters));
      return answer.ok ? answer.value : giveUp(answer.unread);
    },
    async *pages(operation: string, parameters: object) {
      let finished = false;
      try {
        yield* read(operation, parameters, true);
        finished = true;
      } catch (error) {
        finished = true;
        if (error instanceof CallFailure) giveUp(unread(error.reason, describe(error), operation));
        throw error;
      } finally {
        if (!finished) stopped ??= unread('partial', 'the collector stopped before the last page', operation);
      }
    },
    unread: (operation: string, reason: UnreadReason, detail: string) => unread(reason, detail, operation),
    count: (total: number, source: string) => void totals.push({ total, source }),
    fail: giveUp,
  } satisfies Api<Reads>;

  return {
    api,
    unread,
    lost: () => lost,
    looked: () => ({ answers, asked: refused ? null : asked }),
    /** Every answer until now is one of the look before. */
    sameSoFar: () => sameSoFar,
    /** Every call of the look before was made again, no other, and each was answered with the same bytes. */
    unchanged: () => answers.size === before.size && [...answers].every(([slot, { raw }]) => before.get(slot)?.raw === raw),
    calls: () => inOrder(calls),
    /** The end of the population: nothing was lost on the way, and the source's own counts agree. */
    close(items: number) {
      const missing = lost ?? stopped;
      if (missing) throw new ScopeUnread(missing);
      const wrong = totals.find(({ total }) => total !== items);
      if (wrong) giveUp(unread('partial', `${wrong.source} says ${wrong.total}, read were ${items}`));
    },
  };
}

/** What was made of answers that are frozen, and so cannot change: those of a recording. A provider's client makes each answer anew. */
const hashes = new WeakMap<object, string>();
const values = new WeakMap<object, Map<unknown, ReturnType<typeof parseAnew>>>();

const isFrozen = (body: unknown): body is object => typeof body === 'object' && body !== null && Object.isFrozen(body);

let unwritable = 0;

/** An answer that JSON cannot hold is never taken for the same as another. */
function hashAnew(body: unknown): string {
  try {
    return sha256(JSON.stringify(body) ?? '');
  } catch {
    return `unwritable ${++unwritable}`;
  }
}

function rawHash(body: unknown): string {
  const known = isFrozen(body) ? hashes.get(body) : undefined;
  if (known !== undefined) return known;
  const hash = hashAnew(body);
  if (isFrozen(body)) hashes.set(body, hash);
  return hash;
}

const parseAnew = (schema: Reads[string]['reply'], body: unknown) => schema.safeParse(body);

function parse(schema: Reads[string]['reply'], body: unknown): ReturnType<typeof parseAnew> {
  if (!isFrozen(body)) return parseAnew(schema, body);
  const known = values.get(body) ?? values.set(body, new Map()).get(body)!;
  return known.get(schema) ?? known.set(schema, parseAnew(schema, body)).get(schema)!;
}

/** Parses an answer, dropping what is not declared, and refuses to keep what looks like a secret. `kept`: this very answer is kept already. */
function keep(
  schema: Reads[string]['reply'],
  { body, status, requestId }: Answer,
  kept: boolean,
): { value: unknown; reply: string | null } {
  const facts = { status, requestId };
  const parsed = parse(schema, body);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0] ?? { path: [], message: 'unknown' };
    throw new CallFailure('malformed', { ...facts, detail: `${path.join('.') || 'the answer'}: ${message}` });
  }
  if (kept) return { value: parsed.data, reply: null };
  const reply = canonical(parsed.data);
  const secret = secretIn(reply);
  if (secret !== null) throw new CallFailure('redaction-blocked', { ...facts, detail: `the answer seems to hold ${secret}` });
  return { value: parsed.data, reply };
}

const describe = ({ code, message }: CallFailure): string => (code && !message.includes(code) ? `${code}: ${message}` : message);
const itemsHash = (items: Iterable<readonly [key: string, { readonly hash: string }]>): string =>
  sha256(
    [...items]
      .map(([key, { hash }]) => `${key} ${hash}`)
      .sort()
      .join('\n'),
  );

/** Calls are made several at a time; they are kept in an order of our own. */
const inOrder = (calls: readonly CallRecord[]): CallRecord[] =>
  calls.toSorted((a, b) => compare(a.operation, b.operation) || compare(a.parameters, b.parameters) || a.page - b.page);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Answers from a recording of calls, as a replay of the same cycle would. A call that is not in it fails as `unavailable`. */
export function replayTransport(recorded: readonly CallRecord[]): Transport {
  const answers = Map.groupBy(recorded, ({ operation, parameters }) => `${operation} ${parameters}`);
  return {
    async *call(operation, parameters) {
      const pages = answers.get(`${operation} ${canonical(parameters)}`);
      if (!pages) throw new CallFailure('unavailable', { detail: 'not in the recording' });
      for (const { reply, status, requestId, failure } of pages.toSorted((a, b) => a.page - b.page)) {
        if (failure) throw new CallFailure(failure.reason, { code: failure.code, status, requestId, detail: failure.detail });
        yield { body: JSON.parse(reply ?? 'null'), status, requestId };
      }
    },
  };
}
