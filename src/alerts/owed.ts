import type { Asking } from '#src/report/asking.ts';
import { owedBySubject } from '#src/report/observations.ts';
import type { CadenceRule } from '#src/rule.ts';
import { owedIn } from '#src/window/evidence.ts';
import type { Obligation } from '#src/window/obligations.ts';

export interface OwedNow {
  readonly rule: CadenceRule;
  /** What a route can go by: the connection and the place that owes it. */
  readonly scope: string;
  readonly obligation: Obligation;
}

const reach = 400 * 86_400_000;

/** What is owed and not done at an instant: what is due next, and what was missed and not made up for since. */
export function owedNow(asking: Omit<Asking, 'window'>, now: number): OwedNow[] {
  const window = { from: now - reach, to: now + 1, asOf: now };
  return owedBySubject({ ...asking, window }).flatMap(({ rule, owed }) => {
    const rows = owedIn(owed, window);
    const done = rows.findLastIndex(({ state }) => state === 'met' || state === 'late');
    return rows
      .filter(({ state }, i) => i > done && (state === 'missed' || state === 'not-yet-due'))
      .map((obligation) => ({ rule, scope: obligation.subject.includes('/') ? obligation.subject : '', obligation }));
  });
}
