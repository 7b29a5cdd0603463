import { worstOf } from './condition.ts';
import { begin, type Draft, nameOf, put } from './draft.ts';
import type { Alert, Member, Policy, Waiting } from './state.ts';

/** Conditions of one cause, about to be told. */
interface Group {
  readonly cause: string;
  readonly digest: Alert['digest'];
  readonly members: readonly Waiting[];
}

/** Tells what has waited long enough, together with what waits and belongs to it. */
export function tellWaiting(draft: Draft, policy: Policy, isTaken: (id: string) => boolean): void {
  const due = new Set<string>();
  for (const { condition, since } of draft.waiting.values()) if (draft.now - since >= policy.groupWait) due.add(family(condition));
  if (due.size === 0) return;
  const ready = [...draft.waiting.values()].filter(({ condition }) => due.has(family(condition)));
  for (const { condition } of ready) draft.waiting.delete(condition.key);
  for (const group of groupsOf(ready, policy)) join(draft, group, policy, isTaken);
}

type Named = Waiting['condition'];

/** What could be told as one. */
const family = ({ channel, kind, rule, wider, baseline }: Named): string =>
  baseline ? `${channel} baseline` : `${channel} ${kind} ${rule} ${wider}`;

function groupsOf(ready: readonly Waiting[], { causes }: Policy): Group[] {
  return [...Map.groupBy(ready, ({ condition }) => family(condition)).values()].flatMap((members): Group[] => {
    const { baseline, wider } = members[0]!.condition;
    if (baseline) return [{ cause: 'baseline', digest: 'baseline', members }];
    const byCause = [...Map.groupBy(members, ({ condition }) => condition.cause)];
    if (byCause.length > causes) return [{ cause: manyOf(wider), digest: null, members }];
    return byCause.map(([cause, own]) => ({ cause, digest: null, members: own }));
  });
}

const manyOf = (wider: string): string => `* ${wider}`;

/** Puts a group into the open alert of its cause, or begins one; where there are too many beginnings, into one digest of them. */
function join(draft: Draft, group: Group, policy: Policy, isTaken: (id: string) => boolean): void {
  const members = group.members.map(({ condition }): Member => ({ condition, joined: draft.now, ended: null }));
  const open = openFor(draft, group, policy) ?? overflow(draft, group, policy);
  if (open !== null && open !== 'begin') {
    put(draft, open.id, members);
    return;
  }
  const digest = open === 'begin' ? 'burst' : group.digest;
  beginAlert(draft, { ...group, digest, cause: digest === 'burst' ? 'burst' : group.cause }, isTaken);
}

/** Begins an alert of a group, and tells it. */
export function beginAlert(draft: Draft, group: Group, isTaken: (id: string) => boolean): Alert {
  const { cause, digest } = group;
  const first = group.members[0]!.condition;
  const members = group.members.map(({ condition }): Member => ({ condition, joined: draft.now, ended: null }));
  const severity = worstOf(group.members.map(({ condition }) => condition.severity));
  const dueBy = (instant: (due: number, firstBad: number) => number): number =>
    Math.max(
      0,
      ...group.members.flatMap(({ condition: { due, firstBad } }) => (due !== null && instant(due, firstBad) <= draft.now ? due : [])),
    );
  const alert: Alert = {
    id: nameOf(`${first.key} ${cause} ${draft.now}`, (id) => draft.alerts.has(id) || isTaken(id)),
    kind: first.kind,
    channel: first.channel,
    rule: digest === null ? first.rule : null,
    cause,
    digest,
    opened: draft.now,
    members: new Map(),
    severity,
    toldAt: draft.now,
    joinsTold: draft.now,
    endsTold: draft.now,
    // The first message says its deadline: what is near or past by then is not told apart.
    dueNear: dueBy((due, firstBad) => due - lead(firstBad, due)),
    duePassed: dueBy((due) => due),
    noticed: draft.now,
    flapping: null,
    acknowledged: null,
    assigned: null,
    by: null,
    resolved: null,
    letters: 0,
  };
  draft.alerts.set(alert.id, alert);
  begin(draft, put(draft, alert.id, members));
  return alert;
}

/** How long before a deadline it is told that it comes: a sixth of the time there was. */
export const lead = (firstBad: number, due: number): number => Math.max(0, (due - firstBad) / 6);

function openFor({ alerts, now }: Draft, { cause, digest, members }: Group, { together }: Policy): Alert | null {
  const { channel, kind, rule, wider } = members[0]!.condition;
  for (const alert of alerts.values()) {
    if (alert.resolved !== null || alert.channel !== channel) continue;
    const same =
      digest === null
        ? alert.digest === null && alert.kind === kind && alert.rule === rule && (alert.cause === cause || alert.cause === manyOf(wider))
        : alert.digest === digest;
    if (same && now - latestJoin(alert) <= together) return alert;
  }
  return null;
}

const latestJoin = ({ members, opened }: Alert): number => {
  let latest = opened;
  for (const { joined } of members.values()) if (joined > latest) latest = joined;
  return latest;
};

/** The digest that takes what is too many for the channel, or word to begin one; null where it is not too many. */
function overflow(
  { alerts, parents, now }: Draft,
  { digest, members }: Group,
  { burst: { count, within } }: Policy,
): Alert | 'begin' | null {
  const { channel } = members[0]!.condition;
  if (digest !== null || parents.filter((each) => each.channel === channel && now - each.at < within).length < count) return null;
  for (const alert of alerts.values())
    if (alert.digest === 'burst' && alert.channel === channel && alert.resolved === null && now - alert.opened < within) return alert;
  return 'begin';
}
