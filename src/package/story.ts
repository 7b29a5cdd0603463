import type { Looks } from '#src/evidence/documents.ts';
import type { ChangeRecord, CorrectedLook } from '#src/evidence/store.ts';
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
  /** Every item as it is known now. */
  entities(): Iterable<Entity>;
  /** The same, and what the cycles recorded of scopes that were corrected since. */
  referred(): Iterable<Entity>;
}

type Change = Pick<ChangeRecord, 'scope' | 'item' | 'key' | 'salt' | 'seen'>;

interface Telling {
  readonly cycles: readonly CycleFact[];
  readonly changes: Iterable<ChangeRecord>;
  readonly corrected: readonly CorrectedLook[];
  readonly looksOf: (hash: string) => Looks;
  readonly window: Interval;
  /** A snapshot and a detail that the window rests on. */
  readonly needs: (snapshot: string, detail: string) => void;
  /** Whether the results show what was said with this change. */
  readonly isShown: (change: Pick<ChangeRecord, 'index' | 'scope' | 'key'>) => boolean;
}

export function storyOf({ cycles, changes, corrected, looksOf, window, needs, isShown }: Telling): Story {
  const recorded = newLives();
  const known = new Map<string, Entity>();
  const correctedScopes = new Set(corrected.map(({ scope }) => scope));
  const lastLook = new Map<string, number>();
  const isEvent = (at: number | null) => at !== null && at >= window.from && at < window.to;
  const inWindow = ({ asOf }: { readonly asOf: number }) => asOf >= window.from && asOf < window.to;
  const first = cycles.find(({ asOf }) => asOf >= window.from) ?? null;
  let next = 0;

  /** What was there just before the window stands at its beginning. */
  const standing = (entities: Iterable<Entity>) => {
    for (const { snapshots, details } of entities) needs(snapshots.at(-1)!, details.at(-1)!);
  };
  /** Hears of the cycles up to an index; returns when each scope of the last was looked at before. */
  const hear = (index: number): { cycle: CycleFact | undefined; before: Map<string, number | undefined>; retired: Set<string> } => {
    let before = new Map<string, number | undefined>();
    let retired = new Set<string>();
    for (; next < cycles.length && cycles[next]!.index <= index; next++) {
      const cycle = cycles[next]!;
      if (cycle === first) standing(recorded.there);
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
  const note = (look: { readonly asOf: number }, change: Change & { readonly index: number }) => {
    const { seen } = change;
    if (seen && (inWindow(look) || isEvent(seen.at) || isShown(change))) needs(seen.snapshot, seen.detail);
  };
  const tellCorrected = () => {
    for (const [, looks] of Map.groupBy(corrected, ({ scope }) => scope)) {
      let last: number | undefined;
      const own = newLives();
      const begins = looks.findIndex(({ asOf }) => asOf >= window.from);
      for (const [i, { scope, index, asOf, is, changes: changed }] of looks.entries()) {
        if (i === begins) standing(own.there);
        for (const { key, seen } of changed) {
          const change = { index, scope, item: key, key, salt: null, seen };
          note({ asOf }, change);
          own.follow(change, asOf, last);
        }
        if (is === 'complete') last = asOf;
      }
      if (begins < 0) standing(own.there);
      own.end(() => last);
      for (const [slot, entity] of own.entities) known.set(slot, entity);
    }
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
        note(cycle, change);
        recorded.follow(change, cycle.asOf, heard.retired.has(scope) ? lastLook.get(scope) : heard.before.get(scope));
        yield `${canonical({ cycle: index, scope, item, leaf: seen && { ...seen, at: seen.at === null ? null : new Date(seen.at).toISOString() } })}\n`;
      }
      hear(Infinity);
      if (first === null) standing(recorded.there);
      recorded.end((scope) => lastLook.get(scope));
      tellCorrected();
    },
    *entities() {
      for (const entity of recorded.entities.values()) if (!correctedScopes.has(entity.scope)) yield entity;
      yield* known.values();
    },
    *referred() {
      yield* recorded.entities.values();
      yield* known.values();
    },
  };
}

/** The items of some scopes, from their first change to their last. */
function newLives() {
  const entities = new Map<string, Entity>();
  const there = new Set<Entity>();
  return {
    entities,
    there,
    /** `before`: the look at the scope before the one that made the change. */
    follow({ scope, item: name, key: item, salt, seen }: Change, asOf: number, before: number | undefined): void {
      const slot = `${scope}\n${item}`;
      const known = entities.get(slot);
      if (!seen) {
        if (!known) return;
        Object.assign(known, { gone: asOf, lastSeen: before ?? known.lastSeen });
        there.delete(known);
        return;
      }
      const committed = salt === null ? null : { name, salt };
      const entity: Entity = known ?? { scope, item, committed, firstSeen: asOf, lastSeen: asOf, gone: null, snapshots: [], details: [] };
      entity.gone = null;
      if (entity.snapshots.at(-1) !== seen.snapshot) entity.snapshots.push(seen.snapshot);
      if (entity.details.at(-1) !== seen.detail) entity.details.push(seen.detail);
      entities.set(slot, entity);
      there.add(entity);
    },
    end(lastLookOf: (scope: string) => number | undefined): void {
      for (const entity of there) entity.lastSeen = Math.max(entity.firstSeen, lastLookOf(entity.scope) ?? entity.lastSeen);
    },
  };
}
