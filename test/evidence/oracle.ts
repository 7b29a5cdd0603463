import { type Gap, type HeldScope, parseScopeKey, type ResultRun, scopeKey } from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { Unread } from '#src/population.ts';
import type { ItemObservation, Observation } from './world.ts';

/** Keeps every observation of every scope and answers by looking through all of them. Slow and plain, to be compared with. */
export interface Oracle {
  runs(): ResultRun[];
  gaps(): Gap[];
  held(): Map<string, unknown>;
  history(scope: string, item: string): unknown[];
}

interface Attempt {
  readonly index: number;
  readonly asOf: number;
  readonly hold: number;
  readonly unread: Unread | null;
  readonly items: ReadonlyMap<string, ItemObservation>;
}

/** From when a scope is first tried to when it is retired. */
interface Life {
  readonly attempts: Attempt[];
  retired: { at: number; index: number } | null;
}

/** `taken`: looks at events that do not count any more. What they saw has happened all the same. */
export function oracle(world: readonly (Observation & { readonly taken?: Observation['scopes'] })[]): Oracle {
  const lives = new Map<string, Life[]>();
  const taken = new Map<string, Attempt[]>();
  for (const [index, { asOf, scopes, retired, taken: past = [] }] of world.entries()) {
    for (const { scope, hold, items = [] } of past) {
      const attempt = { index, asOf, hold, unread: null, items: new Map(items.map((item) => [item.key, item])) };
      taken.set(scopeKey(scope), [...(taken.get(scopeKey(scope)) ?? []), attempt]);
    }
    for (const { scope, hold, unread, items } of scopes) {
      const own = lives.get(scopeKey(scope)) ?? [];
      lives.set(scopeKey(scope), own);
      if (own.length === 0 || own.at(-1)!.retired) own.push({ attempts: [], retired: null });
      own
        .at(-1)!
        .attempts.push({ index, asOf, hold, unread: unread ?? null, items: new Map((items ?? []).map((item) => [item.key, item])) });
    }
    // A correction may have taken every look away that there was before.
    for (const scope of retired) {
      const life = lives.get(scopeKey(scope))?.at(-1);
      if (life && !life.retired) life.retired = { at: asOf, index };
    }
  }
  const all = [...lives].flatMap(([scope, own]) => own.map((life) => ({ scope, life })));
  return {
    runs: () => all.flatMap(({ scope, life }) => runsOf(scope, life)),
    gaps: () => all.flatMap(({ scope, life }) => gapsOf(scope, life)),
    held: () => new Map([...lives].map(([scope, own]) => [scope, heldOf(scope, own)])),
    history: (scope, item) => historyOf(scope, lives.get(scope)!, taken.get(scope) ?? [], item),
  };
}

const looksOf = ({ attempts }: Life): Attempt[] => attempts.filter(({ unread }) => unread === null);
const isEvent = (scope: string): boolean => parseScopeKey(scope).population === 'example.change';

function runsOf(scope: string, life: Life): ResultRun[] {
  if (isEvent(scope)) return [];
  const looks = looksOf(life);
  const pairs = new Set(
    looks.flatMap(({ items }) => [...items.values()].flatMap(({ key, judgements }) => judgements.map(({ rule }) => `${rule} ${key}`))),
  );
  return [...pairs].flatMap((pair) => {
    const [rule, item] = pair.split(' ') as [string, string];
    const said = looks.map(({ items }) => items.get(item)?.judgements.find((judgement) => judgement.rule === rule));
    const runs: ResultRun[] = [];
    for (const [i, judgement] of said.entries()) {
      if (!judgement || said[i - 1]?.result === judgement.result) continue;
      let end = i;
      while (said[end + 1]?.result === judgement.result) end += 1;
      const next = looks[end + 1];
      const ended = next?.asOf ?? life.retired?.at ?? null;
      runs.push({
        rule,
        scope,
        item,
        result: judgement.result,
        before: looks[i - 1]?.asOf ?? null,
        first: looks[i]!.asOf,
        last: ended === null ? null : looks[end]!.asOf,
        ended,
        gone: ended !== null && !next?.items.has(item),
        index: looks[i]!.index,
        severity: judgement.severity,
        reason: judgement.unread?.unread ?? null,
      });
    }
    return runs;
  });
}

function gapsOf(scope: string, life: Life): Gap[] {
  const gaps: Gap[] = [];
  const ends = [...looksOf(life).map(({ asOf }) => asOf), life.retired?.at ?? null];
  let from: { asOf: number; hold: number } | null = null;
  let since = -Infinity;
  for (const to of ends) {
    const failed = life.attempts.filter(({ unread, asOf }) => unread && asOf > since && asOf < (to ?? Infinity));
    const begin = from ?? failed[0];
    const first = failed[0]?.unread ?? null;
    const lasts = to === null ? failed.length > 0 : begin !== undefined && to - begin.asOf > begin.hold;
    if (begin && lasts) gaps.push({ scope, from: begin.asOf, to, reason: first?.unread ?? 'monitor-down', unread: first });
    from = life.attempts.find(({ asOf }) => asOf === to) ?? null;
    since = to ?? Infinity;
  }
  return gaps;
}

function heldOf(scope: string, lives: readonly Life[]): unknown {
  const life = lives.at(-1)!;
  const looks = looksOf(life);
  const last = looks.at(-1);
  const failed = life.attempts.filter(({ unread, asOf }) => unread && asOf > (last?.asOf ?? -Infinity));
  const failing = failed.length === 0 || life.retired ? null : { since: failed[0]!.asOf, unread: failed.at(-1)!.unread };
  const gone = life.retired !== null;
  const every = isEvent(scope) ? lives.flatMap(looksOf) : gone ? [] : looks;
  const items = new Map(
    [...(every.at(-1)?.items ?? [])].map(([key, { snapshot, judgements, at }]) => [
      key,
      {
        item: JSON.parse(snapshot),
        hash: sha256(snapshot),
        document: sha256(snapshot),
        judgements,
        at,
        firstSeen: firstSeen(every, key),
        snapshotIndex: snapshotIndex(every, key),
      },
    ]),
  );
  return {
    scope: parseScopeKey(scope),
    hold: life.attempts.at(-1)!.hold,
    firstLook: looks[0]?.asOf ?? null,
    lastLook: last?.asOf ?? null,
    failing,
    retired: life.retired && { at: life.retired.at, reason: 'the account was closed' },
    items,
  } satisfies Record<keyof HeldScope, unknown>;
}

/** Since when the item is there without a look that did not show it. */
function firstSeen(looks: readonly Attempt[], key: string): number {
  const absent = looks.findLastIndex(({ items }) => !items.has(key));
  return looks[absent + 1]!.asOf;
}

/** The look since which the item has had its present snapshot. */
function snapshotIndex(looks: readonly Attempt[], key: string): number {
  const now = looks.at(-1)!.items.get(key)!.snapshot;
  const other = looks.findLastIndex(({ items }) => items.get(key)?.snapshot !== now);
  return looks[other + 1]!.index;
}

function historyOf(scope: string, lives: readonly Life[], taken: readonly Attempt[], key: string): unknown[] {
  const history: { index: number; asOf: number; snapshot: string | null; judgements: readonly unknown[] }[] = [];
  if (isEvent(scope)) {
    const looks = [...lives.flatMap(looksOf), ...taken].sort((a, b) => a.asOf - b.asOf || a.index - b.index);
    for (const { index, asOf, items } of looks) add(index, asOf, items.get(key));
    return history;
  }
  for (const life of lives) {
    for (const { index, asOf, items } of looksOf(life)) add(index, asOf, items.get(key));
    if (life.retired) add(life.retired.index, life.retired.at, undefined);
  }
  return history;

  function add(index: number, asOf: number, seen: ItemObservation | undefined): void {
    const before = history.at(-1);
    const now = { index, asOf, snapshot: seen?.snapshot ?? null, judgements: seen?.judgements ?? [] };
    const same = before
      ? before.snapshot === now.snapshot && canonical(before.judgements) === canonical(now.judgements)
      : now.snapshot === null;
    if (!same) history.push(now);
  }
}
