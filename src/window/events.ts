import type { Interval, ScopeCoverage, Window } from './types.ts';

export type EventResult = 'pass' | 'fail' | 'pending' | 'unobserved' | 'not-applicable';

/** One occurrence. It belongs to the window that holds the one instant which its population declares (a change: when it was merged). */
export interface EventItem {
  readonly scopeKey?: string;
  readonly item: string;
  readonly at: number;
  readonly result: EventResult;
}

/** `population` = the sum of the others, always printed as that equation. */
export interface Equation {
  readonly population: number;
  readonly pass: number;
  readonly fail: number;
  readonly pending: number;
  readonly unobserved: number;
  readonly notApplicable: number;
}

/** A stretch in which events may have happened that no look could still have seen. */
export interface Uncovered extends Interval {
  readonly reason: string;
}

export const within = <T extends { readonly at: number }>(events: readonly T[], { from, to }: Interval): T[] =>
  events.filter(({ at }) => at >= from && at < to);

export function equation(events: readonly EventItem[]): Equation {
  const counts = { pass: 0, fail: 0, pending: 0, unobserved: 0, 'not-applicable': 0 };
  for (const { result } of events) counts[result]++;
  const { 'not-applicable': notApplicable, ...others } = counts;
  return { population: events.length, ...others, notApplicable };
}

/**
 * Where in the window events could have been missed. An instant is covered if a later look happened while the source still remembered it;
 * so a source that remembers heals an outage, and covers time before the first look. The rest is unobserved: `source-forgot` where that is
 * for good, else the reason why no look has come yet.
 */
export function uncovered(scope: ScopeCoverage, window: Window): Uncovered[] {
  const { hold, firstLook, lastLook, gaps } = scope;
  const memory = scope.memory ?? hold;
  const found: Uncovered[] = [];
  const add = (from: number, to: number, reason: string) => {
    const start = Math.max(from, window.from);
    const end = Math.min(to, window.to, window.asOf);
    if (start < end) found.push({ from: start, to: end, reason });
  };
  const open = gaps.at(-1);
  const silence = open && open.to === null ? open.reason : 'monitor-down';

  if (firstLook === null || lastLook === null) {
    const attempt = gaps[0]?.from ?? Infinity;
    add(-Infinity, attempt, 'not-yet-connected');
    add(attempt, Infinity, silence);
    return found;
  }
  const forgot = (reason: string) => (scope.memory === undefined ? reason : 'source-forgot');
  add(-Infinity, firstLook - memory, forgot('not-yet-connected'));
  let seen = firstLook;
  const addLooks = (until: number) => {
    // Looks lie up to `hold` apart. A source that forgets sooner is only known to be covered shortly before a look whose time is known.
    if (memory < hold) add(seen, until - memory, 'source-forgot');
    seen = until;
  };
  for (const gap of gaps) {
    if (gap.to === null || gap.to <= firstLook) continue;
    addLooks(gap.from);
    add(gap.from, gap.to - memory, forgot(gap.reason));
    seen = gap.to;
  }
  addLooks(lastLook);
  const forgotten = Math.max(lastLook, window.asOf - memory);
  add(lastLook, forgotten, forgot(silence));
  add(forgotten, Infinity, window.asOf - lastLook <= hold ? 'awaiting-next-look' : silence);
  return found;
}
