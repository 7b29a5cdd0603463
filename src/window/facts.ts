import { type Evidence, unobservedOf, type Waiver } from './evidence.ts';
import { type Judgement, judge } from './judge.ts';
import { addReasons, longestUnobserved, measure, ratios } from './measure.ts';
import { slice } from './timeline.ts';
import type { Interval, Window } from './types.ts';

export type { Evidence } from './evidence.ts';

/** Below these a rule is not demonstrated. */
export interface Thresholds {
  /** Share of the time observed, of items and of scopes alike. */
  readonly coverage: number;
  /** The longest single stretch without observation, in ms. */
  readonly gap: number;
}

/** Why something is not demonstrated. `value`: a share of time, ms or a count, as the name says. */
export interface Shortfall {
  readonly rule: string;
  readonly name:
    | 'rule-not-available'
    | 'never-observed'
    | 'low-coverage'
    | 'long-gap'
    | 'unobserved-items'
    | 'not-reconciled'
    | 'supporting-deviations'
    | 'part-not-tested';
  readonly value: number;
}

/** What one rule has to say about one interval. */
export interface RuleFacts extends Judgement {
  readonly rule: string;
  readonly kind: Evidence['kind'];
  /** Share of scope-time observed: looked at, or for events still remembered by a later look. */
  readonly scopeCoverage: number | null;
  /** The longest single stretch without observation, of an item or a scope, in ms. */
  readonly longestGap: number;
  /** Unobserved time by reason: item-time of a state, scope-time of events and obligations. */
  readonly unobserved: Readonly<Record<string, number>>;
  readonly shortfalls: readonly Shortfall[];
}

/** What the evidence says of `part`, which lies in the window, and what it lacks to be demonstrated. */
export function factsOf(evidence: Evidence, part: Interval, window: Window, thresholds: Thresholds, waivers: readonly Waiver[]): RuleFacts {
  const clip = { from: part.from, to: Math.min(part.to, window.asOf) };
  const length = clip.to - clip.from;
  const judged = judge(evidence, clip, window, waivers);
  const scopes = evidence.scopes.map((scope) => unobservedOf(evidence.kind, scope, window));
  const missing = scopes.map((segments) => measure(slice(segments, clip)).unobserved);
  const scopeCoverage = scopes.length === 0 ? null : 1 - missing.reduce((a, b) => a + b) / (length * scopes.length);
  const longestGap = Math.max(judged.longestGap, ...scopes.map((segments) => longestUnobserved(segments, clip)));
  const unobserved = { ...judged.unobserved };
  if (evidence.kind !== 'state') for (const segments of scopes) addReasons(unobserved, slice(segments, clip));

  const shortfalls: Shortfall[] = [];
  const short = (name: Shortfall['name'], value: number) => shortfalls.push({ rule: evidence.rule, name, value });
  const neverObserved = missing.filter((time) => time === length).length;
  if (neverObserved > 0 || scopes.length === 0) short('never-observed', neverObserved);
  // An obligation needs no coverage: what was done counts, and where it could have been missed, it is itself unobserved.
  if (evidence.kind !== 'cadence') {
    const coverage = Math.min(scopeCoverage ?? 0, (judged.measure && ratios(judged.measure).coverage) ?? 1);
    if (coverage < thresholds.coverage) short('low-coverage', coverage);
    if (longestGap > thresholds.gap) short('long-gap', longestGap);
  }
  if (judged.unobservedItems > 0) short('unobserved-items', judged.unobservedItems);
  if (evidence.kind === 'event' && evidence.completeness === 'not-reconciled') short('not-reconciled', judged.population);
  return { ...judged, rule: evidence.rule, kind: evidence.kind, scopeCoverage, longestGap, unobserved, shortfalls };
}
