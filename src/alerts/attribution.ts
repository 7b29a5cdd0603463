import { setTimeout as sleep } from 'node:timers/promises';
import { type EvidenceReading, parseScopeKey } from '#src/evidence/store.ts';
import type { FindActor } from '#src/who/find-actor.ts';
import type { Condition } from './condition.ts';
import type { Attribution, ChangeEvent } from './message.ts';
import type { Alert, Waiting } from './state.ts';

/** Asks who changed something, in the background: never in the way of a message. */
export interface Attributing {
  /** Asks ahead about what waits to be told, so that the first message may know. */
  askAhead(waiting: Iterable<Waiting>): void;
  /** Asks for the alerts that nobody is known for yet, as far as their time has come. */
  ask(alerts: Iterable<Alert>): void;
  /** What was answered since this was last asked. */
  answers(): { readonly alert: string; readonly by: Attribution }[];
  settled(): Promise<void>;
}

export interface AttributingOptions {
  readonly findActor: FindActor;
  readonly store: Pick<EvidenceReading, 'held'>;
  readonly now: () => number;
  /** Milliseconds that one question may take. */
  readonly patience?: number;
}

const minute = 60_000;
/** Logs lag: CloudTrail up to a quarter of an hour. Asked again so long after the alert was opened. */
const again = [0, 2 * minute, 6 * minute, 12 * minute, 20 * minute, 60 * minute];
/** Of the items of one cause, so many are asked about. */
const asked = 3;

export function attributing({ findActor, store, now, patience = 20_000 }: AttributingOptions): Attributing {
  /** How often each alert was asked about, and whether it is now. */
  const tries = new Map<string, { done: number; running: boolean }>();
  /** What was asked ahead, by the key of the condition. */
  const early = new Map<string, Promise<Attribution>>();
  const ready: { alert: string; by: Attribution }[] = [];
  const running = new Set<Promise<void>>();

  async function answerFor(alert: Alert): Promise<void> {
    const conditions = [...alert.members.values()].map(({ condition }) => condition).slice(0, asked);
    const answers = await Promise.all(
      conditions.map((condition) => {
        const known = early.get(condition.key);
        early.delete(condition.key);
        return known ?? answer(condition);
      }),
    );
    const events = answers.flatMap((each) => (each.known ? each.events : []));
    const first = answers[0]!;
    const by: Attribution = events.length > 0 ? { known: true, events: distinct(events) } : first;
    if (JSON.stringify(by) !== JSON.stringify(alert.by)) ready.push({ alert: alert.id, by });
  }

  async function answer({ scope, item, before, firstBad }: Condition): Promise<Attribution> {
    const unknown = (why: string): Attribution => ({ known: false, from: before, to: firstBad, why });
    const snapshot = store.held.get(scope)?.items.get(item)?.item;
    if (!snapshot) return unknown('the item is no longer there');
    const given = new AbortController();
    const late = sleep(patience, unknown('the log did not answer in time'), { signal: given.signal, ref: false }).catch(() => unknown(''));
    const question = { scope: parseScopeKey(scope), item, snapshot, from: before, to: firstBad };
    const found = findActor(question).catch((error: unknown) => unknown(Error.isError(error) ? error.message : String(error)));
    const by = await Promise.race([found, late]);
    given.abort();
    return by;
  }

  return {
    askAhead(waiting) {
      const causes = new Map<string, number>();
      const keys = new Set<string>();
      for (const { condition } of waiting) {
        const { key, kind, rule, cause, baseline } = condition;
        keys.add(key);
        const count = causes.get(`${rule} ${cause}`) ?? 0;
        if (baseline || !hasActor(kind) || count >= asked) continue;
        causes.set(`${rule} ${cause}`, count + 1);
        if (!early.has(key) && early.size < 100) early.set(key, answer(condition));
      }
      if (keys.size === 0) early.clear();
    },
    ask(alerts) {
      for (const alert of alerts) {
        if (!isAskedAbout(alert)) continue;
        const own = tries.get(alert.id) ?? { done: 0, running: false };
        const due = again[own.done];
        if (own.running || due === undefined || now() - alert.opened < due) continue;
        // After a restart the questions whose time has passed are asked once.
        own.done = again.findLastIndex((each) => now() - alert.opened >= each) + 1;
        own.running = true;
        tries.set(alert.id, own);
        const work = answerFor(alert).finally(() => {
          own.running = false;
          running.delete(work);
        });
        running.add(work);
      }
    },
    answers: () => ready.splice(0),
    async settled() {
      await Promise.all(running);
    },
  };
}

const hasActor = (kind: Alert['kind']): boolean => kind === 'drift' || kind === 'event';

const isAskedAbout = ({ kind, digest, by, resolved }: Alert): boolean =>
  digest === null && hasActor(kind) && by?.known !== true && resolved === null;

const distinct = (events: readonly ChangeEvent[]): ChangeEvent[] =>
  [...new Map(events.map((event) => [`${event.source} ${event.id}`, event])).values()].toSorted((a, b) => a.at - b.at);
