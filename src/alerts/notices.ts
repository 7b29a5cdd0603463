import type { Condition } from './condition.ts';
import type { Router } from './routes.ts';
import type { Trouble, WaiverNotice } from './sources.ts';
import type { Covered } from './watching.ts';

/* Conditions that no item has: waivers, and troubles of the agent itself. */

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

/** What is told of what an expired waiver covered. */
const whatLasts: Readonly<Partial<Record<Covered, string>>> = {
  fails: 'what it covered still fails',
  failed: 'what it covered failed when it was last seen, and cannot be seen',
  unknown: 'it is not known whether what it covered still fails',
};
const whatIsOver: Readonly<Partial<Record<Covered, string>>> = {
  past: 'what it covered has happened, and does not go on failing',
  'rule-off': 'the rule is switched off',
  mended: 'nothing that it covered still fails',
};

/** Asks for a decision. */
export const isRequest = (key: string): boolean => /^waiver\n.* requested$/s.test(key);

/** So many days before its end a waiver is told, each once. */
const daysBefore = [14, 3, 1] as const;

/** When the end of a waiver is told to come, the first first: only while it is in force; of one for a day, a quarter of its time before. */
function noticesOf({ from, until }: WaiverNotice): readonly [first: number, ...others: number[]] {
  const begun = from ?? until;
  const [first, ...others] = daysBefore.map((days) => until - days * day).filter((at) => at > begun);
  return first === undefined ? [until - (until - begun) / 4] : [first, ...others];
}

export const isWaiver = ({ kind }: Condition): boolean => kind === 'waiver';

/** Requests that wait for a decision; waivers about to expire, and expired ones whose items still fail, or are not known to be mended. */
export function waiverConditions(
  waivers: readonly WaiverNotice[],
  { route, covered, now }: { route: Router; covered: (waiver: WaiverNotice) => Covered; now: number },
): Condition[] {
  return waivers.flatMap((waiver): Condition[] => {
    const { id, rule, items, state, requestedBy, requestedAt, decidedBy, reason, compensating, until } = waiver;
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
    if (state !== 'approved' || waiver.renewed) return [];
    const [told, ...notices] = noticesOf(waiver);
    if (now < told) return [];
    const expired = until <= now;
    const lasting = expired ? whatLasts[covered(waiver)] : '';
    if (lasting === undefined) return [];
    return [
      {
        ...common,
        key: `waiver\n${id}`,
        headline: expired ? `A waiver expired on ${date}, and ${lasting}.` : `A waiver of ${count} expires on ${date}.`,
        says: `Asked for by ${requestedBy}, approved by ${decidedBy}.\nReason: ${reason}\nCompensating control: ${compensating}`,
        remedy: expired
          ? 'Mend what it covers, ask for a renewal, or withdraw the waiver.'
          : 'Mend what it covers, or ask for a renewal before it ends.',
        firstBad: told,
        due: until,
        notices,
      },
    ];
  });
}

/** How what was told of a waiver is over, by what is known of it now. */
export function waiverOver(
  waivers: readonly WaiverNotice[],
  covered: (waiver: WaiverNotice) => Covered,
  now: number,
): (condition: Condition) => string {
  return ({ key, waiver: id }) => {
    const waiver = waivers.find((each) => each.id === id);
    if (waiver?.state === 'requested' && waiver.until <= now) return 'nobody decided it before its end';
    if (isRequest(key)) return 'it was decided';
    if (waiver?.renewed) return 'it was renewed';
    if (waiver?.state === 'over') return 'it was withdrawn';
    if (!waiver) return 'the waiver is on record no more';
    if (waiver.until > now) return 'its end is not near';
    return `it ended, and ${whatIsOver[covered(waiver)] ?? 'it is not known what became of what it covered'}`;
  };
}
