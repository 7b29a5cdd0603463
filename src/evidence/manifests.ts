import type { CallRecord } from '#src/cycle/collect.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { Blobs, Kept } from './blobs.ts';
import { refuse } from './prepare.ts';

/** A call as it is kept: the reply by its hash, the request id apart. */
export type KeptCall = Omit<CallRecord, 'requestId' | 'replyHash'>;

/**
 * Keeps the calls of each scope: its manifest, and every reply in it. What is unchanged is found by its hash, and costs nothing.
 * A reply that is said to be kept already must be: STORE_INVARIANT otherwise.
 */
export interface Manifests {
  keep(scope: string, calls: readonly CallRecord[]): Kept;
  /** The calls with the text of their replies. */
  read(manifest: string): KeptCall[];
  /** The calls with the hashes of their replies. */
  list(manifest: number): KeptCall[];
}

/** A list of calls as it was kept last of a scope. */
interface Latest {
  readonly list: readonly KeptCall[];
  readonly kept: Kept;
}

/** `before` finds the manifest of a scope's latest attempt, by hash. */
export function openManifests(blobs: Blobs, before: (scope: string) => string | null): Manifests {
  const entries = (id: number): KeptCall[] => JSON.parse(blobs.read(id)) as KeptCall[];
  const latest = new Map<string, Latest>();
  const latestOf = (scope: string): Latest | null => {
    const hash = latest.has(scope) ? null : before(scope);
    const id = hash === null ? null : blobs.find(hash);
    return id === null ? (latest.get(scope) ?? null) : { list: entries(id), kept: { id, hash: hash! } };
  };
  const keepReplies = (scope: string, calls: readonly CallRecord[], list: readonly KeptCall[], previous: Latest | null) => {
    const replies = new Map(previous?.list.map((call) => [slot(call), call.reply]));
    for (const [i, call] of calls.entries()) {
      const expected = list[i]!.reply;
      if (expected === null) continue;
      const reply = replies.get(slot(call));
      const stored =
        call.reply === null
          ? blobs.find(expected) !== null
          : blobs.put(call.reply, `reply ${call.operation}`, reply ? blobs.find(reply) : null).hash === expected;
      if (!stored) refuse(`${scope}: the reply ${expected} of ${call.operation} is neither given nor kept`);
    }
  };

  return {
    list: entries,
    keep(scope, calls) {
      const previous = latestOf(scope);
      if (previous && isSameList(calls, previous.list)) return previous.kept;
      const list = calls.map(({ requestId: _, reply, replyHash, ...call }) => ({
        ...call,
        reply: replyHash ?? (reply === null ? null : sha256(reply)),
      }));
      const text = canonical(list);
      const hash = sha256(text);
      const known = blobs.find(hash);
      if (known === null) keepReplies(scope, calls, list, previous);
      const kept = known === null ? blobs.put(text, 'manifest', previous?.kept.id) : { id: known, hash };
      latest.set(scope, { list, kept });
      return kept;
    },
    read(manifest) {
      const textOf = (hash: string) => blobs.read(idOf(blobs, hash));
      return entries(idOf(blobs, manifest)).map((call) => ({ ...call, reply: call.reply === null ? null : textOf(call.reply) }));
    },
  };
}

/** Whether the calls would be kept as that list. A reply whose hash is not given is taken for another. */
const isSameList = (calls: readonly CallRecord[], list: readonly KeptCall[]): boolean =>
  calls.length === list.length &&
  calls.every(({ operation, parameters, page, status, reply, replyHash, failure }, i) => {
    const kept = list[i]!;
    return (
      (replyHash ?? (reply === null ? null : undefined)) === kept.reply &&
      parameters === kept.parameters &&
      operation === kept.operation &&
      page === kept.page &&
      status === kept.status &&
      failure?.reason === kept.failure?.reason &&
      failure?.code === kept.failure?.code &&
      failure?.detail === kept.failure?.detail
    );
  });

/** What makes two calls of different cycles the same question. */
const slot = ({ operation, parameters, page }: KeptCall | CallRecord): string => `${operation}\n${parameters}\n${page}`;

function idOf(blobs: Blobs, hash: string): number {
  const id = blobs.find(hash);
  if (id === null) throw new Error(`there is no document ${hash}`);
  return id;
}
