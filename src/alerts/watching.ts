import type { CycleOutcome } from '#src/cycle/cycle.ts';
import type { EvidenceReading, HeldScope } from '#src/evidence/store.ts';
import type { Rule } from '#src/rule.ts';
import type { Deadlines } from '#src/window/deviations.ts';
import type { Condition } from './condition.ts';
import type { Router } from './routes.ts';
import type { News, Waiting } from './state.ts';

/** What the watch over the evidence needs. Instants in epoch ms. */
export interface Watching {
  readonly store: Pick<EvidenceReading, 'held' | 'runs' | 'history'>;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly deadlines: () => Deadlines;
  readonly route: Router;
  /** How often a scope is looked at, ms. */
  readonly periodOf: (held: HeldScope) => number;
}

/**
 * What becomes of what a waiver covered. `failed`: it failed when it was last seen, and cannot be seen. `past`: it has happened, and does not go
 * on. `unknown`: nobody here sees it.
 */
export type Covered = 'fails' | 'failed' | 'unknown' | 'past' | 'rule-off' | 'mended';

/** The conditions that are open at present, by key. */
export type Open = ReadonlyMap<string, Condition>;

export type Raised = readonly Waiting[];
export type Ended = NonNullable<News['ended']>;

/** What one watch found to have begun and to be over. */
export interface Found {
  readonly raised: Raised;
  readonly ended: Ended;
}

export type Outcomes = readonly CycleOutcome[];

/**
 * Holds everything of some kind that is wrong against what is open of it. What is open and no longer found is over if it is known how: `how`
 * gives null where nobody saw it end.
 */
export function against(
  current: readonly Condition[],
  open: Open,
  isOfThem: (condition: Condition) => boolean,
  how: (condition: Condition) => string | null,
  now: number,
): Found {
  const found = new Set(current.map(({ key }) => key));
  return {
    raised: current.map((condition) => ({ condition, since: now })),
    ended: [...open.values()].flatMap((condition) => {
      const ended = isOfThem(condition) && !found.has(condition.key) ? how(condition) : null;
      return ended === null ? [] : [{ key: condition.key, at: now, how: ended }];
    }),
  };
}
