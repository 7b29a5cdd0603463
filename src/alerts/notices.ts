import type { CadenceRule } from '#src/rule.ts';
import type { Obligation } from '#src/window/obligations.ts';
import type { Condition } from './condition.ts';
import type { Router } from './routes.ts';
import type { Trouble, WaiverNotice } from './sources.ts';

/* Conditions that no item has: what is owed, waivers, and troubles of the agent itself. */

const day = 86_400_000;
const none = { scope: '', item: '', changes: [], lastGood: null, before: null, due: null, baseline: false, waiver: null } as const;

export const isTrouble = ({ kind }: Condition): boolean => kind === 'operations';

export const troubleConditions = (troubles: readonly Trouble[], route: Router): Condition[] =>
  troubles.map(({ key, severity, headline, says, remedy, since }) => ({
    ...none,
    key: `trouble\n${key}`,
    kind: 'operations',
    rule: null,
    name: key,
    severity,
    headline,
    says,
    remedy,
    channel: route({ rule: null, scope: '', severity }),
    cause: key,
    wider: key,
    firstBad: since,
  }));

/** Asks for a decision. */
export const isRequest = (key: string): boolean => /^waiver\n.* requested$/s.test(key);

/** How long before the end of a waiver it is told: two weeks, and for short ones a quarter of the time. */
const leadOfWaiver = ({ from, until }: WaiverNotice): number => Math.min(14 * day, (until - (from ?? until)) / 4);

export const isWaiver = ({ kind }: Condition): boolean => kind === 'waiver';

/** Requests that wait for a decision; waivers about to expire, and expired ones whose items still fail. */
export function waiverConditions(
  waivers: readonly WaiverNotice[],
  { route, stillFails, now }: { route: Router; stillFails: (waiver: WaiverNotice) => boolean; now: number },
): Condition[] {
  return waivers.flatMap((waiver): Condition[] => {
    const { id, rule, items, state, requestedBy, requestedAt, reason, compensating, until } = waiver;
    const scope = items[0]?.scope ?? '';
    const severity = state === 'requested' ? 'low' : until <= now ? 'high' : 'medium';
    const common = {
      ...none,
      kind: 'waiver' as const,
      rule,
      scope,
      item: items[0]?.item ?? '',
      name: id,
      severity: severity as Condition['severity'],
      channel: route({ rule, scope, severity }),
      cause: id,
      wider: id,
      waiver: id,
    };
    const count = `${items.length} ${items.length === 1 ? 'item' : 'items'}`;
    const date = new Date(until).toISOString().slice(0, 10);
    if (state === 'requested' && until > now)
      return [
        {
          ...common,
          key: `waiver\n${id} requested`,
          headline: `${requestedBy} asks for a waiver of ${count} until ${date}.`,
          says: `Reason: ${reason}\nCompensating control: ${compensating}`,
          remedy:
            'Somebody else who may approve decides. A waiver never takes a deviation away: it stays in the evidence, with the waiver beside it.',
          firstBad: requestedAt,
        },
      ];
    if (state !== 'approved' || waiver.renewed || now < until - leadOfWaiver(waiver)) return [];
    const expired = until <= now;
    if (expired && !stillFails(waiver)) return [];
    return [
      {
        ...common,
        key: `waiver\n${id}`,
        headline: expired ? `A waiver expired on ${date}, and what it covered still fails.` : `A waiver of ${count} expires on ${date}.`,
        says: `Reason: ${reason}\nCompensating control: ${compensating}`,
        remedy: 'Mend what it covers, or ask for a renewal before it ends.',
        firstBad: until - leadOfWaiver(waiver),
        due: until,
      },
    ];
  });
}

export const isObligation = ({ kind }: Condition): boolean => kind === 'obligation';

/** How long before it is due an obligation is told: a week, and of short periods a quarter. */
const leadOfObligation = ({ from, due }: Obligation): number => Math.min(7 * day, (due - from) / 4);

/** What was missed, and what soon will be. What may have been done unseen is neither. */
export function obligationConditions(
  owed: readonly { readonly rule: CadenceRule; readonly scope: string; readonly obligation: Obligation }[],
  { route, now }: { route: Router; now: number },
): Condition[] {
  return owed.flatMap(({ rule, scope, obligation }): Condition[] => {
    const { subject, period, due, state } = obligation;
    const missed = state === 'missed';
    if (!missed && !(state === 'not-yet-due' && now >= due - leadOfObligation(obligation))) return [];
    const severity = missed ? rule.severity : 'low';
    return [
      {
        ...none,
        key: `owed\n${rule.id}\n${subject}\n${period}`,
        kind: 'obligation',
        rule: rule.id,
        scope,
        name: subject,
        severity,
        headline: rule.title,
        says: missed ? `Not done in time: it was due ${iso(due)}.` : `Due ${iso(due)}, and not done yet.`,
        remedy: rule.remediation,
        channel: route({ rule: rule.id, scope, severity }),
        cause: period,
        wider: 'owed',
        firstBad: missed ? due : due - leadOfObligation(obligation),
        due,
      },
    ];
  });
}

const iso = (instant: number): string => `${new Date(instant).toISOString().slice(0, 16)}Z`;
