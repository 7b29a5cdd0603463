import type { Operations } from '#src/operations/operations.ts';
import { type Composing, compose } from './compose.ts';
import { rank } from './condition.ts';
import type { AlertMessage } from './message.ts';
import { type Undelivered, undelivered } from './outbox.ts';
import type { AlertState } from './state.ts';
import { stepKept } from './steps.ts';
import { load } from './tables.ts';

/** An alert as it stands, and how it was told. Instants in epoch ms. */
export interface ListedAlert
  extends Pick<
    AlertMessage,
    'alert' | 'kind' | 'state' | 'severity' | 'headline' | 'assigned' | 'acknowledged' | 'resolved' | 'due' | 'page'
  > {
  readonly rule: string | null;
  readonly count: number;
  readonly since: number;
  readonly channel: string | null;
  /** When its first message arrived; null where it did not, or nobody is told. */
  readonly told: number | null;
}

export interface AlertList {
  /** Whether any agent ever worked out what is open. */
  readonly known: boolean;
  /** The worst and oldest first. */
  readonly alerts: readonly ListedAlert[];
  readonly undelivered: readonly Undelivered[];
}

/** What is open, and what was resolved since an instant; and the letters that were not delivered. */
export function listAlerts(operations: Operations, composing: Composing, now: number, resolvedSince = now): AlertList {
  const { state, first } = load(operations, resolvedSince);
  return {
    known: !first || stepKept(operations) !== null,
    alerts: listed(operations, state, composing, now),
    undelivered: undelivered(operations),
  };
}

/** The alerts of a state. */
export function listed({ db }: Operations, { alerts }: Pick<AlertState, 'alerts'>, composing: Composing, now: number): ListedAlert[] {
  const arrived = db.prepare("SELECT alert, delivered FROM alert_letter WHERE kind = 'parent' AND state = 'delivered'").all();
  const told = new Map(arrived.map(({ alert, delivered }) => [String(alert), Number(delivered)]));
  const rows = [...alerts.values()].map((own): ListedAlert => {
    const {
      alert,
      kind,
      state,
      severity,
      headline,
      assigned,
      acknowledged,
      resolved,
      due,
      count,
      firstBad: since,
      page,
    } = compose(own, composing, now);
    const { channel, rule } = own;
    return {
      alert,
      kind,
      state,
      severity,
      headline,
      rule,
      count,
      since,
      due,
      assigned,
      acknowledged,
      resolved,
      page,
      channel,
      told: told.get(alert) ?? null,
    };
  });
  const weight = ({ resolved, severity }: ListedAlert) => (resolved ? 10 : 0) - rank(severity);
  return rows.toSorted((a, b) => weight(a) - weight(b) || a.since - b.since);
}
