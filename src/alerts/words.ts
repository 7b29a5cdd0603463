import type { Severity } from '#src/rule.ts';
import type { ReplyMessage } from './message.ts';
import type { Alert, Member, Said } from './state.ts';

/* What is said in the thread of an alert, in words of ours; names are a provider's, and told as they are. */

const shown = 5;

export const items = (count: number): string => `${count} ${count === 1 ? 'item' : 'items'}`;

/** An instant as messages write it: the minute, in UTC. */
export const minuteOf = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** A span as people say it, by its two largest units: `3 h 12 min`. */
export function span(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 1) return 'less than a minute';
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  return hours > 0 ? (rest > 0 ? `${hours} h ${rest} min` : `${hours} h`) : `${rest} min`;
}

export const openMembers = ({ members }: Alert): Member[] => [...members.values()].filter(({ ended }) => ended === null);

/** What a reply says. */
export function replyOf(alert: Alert, said: Said, now: number): ReplyMessage {
  const [headline, lines] = wordsOf(alert, said, now);
  return { alert: alert.id, headline, lines };
}

function wordsOf(alert: Alert, said: Said, now: number): [headline: string, lines: readonly string[]] {
  const open = openMembers(alert).length;
  const still = `${open} of ${items(alert.members.size)} still ${open === 1 ? 'fails' : 'fail'}.`;
  switch (said.what) {
    case 'more':
      return [`${items(said.members.length)} more. ${open} in all now.`, named(said.members)];
    case 'fewer':
      return [`${items(said.members.length)} fewer. ${still}`, endings(said.members)];
    case 'again':
      return [`Again: ${items(said.members.length)}.`, named(said.members)];
    case 'worse':
      return [`Worse: the severity was ${said.from} and is ${alert.severity}.`, saying(alert)];
    case 'reminder':
      return [`Still so after ${span(now - firstBadOf(alert))}. ${still}`, dueLines(alert, now)];
    case 'due-near':
      if (alert.kind === 'waiver') return [`The waiver ends in ${span(said.due - now)}, at ${minuteOf(said.due)}.`, first(alert)];
      return [`Due in ${span(said.due - now)}: ${items(said.count)}, by ${minuteOf(said.due)}.`, []];
    case 'due-passed':
      if (alert.kind === 'waiver')
        return [openMembers(alert)[0]?.condition.headline ?? 'The waiver ended.', [`It ended at ${minuteOf(said.due)}.`, ...first(alert)]];
      return [`The deadline has passed: ${items(said.count)}, due ${minuteOf(said.due)}.`, []];
    case 'acknowledged':
      return [
        `${said.by} took note of it. No reminders until ${minuteOf(said.until)}, unless it gets worse.`,
        said.note === '' ? [] : [said.note],
      ];
    case 'acknowledgement-over':
      return [`The acknowledgement by ${said.by} is over. ${still}`, dueLines(alert, now)];
    case 'assigned':
      return [`${said.by} assigned it to ${said.to}.`, []];
    case 'told':
      return [said.headline, said.lines];
    case 'flapping':
      return [`It turns again and again: ${items(said.count)}. It is told once a day until that ends; the evidence has every turn.`, []];
    case 'still-flapping':
      return [`It still turns again and again: ${items(said.count)}.`, []];
    case 'steady':
      return [`It no longer turns again and again. ${still}`, []];
    case 'resolved':
      return [`Over after ${span((alert.resolved?.at ?? now) - firstBadOf(alert))}: ${alert.resolved?.how ?? ''}.`, []];
  }
}

/** The first look at which any of it was wrong. */
export const firstBadOf = ({ members, opened }: Alert): number =>
  [...members.values()].reduce((first, { condition }) => Math.min(first, condition.firstBad), opened);

/** The earliest deadline of what lasts. */
export const dueOf = (alert: Alert): number | null =>
  openMembers(alert).reduce<number | null>(
    (earliest, { condition: { due } }) => (due === null ? earliest : Math.min(due, earliest ?? due)),
    null,
  );

function dueLines(alert: Alert, now: number): string[] {
  const due = dueOf(alert);
  if (due === null) return [];
  return [due > now ? `Due in ${span(due - now)}, by ${minuteOf(due)}.` : `Overdue since ${minuteOf(due)}.`];
}

/** What is said of the first of what lasts, line by line. */
const first = (alert: Alert): string[] => openMembers(alert)[0]?.condition.says.split('\n') ?? [];

const saying = (alert: Alert): string[] => {
  const worst = openMembers(alert).find(({ condition }) => condition.severity === (alert.severity satisfies Severity));
  return worst ? [`${worst.condition.name}: ${worst.condition.says}`] : [];
};

const named = (members: readonly Member[]): string[] => [
  ...members.slice(0, shown).map(({ condition }) => `${condition.name}: ${condition.says}`),
  ...(members.length > shown ? [`and ${members.length - shown} more`] : []),
];

const endings = (members: readonly Member[]): string[] => [
  ...members.slice(0, shown).map(({ condition, ended }) => `${condition.name}: ${ended?.how ?? ''}`),
  ...(members.length > shown ? [`and ${members.length - shown} more`] : []),
];
