import { rank, worstOf } from './condition.ts';
import { change, type Draft, edit, reply } from './draft.ts';
import { flappingIn, flaps } from './flapping.ts';
import { lead } from './grouping.ts';
import type { Alert, Member, Policy } from './state.ts';

/** What time and its conditions do to an alert: in this order, each seeing what the one before left. */
export function takeCourse(draft: Draft, id: string, blind: ReadonlySet<string>, policy: Policy): void {
  const alert = draft.alerts.get(id)!;
  if (alert.resolved !== null) {
    if (draft.now - alert.resolved.at > policy.reopens) forget(draft, alert);
    return;
  }
  const open = [...alert.members.values()].filter(({ ended }) => ended === null);
  const flapping = flappingIn(draft, alert);
  if (open.length === 0 && flapping.length === 0) {
    resolve(draft, alert);
    return;
  }
  const steps = [severity, acknowledgement, joins, ends, flap, deadlines, reminder];
  steps.reduce((current, take) => take({ draft, alert: current, open, flapping, blind, policy }), alert);
}

interface Course {
  readonly draft: Draft;
  readonly alert: Alert;
  /** The members that last, and those that flap. */
  readonly open: readonly Member[];
  readonly flapping: readonly Member[];
  readonly blind: ReadonlySet<string>;
  readonly policy: Policy;
}

function forget(draft: Draft, { id, members }: Alert): void {
  draft.alerts.delete(id);
  for (const key of members.keys()) if (draft.holders.get(key) === id) draft.holders.delete(key);
}

const isGrave = ({ severity }: Alert): boolean => rank(severity) >= rank('high');

function resolve(draft: Draft, alert: Alert): void {
  const ends = [...alert.members.values()].map(({ ended }) => ended!);
  const at = ends.reduce((latest, end) => Math.max(latest, end.at), 0);
  const resolved = change(draft, alert, {
    resolved: { at: Math.max(at, alert.opened), how: howOf(ends.map(({ how }) => how)) },
    acknowledged: null,
    flapping: null,
  });
  reply(draft, resolved, { what: 'resolved' }, isGrave(alert));
  edit(draft, resolved);
}

/** How several things ended, in words: each way once, with how many. */
export function howOf(hows: readonly string[]): string {
  const counts = [...Map.groupBy(hows, (how) => how)].map(([how, own]) => ({ how, count: own.length }));
  if (counts.length === 1) return counts[0]!.how;
  return counts
    .toSorted((a, b) => b.count - a.count)
    .map(({ how, count }) => `${count}: ${how}`)
    .join('; ');
}

function severity({ draft, alert, open }: Course): Alert {
  const now = open.length === 0 ? alert.severity : worstOf(open.map(({ condition }) => condition.severity));
  if (now === alert.severity) return alert;
  const from = alert.severity;
  const changed = change(draft, alert, { severity: now });
  edit(draft, changed);
  if (rank(now) < rank(from)) return changed;
  return reply(draft, change(draft, changed, { acknowledged: null, toldAt: draft.now }), { what: 'worse', from }, true);
}

function acknowledgement({ draft, alert }: Course): Alert {
  const { acknowledged } = alert;
  if (acknowledged === null || acknowledged.until > draft.now) return alert;
  const over = change(draft, alert, { acknowledged: null, toldAt: draft.now });
  edit(draft, over);
  return reply(draft, over, { what: 'acknowledgement-over', ...acknowledged }, true);
}

/** Items that came later. They end an acknowledgement: it was given for less. */
function joins({ draft, alert, open, policy }: Course): Alert {
  const { joinsTold } = alert;
  const members = open.filter(({ joined, condition }) => joined > joinsTold && !flaps(draft, condition.key));
  if (members.length === 0 || draft.now - joinsTold < policy.groupInterval) return alert;
  const told = change(draft, alert, { joinsTold: draft.now, acknowledged: null });
  edit(draft, told);
  return reply(draft, told, { what: 'more', members }, isGrave(alert) && alert.acknowledged !== null);
}

function ends({ draft, alert, policy }: Course): Alert {
  const { endsTold, digest } = alert;
  if (draft.now - endsTold < (digest === null ? policy.groupInterval : policy.daily)) return alert;
  const members = [...alert.members.values()].filter(
    ({ ended, condition }) => ended !== null && ended.noted > endsTold && !flaps(draft, condition.key),
  );
  const told = change(draft, alert, { endsTold: draft.now });
  if (members.length === 0) return told;
  edit(draft, told);
  return reply(draft, told, { what: 'fewer', members });
}

function flap({ draft, alert, open, flapping, policy }: Course): Alert {
  const all = flapping.length > 0 && open.every(({ condition }) => flaps(draft, condition.key));
  const count = flapping.length;
  if (!all && alert.flapping === null) return alert;
  if (!all) {
    const steady = change(draft, alert, { flapping: null });
    edit(draft, steady);
    return reply(draft, steady, { what: 'steady', count: open.length });
  }
  if (alert.flapping !== null && draft.now - alert.flapping < policy.daily) return alert;
  const told = change(draft, alert, { flapping: draft.now });
  edit(draft, told);
  return reply(draft, told, { what: alert.flapping === null ? 'flapping' : 'still-flapping', count });
}

function deadlines({ draft, alert, open }: Course): Alert {
  const { now } = draft;
  const dues = open.flatMap(({ condition: { due, firstBad, notices } }) =>
    due === null ? [] : [{ due, near: notices ? Infinity : due - lead(firstBad, due) }],
  );
  const passed = dues.filter(({ due }) => due <= now && due > alert.duePassed).map(({ due }) => due);
  const near = dues.filter(({ due, near }) => near <= now && due > now && due > alert.dueNear).map(({ due }) => due);
  const noticed = alert.noticed ?? alert.opened;
  const announced = open.flatMap(({ condition: { due, notices = [] } }) =>
    due !== null && due > now && notices.some((notice) => notice > noticed && notice <= now) ? [due] : [],
  );
  let current = alert;
  const tell = (what: 'due-near' | 'due-passed', found: readonly number[], mark: 'dueNear' | 'duePassed') => {
    if (found.length === 0) return;
    const [due, latest] = [Math.min(...found), Math.max(...found)];
    current = reply(
      draft,
      change(draft, current, { [mark]: latest, toldAt: now }),
      { what, due, count: found.length },
      isGrave(alert) || what === 'due-passed',
    );
    edit(draft, current);
  };
  tell('due-passed', passed, 'duePassed');
  tell('due-near', near, 'dueNear');
  if (announced.length > 0) {
    const said = { what: 'due-near', due: Math.min(...announced), count: announced.length } as const;
    current = reply(draft, change(draft, current, { noticed: now, toldAt: now }), said, true);
    edit(draft, current);
  }
  return current;
}

/** Nobody is reminded of what cannot be seen at present: it may be over; nor of what has notices of its own, until it is due. */
function reminder({ draft, alert, open, blind, policy }: Course): Alert {
  const every = policy.remind[alert.severity];
  if (every === null || alert.acknowledged !== null || alert.flapping !== null || draft.now - alert.toldAt < every) return alert;
  if (open.every(({ condition: { kind, scope } }) => kind === 'drift' && blind.has(scope))) return alert;
  if (open.every(({ condition: { notices, due } }) => notices && due !== null && due > draft.now)) return alert;
  return reply(draft, change(draft, alert, { toldAt: draft.now }), { what: 'reminder' }, true);
}
