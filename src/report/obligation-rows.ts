import { judgedBy, type Rule } from '#src/rule.ts';
import { standing } from '#src/window/evidence.ts';
import type { Observations } from './observations.ts';
import type { ResultRow } from './types.ts';

/** What is owed at present under the rules with a schedule: of each subject the obligation by which it stands. */
export function obligationRows({ evidence }: Observations, byId: ReadonlyMap<string, Rule>, asOf: number): ResultRow[] {
  return [...evidence.values()].flatMap((own) =>
    own.kind !== 'cadence'
      ? []
      : own.owed.flatMap((owed): ResultRow[] => {
          const latest = standing(owed, asOf);
          if (!latest) return [];
          const rule = byId.get(own.rule)!;
          const [connection = '', account = ''] = owed.subject.split('/');
          const doneBefore = owed.performances.some(({ at, result }) => result === 'pass' && at <= asOf);
          const result = {
            met: 'pass',
            late: 'pass',
            missed: 'fail',
            unobserved: 'unobserved',
            'not-yet-due': doneBefore ? 'pass' : 'pending',
          } as const;
          const says = {
            met: 'Done in time',
            late: 'Done late',
            missed: 'Overdue',
            unobserved: 'What was done may have gone unseen',
            'not-yet-due': doneBefore ? 'Done in time before' : 'Not done yet',
          };
          return [
            {
              rule: rule.id,
              item: owed.subject,
              name: owed.subject,
              population: judgedBy(rule).type,
              connection,
              scope: `${connection}/${account}`,
              result: result[latest.state],
              message: `${says[latest.state]}; due ${iso(latest.due)}.`,
              severity: rule.severity,
              since: iso(latest.from),
              lastSeen: iso(asOf),
              evidence: null,
              ...(latest.state === 'unobserved' && {
                reason: {
                  reason: 'incomplete',
                  call: judgedBy(rule).type,
                  needs: '',
                  detail: 'the source was not read for longer than it remembers',
                },
              }),
            },
          ];
        }),
  );
}

const iso = (instant: number): string => new Date(instant).toISOString();
