import type { Operations } from '#src/operations/operations.ts';
import { type Composing, compose } from './compose.ts';
import type { AlertMessage } from './message.ts';
import { type Undelivered, undelivered } from './outbox.ts';
import { load } from './tables.ts';

/** An alert as it stands, and how it was told. Instants in epoch ms. */
export interface ListedAlert
  extends Pick<AlertMessage, 'alert' | 'kind' | 'state' | 'severity' | 'headline' | 'assigned' | 'acknowledged' | 'resolved' | 'due'> {
  readonly rule: string | null;
  readonly count: number;
  readonly since: number;
  readonly channel: string | null;
  /** When its first message arrived; null where it did not, or nobody is told. */
  readonly told: number | null;
}

export interface AlertList {
  /** The worst and oldest first. */
  readonly alerts: readonly ListedAlert[];
  readonly undelivered: readonly Undelivered[];
}

/** What is open, and what was resolved since an instant; and the letters that were not delivered. */
export function listAlerts(operations: Operations, composing: Composing, now: number, resolvedSince = now): AlertList {
  const { state } = load(operations, resolvedSince);
  const told = new Map(
    operations.db
      .prepare("SELECT alert, delivered FROM alert_letter WHERE kind = 'parent' AND state = 'delivered'")
      .all()
      .map(({ alert, delivered }) => [String(alert), Number(delivered)]),
  );
  const alerts = [...state.alerts.values()].map((own): ListedAlert => {
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
      channel,
      told: told.get(alert) ?? null,
    };
  });
  const weight = ({ resolved, severity }: ListedAlert) => (resolved ? 10 : 0) - ['low', 'medium', 'high', 'critical'].indexOf(severity);
  return { alerts: alerts.toSorted((a, b) => weight(a) - weight(b) || a.since - b.since), undelivered: undelivered(operations) };
}
