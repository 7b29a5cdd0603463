import type { Operations } from '#src/operations/operations.ts';
import type { Severity } from '#src/rule.ts';
import type { Alert } from './state.ts';

/** How many alerts are open, and how their letters fare. Instants in epoch ms. */
export interface AlertTally {
  readonly open: Readonly<Record<Severity, number>>;
  /** Of those that are open. */
  readonly acknowledged: number;
  readonly waiting: number;
  /** When the oldest of them was written. */
  readonly waitingSince: number | null;
  readonly parked: number;
  /** What the latest refusal said, and what to do; null where nothing is parked. */
  readonly fault: { readonly says: string; readonly mend: string } | null;
}

/** Counts them, without reading what they hold. */
export function tallyOf({ db }: Operations): AlertTally {
  const open = { low: 0, medium: 0, high: 0, critical: 0 };
  let acknowledged = 0;
  for (const { data } of db.prepare('SELECT data FROM alert WHERE resolved IS NULL').all()) {
    const alert = JSON.parse(String(data)) as Alert;
    open[alert.severity] += 1;
    if (alert.acknowledged !== null) acknowledged += 1;
  }
  const letters = db
    .prepare("SELECT state, count(*) AS n, min(created) AS since FROM alert_letter WHERE state <> 'delivered' GROUP BY state")
    .all();
  const waiting = letters.find(({ state }) => state === 'waiting');
  const refused = db.prepare("SELECT fault, mend FROM alert_letter WHERE state = 'parked' ORDER BY seq DESC LIMIT 1").get();
  return {
    open,
    acknowledged,
    waiting: Number(waiting?.['n'] ?? 0),
    waitingSince: waiting ? Number(waiting['since']) : null,
    parked: Number(letters.find(({ state }) => state === 'parked')?.['n'] ?? 0),
    fault: refused ? { says: String(refused['fault']), mend: String(refused['mend'] ?? '') } : null,
  };
}

interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The tally for Prometheus. */
export function alertMeasures({ open, acknowledged, waiting, waitingSince, parked }: AlertTally, now: number): Gauge[] {
  return [
    ...Object.entries(open).map(([severity, value]) => ({
      name: 'holdfast_alerts_open',
      help: 'Alerts that are open.',
      labels: { severity },
      value,
    })),
    { name: 'holdfast_alerts_acknowledged', help: 'Of the open alerts, those that somebody took note of.', value: acknowledged },
    { name: 'holdfast_letters_waiting', help: 'Messages that were not delivered yet.', value: waiting },
    {
      name: 'holdfast_letters_waiting_seconds',
      help: 'Age of the oldest message that was not delivered yet.',
      value: waitingSince === null ? 0 : (now - waitingSince) / 1_000,
    },
    { name: 'holdfast_letters_parked', help: 'Messages that a channel refused for good: somebody must mend something.', value: parked },
  ];
}
