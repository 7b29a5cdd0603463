import type { CallRecord } from '#src/cycle/collect.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { Blobs, Kept } from './blobs.ts';
import type { Engine } from './engine.ts';
import { refuse } from './prepare.ts';
import { parseScopeKey } from './store.ts';

/** A call as it is kept: the reply by its hash, the request id apart. */
export type KeptCall = Omit<CallRecord, 'requestId' | 'replyHash'>;

/**
 * Keeps the calls of each scope: its manifest, and every reply in it. What is unchanged is found again, and costs nothing.
 * A reply that is said to be kept already must be: STORE_INVARIANT otherwise.
 */
export interface Manifests {
  keep(scope: string, calls: readonly CallRecord[], complete: boolean): Kept;
  /** The calls with the text of their replies; null where one was purged. */
  read(manifest: string): KeptCall[];
  /** The calls with the hashes of their replies. */
  list(manifest: number): KeptCall[];
}

/** A list of calls as it was kept last of a scope: the replies by their documents, and by what they say. */
interface Latest {
  readonly list: readonly KeptCall[];
  readonly contents: readonly (string | null)[];
  readonly kept: Kept;
  /** The documents of replies by what they say, since the latest complete look: a look that failed does not forget what the one before saw. */
  readonly known: ReadonlyMap<string | null, string | null>;
}

/** `before` finds the manifest of a scope's latest attempt, by hash. The replies of `personal` populations are salted. */
export function openManifests(
  blobs: Blobs,
  before: (scope: string) => string | null,
  personal: ReadonlySet<string> = new Set(),
): Manifests {
  const entries = (id: number): KeptCall[] => JSON.parse(blobs.read(id)) as KeptCall[];
  const latest = new Map<string, Latest>();
  const latestOf = (scope: string, isPersonal: boolean): Latest | null => {
    const hash = latest.has(scope) ? null : before(scope);
    const id = hash === null ? null : blobs.find(hash);
    if (id === null || blobs.isPurged(id)) return latest.get(scope) ?? null;
    const list = entries(id);
    const contents = list.map(({ reply }) => (isPersonal && reply !== null ? sha256(blobs.read(idOf(blobs, reply))) : reply));
    return { list, contents, kept: { id, hash: hash! }, known: new Map(contents.map((content, i) => [content, list[i]!.reply])) };
  };

  /** Keeps what is new of the replies; returns the documents of all of them. */
  const keepReplies = (
    scope: string,
    calls: readonly CallRecord[],
    contents: readonly (string | null)[],
    previous: Latest | null,
    isPersonal: boolean,
  ): (string | null)[] => {
    const alike = new Map(previous?.list.map((call) => [slot(call), call.reply]));
    // A salted document cannot be found by the hash of what it says; those of the latest looks are remembered by it.
    const salted = new Map(previous?.known);
    return calls.map((call, i) => {
      const content = contents[i]!;
      if (content === null) return null;
      const { reply } = call;
      const remembered = isPersonal ? salted.get(content) : content;
      const id = remembered ? blobs.find(remembered) : null;
      // What was purged since is not kept.
      const known = id === null || blobs.isPurged(id) ? undefined : remembered;
      if (reply === null ? !known : sha256(reply) !== content)
        refuse(`${scope}: the reply ${content} of ${call.operation} is neither given nor kept`);
      if (reply === null || (known && isPersonal)) return known!;
      const like = alike.get(slot(call));
      const put = isPersonal ? blobs.putSalted : blobs.put;
      const { hash } = put(reply, `reply ${call.operation}`, like ? blobs.find(like) : null);
      salted.set(content, hash);
      return hash;
    });
  };

  return {
    list: entries,
    keep(scope, calls, complete) {
      const isPersonal = personal.has(parseScopeKey(scope).population);
      const previous = latestOf(scope, isPersonal);
      if (previous && isSameList(calls, previous)) return previous.kept;
      const contents = calls.map((call) => call.replyHash ?? (call.reply === null ? null : sha256(call.reply)));
      const replies = keepReplies(scope, calls, contents, previous, isPersonal);
      const list = calls.map(({ operation, parameters, page, status, failure }, i): KeptCall => {
        return { operation, parameters, page, status, reply: replies[i]!, ...(failure && { failure }) };
      });
      const kept = (isPersonal ? blobs.putSalted : blobs.put)(canonical(list), 'manifest', previous?.kept.id);
      const own = contents.map((content, i) => [content, replies[i]!] as const);
      latest.set(scope, { list, contents, kept, known: new Map([...(complete ? [] : (previous?.known ?? [])), ...own]) });
      return kept;
    },
    read(manifest) {
      const textOf = (hash: string): string | null => {
        const id = idOf(blobs, hash);
        return blobs.isPurged(id) ? null : blobs.read(id);
      };
      return entries(idOf(blobs, manifest)).map((call) => ({ ...call, reply: call.reply === null ? null : textOf(call.reply) }));
    },
  };
}

/** Whether the calls would be kept as that list. A reply whose hash is not given is taken for another. */
const isSameList = (calls: readonly CallRecord[], { list, contents }: Latest): boolean =>
  calls.length === list.length &&
  calls.every((call, i) => {
    const { operation, parameters, page, status, failure } = call;
    const kept = list[i]!;
    return (
      (call.replyHash ?? (call.reply === null ? null : undefined)) === contents[i] &&
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

/**
 * The manifest that the next one of a connection is stored as a patch on. Mostly it is the one before; now and then one from further back, so
 * that over many cycles no chain grows long.
 */
export function formerManifests(db: Engine): (connection: string) => number | null {
  const count = db.prepare('SELECT count(*) AS n FROM cycle WHERE connection = ?');
  const fromLatest = db.prepare('SELECT manifest FROM cycle WHERE connection = ? ORDER BY idx DESC LIMIT 1 OFFSET ?');
  const counted = new Map<string, number>();
  return (connection) => {
    const n = counted.get(connection) ?? Number(count.get(connection)!['n']);
    counted.set(connection, n + 1);
    const back = n % 8 !== 0 ? 1 : n % 40 !== 0 ? 8 : n % 200 !== 0 ? 40 : 0;
    return back === 0 ? null : Number(fromLatest.get(connection, back - 1)!['manifest']);
  };
}
