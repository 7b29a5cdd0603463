import { day, type Interval, type Run, type Severity } from './types.ts';

/** How long a deviation may stay open, in ms from the look that first saw it. */
export type Deadlines = Readonly<Record<Severity, number>>;

export const defaultDeadlines: Deadlines = { critical: day, high: 7 * day, medium: 30 * day, low: 90 * day };

/** What a rule and one item have to say for their deviations. `count`: for how many items with the same runs it stands. */
export interface Judged {
  readonly rule: string;
  readonly item: string;
  readonly count?: number;
  readonly severity: Severity;
  readonly deadlines?: Deadlines;
  readonly runs: readonly Run[];
}

/**
 * A maximal run of `fail` of one rule and item. It is assumed to persist while unobserved, so F-U-F is one; only a look that saw it
 * otherwise ends it, so F-P-F is two. It is the same deviation, with the same id, whatever window is asked about.
 */
export interface Deviation {
  readonly id: string;
  readonly rule: string;
  readonly item: string;
  readonly count: number;
  readonly severity: Severity;
  /** The last passing look before it; null where there was none. */
  readonly lastGood: number | null;
  /** The first and the last look that saw it. */
  readonly firstBad: number;
  readonly lastBad: number;
  /** The first look that saw it no more; null while open. */
  readonly firstGood: number | null;
  readonly closedBy: 'pass' | 'not-applicable' | 'gone' | null;
  /** From the first evidence of failing to the last. */
  readonly minDuration: number;
  /** From the last look before to the first look after, or to `asOf` while open; null where no look came before. */
  readonly maxDuration: number | null;
  /** The clock starts at `firstBad` and runs on while unobserved. */
  readonly due: number;
  readonly remediated: 'in-time' | 'late' | 'pending' | 'overdue';
  /** First and last evidence: the exact instant where an event tells it, else `firstBad` and `firstGood`. */
  readonly began: number;
  readonly ended: number | null;
}

/** Every deviation in the item's history, as of `asOf`. */
export function deviations(judged: Judged, asOf: number): Deviation[] {
  const found: Deviation[] = [];
  const observed = judged.runs.filter((run) => run.result !== 'unobserved');
  let lastGood: number | null = null;
  for (let i = 0; i < observed.length; i++) {
    const first = observed[i] as Run;
    if (first.result === 'pass') lastGood = first.last;
    if (first.result !== 'fail') continue;
    const before = observed[i - 1];
    while (observed[i + 1]?.result === 'fail') i++;
    found.push(describe(judged, { before, first, last: observed[i] as Run, after: observed[i + 1] }, lastGood, asOf));
  }
  return found;
}

/** Whether it was open at some instant of the interval: from the first evidence of failing until evidence to the contrary. */
export const openIn = ({ began, ended }: Pick<Deviation, 'began' | 'ended'>, { from, to }: Interval): boolean =>
  began < to && (ended ?? Infinity) > from;

/** Whether it was open already when the interval began. */
export const carriedInto = (deviation: Pick<Deviation, 'began' | 'ended'>, interval: Interval): boolean =>
  openIn(deviation, interval) && deviation.began < interval.from;

interface Neighbors {
  before: Run | undefined;
  first: Run;
  last: Run;
  after: Run | undefined;
}

function describe(
  { rule, item, count = 1, severity, deadlines = defaultDeadlines }: Judged,
  runs: Neighbors,
  lastGood: number | null,
  asOf: number,
): Deviation {
  const { before, first, last, after } = runs;
  const exactStart = before && changeBetween(before, first);
  const exactEnd = after && changeBetween(last, after);
  const firstBad = first.first;
  const lastBad = last.last;
  const firstGood = after?.first ?? null;
  const began = exactStart ?? firstBad;
  const ended = exactEnd ?? firstGood;
  const earliest = exactStart ?? before?.last;
  const due = firstBad + deadlines[severity];
  return {
    id: `${rule}/${item}@${new Date(firstBad).toISOString()}`,
    rule,
    item,
    count,
    severity,
    lastGood,
    firstBad,
    lastBad,
    firstGood,
    closedBy: closedBy(after),
    minDuration: (exactEnd ?? lastBad) - began,
    maxDuration: earliest === undefined ? null : (ended ?? Math.max(asOf, lastBad)) - earliest,
    due,
    remediated: ended === null ? (asOf <= due ? 'pending' : 'overdue') : ended <= due ? 'in-time' : 'late',
    began,
    ended,
  };
}

/** The instant at which an event of the provider says that `b` began, if that fits between the looks. */
const changeBetween = (a: Run, b: Run): number | undefined =>
  b.changedAt !== undefined && b.changedAt >= a.last && b.changedAt <= b.first ? b.changedAt : undefined;

function closedBy(after: Run | undefined): Deviation['closedBy'] {
  if (!after) return null;
  return after.result === 'absent' ? 'gone' : after.result === 'pass' ? 'pass' : 'not-applicable';
}
