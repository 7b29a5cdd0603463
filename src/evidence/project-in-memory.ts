import { canonical } from '#src/ledger/canonical.ts';
import type { Projection } from './state.ts';

/** A maximal run of looks with one result. `last` and `ended` are null while it goes on. */
export interface RunRow {
  readonly rule: string;
  readonly scope: number;
  readonly item: number;
  readonly first: number;
  readonly before: number | null;
  readonly last: number | null;
  readonly ended: number | null;
  readonly gone: number;
  readonly idx: number;
  readonly result: string;
  readonly severity: string;
  readonly reason: string | null;
}

/** A row of `gap`. */
export interface GapRow {
  readonly scope: number;
  readonly since: number;
  readonly until: number | null;
  readonly reason: string;
  readonly unread: string | null;
}

export const keyOfGap = ({ scope, since }: GapRow): string => `${scope} ${since}`;

/** The projections kept in memory: to be compared with their tables, or to answer in their place. */
export function projectInMemory() {
  const runs: RunRow[] = [];
  /** Those that go on, by item and rule: an item is of one scope. */
  const goingOn = new Map<number, Map<string, RunRow>>();
  const gaps = new Map<string, GapRow>();
  const projection: Projection = {
    resultsChange(scope, item, { index, asOf, last, gone, ended, begun }) {
      const before = last?.asOf ?? null;
      const own = goingOn.get(item) ?? new Map<string, RunRow>();
      goingOn.set(item, own);
      for (const rule of ended) {
        Object.assign(own.get(rule)!, { last: before, ended: asOf, gone: Number(gone) });
        own.delete(rule);
      }
      for (const { rule, letter, judgement } of begun) {
        const { severity, unread } = judgement();
        const reason = unread?.unread ?? null;
        const start = { first: asOf, before, last: null, ended: null, gone: 0, idx: index };
        const run = { rule, scope, item, ...start, result: letter, severity, reason };
        runs.push(run);
        own.set(rule, run);
      }
    },
    gapOpens(scope, { since, until, reason, unread }) {
      const gap = { scope, since, until, reason, unread: unread && canonical(unread) };
      gaps.set(keyOfGap(gap), gap);
    },
    gapCloses(scope, since, until) {
      if (until === null) gaps.delete(`${scope} ${since}`);
      else Object.assign(gaps.get(`${scope} ${since}`)!, { until });
    },
  };
  return { projection, runs, gaps };
}
