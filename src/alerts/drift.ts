import { takeCourse } from './course.ts';
import { change, type Draft, draftOf, edit, finish, put, reply } from './draft.ts';
import { countLooks, flaps, turned } from './flapping.ts';
import { tellWaiting } from './grouping.ts';
import type { Order } from './sources.ts';
import type { Alert, AlertState, Member, News, Policy, Telling, Waiting } from './state.ts';
import { tellUntold } from './untold.ts';

/**
 * One step of the alerts: what became known, and what the time makes of it. Pure: the same state, news and instant give the same result.
 * What is told says nothing of how it is delivered; evidence is not touched. `now` is epoch ms, not before that of the last step.
 * `isTaken` says whether an alert that is no longer in the state had a name.
 */
export function step(
  state: AlertState,
  news: News,
  now: number,
  policy: Policy,
  isTaken: (id: string) => boolean = () => false,
): { state: AlertState; tellings: Telling[] } {
  const draft = draftOf(state, now);
  draft.parents = state.parents.filter(({ at }) => now - at < policy.burst.within);
  countLooks(draft, news.looked ?? [], policy);
  for (const [key, { scope }] of draft.flips) if (news.retired?.has(scope)) draft.flips.delete(key);
  for (const { alert: id, by } of news.attributed ?? []) {
    const alert = draft.alerts.get(id);
    if (alert) edit(draft, change(draft, alert, { by }));
  }
  for (const ended of news.ended ?? []) end(draft, ended, policy);
  if (news.routed) tellUntold(draft, news.routed, isTaken);
  const again = new Map<string, Member[]>();
  for (const raised of news.raised ?? []) raise(draft, raised, again, policy);
  for (const [id, members] of again) reopen(draft, id, members);
  for (const order of news.orders ?? []) obey(draft, order);
  tellWaiting(draft, policy, isTaken);
  for (const id of draft.alerts.keys()) takeCourse(draft, id, news.blind ?? nothing, policy);
  return finish(draft);
}

const nothing: ReadonlySet<string> = new Set();

function raise(draft: Draft, { condition, since }: Waiting, again: Map<string, Member[]>, policy: Policy): void {
  const { key } = condition;
  const waiting = draft.waiting.get(key);
  if (waiting) {
    draft.waiting.set(key, { condition, since: waiting.since });
    return;
  }
  const alert = holderOf(draft, key);
  const member = alert?.members.get(key);
  if (alert && member && member.ended === null) {
    if (isSame(member.condition, condition)) return;
    const changed = put(draft, alert.id, [{ ...member, condition: { ...condition, firstBad: member.condition.firstBad } }]);
    // What it is called is what it is: the other words may differ from look to look.
    if (member.condition.headline !== condition.headline) edit(draft, changed);
    return;
  }
  if (!condition.baseline) turned(draft, condition, policy);
  const isHeard = alert?.channel !== null || condition.channel === null;
  if (alert && isHeard && (alert.resolved === null || draft.now - alert.resolved.at <= policy.reopens)) {
    const back: Member = { condition, joined: draft.now, ended: null };
    put(draft, alert.id, [back]);
    if (alert.resolved !== null) again.set(alert.id, []);
    again.get(alert.id)?.push(back);
    if (alert.resolved !== null) change(draft, draft.alerts.get(alert.id)!, { resolved: null });
    return;
  }
  draft.waiting.set(key, { condition, since: Math.min(since, draft.now) });
}

/** What was resolved is wrong again. */
function reopen(draft: Draft, id: string, back: readonly Member[]): void {
  const alert = change(draft, draft.alerts.get(id)!, { joinsTold: draft.now });
  edit(draft, alert);
  const members = back.filter(({ condition }) => !flaps(draft, condition.key));
  if (members.length > 0) reply(draft, change(draft, alert, { toldAt: draft.now }), { what: 'again', members }, true);
}

/** What ended before it was told is not told; evidence has it all the same. */
function end(draft: Draft, { key, at, how, waived }: NonNullable<News['ended']>[number], policy: Policy): void {
  const waiting = draft.waiting.get(key);
  if (waiting) {
    draft.waiting.delete(key);
    turned(draft, waiting.condition, policy);
    return;
  }
  const alert = holderOf(draft, key);
  const member = alert?.members.get(key);
  if (!alert || !member || member.ended !== null) return;
  turned(draft, member.condition, policy);
  put(draft, alert.id, [{ ...member, ended: { at, how, noted: draft.now, ...(waived && { waived }) } }]);
}

function obey(draft: Draft, order: Order): void {
  if (order.do === 'tell') {
    const { rule, items, headline, lines } = order;
    const about = new Set(items.map(({ scope, item }) => `${rule}\n${scope}\n${item}`));
    for (const alert of draft.alerts.values())
      if ([...alert.members.values()].some(({ condition }) => about.has(`${condition.rule}\n${condition.scope}\n${condition.item}`)))
        reply(draft, alert, { what: 'told', headline, lines });
    return;
  }
  const alert = draft.alerts.get(order.alert);
  if (!alert || alert.resolved !== null) return;
  edit(draft, alert);
  if (order.do === 'assign') {
    const { by, to } = order;
    reply(draft, change(draft, alert, { assigned: to }), { what: 'assigned', by, to });
    return;
  }
  const { by, until, note } = order;
  reply(draft, change(draft, alert, { acknowledged: { by, until, note } }), { what: 'acknowledged', by, until, note });
  // What has happened cannot be mended: that somebody took note of it is how it ends. What else a digest holds goes on.
  const ended = { at: draft.now, how: `${by} took note of it`, noted: draft.now };
  const noted = [...alert.members.values()].filter((member) => member.ended === null && member.condition.kind === 'event');
  if (noted.length === 0) return;
  put(
    draft,
    alert.id,
    noted.map((member) => ({ ...member, ended })),
  );
}

const holderOf = (draft: Draft, key: string): Alert | undefined => {
  const holder = draft.holders.get(key);
  return holder === undefined ? undefined : draft.alerts.get(holder);
};

const isSame = (a: Member['condition'], b: Member['condition']): boolean =>
  a.severity === b.severity && a.says === b.says && a.due === b.due && a.headline === b.headline && a.name === b.name;
