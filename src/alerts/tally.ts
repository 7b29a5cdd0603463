import type { Operations } from '#src/operations/operations.ts';
import type { Severity } from '#src/rule.ts';
import type { Measure } from '#src/vitals/measure.ts';
import { type Problem, spanInWords } from '#src/vitals/problems.ts';
import type { Alert, Member } from './state.ts';

/** What was not delivered. Instants in epoch ms. */
export interface LetterTally {
  readonly waiting: number;
  /** When the oldest of them was written. */
  readonly waitingSince: number | null;
  readonly parked: number;
  /** What kept the latest of all that was tried, and what to do; null where nothing was. */
  readonly fault: { readonly says: string; readonly mend: string } | null;
}

/** How many alerts are open, and how their letters fare. */
export interface AlertTally extends LetterTally {
  readonly open: Readonly<Record<Severity, number>>;
  /** Of those that are open. */
  readonly acknowledged: number;
}

/** Counts them, without reading what they hold. */
export function tallyOf(operations: Operations): AlertTally {
  const open = { low: 0, medium: 0, high: 0, critical: 0 };
  let acknowledged = 0;
  for (const { data } of operations.db.prepare('SELECT data FROM alert WHERE resolved IS NULL').all()) {
    const alert = JSON.parse(String(data)) as Alert;
    open[alert.severity] += 1;
    if (alert.acknowledged !== null) acknowledged += 1;
  }
  return { open, acknowledged, ...lettersOf(operations) };
}

export function lettersOf({ db }: Operations): LetterTally {
  const letters = db
    .prepare("SELECT state, count(*) AS n, min(created) AS since FROM alert_letter WHERE state <> 'delivered' GROUP BY state")
    .all();
  const waiting = letters.find(({ state }) => state === 'waiting');
  const kept = db
    .prepare("SELECT fault, mend FROM alert_letter WHERE state <> 'delivered' AND fault IS NOT NULL ORDER BY state, seq DESC LIMIT 1")
    .get();
  return {
    waiting: Number(waiting?.['n'] ?? 0),
    waitingSince: waiting ? Number(waiting['since']) : null,
    parked: Number(letters.find(({ state }) => state === 'parked')?.['n'] ?? 0),
    fault: kept ? { says: String(kept['fault']), mend: String(kept['mend'] ?? '') } : null,
  };
}

/** A channel that is busy, or a network that is away for a while, is no problem yet. */
const patience = 30 * 60_000;

/** Messages that people do not get: a channel refuses them, or they wait for long. */
export function lettersProblem({ waiting, waitingSince, parked, fault }: LetterTally, now: number): Problem[] {
  const late = waitingSince !== null && now - waitingSince > patience ? now - waitingSince : null;
  const lost = parked + (late === null ? 0 : waiting);
  if (lost === 0) return [];
  const how = late === null ? '' : `, the oldest that waits for ${spanInWords(late)}`;
  const why = fault?.says ?? (parked > 0 ? 'refused' : 'not tried yet');
  return [{ key: 'letters', says: `${lost} ${lost === 1 ? 'message' : 'messages'} not delivered${how}: ${why}; see \`holdfast alerts\`` }];
}

/** What the agent last told of its queue, and did not take back. */
export function queueProblems({ db }: Operations): Problem[] {
  const open = 'FROM alert_member JOIN alert ON alert.id = alert_member.alert WHERE alert.resolved IS NULL AND key LIKE ?';
  return db
    .prepare(`SELECT alert_member.data AS data ${open} ORDER BY key`)
    .all('trouble\nqueue %')
    .flatMap(({ data }): Problem[] => {
      const { condition, ended } = JSON.parse(String(data)) as Member;
      if (ended !== null) return [];
      return [{ key: condition.name, says: condition.headline.replace(/^[A-Z]/, (first) => first.toLowerCase()).replace(/\.$/, '') }];
    });
}

/** The tally for Prometheus. */
export function alertMeasures({ open, acknowledged, waiting, waitingSince, parked }: AlertTally, now: number): Measure[] {
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
