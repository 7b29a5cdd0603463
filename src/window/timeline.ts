import type { Interval, Run, ScopeCoverage, Segment, State, Window } from './types.ts';

/**
 * What is known of one item at every instant of the window, up to `asOf`: contiguous segments.
 *
 * An instant counts only if it lies between two looks that observed the item, at most `hold` apart: both passed, it held; both failed, it
 * failed; they differ, it is uncertain, unless `changedAt` tells where to split. All else is unobserved, with a reason. Nothing is
 * extrapolated beyond the last look; the first look after the window's end closes its last bracket.
 *
 * Three choices beside that. Between two looks at which the rule did not apply to the item there is nothing of it to observe, however long
 * that was; that the scope was not looked at counts against the scope. An item that two consecutive looks did not find was not there in between, however long that was, because keys
 * are never used twice; only if a look saw it, but nothing of it, that time is unobserved. And where an item appears, vanishes or ceases to
 * be judged, the time between the looks is outside if it passed, but uncertain if it failed, because it may have failed for all of it.
 */
export function timeline(runs: readonly Run[], scope: ScopeCoverage, window: Window): Segment[] {
  const clip = { from: window.from, to: Math.min(window.to, window.asOf) };
  const segments: Segment[] = [];

  const add = (from: number, to: number, state: State, reason?: string) => {
    const start = Math.max(from, clip.from);
    const end = Math.min(to, clip.to);
    if (start < end) append(segments, reason === undefined ? { from: start, to: end, state } : { from: start, to: end, state, reason });
  };
  const addUnobserved = (from: number, to: number, unread: readonly Run[]) => {
    const end = Math.min(to, clip.to);
    for (let at = Math.max(from, clip.from); at < end; ) {
      const { reason, until } = whyUnobserved(at, scope, unread, window.asOf);
      add(at, Math.min(until, end), 'unobserved', reason);
      at = until;
    }
  };
  /** Time between looks, except where the scope was not looked at. */
  const addObserved = (from: number, to: number, state: State) => {
    let at = Math.max(from, clip.from);
    const end = Math.min(to, clip.to);
    for (let i = indexOfGap(scope, at); i < scope.gaps.length && at < end; i++) {
      const gap = scope.gaps[i] as ScopeCoverage['gaps'][number];
      if (gap.from >= end) break;
      add(at, gap.from, state);
      add(Math.max(at, gap.from), Math.min(gap.to ?? Infinity, end), 'unobserved', gap.reason);
      at = Math.max(at, gap.to ?? Infinity);
    }
    add(at, end, state);
  };

  /** The time between two consecutive observing looks, `a` and `b`. Either may be missing, never both. */
  const addBracket = (a: Run | undefined, b: Run | undefined, unread: readonly Run[]) => {
    const from = a?.last ?? -Infinity;
    const to = b?.first ?? Infinity;
    const neverThere = (a ?? b)?.result === 'absent' && (b ?? a)?.result === 'absent';
    if ((neverThere || (isOutside(a) && a?.result === b?.result)) && unread.length === 0) return add(from, to, 'outside');
    if (neverThere || !a || !b || to - from > scope.hold) return addUnobserved(from, to, unread);
    const split = b.changedAt;
    if (split === undefined || split < from || split > to) return addObserved(from, to, between(a, b));
    addObserved(from, split, stateOf(a));
    addObserved(split, to, stateOf(b));
  };

  let last: Run | undefined;
  let unread: Run[] = [];
  for (const run of runs) {
    if (run.result === 'unobserved') {
      unread.push(run);
      continue;
    }
    addBracket(last, run, unread);
    if (isOutside(run)) add(run.first, run.last, 'outside');
    else addObserved(run.first, run.last, stateOf(run));
    last = run;
    unread = [];
  }
  if (last) addBracket(last, undefined, unread);
  else addUnobserved(-Infinity, Infinity, unread);
  return segments;
}

const isOutside = (run: Run | undefined): boolean => run?.result === 'absent' || run?.result === 'not-applicable';
const stateOf = (run: Run): State => (run.result === 'pass' ? 'held' : run.result === 'fail' ? 'failed' : 'outside');

function between(a: Run, b: Run): State {
  const states = [stateOf(a), stateOf(b)];
  if (states[0] === states[1]) return stateOf(a);
  return states.includes('outside') && states.includes('held') ? 'outside' : 'uncertain';
}

/** The reason why the instant `at` is unobserved, and until when it is the reason. `unread`: the looks around it that did not see enough. */
function whyUnobserved(at: number, scope: ScopeCoverage, unread: readonly Run[], asOf: number): { reason: string; until: number } {
  const { firstLook, lastLook, gaps, hold } = scope;
  if (lastLook !== null && at >= lastLook) {
    const open = gaps.at(-1);
    if (asOf - lastLook <= hold) return { reason: reasonOf(unread.at(-1)) ?? 'awaiting-next-look', until: Infinity };
    return { reason: open && open.to === null ? open.reason : 'monitor-down', until: Infinity };
  }
  const next = gaps[indexOfGap(scope, at)];
  const boundary = firstLook !== null && at < firstLook ? firstLook : (lastLook ?? Infinity);
  if (next && next.from <= at) return { reason: next.reason, until: Math.min(next.to ?? Infinity, boundary) };
  const until = Math.min(next?.from ?? Infinity, boundary);
  if (firstLook === null || at < firstLook) return { reason: 'not-yet-connected', until };
  const run = unread.find((candidate) => candidate.last > at);
  if (run) return { reason: reasonOf(run) as string, until: Math.min(run.last, until) };
  return { reason: reasonOf(unread.at(-1)) ?? 'monitor-down', until };
}

const reasonOf = (run: Run | undefined): string | undefined => run && (run.reason ?? 'unread');

/** Index of the first gap that ends after `at`. */
function indexOfGap({ gaps }: ScopeCoverage, at: number): number {
  let low = 0;
  let high = gaps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((gaps[middle]?.to ?? Infinity) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Adds the next segment, joined to the one before where they say the same. */
export function append(segments: Segment[], next: Segment): void {
  const last = segments.at(-1);
  if (last && last.to === next.from && last.state === next.state && last.reason === next.reason)
    segments[segments.length - 1] = { ...last, to: next.to };
  else segments.push(next);
}

/** The part of sorted segments that lies in the interval. */
export function slice(segments: readonly Segment[], { from, to }: Interval): readonly Segment[] {
  const [first, last] = [segments[0], segments.at(-1)];
  if (!first || !last || (first.from >= from && last.to <= to)) return segments;
  return segments
    .filter((segment) => segment.from < to && segment.to > from)
    .map((segment) => ({ ...segment, from: Math.max(segment.from, from), to: Math.min(segment.to, to) }));
}
