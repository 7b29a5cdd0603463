import type { Looks } from '#src/evidence/documents.ts';
import type { ChangeRecord } from '#src/evidence/store.ts';
import { canonical } from '#src/ledger/canonical.ts';
import type { Interval } from '#src/window/types.ts';
import type { CycleFact } from './trail.ts';

/** One item over the whole log. Instants are epoch ms. */
export interface Entity {
  readonly scope: string;
  /** Its key; and of a person the name that the salt makes of it in the log. */
  readonly item: string;
  readonly committed: { readonly name: string; readonly salt: string } | null;
  readonly firstSeen: number;
  /** The last complete look of its scope at which it was there. */
  lastSeen: number;
  /** The look, or the retirement, that ended it; null while it is there. */
  gone: number | null;
  /** Hashes, the oldest first. */
  readonly snapshots: string[];
  readonly details: string[];
}

/** What the change log tells when it is read once, from its beginning to its end. */
export interface Story {
  /** The lines of ledger/changes.ndjson. To be drawn to the end before anything else is asked. */
  lines(): Generator<string>;
  entities(): Iterable<Entity>;
}

interface Telling {
  readonly cycles: readonly CycleFact[];
  readonly changes: Iterable<ChangeRecord>;
  readonly looksOf: (hash: string) => Looks;
  readonly window: Interval;
  /** A snapshot and a detail that the window rests on. */
  readonly needs: (snapshot: string, detail: string) => void;
  /** Whether the results show what was said with this change. */
  readonly isShown: (change: ChangeRecord) => boolean;
}

export function storyOf({ cycles, changes, looksOf, window, needs, isShown }: Telling): Story {
  const entities = new Map<string, Entity>();
  const lastLook = new Map<string, number>();
  const there = new Set<Entity>();
  const isEvent = (at: number | null) => at !== null && at >= window.from && at < window.to;
  const inWindow = ({ asOf }: CycleFact) => asOf >= window.from && asOf < window.to;
  const first = cycles.find(({ asOf }) => asOf >= window.from) ?? null;
  let next = 0;

  /** What was there just before the window's first cycle stands at its beginning. */
  const standing = () => {
    for (const { snapshots, details } of there) needs(snapshots.at(-1)!, details.at(-1)!);
  };
  /** Hears of the cycles up to an index; returns when each scope of the last was looked at before. */
  const hear = (index: number): { cycle: CycleFact | undefined; before: Map<string, number | undefined>; retired: Set<string> } => {
    let before = new Map<string, number | undefined>();
    let retired = new Set<string>();
    for (; next < cycles.length && cycles[next]!.index <= index; next++) {
      const cycle = cycles[next]!;
      if (cycle === first) standing();
      const looks = looksOf(cycle.looks);
      before = new Map();
      retired = new Set(looks.retired.map(({ scope }) => scope));
      for (const { scope, unread } of looks.looks) {
        if (unread) continue;
        before.set(scope, lastLook.get(scope));
        lastLook.set(scope, cycle.asOf);
      }
    }
    return { cycle: cycles[next - 1], before, retired };
  };
  const follow = ({ scope, item: name, key: item, salt, seen }: ChangeRecord, asOf: number, before: number | undefined) => {
    const key = `${scope}\n${item}`;
    const known = entities.get(key);
    if (!seen) {
      if (!known) return;
      Object.assign(known, { gone: asOf, lastSeen: before ?? known.lastSeen });
      there.delete(known);
      return;
    }
    const entity: Entity = known ?? {
      scope,
      item,
      committed: salt === null ? null : { name, salt },
      firstSeen: asOf,
      lastSeen: asOf,
      gone: null,
      snapshots: [],
      details: [],
    };
    entity.gone = null;
    if (entity.snapshots.at(-1) !== seen.snapshot) entity.snapshots.push(seen.snapshot);
    if (entity.details.at(-1) !== seen.detail) entity.details.push(seen.detail);
    entities.set(key, entity);
    there.add(entity);
  };

  return {
    *lines() {
      let heard = hear(-1);
      let at = -1;
      for (const change of changes) {
        if (change.index !== at) heard = hear(change.index);
        at = change.index;
        const cycle = heard.cycle!;
        const { index, scope, item, seen } = change;
        if (seen && (inWindow(cycle) || isEvent(seen.at) || isShown(change))) needs(seen.snapshot, seen.detail);
        follow(change, cycle.asOf, heard.retired.has(scope) ? lastLook.get(scope) : heard.before.get(scope));
        yield `${canonical({ cycle: index, scope, item, leaf: seen && { ...seen, at: seen.at === null ? null : new Date(seen.at).toISOString() } })}\n`;
      }
      hear(Infinity);
      if (first === null) standing();
      for (const entity of there) entity.lastSeen = lastLook.get(entity.scope) ?? entity.lastSeen;
    },
    entities: () => entities.values(),
  };
}
