import { calendarPeriods } from './calendar.ts';
import { day, type Interval, overlaps, type Window } from './types.ts';

/** How often something must be done. */
export type Schedule =
  /** Once per calendar period, due at its end plus grace. */
  | { readonly mode: 'calendar'; readonly period: 'month' | 'quarter' | 'half-year' | 'year'; readonly graceDays: number }
  /** Never more than so many days since the last time. */
  | { readonly mode: 'rolling'; readonly days: number };

/** One time that it was done. Only `pass` qualifies; `unobserved`: it may have qualified. */
export interface Performance {
  readonly item: string;
  readonly at: number;
  readonly result: 'pass' | 'fail' | 'pending' | 'unobserved' | 'not-applicable';
}

/** Who owes it and since when, every performance known, before the window too, and where one could have been missed (see `uncovered`). */
export interface Owed {
  readonly subject: string;
  readonly schedule: Schedule;
  readonly timeZone: string;
  /**
   * In scope from `since` until `until`. Periods that end after `until` are not owed. Rolling days are counted from the last performance
   * before `since`, or from `since` where none is known.
   */
  readonly since: number;
  readonly until?: number;
  readonly performances: readonly Performance[];
  readonly uncovered: readonly Interval[];
}

export interface Obligation {
  readonly subject: string;
  /** `2026-Q1`; of a rolling schedule, the instant since which the days are counted. */
  readonly period: string;
  readonly from: number;
  readonly to: number;
  readonly due: number;
  readonly done: number | null;
  /** The performance that met it. */
  readonly item: string | null;
  readonly state: 'met' | 'late' | 'missed' | 'not-yet-due' | 'unobserved';
  /** Whole days from `due` until it was done, negative when early; of a missed one, until now; null where that cannot be said. */
  readonly days: number | null;
  /**
   * Whether this window answers for it, so that a lapse is a deviation of the window: the calendar period ends in it, or the rolling days
   * end before it does. Others are in the table because they touch the window.
   */
  readonly inWindow: boolean;
}

/**
 * What a subject owed in the window. A performance meets one obligation: the earliest that it is in time for, else, if it is one too many,
 * the earliest that it is late for. Where something done may have gone unseen, an obligation is never called missed or late but
 * unobserved; what was seen done counts even so.
 */
export function obligations(owed: Owed, window: Window): Obligation[] {
  const known = owed.performances.filter(({ at }) => at <= window.asOf).sort((a, b) => a.at - b.at);
  const done = known.filter(({ result }) => result === 'pass');
  const unread = known.filter(({ result }) => result === 'unobserved').map(({ at }) => ({ from: at, to: at + 1 }));
  const hidden = [...owed.uncovered, ...unread].sort((a, b) => (a.from < b.from ? -1 : 1));
  return owed.schedule.mode === 'calendar'
    ? calendar(owed, owed.schedule, done, hidden, window)
    : rolling(owed, owed.schedule.days, done, hidden, window);
}

function calendar(
  owed: Owed,
  schedule: Schedule & { mode: 'calendar' },
  done: Performance[],
  hidden: Interval[],
  window: Window,
): Obligation[] {
  const { subject, timeZone, since, until = Infinity } = owed;
  const grace = schedule.graceDays * day;
  // All periods since it is owed, not only those of the window: which performance meets which must not depend on the question.
  const periods = calendarPeriods(schedule.period, { from: since, to: Math.max(window.to, window.asOf) }, timeZone)
    .filter(({ to }) => to <= until)
    .map(({ name, from, to }) => ({ period: name, from, to, due: to + grace }));
  const mayHide = periods.map(({ from, due }) => hidden.some((stretch) => overlaps(stretch, { from, to: due + 1 })));
  const met = assign(periods, done, () => false);
  // If every period that may hide a performance had one, what was seen would be free to meet others.
  const atBest = assign(periods, done, (i) => mayHide[i] === true);

  return periods
    .map((period, i): Obligation => {
      const performance = met[i];
      const inTime = performance !== undefined && performance.at <= period.due;
      const best = atBest[i];
      const maybe = mayHide[i] || (best !== undefined && best.at <= period.due);
      const state = inTime ? 'met' : window.asOf <= period.due ? 'not-yet-due' : maybe ? 'unobserved' : performance ? 'late' : 'missed';
      return row({ subject, ...period, state, inWindow: period.to > window.from && period.to <= window.to }, performance, window.asOf);
    })
    .filter((period) => overlaps(period, window));
}

/** Which performance meets which period: first each in time, in order; then what is left over goes to the earliest that it is late for. */
function assign(
  periods: readonly { from: number; due: number }[],
  done: readonly Performance[],
  settled: (i: number) => boolean,
): (Performance | undefined)[] {
  const free = new Set(done);
  const take = (from: number, to: number) => {
    for (const performance of free) {
      if (performance.at < from || performance.at > to) continue;
      free.delete(performance);
      return performance;
    }
    return undefined;
  };
  const inTime = periods.map(({ from, due }, i) => (settled(i) ? undefined : take(from, due)));
  return periods.map(({ due }, i) => inTime[i] ?? (settled(i) ? undefined : take(due, Infinity)));
}

function rolling(owed: Owed, days: number, done: Performance[], hidden: Interval[], window: Window): Obligation[] {
  const { subject, since, until = Infinity } = owed;
  const rows: Obligation[] = [];
  const before = done.findLast(({ at }) => at <= since);
  let from = before?.at ?? since;
  for (const next of [...done.filter(({ at }) => at > from), undefined]) {
    const due = from + days * day;
    const inTime = next !== undefined && next.at <= due;
    const maybe = reach(Math.max(due, since), days * day, hidden) >= (next?.at ?? Math.min(window.asOf, until));
    const state = inTime ? 'met' : Math.min(window.asOf, until) <= due ? 'not-yet-due' : maybe ? 'unobserved' : next ? 'late' : 'missed';
    const period = new Date(from).toISOString();
    if (next || window.asOf < until || due < until)
      rows.push(row({ subject, period, from, to: due, due, state, inWindow: due < window.to }, next, window.asOf));
    if (next) from = next.at;
  }
  return rows.filter((each) => overlaps({ from: each.from, to: each.done ?? Infinity }, window));
}

/** Until when the days cannot have run out, counted from `until`, if something was done in the last instant of every hidden stretch. */
function reach(until: number, days: number, hidden: readonly Interval[]): number {
  return hidden.reduce((furthest, { from, to }) => (from <= furthest ? Math.max(furthest, to - 1 + days) : furthest), until);
}

function row(obligation: Omit<Obligation, 'done' | 'item' | 'days'>, performance: Performance | undefined, asOf: number): Obligation {
  const { state, due } = obligation;
  const at = state === 'met' || state === 'late' ? performance?.at : state === 'missed' ? asOf : undefined;
  const days = at === undefined ? null : Math.ceil((at - due) / day) || 0;
  return { ...obligation, done: performance?.at ?? null, item: performance?.item ?? null, days };
}
