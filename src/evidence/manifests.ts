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

/** `before` finds the manifest of a scope's latest attempt, by hash. */
export function openManifests(blobs: Blobs, before: (scope: string) => string | null): Manifests {
  const entries = (id: number): KeptCall[] => JSON.parse(blobs.read(id)) as KeptCall[];
  const repliesOf = (id: number | null) => new Map((id === null ? [] : entries(id)).map((call) => [slot(call), call.reply]));

  return {
    list: entries,
    keep(scope, calls) {
      const list = calls.map(({ requestId: _, reply, replyHash, ...call }) => ({
        ...call,
        reply: replyHash ?? (reply === null ? null : sha256(reply)),
      }));
      const text = canonical(list);
      const hash = sha256(text);
      const known = blobs.find(hash);
      if (known !== null) return { id: known, hash };
      const latest = before(scope);
      const like = latest === null ? null : blobs.find(latest);
      const replies = repliesOf(like);
      for (const [i, call] of calls.entries()) {
        const expected = list[i]!.reply;
        if (expected === null) continue;
        const previous = replies.get(slot(call));
        const stored =
          call.reply === null
            ? blobs.find(expected) !== null
            : blobs.put(call.reply, `reply ${call.operation}`, previous ? blobs.find(previous) : null).hash === expected;
        if (!stored) refuse(`${scope}: the reply ${expected} of ${call.operation} is neither given nor kept`);
      }
      return blobs.put(text, 'manifest', like);
    },
    read(manifest) {
      const textOf = (hash: string) => blobs.read(idOf(blobs, hash));
      return entries(idOf(blobs, manifest)).map((call) => ({ ...call, reply: call.reply === null ? null : textOf(call.reply) }));
    },
  };
}

/** What makes two calls of different cycles the same question. */
const slot = ({ operation, parameters, page }: KeptCall | CallRecord): string => `${operation}\n${parameters}\n${page}`;

function idOf(blobs: Blobs, hash: string): number {
  const id = blobs.find(hash);
  if (id === null) throw new Error(`there is no document ${hash}`);
  return id;
}
