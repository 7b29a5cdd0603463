import { sha256 } from '#src/ledger/canonical.ts';
import type { Alert, AlertState, Flips, Member, Said, Telling, Waiting } from './state.ts';

/** A state while a step works on it: maps of its own, and what it has to tell so far. */
export interface Draft {
  readonly now: number;
  readonly waiting: Map<string, Waiting>;
  readonly alerts: Map<string, Alert>;
  readonly holders: Map<string, string>;
  readonly flips: Map<string, Flips>;
  readonly looks: Map<string, number>;
  parents: AlertState['parents'];
  readonly tellings: Telling[];
  readonly edited: Set<string>;
  /** Alerts whose members are the draft's own, to be changed in place. */
  readonly own: Map<string, Map<string, Member>>;
}

export const draftOf = (state: AlertState, now: number): Draft => ({
  now,
  waiting: new Map(state.waiting),
  alerts: new Map(state.alerts),
  holders: new Map(state.holders),
  flips: new Map(state.flips),
  looks: new Map(state.looks),
  parents: state.parents,
  tellings: [],
  edited: new Set(),
  own: new Map(),
});

/** Changes an alert. */
export function change(draft: Draft, alert: Alert, to: Partial<Alert>): Alert {
  const changed = { ...alert, ...to };
  draft.alerts.set(alert.id, changed);
  return changed;
}

/** Puts conditions into an alert, or puts them there as they are now. */
export function put(draft: Draft, id: string, members: readonly Member[]): Alert {
  const alert = draft.alerts.get(id)!;
  let own = draft.own.get(id);
  if (!own) {
    own = new Map(alert.members);
    draft.own.set(id, own);
    change(draft, alert, { members: own });
  }
  for (const member of members) {
    own.set(member.condition.key, member);
    draft.holders.set(member.condition.key, id);
  }
  return draft.alerts.get(id)!;
}

/** Tells something in the thread of an alert. */
export function reply(draft: Draft, alert: Alert, said: Said, broadcast = false): Alert {
  const changed = change(draft, alert, { letters: alert.letters + 1 });
  draft.tellings.push({ is: 'reply', alert: changed, letter: changed.letters, said, broadcast });
  return changed;
}

/** The first message no longer says what is so: it is written anew at the end of the step. */
export const edit = (draft: Draft, { id }: Alert): void => void draft.edited.add(id);

/** The message that begins an alert. */
export function begin(draft: Draft, alert: Alert): void {
  const first = change(draft, alert, { letters: 1 });
  draft.tellings.push({ is: 'parent', alert: first, letter: 1 });
  draft.parents = [...draft.parents, { channel: alert.channel, at: draft.now }];
}

/** What the step leaves, and what is to be told: each alert's first message once, as it stands at the end. */
export function finish(draft: Draft): { state: AlertState; tellings: Telling[] } {
  const { waiting, alerts, holders, flips, looks, parents, edited } = draft;
  const begun = new Set(draft.tellings.flatMap(({ is, alert }) => (is === 'parent' ? [alert.id] : [])));
  for (const id of edited) {
    const alert = alerts.get(id);
    if (!alert || begun.has(id)) continue;
    const changed = change(draft, alert, { letters: alert.letters + 1 });
    draft.tellings.push({ is: 'edit', alert: changed, letter: changed.letters });
  }
  const tellings = draft.tellings.map((telling) => ({ ...telling, alert: alerts.get(telling.alert.id) ?? telling.alert }));
  return { state: { waiting, alerts, holders, flips, looks, parents }, tellings };
}

/** Letters that cannot be mistaken for one another. */
const alphabet = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A short name that no other alert has. */
export function nameOf(seed: string, isTaken: (id: string) => boolean): string {
  for (let salt = 0; ; salt++) {
    let rest = BigInt(`0x${sha256(`${seed} ${salt}`)}`);
    let text = '';
    for (let i = 0; i < 6; i++, rest /= 30n) text += alphabet[Number(rest % 30n)];
    if (!isTaken(`HF-${text}`)) return `HF-${text}`;
  }
}
