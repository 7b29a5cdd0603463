/**
 * The words of a Type 2 window. Times are epoch milliseconds; intervals are half-open, `from` belongs to them and `to` does not.
 * A look is one successful collection of a scope; it sees every item of the scope's population, or that an item is not there.
 */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** The period asked about, and the present of who asks: nothing after `asOf` is known, and what is late is late as of then. */
export interface Window extends Interval {
  readonly asOf: number;
}

/** `absent`: the look saw the population whole, and the item was not in it. `unobserved`: the look saw the item, but not what the rule needs. */
export type LookResult = 'pass' | 'fail' | 'not-applicable' | 'unobserved' | 'absent';

/**
 * Consecutive looks with the same result for one rule and item. `first` and `last` are the times of its first and its last look.
 * The runs of an item are sorted and hold every look of its scope: an item that came later begins with a run `absent`, one that is gone
 * ends with one. Looks that no run holds count as not made.
 */
export interface Run {
  readonly result: LookResult;
  readonly first: number;
  readonly last: number;
  /** Why it was unobserved. */
  readonly reason?: string;
  /** The instant of the change that began this run, where an event of the provider tells it. */
  readonly changedAt?: number;
}

/** Time between two consecutive looks longer than the horizon. */
interface Gap {
  /** The last look before it, or the first attempt where there was none. */
  readonly from: number;
  /** The look that ended it; null while looks still fail. */
  readonly to: number | null;
  readonly reason: string;
  readonly detail?: string;
}

/** When one scope was looked at. */
export interface ScopeCoverage {
  /** The horizon: how far apart two looks may lie for the time between them to count as observed. */
  readonly hold: number;
  readonly firstLook: number | null;
  readonly lastLook: number | null;
  /** Sorted and disjoint. */
  readonly gaps: readonly Gap[];
  /** How long the source remembers its events; Infinity where it keeps them for good. Not declared: no longer than the horizon. */
  readonly memory?: number;
}

/**
 * `held`, `failed`: between two looks that agree. `uncertain`: between two that do not. `unobserved`: not between two looks close enough,
 * with the reason. `outside`: the item was not there or the rule did not apply.
 */
export type State = 'held' | 'failed' | 'uncertain' | 'unobserved' | 'outside';

export interface Segment extends Interval {
  readonly state: State;
  readonly reason?: string;
}

export type Severity = 'critical' | 'high' | 'medium' | 'low';

export const second = 1_000;
export const hour = 3_600 * second;
export const day = 24 * hour;

export const overlaps = (a: Interval, b: Interval): boolean => a.from < b.to && b.from < a.to;
