import type { PersonSettings } from '#src/config.ts';
import type { HoldfastError } from '#src/errors.ts';
import type { BodyOf, EntryKind } from '#src/evidence/entries.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import type { Json } from '#src/ledger/canonical.ts';
import type { Report } from '#src/report/types.ts';
import { personAt, type Roster } from '#src/waivers/people.ts';
import type { Action, Answer, Deed } from './action.ts';
import { failingIn } from './failing.ts';
import type { Inbox } from './inbox.ts';
import { flawInAction } from './shape.ts';
import { type Refusal, recordOf } from './waiver-orders.ts';

export interface DeskOptions {
  readonly inbox: Inbox;
  readonly store: EvidenceStore;
  readonly people: readonly PersonSettings[];
  readonly longestDays: number;
  /** The ids of the rules that there are. */
  readonly rules: ReadonlySet<string>;
  readonly report: () => Report;
  /** Epoch ms. */
  readonly now: () => number;
  /** What a deed about an alert meets; absent: they are left for a process that knows of alerts. */
  readonly alerts?: AlertDesk;
  /** Told of every record, also once more after a crash. */
  readonly recorded?: (action: Action, index: number) => void;
  /** Why nothing may be written now. */
  readonly refusal?: () => HoldfastError | null | undefined;
}

/** What is known of alerts where actions are taken. */
export interface AlertDesk {
  has(alert: string): boolean;
}

/** Where the one writer of the ledger takes what people ordered. */
export interface Desk {
  /** Does everything that waits, one after the other, each once. Errors: those of the store, after which it must be opened again. */
  take(): Promise<number>;
}

export function openDesk(options: DeskOptions): Desk {
  const { inbox, store, alerts } = options;
  const done = recordedActions(store);
  const perform = performer(options);
  const isOurs = ({ deed }: Action): boolean => alerts !== undefined || !('alert' in deed);
  const settle = async (action: Action): Promise<Answer> => {
    const index = done.get(action.id);
    if (index !== undefined) return { ok: true, index, says: 'It is in the ledger.' };
    const flaw = flawInAction(action);
    if (flaw !== null) return refused({ says: `What was ordered is not understood: ${flaw}.`, mend: 'Order it anew.' });
    const answer = await perform(action);
    if (answer.ok) done.set(action.id, answer.index);
    return answer;
  };
  return {
    async take() {
      let count = 0;
      for (const action of inbox.waiting().filter(isOurs)) {
        const refusal = options.refusal?.();
        if (refusal) throw refusal;
        const answer = await settle(action);
        // Before the answer: whoever reacts is told again after a crash, rather than never.
        if (answer.ok) options.recorded?.(action, answer.index);
        inbox.answer(action.id, answer);
        count++;
      }
      return count;
    },
  };
}

/** Which action each leaf records: what was done before a crash is not done again. */
function recordedActions(store: EvidenceStore): Map<string, number> {
  const kinds = ['waiver', 'action'] as const satisfies EntryKind[];
  const entries = kinds.flatMap((kind) => store.entries(kind));
  return new Map(entries.map(({ body, index }) => [String((body as { action?: unknown }).action), index]));
}

function performer({ store, people, longestDays, rules, report, now, alerts }: DeskOptions): (action: Action) => Promise<Answer> {
  const roster: Roster = {
    people: people.map(({ email, also, name, roles }) => ({ email, also: [...also], name, roles: [...roles] })),
    waivers: { longestDays },
  };
  const failing = failingIn(store, report);
  /** The ledger never goes back in time, whatever the clock does. */
  const append = async (kind: EntryKind, body: Json): Promise<number> => {
    const at = Math.max(now(), store.writtenAt(store.head().size) ?? 0);
    return (await store.append(kind, at, body)).size - 1;
  };
  return async (action) => {
    const person = personAt(roster, action.by);
    if (person === null) return refused(strangers(action.by, people.length));
    if ('alert' in action.deed) {
      const flaw = flawInAlertDeed(action.deed, { now: now(), roster, alerts });
      if (flaw) return refused(flaw);
      await append('people', roster as Json);
      const index = await append('action', alertRecord(action, action.deed, roster) as Json);
      return { ok: true, index, says: `Recorded at ${index} of the ledger.` };
    }
    // Before the rules are asked: they hold by what the ledger says of people.
    await append('people', roster as Json);
    const record = recordOf(action, action.deed, { store, rules, failing, now: Math.max(now(), store.writtenAt(store.head().size) ?? 0) });
    if ('mend' in record) return refused(record);
    const index = await append('waiver', record.body as Json);
    return { ok: true, index, says: record.says, waiver: record.body.waiver };
  };
}

const refused = ({ says, mend }: Refusal): Answer => ({ ok: false, problem: says, mend });

const strangers = (by: string, known: number): Refusal => ({
  says: known === 0 ? 'Nobody may act: no people are configured.' : `${by} is none of the people who may act.`,
  mend: 'Name the person under `people` in holdfast.yaml, with a role, and restart the agent.',
});

type AlertDeed = Extract<Deed, { alert: string }>;

const longestAcknowledgement = 90 * 86_400_000;

function flawInAlertDeed(
  deed: AlertDeed,
  { now, roster, alerts }: { now: number; roster: Roster; alerts: AlertDesk | undefined },
): Refusal | null {
  if (alerts && !alerts.has(deed.alert))
    return { says: `There is no alert ${deed.alert}.`, mend: 'List what is open with `holdfast deviations --open`.' };
  if (deed.do === 'assign')
    return personAt(roster, deed.to) === null
      ? { says: `${deed.to} is none of the people who may act.`, mend: 'Assign it to somebody under `people` in holdfast.yaml.' }
      : null;
  if (deed.until <= now) return { says: 'The acknowledgement would have ended already.', mend: 'Name an end that is still to come.' };
  return deed.until - now > longestAcknowledgement
    ? { says: 'An acknowledgement lasts 90 days at most.', mend: 'What is accepted for longer takes a waiver.' }
    : null;
}

function alertRecord({ id, by, at, via }: Action, deed: AlertDeed, roster: Roster): BodyOf<'action'> {
  return {
    action: id,
    by,
    at: iso(at),
    via,
    deed:
      deed.do === 'assign'
        ? { do: 'assign', alert: deed.alert, to: personAt(roster, deed.to)!.email }
        : { do: 'acknowledge', alert: deed.alert, until: iso(deed.until), note: deed.note },
  };
}

const iso = (instant: number): string => new Date(instant).toISOString();
