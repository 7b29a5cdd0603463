import { randomUUID } from 'node:crypto';
import type { Companion } from '#src/companion.ts';
import type { EvidenceReading } from '#src/evidence/store.ts';
import { parseScopeKey, scopeKey } from '#src/evidence/store.ts';
import type { Operations } from '#src/operations/operations.ts';
import type { FindActor } from '#src/who/find-actor.ts';
import { attributing } from './attribution.ts';
import type { Channel } from './channel.ts';
import { type Composing, compose, stateOf } from './compose.ts';
import type { Condition } from './condition.ts';
import { openDelivery } from './delivery.ts';
import { step } from './drift.ts';
import { isItemHeld } from './failing.ts';
import { leaseIn } from './lease.ts';
import { type ListedAlert, listed } from './list.ts';
import { isTrouble, isWaiver, troubleConditions, waiverConditions, waiverOver } from './notices.ts';
import { isObligation, obligationConditions, obligationEnded } from './obligations.ts';
import { type Draft, put, unpark } from './outbox.ts';
import type { OwedNow } from './owed.ts';
import type { Router } from './routes.ts';
import { blindScopes } from './silence.ts';
import type { KnownAlerts, Orders, Reread, Troubles, Waivers } from './sources.ts';
import { type Alert, type AlertState, defaultPolicy, type News, type Policy, type Telling } from './state.ts';
import { type LastStep, markStep, stepKept } from './steps.ts';
import { forgetBefore, forgetNoted, isKnown, load, save } from './tables.ts';
import { type Watch, watchOver } from './watch.ts';
import { against, type Found, type Open, type Outcomes, type Watching } from './watching.ts';
import { replyOf } from './words.ts';

export interface AlertsOptions {
  readonly operations: Operations;
  readonly store: EvidenceReading;
  readonly watching: Omit<Watching, 'store'>;
  readonly composing: Omit<Composing, 'store'>;
  /** Null: nobody is told, and alerts are kept and shown all the same. */
  readonly channel: Channel | null;
  readonly findActor: FindActor;
  readonly waivers: Waivers;
  readonly orders: Orders;
  readonly troubles: readonly Troubles[];
  readonly owed: (now: number) => readonly OwedNow[];
  readonly reread: Reread;
  readonly policy?: Policy;
  readonly log: Record<'info' | 'warn' | 'error', (data: object, message: string) => void>;
  /** Epoch ms. */
  readonly now: () => number;
  /** Milliseconds between two looks at the clock; null: only when asked. */
  readonly every?: number | null;
  /** Milliseconds between two letters to one channel. */
  readonly pace?: number;
  /** Milliseconds after which another agent tells in place of one that is silent. */
  readonly lease?: number;
  /** Told of each letter that arrived, how many seconds after it was written. */
  readonly delivered?: (seconds: number) => void;
}

export interface Alerts extends Companion, KnownAlerts {
  /** One look at what became known and at the clock. Never throws. */
  tick(): Promise<void>;
  /** What is open, the worst and oldest first; links are relative where the pages have no address. */
  list(): readonly ListedAlert[];
  /** Whether what is open is known: to this agent, or as another kept it. */
  known(): boolean;
  /** The last good step; where there was none, when this was opened. */
  lastStep(): LastStep;
  /** Resolves when nothing is being delivered or asked. */
  settled(): Promise<void>;
}

/** A scope whose look takes more calls is not read once more: its next look confirms what was found. */
const mostCalls = 100;

const [second, minute, day] = [1_000, 60_000, 86_400_000];

/**
 * Tells people what is wrong, beside the cycles. What it remembers changes in one transaction with what it has to tell; whatever fails here
 * is told by the log, and made up for from the evidence.
 */
export function openAlerts(options: AlertsOptions): Alerts {
  const { operations, store, channel, log, now, policy = defaultPolicy, every = 5 * second } = options;
  const watching: Watching = { ...options.watching, store };
  const composing: Composing = { ...options.composing, store };
  const lease = leaseIn(operations, randomUUID(), options.lease);
  const delivery =
    channel &&
    openDelivery({
      operations,
      channel,
      lease,
      log,
      now,
      ...(options.pace !== undefined && { pace: options.pace }),
      ...(options.delivered && { delivered: options.delivered }),
    });
  const asking = attributing({ findActor: options.findActor, store, now });

  /** `ordersTo`: up to which leaf of the ledger orders were taken. */
  let memory: { state: AlertState; watch: Watch; ordersTo: number } | null = null;
  let outcomes: Outcomes = [];
  /** Who changed what, until it is kept. */
  let answered: ReturnType<typeof asking.answers> = [];
  /** How many calls the latest look at a scope took. */
  const costs = new Map<string, number>();
  const last = { silence: 0, owed: 0, unparked: now(), forgotten: 0, marked: 0 };
  let closed = false;
  let good: LastStep = { at: now(), fault: null };

  /** Everything that is wrong by now, and is not in the results of a cycle. */
  function timed(watch: Watch, open: Open, at: number, cycles: boolean): Found[] {
    const found: Found[] = [];
    const { route } = watching;
    const isDue = (what: keyof typeof last, every: number) => at - last[what] >= every && ((last[what] = at), true);
    if (isDue('silence', 15 * second) || cycles) found.push(watch.silent(open, at));
    const troubles = options.troubles.flatMap((each) => each(at));
    found.push(against(troubleConditions(troubles, route), open, isTrouble, () => 'it is well again', at));
    const waivers = options.waivers();
    const changed = watch.waived(waivers, open, at);
    if (changed) found.push(changed);
    const noticed = waiverConditions(waivers, { route, covered: watch.covered, now: at });
    found.push(against(noticed, open, isWaiver, waiverOver(waivers, watch.covered, at), at));
    if (store.lastCycle() !== null && (isDue('owed', 5 * minute) || cycles)) {
      const owed = options.owed(at);
      const due = obligationConditions(owed, { route, open, now: at });
      found.push(against(due, open, isObligation, obligationEnded(owed, at), at));
    }
    return found;
  }

  /** What became known since the last step. */
  function newsAt(at: number): News {
    if (memory === null) {
      const { state, first, noted, ordersTo } = load(operations, at - policy.reopens);
      const { to } = options.orders(null);
      const watch = watchOver(watching);
      // A ledger that is shorter than it was is another one, or was put back.
      memory = { state, watch, ordersTo: Math.min(ordersTo ?? to, to) };
      const open = openIn(state);
      watch.waived(options.waivers(), open, at);
      outcomes = [];
      return {
        ...together([watch.everything(open, at, first, noted), ...timed(watch, open, at, true)], [], at),
        routed: routedIn(state, watching.route),
      };
    }
    const { watch, state } = memory;
    const open = openIn(state);
    const cycles = outcomes.map((outcome) => watch.after(outcome, open, at));
    const looked = cycles.flatMap((each) => each.looked);
    outcomes = [];
    return together([...cycles, ...timed(watch, open, at, cycles.length > 0)], looked, at);
  }

  const together = (found: readonly Found[], looked: readonly string[], at: number): News => ({
    raised: found.flatMap(({ raised }) => raised),
    ended: found.flatMap(({ ended }) => ended),
    looked,
    blind: blindScopes(watching, at),
    retired: new Set([...store.held].flatMap(([key, { retired }]) => (retired ? [key] : []))),
  });

  /** One step, kept with its letters in one transaction; false where another agent tells. */
  function take(found: News, at: number): boolean {
    const { state: before, ordersTo } = memory!;
    const { orders, to } = options.orders(ordersTo);
    answered.push(...asking.answers());
    const news = { ...found, orders, attributed: answered };
    const { state, tellings } = step(before, news, at, policy, (id) => isKnown(operations, id));
    if (tellings.length > 0 || orders.length > 0 || differs(before, state)) {
      const kept = operations.transaction(() => {
        if (!lease.isHeld(at)) return false;
        save(operations, before, state, to);
        if (channel) put(operations, lettersOf(tellings, composing, at), at);
        return true;
      });
      if (!kept) return false;
    }
    Object.assign(memory!, { state, ordersTo: to });
    answered = [];
    confirm(news, state);
    return true;
  }

  /** Results that turned to fail are looked at once more, while others of their cause are waited for. */
  function confirm({ raised = [] }: News, { waiting }: AlertState): void {
    const isCheap = (scope: string) => (costs.get(scope) ?? 0) <= mostCalls;
    const scopes = new Set(
      raised.flatMap(({ condition: { key, kind, baseline, scope } }) =>
        kind === 'drift' && !baseline && waiting.has(key) && isCheap(scope) ? scope : [],
      ),
    );
    if (scopes.size > 0) options.reread([...scopes].map(parseScopeKey));
  }

  function housekeeping(at: number): void {
    if (Math.abs(at - last.marked) >= minute) {
      last.marked = at;
      operations.transaction(() => markStep(operations, at));
    }
    if (at - last.unparked >= 60 * minute) {
      last.unparked = at;
      operations.transaction(() => unpark(operations));
    }
    if (at - last.forgotten >= day) {
      last.forgotten = at;
      operations.transaction(() => {
        forgetBefore(operations, at - 30 * day);
        forgetNoted(operations, (key) => isItemHeld(key, store));
      });
    }
  }

  async function work(): Promise<void> {
    const at = now();
    const held = operations.transaction(() => lease.hold(at));
    if (held !== 'held') memory = null;
    if (!held) {
      good = { at, fault: null };
      return;
    }
    if (memory === null) operations.transaction(() => unpark(operations));
    const news = newsAt(at);
    if (!take(news, at)) {
      memory = null;
      return;
    }
    asking.askAhead(memory!.state.waiting.values());
    asking.ask(memory!.state.alerts.values());
    // What is known already about who it was goes into the first message.
    await new Promise((resolve) => setImmediate(resolve));
    answered.push(...asking.answers());
    if (answered.length > 0) take({}, at);
    good = { at, fault: null };
    housekeeping(at);
    delivery?.nudge();
  }

  let queue = Promise.resolve();
  const looking = async (): Promise<void> => {
    if (closed) return;
    try {
      await work();
    } catch (error) {
      memory = null;
      good = { ...good, fault: Error.isError(error) ? error.message.split('\n')[0]! : String(error) };
      log.error({ err: error }, 'alerts could not be worked out; they are made up for from the evidence');
    }
  };
  const tick = (): Promise<void> => {
    queue = queue.then(looking);
    return queue;
  };
  const timer = every === null ? null : setInterval(() => void tick(), every).unref();

  /** Where another agent tells, or the last step failed, what is kept says what is open. */
  const kept = (): ReadonlyMap<string, Alert> => (memory?.state ?? load(operations, now() - policy.reopens).state).alerts;

  return {
    name: 'alerts',
    afterCycles(done) {
      outcomes = [...outcomes, ...done];
      for (const { record } of done) for (const { scope, calls } of record.scopes) costs.set(scopeKey(scope), calls.length);
      return tick();
    },
    tick,
    known: () => memory !== null || stepKept(operations) !== null || !load(operations, now()).first,
    lastStep: () => good,
    async settled() {
      await queue;
      await Promise.all([asking.settled(), delivery?.settled()]);
    },
    list: () => {
      const alerts = new Map([...kept()].filter(([, { resolved }]) => resolved === null));
      return listed(operations, { alerts }, composing, now());
    },
    has: (id) => memory?.state.alerts.has(id) || isKnown(operations, id),
    find(id) {
      const alert = kept().get(id);
      if (!alert) return null;
      const members = [...alert.members.values()].filter(({ ended }) => ended === null);
      return {
        state: stateOf(alert),
        headline: compose(alert, composing, now()).headline,
        rule: alert.rule,
        items: members.flatMap(({ condition: { scope, item } }) => (item === '' ? [] : [{ scope, item }])),
      };
    },
    async close() {
      closed = true;
      if (timer) clearInterval(timer);
      await queue;
      await delivery?.close();
      await channel?.close();
      operations.transaction(() => lease.release());
    },
  };
}

/** What is open and what waits, by key. */
function openIn({ alerts, waiting }: AlertState): Open {
  const open = new Map<string, Condition>();
  for (const { members, resolved } of alerts.values())
    if (resolved === null) for (const [key, { condition, ended }] of members) if (ended === null) open.set(key, condition);
  for (const [key, { condition }] of waiting) open.set(key, condition);
  return open;
}

/** Where what is open and could not be told belongs by now. */
function routedIn({ alerts }: AlertState, route: Router): Map<string, string> {
  const routed = new Map<string, string>();
  for (const { channel, resolved, members } of alerts.values())
    if (channel === null && resolved === null)
      for (const [key, { condition, ended }] of members) {
        const to = ended === null ? route(condition) : null;
        if (to !== null) routed.set(key, to);
      }
  return routed;
}

/** Whether there is anything to keep. */
function differs(before: AlertState, after: AlertState): boolean {
  if (before.alerts.size !== after.alerts.size || before.flips.size !== after.flips.size) return true;
  for (const [id, alert] of after.alerts) if (before.alerts.get(id) !== alert) return true;
  for (const [key, flips] of after.flips) if (before.flips.get(key) !== flips) return true;
  return false;
}

/** The letters of a step, in words. Where there is no channel for an alert, it has none. */
function lettersOf(tellings: readonly Telling[], composing: Composing, now: number): Draft[] {
  return tellings.flatMap((telling): Draft[] => {
    const { alert, letter } = telling;
    if (alert.channel === null) return [];
    const common = { id: `${alert.id}.${letter}`, alert: alert.id, channel: alert.channel };
    if (telling.is === 'reply')
      return [{ ...common, content: { is: 'reply', message: replyOf(alert, telling.said, now), broadcast: telling.broadcast } }];
    return [{ ...common, content: { is: telling.is, message: compose(alert, composing, now) } }];
  });
}
