import type { Interval, Segment, State } from './types.ts';

/** Milliseconds in each state; of many items, the sum. Exact up to some 300,000 items over a year (2^53 ms). */
export type Measure = Record<State, number>;

export const nothing: Readonly<Measure> = { held: 0, failed: 0, uncertain: 0, unobserved: 0, outside: 0 };

/** Time per state over segments, for as many items as share them; added to `total`. */
export function measure(segments: Iterable<Segment>, count = 1, total: Measure = { ...nothing }): Measure {
  for (const { from, to, state } of segments) total[state] += (to - from) * count;
  return total;
}

export function sum(measures: Iterable<Measure>): Measure {
  const total = { ...nothing };
  for (const one of measures) for (const state of Object.keys(total) as State[]) total[state] += one[state];
  return total;
}

/** Shares of time, null where there is no time to share; print more than one of them, and never one alone. */
export interface Ratios {
  /** Of the time that the rule applied, how much was observed. */
  readonly coverage: number | null;
  /** Of the observed time, how much is known to have held. */
  readonly held: number | null;
  /** Of the time that the rule applied, how much is known to have held: unobserved time counts against it. */
  readonly guaranteed: number | null;
  /** Failing time in ms: known, and at most, as far as it was observed. */
  readonly failing: { readonly least: number; readonly most: number };
}

export function ratios({ held, failed, uncertain, unobserved }: Measure): Ratios {
  const observed = held + failed + uncertain;
  const applied = observed + unobserved;
  return {
    coverage: share(observed, applied),
    held: share(held, observed),
    guaranteed: share(held, applied),
    failing: { least: failed, most: failed + uncertain },
  };
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** The longest stretch without observation, whatever its reasons, among those that touch `within`. */
export function longestUnobserved(segments: readonly Segment[], within: Interval): number {
  let longest = 0;
  let from = Number.NaN;
  let to = Number.NaN;
  for (const segment of segments) {
    if (segment.state !== 'unobserved') continue;
    if (segment.from !== to) from = segment.from;
    to = segment.to;
    if (from < within.to && to > within.from) longest = Math.max(longest, to - from);
  }
  return longest;
}

/** Adds the unobserved time of segments to the times by reason. */
export function addReasons(times: Record<string, number>, segments: readonly Segment[], count = 1): void {
  for (const { from, to, state, reason } of segments) {
    if (state === 'unobserved' && reason !== undefined) times[reason] = (times[reason] ?? 0) + (to - from) * count;
  }
}
