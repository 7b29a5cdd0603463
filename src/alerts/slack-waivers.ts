import type { Deed } from '#src/actions/action.ts';
import { isLocalDate, nextDay, startOfDay } from '#src/config/local-date.ts';
import { listed, type Submitted, type WaiverFor } from './slack-forms.ts';
import type { KnownAlerts } from './sources.ts';

/** Not done, and why. */
export interface Refusal {
  readonly problem: string;
  readonly mend: string;
}

type Find = KnownAlerts['find'];

const mostItems = 200;

/** What a waiver for an alert would be for, as it stands now; or why there can be none. */
export function waivable(find: Find, alert: string): WaiverFor | Refusal {
  const found = find(alert);
  if (!found || found.state === 'resolved')
    return { problem: `${alert || 'This alert'} is not open any more.`, mend: 'There is nothing to accept.' };
  const { rule, items, headline } = found;
  if (rule === null || items.length === 0)
    return { problem: `${alert} is about no item that a rule fails.`, mend: 'Mend it, or acknowledge it.' };
  if (items.length > mostItems)
    return {
      problem: `${alert} holds ${items.length} items, and a waiver names ${mostItems} at most.`,
      mend: 'Ask for those that need one with `holdfast waive`.',
    };
  return { alert, rule, items: items.toSorted(byName), headline };
}

/** What a form asks for. `timeZone` says where its last day ends. */
export function deedOf(
  { subject, values: { reason, compensating, until } }: Submitted,
  find: Find,
  timeZone: string,
): Exclude<Deed, { alert: string }> | Refusal {
  if (subject.ask !== 'waiver')
    return { do: subject.ask === 'approve' ? 'approve-waiver' : 'refuse-waiver', waiver: subject.waiver, reason };
  const about = waivable(find, subject.alert);
  if ('problem' in about) return about;
  if (listed(about.items) !== subject.items)
    return { problem: 'The items of this alert have changed since this form was opened.', mend: 'Close it and open it again.' };
  if (!isLocalDate(until)) return { problem: 'The last day is missing.', mend: 'Choose a day.' };
  return {
    do: 'request-waiver',
    rule: about.rule,
    items: about.items,
    reason,
    compensating,
    until: startOfDay(nextDay(until), timeZone),
  };
}

const byName = (a: WaiverFor['items'][number], b: WaiverFor['items'][number]): number =>
  a.scope === b.scope ? compare(a.item, b.item) : compare(a.scope, b.scope);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
