import type { Operations } from '#src/operations/operations.ts';
import { type Problem, spanInWords } from '#src/vitals/problems.ts';

/** The last good step of the alerts, epoch ms, and why there was none since; null where all is well. */
export interface LastStep {
  readonly at: number;
  readonly fault: string | null;
}

/** Keeps when alerts were last worked out. To be called in a transaction. */
export function markStep({ db }: Operations, at: number): void {
  db.prepare("INSERT INTO alert_memory (name, data) VALUES ('step', ?) ON CONFLICT (name) DO UPDATE SET data = excluded.data").run(
    JSON.stringify({ at }),
  );
}

/** When alerts were last worked out, by any agent, to the minute; null where they never were. */
export function stepKept({ db }: Operations): number | null {
  const row = db.prepare("SELECT data FROM alert_memory WHERE name = 'step'").get();
  return row ? (JSON.parse(String(row['data'])) as { at: number }).at : null;
}

const patience = 5 * 60_000;

/** Nobody is told anything new while alerts are not worked out. `living`: the instant at which the agent is known to work. */
export function stepsProblem(last: LastStep | null, living: number): Problem[] {
  const says = (what: string) => [{ key: 'alerts', says: `${what}: nobody is told what is wrong by now; see the log of the agent` }];
  if (last === null) return says('alerts were not worked out yet');
  const { at, fault } = last;
  if (living - at <= patience) return [];
  return says(`alerts were not worked out for ${spanInWords(living - at)}${fault === null ? '' : ` (${fault})`}`);
}
