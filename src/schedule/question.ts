import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import type { Collector, Place } from '#src/collector.ts';
import { fewCalls, slotOf } from '#src/cycle/again.ts';
import { type CallRecord, callOf, type Look, type Looked } from '#src/cycle/collect.ts';
import { shelf } from '#src/cycle/items.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import { type Observed, type Unread, type UnreadReason, unreadReasons } from '#src/population.ts';
import { secretIn, withoutSecrets } from '#src/redaction.ts';

/** What a worker is asked: to look at the scopes of one place that are due, which share calls. */
export interface Question {
  /** Hash of the sources that collect: an answer of another program is none. */
  readonly program: string;
  readonly connection: string;
  readonly place: Place;
  readonly scopes: readonly ScopeQuestion[];
}

export interface ScopeQuestion {
  readonly collector: string;
  /** What is held is what came of the look in `before`, so that an unchanged one need not be told in full. */
  readonly stands: boolean;
  readonly before: Looked;
}

/** A look of more pages is told in full each time: what would be compared is as large as what came. */
const most = 256;

export const nothingBefore: Looked = { answers: new Map(), asked: null };

/** Leaves out what is too much to send along. */
export function scopeQuestion({ id }: Collector, before: Looked, stands: boolean): ScopeQuestion {
  if (before.answers.size > most) return { collector: id, stands: false, before: nothingBefore };
  return { collector: id, stands, before };
}

const pack = (value: unknown): Buffer => zstdCompressSync(JSON.stringify(value));
/** Nothing that a scope can come to is larger. */
const largest = 1 << 30;
const unpack = (packed: Uint8Array): unknown => JSON.parse(zstdDecompressSync(packed, { maxOutputLength: largest }).toString());

export function writeQuestion({ scopes, ...common }: Question): string {
  const packed = pack({
    ...common,
    scopes: scopes.map(({ before: { answers, asked }, ...scope }) => ({
      ...scope,
      asked,
      answers: [...answers].map(([slot, { raw, reply }]) => [slot, raw, reply]),
    })),
  });
  return packed.toString('base64');
}

export function readQuestion(text: string): Question {
  const { scopes, ...common } = questionSchema.parse(unpack(Buffer.from(text, 'base64')));
  return {
    ...common,
    scopes: scopes.map(({ asked, answers, ...scope }) => ({
      ...scope,
      before: { asked, answers: new Map(answers.map(([slot, raw, reply]) => [slot, { raw, reply }])) },
    })),
  } as Question;
}

const asked = z
  .array(z.strictObject({ operation: z.string(), parameters: z.record(z.string(), z.unknown()), paged: z.boolean() }))
  .nullable();

const questionSchema = z.strictObject({
  program: z.string(),
  connection: z.string(),
  place: z.looseObject({ account: z.string(), region: z.string(), partition: z.string().optional() }),
  scopes: z.array(
    z.strictObject({
      collector: z.string(),
      stands: z.boolean(),
      asked,
      answers: z.array(z.tuple([z.string(), z.string(), z.string()])),
    }),
  ),
});

/** What a look came to, as a worker tells it: each call with the hash of its answer as it came, each item as canonical JSON. */
export function writeLook(look: Look): Buffer {
  const { calls } = look;
  if (look.status === 'failed') return pack({ status: look.status, calls, unread: look.unread });
  if (look.status === 'same') return pack({ status: look.status, calls });
  const { items, looked } = look;
  return pack({
    status: look.status,
    calls,
    raws: calls.map(({ operation, parameters, page }) => looked.answers.get(slotOf(operation, parameters, page))?.raw ?? null),
    asked: looked.asked !== null && looked.asked.length <= fewCalls ? looked.asked : null,
    items: items.map(({ snapshot }) => snapshot),
  });
}

/**
 * Reads what a worker told beside what it was asked. No hash is taken on trust: those of items and replies are computed here, and a reply that
 * is said to be kept must be one of the look before. A worker knows its own secrets only: what holds one of ours, or looks like any, fails the
 * scope here too. Throws where it is no answer to the question.
 */
export function readLook(packed: Uint8Array, { collector, stands, before }: ScopeQuestion): Look {
  const told = lookSchema.parse(unpack(packed));
  const kept = new Set([...before.answers.values()].map(({ reply }) => reply));
  const blocked: Unread[] = [];
  const isBlocked = (call: string, text: string): boolean => {
    const secret = secretIn(text);
    if (secret !== null)
      blocked.push({ unread: 'redaction-blocked', call, needs: '', detail: `what a worker told seems to hold ${secret}` });
    return secret !== null;
  };
  const calls = told.calls.map(({ reply, replyHash, failure, ...call }): CallRecord => {
    if (reply !== null && isBlocked(call.operation, reply))
      return { ...call, reply: null, failure: { reason: 'redaction-blocked', code: '', detail: blocked.at(-1)!.detail } };
    if (reply === null && replyHash !== undefined && !kept.has(replyHash)) throw new Error('a reply that is said to be kept is not');
    const hash = reply === null ? replyHash : sha256(reply);
    return callOf(
      { ...call, ...(hash !== undefined && !failure && { replyHash: hash }), ...(failure && { failure: clean(failure) }) },
      reply,
    );
  });
  if (told.status === 'complete') for (const item of told.items) isBlocked(calls[0]?.operation ?? collector, item);
  if (blocked[0]) return { status: 'failed', calls, unread: blocked[0] };
  if (told.status === 'failed') return { status: 'failed', calls, unread: clean(told.unread) };
  if (told.status === 'same') {
    if (!stands) throw new Error('nothing was there that it could be the same as');
    return { status: 'same', calls };
  }
  const answers = new Map<string, { raw: string; reply: string }>();
  for (const [i, { operation, parameters, page, replyHash, failure }] of calls.entries()) {
    const raw = told.raws[i];
    if (typeof raw === 'string') answers.set(slotOf(operation, parameters, page), { raw, reply: replyHash ?? failure?.reason ?? '' });
  }
  const add = shelf();
  return {
    status: 'complete',
    calls,
    items: told.items.map((snapshot) => add(JSON.parse(snapshot) as Observed<object>, snapshot, sha256(snapshot))),
    looked: { answers, asked: told.asked },
  };
}

/** The words of a provider, or of a fault. */
const clean = <T extends { readonly detail: string }>(told: T): T => ({ ...told, detail: withoutSecrets(told.detail) });

const reasons = Object.keys(unreadReasons) as [UnreadReason, ...UnreadReason[]];
const calls = z.array(
  z.strictObject({
    operation: z.string(),
    parameters: z.string(),
    page: z.int().min(0),
    status: z.int(),
    requestId: z.string(),
    reply: z.string().nullable(),
    replyHash: z.string().optional(),
    failure: z.strictObject({ reason: z.enum(reasons), code: z.string(), detail: z.string() }).optional(),
  }),
);

const lookSchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('same'), calls }),
  z.strictObject({
    status: z.literal('complete'),
    calls,
    raws: z.array(z.string().nullable()),
    asked,
    items: z.array(z.string()),
  }),
  z.strictObject({
    status: z.literal('failed'),
    calls,
    unread: z.strictObject({ unread: z.enum(reasons), call: z.string(), needs: z.string(), detail: z.string() }),
  }),
]);
