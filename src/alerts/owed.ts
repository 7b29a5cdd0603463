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
  /** A later one of the same subject was done. */
  readonly since: boolean;
}

const reach = 400 * 86_400_000;

/** What is owed at an instant and was owed before, done or not: what nobody could see is among it. */
export function owedNow(asking: Omit<Asking, 'window'>, now: number): OwedNow[] {
  const window = { from: now - reach, to: now + 1, asOf: now };
  return owedBySubject({ ...asking, window }).flatMap(({ rule, owed }) => {
    const rows = owedIn(owed, window);
    const last = rows.findLastIndex(({ done }) => done !== null);
    return rows.map((obligation, i) => ({
      rule,
      scope: obligation.subject.includes('/') ? obligation.subject : '',
      obligation,
      since: i < last,
    }));
  });
}
