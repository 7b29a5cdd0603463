import type { Deadlines } from './deviations.ts';
import { type EventItem, uncovered } from './events.ts';
import { type Obligation, type Owed, obligations } from './obligations.ts';
import { timeline } from './timeline.ts';
import type { Interval, Run, ScopeCoverage, Segment, Severity, Window } from './types.ts';

/** Items that share their runs. `item` names one of them, `count` says how many they are. */
export interface Group {
  readonly item: string;
  /** Where it is; without it a waiver of any scope is taken for its own. */
  readonly scopeKey?: string;
  readonly count?: number;
  readonly severity?: Severity;
  readonly scope: ScopeCoverage;
  readonly runs: readonly Run[];
}

/** What was recorded for one rule. `scopes`: every scope that its populations are made of, also those without items or never read. */
export type Evidence = { readonly rule: string; readonly scopes: readonly ScopeCoverage[] } & (
  | { readonly kind: 'state'; readonly severity: Severity; readonly deadlines?: Deadlines; readonly groups: readonly Group[] }
  | {
      readonly kind: 'event';
      readonly events: readonly EventItem[];
      readonly completeness: 'reconciled' | 'not-reconciled' | 'not-reconcilable';
    }
  | { readonly kind: 'cadence'; readonly owed: readonly OwedFrom[] }
);

/** What a subject owes, and the scopes that its performances are read from. */
export type OwedFrom = Omit<Owed, 'uncovered'> & { readonly scopes: readonly ScopeCoverage[] };

/** A time in which deviations of one item of a rule are accepted, or (null) of every item. `scope` absent: in whatever scope it is. */
export interface Waiver extends Interval {
  readonly rule: string;
  readonly scope?: string;
  readonly item: string | null;
}

/** The stretches in which a scope was not observed: for a state between looks, for events as far as no look could still see them. */
export function unobservedOf(kind: Evidence['kind'], scope: ScopeCoverage, window: Window): Segment[] {
  if (kind !== 'state') return uncovered(scope, window).map((stretch) => ({ ...stretch, state: 'unobserved' }));
  const { firstLook, lastLook } = scope;
  const looks: Run[] = firstLook === null || lastLook === null ? [] : [{ result: 'pass', first: firstLook, last: lastLook }];
  return timeline(looks, scope, window).filter(({ state }) => state === 'unobserved');
}

/** What the subject owed in the window; a performance could have been missed where its scopes were not covered. */
export function owedIn({ scopes, ...owed }: OwedFrom, window: Window): Obligation[] {
  const always = { from: -Infinity, to: window.asOf, asOf: window.asOf };
  return obligations({ ...owed, uncovered: scopes.flatMap((scope) => uncovered(scope, always)) }, window);
}

/**
 * The obligation by which the subject stands at an instant: the first that was missed and not made up for since, else the first that may have
 * been, else the latest. Null where it owes nothing then.
 */
export function standing(owed: OwedFrom, asOf: number): Obligation | null {
  const latest = owedIn(owed, { from: asOf - 1, to: asOf + 1, asOf }).at(-1);
  if (!latest) return null;
  const all = owedIn(owed, { from: -Infinity, to: asOf + 1, asOf });
  const since = all.slice(all.findLastIndex(({ state }) => state === 'met' || state === 'late') + 1);
  return since.find(({ state }) => state === 'missed') ?? since.find(({ state }) => state === 'unobserved') ?? latest;
}
