/**
 * How long it takes from a change in the source to the message about it, with a look a minute, and what alerts cost where nothing happens.
 * Usage: node bench/alerts/run.ts [--items 50000] [--trials 40]
 * Time between the looks passes at once; what the agent computes is measured and counts. The provider and the channel answer at once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openAlerts } from '#src/alerts/alerts.ts';
import type { Channel, Letter } from '#src/alerts/channel.ts';
import { responsibleAt, router } from '#src/alerts/routes.ts';
import { alertPart } from '#src/alerts/tables.ts';
import { loadControls, parametersAt } from '#src/controls.ts';
import { type CycleOutcome, runCycle } from '#src/cycle/cycle.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { openOperations } from '#src/operations/operations.ts';
import { collectors, ruleSetOf, rules, ruleVersions } from '#src/registry.ts';
import { deadlinesOf } from '#src/report/asking.ts';
import { randomFrom } from '../evidence/random.ts';
import { say } from '../evidence/say.ts';
import { clockAt } from './clock.ts';
import { fleetOf } from './fleet.ts';

const { values } = parseArgs({ options: { items: { type: 'string', default: '50000' }, trials: { type: 'string', default: '40' } } });
const [items, trials] = [Number(values.items), Number(values.trials)];
const [second, minute, hour] = [1_000, 60_000, 3_600_000];

const folder = mkdtempSync(join(tmpdir(), 'holdfast-alerts-'));
const clock = clockAt(Date.parse('2026-03-02T09:00:00Z'));
const controls = loadControls([], { timeZone: 'UTC', rules });
const ruleSet = ruleSetOf(ruleVersions(), (rule) => parametersAt(controls, rule, clock.now()));
const byId = new Map(rules.map((rule) => [rule.id, rule]));
const store = openSqlite(join(folder, 'evidence.db'));
const operations = openOperations(join(folder, 'operations.db'), [alertPart]);
const fleet = fleetOf(items);
const memory = newMemory();
const letters: { letter: Letter; at: number }[] = [];
const channel: Channel = {
  name: 'recording',
  threads: true,
  deliver: async (letter) => {
    letters.push({ letter, at: clock.now() });
    return { channel: 'C1', ts: String(letters.length) };
  },
  find: async () => null,
  close: async () => undefined,
};
const open = () =>
  openAlerts({
    operations,
    store,
    channel,
    now: clock.now,
    watching: {
      rules: byId,
      deadlines: () => deadlinesOf({ parametersOf: () => ({}) }),
      route: router([], responsibleAt(controls, clock.now()), '#compliance'),
      periodOf: () => minute,
    },
    composing: { rules: byId, controls, portal: 'https://holdfast.example', consoleLink: () => null },
    findActor: async ({ from, to }) => ({ known: false, from, to, why: 'not asked here' }),
    orders: () => ({ orders: [], to: 0 }),
    waivers: () => none,
    troubles: [],
    owed: () => none,
    reread: () => undefined,
    log: { info: () => undefined, warn: () => undefined, error: ({ err }: { err?: unknown }) => console.error(err) },
    every: null,
    pace: 0,
  });
const none: readonly never[] = [];
let alerts = open();

const cycle = (): Promise<CycleOutcome | null> =>
  runCycle(fleet.connection, store, {
    collectors: collectors.filter(({ id }) => id === 'aws-security-groups'),
    rules,
    ruleSet,
    declaration: scopeDeclaration({ in: ['aws:*'] }),
    every: { 'aws-security-groups': '1m' },
    memory,
    now: clock.now,
    everything: true,
  });

/** One look, and what alerts make of it; milliseconds of each. */
async function look(): Promise<{ cycle: number; alerts: number }> {
  let outcome: CycleOutcome | null = null;
  const took = await clock.during(async () => {
    outcome = await cycle();
  });
  return { cycle: took, alerts: await clock.during(() => alerts.afterCycles!(outcome ? [outcome] : [])) };
}

/** The clock is seen every five seconds until the next look. */
async function rest(until: number): Promise<number[]> {
  const taken: number[] = [];
  for (let at = clock.now() + 5 * second; at < until; at += 5 * second) {
    clock.until(at);
    taken.push(
      await clock.during(async () => {
        await alerts.tick();
        await alerts.settled();
      }),
    );
  }
  clock.until(until);
  return taken;
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
function sayAll(what: string, taken: readonly number[], unit: string, aims: { p50?: number; p99?: number; beside?: string } = {}): void {
  const sorted = taken.toSorted((a, b) => a - b);
  say(`${what}, p50`, percentile(sorted, 0.5), unit, { aim: aims.p50, beside: aims.beside ?? '' });
  say(`${what}, p99`, percentile(sorted, 0.99), unit, { aim: aims.p99, beside: `${taken.length} times` });
}

try {
  // A hundredth of what is there fails from the beginning.
  const failing = new Set(Array.from({ length: Math.ceil(items / 400) }, (_, i) => i * 100));
  fleet.open = failing;
  const first = await look();
  say(`first look at ${items} items, alerts beside it`, first.alerts, 'ms', { beside: `the cycle ${Math.round(first.cycle)} ms` });
  await rest(clock.now() + minute);
  say('messages about what fails from the beginning', letters.length, '', { aim: 1, beside: `${failing.size * 4} items fail` });

  const random = randomFrom(7);
  const latency: number[] = [];
  const quiet: number[] = [];
  const ticks: number[] = [];
  const busy: number[] = [];
  for (let trial = 0; trial < trials; trial++) {
    clock.until(clock.now() + 3 * hour);
    let next = clock.now();
    quiet.push((await look()).alerts);
    ticks.push(...(await rest((next += minute))));
    const changed = next + Math.floor(random() * minute);
    const told = letters.length;
    fleet.open = new Set([...failing, 1 + trial * 100]);
    await rest((next += minute));
    busy.push((await look()).alerts);
    await rest((next += minute));
    await rest((next += minute));
    const message = letters.slice(told).find(({ letter }) => letter.content.is === 'alert');
    latency.push(message ? (message.at - changed) / second : Number.POSITIVE_INFINITY);
  }
  sayAll('from a change to its message', latency, 's', { p50: 120, p99: 120, beside: 'one look a minute, 30 s for others of its cause' });
  sayAll('alerts beside a cycle without changes', quiet, 'ms', { p50: 300, p99: 300 });
  sayAll('alerts beside a cycle with a drift', busy, 'ms');
  sayAll('a look at the clock', ticks, 'ms');

  const told = letters.length;
  const template = new Set([...failing, ...Array.from({ length: 500 }, (_, i) => 50 + i * Math.floor(items / 2400))]);
  clock.until(clock.now() + 3 * hour);
  fleet.open = template;
  const burst = await look();
  await rest(clock.now() + 2 * minute);
  say('2,000 drifts of one template, alerts beside the cycle', burst.alerts, 'ms', { beside: `the cycle ${Math.round(burst.cycle)} ms` });
  say('  messages', letters.slice(told).filter(({ letter }) => letter.content.is === 'alert').length, '', { aim: 3 });

  await alerts.close();
  alerts = open();
  say('begin again, everything held against what is open', await clock.during(() => alerts.tick()), 'ms');
  say('peak memory', process.resourceUsage().maxRSS / 1024, 'MB', { beside: 'evidence, provider and all' });
} finally {
  await alerts.close();
  operations[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
}
