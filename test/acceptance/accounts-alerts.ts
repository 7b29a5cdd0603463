import { type Alerts, openAlerts } from '#src/alerts/alerts.ts';
import { failingKey, failingNow } from '#src/alerts/failing.ts';
import { undelivered } from '#src/alerts/outbox.ts';
import { slackChannel } from '#src/alerts/slack.ts';
import { defaultPolicy } from '#src/alerts/state.ts';
import { alertPart, load } from '#src/alerts/tables.ts';
import { secretOf } from '#src/config/secret.ts';
import type { EvidenceReading } from '#src/evidence/store.ts';
import { scopeKey } from '#src/evidence/store.ts';
import { type Operations, openOperations } from '#src/operations/operations.ts';
import { rules } from '#src/registry.ts';
import { deadlinesOf } from '#src/report/asking.ts';
import type { Posted } from '#test/doubles/slack/methods.ts';
import { workspace } from '#test/doubles/slack/world.ts';
import { controls, hour } from './many-accounts.ts';

const byId = new Map(rules.map((rule) => [rule.id, rule]));

/** The alerts of the company with many accounts, beside the evidence at `place`, told to a double of Slack, and all of it sooner than in earnest. */
export function alertsOf(store: EvidenceReading, place: string, endpoint: string): Alerts {
  const operations = openOperations(place, [alertPart]);
  const alerts = openAlerts({
    operations,
    store,
    channel: slackChannel({
      token: secretOf('${env:T}', 'here', { folder: '/', env: { T: workspace.token } }),
      interactive: false,
      endpoint,
    }),
    watching: { rules: byId, deadlines: () => deadlinesOf({ parametersOf: () => ({}) }), route: () => '#security', periodOf: () => hour },
    composing: { rules: byId, controls, portal: null, consoleLink: () => null },
    findActor: async ({ from, to }) => ({ known: false, from, to, why: 'nobody was asked' }),
    orders: () => ({ orders: [], to: 0 }),
    waivers: () => [],
    troubles: [],
    owed: () => [],
    reread: () => undefined,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    now: Date.now,
    policy: { ...defaultPolicy, groupWait: 500, groupInterval: 4_000, reopens: 5_000, together: 2_000, daily: hour },
    every: 500,
    pace: 1_050,
    lease: 2_000,
  });
  return {
    ...alerts,
    async close() {
      await alerts.close();
      operations[Symbol.dispose]();
    },
  };
}

/** Waits until everything is delivered, at most so many ms. */
export async function allDelivered(place: string, atMost: number): Promise<void> {
  using operations = openOperations(place, [alertPart]);
  let calm = 0;
  for (const end = Date.now() + atMost; Date.now() < end && calm < 8; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    calm = undelivered(operations).length === 0 ? calm + 1 : 0;
  }
}

export interface Accounted {
  readonly letters: number;
  readonly alerts: number;
  readonly messages: number;
  /** Each thing that was told twice, never, or is not told as it is. */
  readonly wrong: readonly string[];
}

/** Holds what lies in the channel against what was to be told, and what is told against what fails. */
export function account(place: string, store: EvidenceReading, posted: readonly Posted[]): Accounted {
  using operations: Operations = openOperations(place, [alertPart]);
  const letters = operations.db.prepare('SELECT id, kind, state, attempts FROM alert_letter').all();
  const times = new Map<string, number>();
  for (const { metadata } of posted) {
    const id = String(metadata?.event_payload['letter']);
    times.set(id, (times.get(id) ?? 0) + 1);
  }
  const wrong: string[] = [];
  const messages = letters.filter(({ kind }) => kind !== 'edit');
  for (const { id, kind, state, attempts } of messages) {
    const found = times.get(String(id)) ?? 0;
    if (found !== 1)
      wrong.push(`the ${String(kind)} ${String(id)} (${String(state)}, tried ${String(attempts)} times) is there ${found} times`);
    times.delete(String(id));
  }
  for (const { id, state } of letters) if (state !== 'delivered') wrong.push(`the letter ${String(id)} is ${String(state)}`);
  for (const id of times.keys()) wrong.push(`nobody knows of the message ${id}`);

  const { state } = load(operations, 0);
  const open = new Set(
    [...state.alerts.values()].flatMap(({ members }) =>
      [...members.values()].flatMap(({ condition, ended }) =>
        ended === null && condition.key.startsWith('result\n') ? [condition.key] : [],
      ),
    ),
  );
  const failing = new Set(
    [...failingNow({ store, rules: byId })].map(({ rule, held, item }) => failingKey(rule.id, scopeKey(held.scope), item.item.key)),
  );
  for (const key of failing) if (!open.has(key)) wrong.push(`nobody is told of ${key.replaceAll('\n', ' ')}`);
  for (const key of open) if (!failing.has(key)) wrong.push(`it is told as wrong and is not: ${key.replaceAll('\n', ' ')}`);
  return { letters: letters.length, alerts: state.alerts.size, messages: posted.length, wrong };
}
