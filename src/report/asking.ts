import type { EvidenceReading } from '#src/evidence/store.ts';
import type { Rule } from '#src/rule.ts';
import type { Deadlines } from '#src/window/deviations.ts';
import type { Group } from '#src/window/evidence.ts';
import type { Window } from '#src/window/types.ts';

/** What the window needs to know of the rules and of the company. */
export interface Asking {
  readonly store: EvidenceReading;
  readonly rules: readonly Rule[];
  readonly parametersOf: (rule: string) => Readonly<Record<string, unknown>>;
  readonly timeZone: string;
  readonly window: Window;
}

/** One item under one STATE rule, over the window. */
export interface Observation extends Group {
  readonly scopeKey: string;
  readonly index: number;
}

/** The deadlines by severity that the company set for `meta.finding-remediated-in-sla`. */
export function deadlinesOf({ parametersOf }: Pick<Asking, 'parametersOf'>): Deadlines {
  const {
    criticalDays = 1,
    highDays = 7,
    mediumDays = 30,
    lowDays = 90,
  } = parametersOf('meta.finding-remediated-in-sla') as Record<string, number>;
  return { critical: criticalDays * 86_400_000, high: highDays * 86_400_000, medium: mediumDays * 86_400_000, low: lowDays * 86_400_000 };
}

/** Items of one scope with the same runs count as one group: what is asked of them has the same answer. */
export function grouped(observations: readonly Observation[]): Group[] {
  const groups = new Map<string, Observation & { count: number }>();
  for (const observation of observations) {
    const { scopeKey, severity, runs } = observation;
    // A failing item stands for itself, so that each deviation names its item.
    const own = runs.some(({ result }) => result === 'fail') ? observation.item : '';
    const signature = `${scopeKey} ${severity} ${own} ${runs.map(({ result, first, last, reason }) => `${result} ${first} ${last} ${reason ?? ''}`).join(' ')}`;
    const group = groups.get(signature);
    if (group) group.count += 1;
    else groups.set(signature, { ...observation, count: 1 });
  }
  return [...groups.values()];
}
