import type { Blobs } from './blobs.ts';
import type { Engine } from './engine.ts';
import { type ToldCycle, tell } from './replay.ts';

/** What a correction says, as its record or its leaf has it. Instants in epoch ms. */
export interface Claimed {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly run: string;
  readonly looks: readonly {
    readonly asOf: number;
    readonly hold: number;
    readonly calls: number;
    /** How many items it saw, and how many of them are events; null where it failed as a whole. */
    readonly saw: { readonly items: number; readonly events: number } | null;
  }[];
}

/** For how long the looks at a scope vouch, from an instant on. */
export interface DeclaredHold {
  readonly asOf: number;
  readonly hold: number;
}

/** What the cycles before a leaf recorded of a scope. */
export interface ScopeHistory {
  /** Empty where no cycle looked at it. */
  readonly holds: readonly DeclaredHold[];
  /** When it ceased to exist, each time; `retired` where it was not looked at since. */
  readonly ends: readonly number[];
  readonly retired: number | null;
  /** Whether its items are people. */
  readonly personal: boolean;
  readonly items: number;
  readonly events: number;
  /** Of the latest cycle, of whichever connection. */
  readonly lastAsOf: number | null;
}

type Told = { -readonly [K in keyof ScopeHistory]: ScopeHistory[K] } & { holds: DeclaredHold[]; ends: number[] };

/** The history of a scope before each of some leaves, by ledger index. The log is told once for all of them. */
export function historiesBefore(
  db: Engine,
  blobs: Blobs,
  leaves: readonly { readonly index: number; readonly scope: string }[],
): ReadonlyMap<number, ScopeHistory> {
  const found = new Map<number, ScopeHistory>();
  const waiting = leaves.toSorted((a, b) => a.index - b.index);
  const told = new Map(leaves.map(({ scope }) => [scope, nothing()]));
  let lastAsOf: number | null = null;
  const settle = (index: number) => {
    for (; waiting[0] && waiting[0].index <= index; waiting.shift()) {
      const own = told.get(waiting[0].scope)!;
      found.set(waiting[0].index, { ...own, holds: [...own.holds], ends: [...own.ends], lastAsOf });
    }
  };
  for (const { index, asOf, looks, changes, scopes } of tell(db, blobs)) {
    settle(index);
    lastAsOf = asOf;
    for (const { scope, hold } of looks.looks) {
      const own = told.get(scope);
      if (!own) continue;
      own.retired = null;
      if (own.holds.at(-1)?.hold !== hold) own.holds.push({ asOf, hold });
    }
    for (const { scope } of looks.retired) {
      const own = told.get(scope);
      own?.ends.push(asOf);
      if (own) own.retired = asOf;
    }
    for (const { scope, changes: own } of changes)
      if (told.has(scope.key)) told.get(scope.key)!.personal ||= own.some(({ key, name }) => key !== name);
    for (const [key, own] of told) {
      own.items = scopes.get(key)?.items.size ?? 0;
      own.events = scopes.get(key)?.events ?? 0;
    }
  }
  settle(Infinity);
  return found;
}

const nothing = (): Told => ({ holds: [], ends: [], retired: null, personal: false, items: 0, events: 0, lastAsOf: null });

/** The holds that some cycles declared for a scope, each from its first look on. */
export function holdsOf(cycles: Iterable<Pick<ToldCycle, 'asOf' | 'looks'>>, scope: string): DeclaredHold[] {
  const holds: DeclaredHold[] = [];
  for (const { asOf, looks } of cycles) {
    const look = looks.looks.find((each) => each.scope === scope);
    if (look && holds.at(-1)?.hold !== look.hold) holds.push({ asOf, hold: look.hold });
  }
  return holds;
}

/** The hold that the latest look until an instant declared, or the first one after it; null where there was none. */
export const holdAt = (holds: readonly DeclaredHold[], instant: number): number | null =>
  (holds.findLast(({ asOf }) => asOf <= instant) ?? holds[0])?.hold ?? null;

/** Why a correction does not fit into what was recorded before it: nothing where it does. The same for who writes it and who checks it. */
export function* unfit({ at, from, to, reason, run, looks }: Claimed, before: ScopeHistory): Generator<string> {
  const { holds, ends, retired, personal, lastAsOf } = before;
  if (holds.length === 0) return yield 'no cycle ever looked at this scope';
  if (personal) yield 'what is known of people is kept with a salt, which a backfill does not have';
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from >= to) yield 'it ends before it begins';
  if (lastAsOf === null || to > lastAsOf || at < lastAsOf)
    yield 'it reaches past the last cycle, and what has not passed cannot be corrected';
  if (ends.some((end) => end >= from && end < to) || (retired !== null && to > retired)) yield 'the scope ceased to exist in that time';
  if (reason.trim() === '' || run.trim() === '') yield 'it gives no reason, or no run that brought the data';
  if (looks.some(({ saw, calls }) => saw && calls === 0)) yield 'it says what was seen, and none of the calls that saw it';
  const seen = looks.flatMap(({ saw }) => (saw && saw.items > 0 ? [saw] : []));
  const isOfEvents = before.items > 0 ? before.events > 0 : seen.some(({ events }) => events > 0);
  if (seen.some(({ items, events }) => events !== (isOfEvents ? items : 0)))
    yield 'its items are events where those of the scope are states, or the other way round';
  let last = from - 1;
  for (const { asOf, hold } of looks) {
    if (!Number.isSafeInteger(asOf) || asOf <= last || asOf >= to) yield 'its looks are not in order, or not within its time';
    if (!Number.isSafeInteger(hold) || hold <= 0) yield 'a look has no hold';
    const longest = holdAt(holds, asOf)!;
    if (hold > longest)
      yield `the look of ${timeOf(asOf)} would vouch for ${hold / 1000} s, and looks at the scope vouched for ${longest / 1000} s at that time`;
    last = asOf;
  }
}

const timeOf = (instant: number): string => (Number.isSafeInteger(instant) ? new Date(instant).toISOString() : 'no time');
