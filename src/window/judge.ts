import { type Deviation, defaultDeadlines, deviations, openIn } from './deviations.ts';
import { type Equation, equation, within } from './events.ts';
import { type Evidence, type Group, owedIn, type Waiver } from './evidence.ts';
import { addReasons, longestUnobserved, type Measure, measure, nothing } from './measure.ts';
import type { Obligation } from './obligations.ts';
import { slice, timeline } from './timeline.ts';
import type { Interval, Segment, Window } from './types.ts';

/** One deviation of a window: a run of failing looks, a failed event, an obligation late or missed. */
export interface Finding {
  readonly id: string;
  readonly rule: string;
  readonly item: string;
  readonly count: number;
  /** `open`: at the end of the window, or now if that is earlier. A failed event stays what it is: null. */
  readonly remediated: 'in-time' | 'late' | 'open' | null;
  /** The whole of it, as far as it lies in the window, is covered by one waiver. It counts even so. */
  readonly underWaiver: boolean;
  /** A part of it is. */
  readonly waivedInPart: boolean;
  readonly carriedIn: boolean;
  readonly deviation?: Deviation;
}

/** What the items of one rule say about one interval, before it is weighed whether enough was observed. */
export interface Judgement {
  /** Items, events or obligations of the interval: every one that was there at any time, also where the rule did not apply. */
  readonly population: number;
  /** Those of them to which the rule applied. */
  readonly applicable: number;
  /** Whether the control had an occasion; a state needs none. */
  readonly occurred: boolean;
  readonly pending: number;
  /** Of a state, items of which nothing was observed; unobserved events; obligations of which it cannot be said whether they were met. */
  readonly unobservedItems: number;
  readonly findings: readonly Finding[];
  /** Item-time of a state. */
  readonly measure: Measure | null;
  readonly equation: Equation | null;
  readonly obligations: readonly Obligation[];
  /** The longest stretch in which one item of a state was not observed, in ms. */
  readonly longestGap: number;
  /** Unobserved item-time of a state by reason. */
  readonly unobserved: Readonly<Record<string, number>>;
}

/** What the evidence says of `part`, which lies in the window; what is open is open at the end of the window. */
export function judge(evidence: Evidence, part: Interval, window: Window, waivers: readonly Waiver[]): Judgement {
  const own = waivers.filter(({ rule }) => rule === evidence.rule);
  if (evidence.kind === 'state') return judgeState(evidence, part, window, own);
  if (evidence.kind === 'event') return judgeEvents(evidence, part, own);
  return judgeCadence(evidence, part, window, own);
}

const none = { pending: 0, measure: null, equation: null, obligations: [], longestGap: 0, unobserved: {} } as const;

function judgeState(evidence: Evidence & { kind: 'state' }, part: Interval, window: Window, waivers: readonly Waiver[]): Judgement {
  let [population, applicable, unobservedItems, longestGap] = [0, 0, 0, 0];
  const total = { ...nothing };
  const unobserved: Record<string, number> = {};
  for (const { count = 1, scope, runs } of evidence.groups) {
    const whole = timeline(runs, scope, window);
    const segments = slice(whole, part);
    const seen = runs.filter(({ result, first, last }) => result !== 'absent' && first < part.to && last >= part.from);
    const applied = segments.some(({ state }) => state !== 'outside');
    if (applied || seen.length > 0) population += count;
    if (applied || seen.some(({ result }) => result !== 'not-applicable')) applicable += count;
    if (neverSeen(segments)) unobservedItems += count;
    longestGap = Math.max(longestGap, longestUnobserved(whole, part));
    measure(segments, count, total);
    addReasons(unobserved, segments, count);
  }
  const findings = evidence.groups.flatMap((group) => findingsOf(evidence, group, part, window, waivers));
  return { ...none, population, applicable, occurred: true, unobservedItems, findings, measure: total, longestGap, unobserved };
}

/** An item of which nothing at all was observed, though more than one look should have. */
function neverSeen(segments: readonly Segment[]): boolean {
  const present = segments.filter(({ state }) => state !== 'outside');
  return present.some(({ reason }) => reason !== 'awaiting-next-look') && present.every(({ state }) => state === 'unobserved');
}

function findingsOf(
  evidence: Evidence & { kind: 'state' },
  group: Group,
  part: Interval,
  window: Window,
  waivers: readonly Waiver[],
): Finding[] {
  if (!group.runs.some(({ result }) => result === 'fail')) return [];
  const end = Math.min(window.to, window.asOf);
  const { rule, severity, deadlines = defaultDeadlines } = evidence;
  return deviations({ rule, severity, deadlines, ...group }, window.asOf)
    .filter((deviation) => openIn(deviation, part))
    .map((deviation) => {
      const { id, item, count, began, ended, due } = deviation;
      const waived = waivedIn(waivers, item, group.scopeKey, { from: Math.max(began, window.from), to: Math.min(ended ?? Infinity, end) });
      const remediated = ended === null || ended > end ? 'open' : ended <= due ? 'in-time' : 'late';
      return { id, rule, item, count, remediated, ...waived, carriedIn: began < window.from, deviation };
    });
}

function judgeEvents(evidence: Evidence & { kind: 'event' }, part: Interval, waivers: readonly Waiver[]): Judgement {
  const { rule } = evidence;
  const events = within(evidence.events, part);
  const counts = equation(events);
  const { population, pending, unobserved: unobservedItems } = counts;
  const applicable = population - counts.notApplicable;
  const findings = events
    .filter(({ result }) => result === 'fail')
    .map(({ item, at, scopeKey }): Finding => {
      const waived = waivedIn(waivers, item, scopeKey, { from: at, to: at + 1 });
      return { id: `${rule}/${item}@${new Date(at).toISOString()}`, rule, item, count: 1, remediated: null, ...waived, carriedIn: false };
    });
  return { ...none, population, applicable, occurred: applicable > 0, pending, unobservedItems, findings, equation: counts };
}

function judgeCadence(evidence: Evidence & { kind: 'cadence' }, part: Interval, window: Window, waivers: readonly Waiver[]): Judgement {
  const { rule } = evidence;
  const end = Math.min(window.to, window.asOf);
  const rows = evidence.owed.flatMap((owed) => owedIn(owed, { ...part, asOf: window.asOf }));
  const own = rows.filter(({ inWindow }) => inWindow);
  const count = (state: Obligation['state']) => own.filter((row) => row.state === state).length;
  const performed = rows.some(({ done }) => done !== null && done >= part.from && done < part.to);
  const findings = own
    .filter(({ state }) => state === 'late' || state === 'missed')
    .map(({ subject, period, due, done }): Finding => {
      const remediated = done === null || (due <= end && done > end) ? 'open' : 'late';
      const waived = waivedIn(waivers, subject, undefined, { from: due, to: Math.min(done ?? Infinity, Math.max(end, due + 1)) });
      return { id: `${rule}/${subject}@${period}`, rule, item: subject, count: 1, remediated, ...waived, carriedIn: due < window.from };
    });
  const occurred = performed || own.length > count('not-yet-due');
  const [pending, unobservedItems] = [count('not-yet-due'), count('unobserved')];
  return { ...none, population: rows.length, applicable: own.length, occurred, pending, unobservedItems, findings, obligations: rows };
}

function waivedIn(
  waivers: readonly Waiver[],
  key: string,
  place: string | undefined,
  { from, to }: Interval,
): Pick<Finding, 'underWaiver' | 'waivedInPart'> {
  const own = waivers.filter(
    ({ item, scope }) => (item === null || item === key) && (scope === undefined || place === undefined || scope === place),
  );
  const underWaiver = own.some((waiver) => waiver.from <= from && waiver.to >= to);
  return { underWaiver, waivedInPart: !underWaiver && own.some((waiver) => waiver.from < to && waiver.to > from) };
}
