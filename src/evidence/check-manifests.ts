import type { Blobs } from './blobs.ts';
import type { CycleManifest, Looks } from './documents.ts';
import { type KeptCall, openManifests } from './manifests.ts';
import type { Replayed } from './replay.ts';
import type { State } from './state.ts';

/** What a cycle's manifest says, once it was checked. */
export interface CheckedManifest {
  /** NaN where the list of a scope was purged. */
  readonly calls: number;
  callsOf(scope: string): number;
}

type Entry = CycleManifest[number];
type Look = Looks['looks'][number];

/** An entry as it was last found to be right. */
interface Known {
  readonly text: string;
  readonly failed: boolean;
  readonly items: number;
  readonly events: boolean;
  readonly calls: number;
}

/**
 * Checks the manifests of the cycles: each is of the scopes that the cycle looked at, has as many items as are held, and every list of calls
 * and every reply is there. An entry that repeats what was found right is passed over as text.
 */
export function manifestChecks(blobs: Blobs, state: State, referenced: Set<number>) {
  const manifests = openManifests(blobs, () => null);
  const known = new Map<string, Known>();
  /** The number of calls in each list that was looked through. */
  const lengths = new Map<number, number>();

  const standing = (key: string) => {
    const scope = state.scope(key);
    return { items: scope?.items.size ?? 0, events: (scope?.events ?? 0) > 0 };
  };
  const isKnown = ({ scope, unread }: Look, text: string, at: number): boolean => {
    const [last, { items, events }] = [known.get(scope), standing(scope)];
    if (last?.failed !== (unread !== undefined) || last.items !== items || last.events !== events) return false;
    return text.startsWith(last.text, at);
  };
  /** The entries that differ from those last found right; null where the text cannot be followed look by look. */
  const otherEntries = (text: string, looks: readonly Look[]): Entry[] | null => {
    const others: Entry[] = [];
    let at = 0;
    for (const look of looks) {
      if (text[at] !== (at === 0 ? '[' : ',')) return null;
      at += 1;
      if (isKnown(look, text, at)) at += known.get(look.scope)!.text.length;
      else {
        entryAt.lastIndex = at;
        const [found] = entryAt.exec(text) ?? [];
        const entry = found === undefined ? null : (JSON.parse(found) as Entry);
        if (entry === null || !isOf(entry, look)) return null;
        others.push(entry);
        at += found!.length;
      }
    }
    return at > 0 && text.slice(at) === ']' ? others : null;
  };

  function* checkEntry(cycle: number, [scope, status, items, hash]: Entry): Generator<string> {
    known.delete(scope);
    const id = blobs.find(hash);
    if (id === null) return yield `cycle ${cycle}: the manifest of ${scope} is missing`;
    const now = standing(scope);
    const fits = status === 'failed' || (now.events ? Number(items) <= now.items : items === now.items);
    if (!fits) yield `cycle ${cycle}: ${scope} has ${now.items} items, not ${items}`;
    if (!lengths.has(id)) {
      referenced.add(id);
      if (blobs.isPurged(id)) lengths.set(id, Number.NaN);
      else {
        const list = manifests.list(id);
        lengths.set(id, list.length);
        yield* checkReplies(`cycle ${cycle}: ${scope}`, list, blobs, referenced);
      }
    }
    const text = fits ? JSON.stringify([scope, status, items, hash]) : unknown;
    known.set(scope, { ...now, failed: status === 'failed', text, calls: lengths.get(id)! });
  }

  return function* check({ cycle, looks: { looks } }: Replayed): Generator<string, CheckedManifest> {
    const text = blobs.read(cycle.manifest);
    const others = otherEntries(text, looks);
    const all = others ? [] : (JSON.parse(text) as CycleManifest);
    if (!others && (all.length !== looks.length || !all.every((entry, i) => isOf(entry, looks[i]!))))
      yield `cycle ${cycle.idx}: its manifest is of other scopes`;
    for (const entry of others ?? all) yield* checkEntry(cycle.idx, entry);
    const callsOf = (scope: string): number => known.get(scope)?.calls ?? 0;
    return { calls: looks.reduce((sum, { scope }) => sum + callsOf(scope), 0), callsOf };
  };
}

/** No text of an entry has it. */
const unknown = '\0';

const entryAt = /\["(?:[^"\\]|\\.)*","(?:complete|failed)",(?:null|\d+),"[0-9a-f]{64}"\]/y;

const isOf = ([scope, status]: Entry, look: Look): boolean => scope === look.scope && status === (look.unread ? 'failed' : 'complete');

function* checkReplies(where: string, calls: readonly KeptCall[], blobs: Blobs, referenced: Set<number>): Generator<string> {
  for (const { operation, reply } of calls) {
    const id = reply === null ? undefined : blobs.find(reply);
    if (id === null) yield `${where}: a reply of ${operation} is missing`;
    else if (id !== undefined) referenced.add(id);
  }
}
