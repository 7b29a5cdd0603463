import { canonical } from '#src/ledger/canonical.ts';
import type { Projection } from './state.ts';

/** A row of `result_run`, with the rule by its id. */
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

export const keyOfRun = ({ rule, scope, item, first }: RunRow): string => `${rule}, scope ${scope}, item ${item}, from ${first}`;

export const keyOfGap = ({ scope, since }: GapRow): string => `${scope} ${since}`;

/** The projections kept in memory: to be compared with their tables, or to answer in their place. */
export function projectInMemory() {
  const runs = new Map<string, RunRow>();
  /** Those that go on, by item and rule: an item is of one scope. */
  const goingOn = new Map<number, Map<string, RunRow>>();
  const gaps = new Map<string, GapRow>();
  const projection: Projection = {
    runStarts(scope, item, { rule, first, before, index, letter, judgement }) {
      const { severity, unread } = judgement();
      const reason = unread?.unread ?? null;
      const run = { rule, scope, item, first, before, last: null, ended: null, gone: 0, idx: index, result: letter, severity, reason };
      runs.set(keyOfRun(run), run);
      const own = goingOn.get(item);
      if (own) own.set(rule, run);
      else goingOn.set(item, new Map([[rule, run]]));
    },
    runEnds(_, item, { rule, last, ended, gone }) {
      const own = goingOn.get(item)!;
      Object.assign(own.get(rule)!, { last, ended, gone: Number(gone) });
      own.delete(rule);
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
