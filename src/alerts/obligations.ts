import type { Obligation } from '#src/window/obligations.ts';
import type { Condition } from './condition.ts';
import type { OwedNow } from './owed.ts';
import type { Router } from './routes.ts';
import type { Open } from './watching.ts';

export const isObligation = ({ kind }: Condition): boolean => kind === 'obligation';

const day = 86_400_000;

/** How long before it is due an obligation is told: a week, and of short periods a quarter. */
const leadOf = ({ from, due }: Obligation): number => Math.min(7 * day, (due - from) / 4);

const keyOf = ({ rule, obligation: { subject, period } }: OwedNow): string => `owed\n${rule.id}\n${subject}\n${period}`;

/**
 * What was missed, and what soon will be. What may have been done unseen is neither; where it was told before, it goes on, with words that say
 * what is not known.
 */
export function obligationConditions(
  owed: readonly OwedNow[],
  { route, open, now }: { readonly route: Router; readonly open: Open; readonly now: number },
): Condition[] {
  return owed.flatMap((each): Condition[] => {
    const { rule, scope, obligation } = each;
    const { subject, period, due } = obligation;
    const key = keyOf(each);
    const told = wordsOf(each, open.get(key), now);
    if (told === null) return [];
    const { severity, is, says } = told;
    return [
      {
        key,
        kind: 'obligation',
        rule: rule.id,
        scope,
        item: '',
        name: subject,
        severity,
        headline: `${is}: ${rule.title}`,
        says,
        remedy: rule.remediation,
        channel: route({ rule: rule.id, scope, severity }),
        cause: period,
        wider: 'owed',
        changes: [],
        lastGood: null,
        before: null,
        firstBad: obligation.state === 'missed' ? due : due - leadOf(obligation),
        due,
        baseline: false,
        waiver: null,
      },
    ];
  });
}

type Words = Pick<Condition, 'severity' | 'says'> & { readonly is: string };

/** Null where there is nothing to tell. */
function wordsOf({ rule, obligation, since }: OwedNow, told: Condition | undefined, now: number): Words | null {
  const { state, done, due } = obligation;
  if (since || done !== null) return null;
  if (state === 'missed') return { is: 'Not done in time', severity: rule.severity, says: `Not done in time: it was due ${iso(due)}.` };
  if (state === 'not-yet-due' && now >= due - leadOf(obligation))
    return { is: 'Due soon', severity: 'low', says: `Due ${iso(due)}, and not done yet.` };
  if (state !== 'unobserved' || !told) return null;
  const says = `It was due ${iso(due)}. Whether it was done cannot be said: what would show it could not be read all the time.`;
  return { is: 'Not known to be done', severity: told.severity, says };
}

/** How something owed that was told ended, as far as that was seen; null where it did not. */
export function obligationEnded(owed: readonly OwedNow[], now: number): (condition: Condition) => string | null {
  const byKey = new Map(owed.map((each) => [keyOf(each), each]));
  return ({ key }) => {
    const each = byKey.get(key);
    if (!each) return 'no longer owed';
    const { state, done, due } = each.obligation;
    if (done !== null) return 'it was done';
    if (each.since) return 'not done in time, and done since';
    return state === 'not-yet-due' && now < due ? `it is due later, ${iso(due)}` : null;
  };
}

const iso = (instant: number): string => `${new Date(instant).toISOString().slice(0, 16)}Z`;
