import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { loadControls, parametersAt } from '#src/controls.ts';
import { criteriaIn, defaultCategories } from '#src/criteria.ts';
import { runCycle } from '#src/cycle/cycle.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { judge } from '#src/cycle/evaluate.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { Observed } from '#src/population.ts';
import { ruleSetOf, rules, ruleVersions } from '#src/registry.ts';
import { openReport } from '#src/report/report.ts';
import { fleet } from './fleet.ts';

/** Measures what an operator pays for, each figure beside what it is compared with. Usage: npm run bench */
const perRegion = 2_500;
const hour = 3_600_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const controls = loadControls([], { timeZone: 'UTC', rules });
const ruleSet = ruleSetOf(ruleVersions(), (rule) => parametersAt(controls, rule, start));

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
const file = join(folder, 'evidence.db');
try {
  evaluations();
  await cycles();
} finally {
  rmSync(folder, { recursive: true });
}

function evaluations(): void {
  const itemRules = rules.filter((rule) => rule.over === 'item');
  const seen = itemRules.map((rule) => ({
    rule,
    parameters: rule.parameters.parse({}),
    seen: { item: rule.population.example as Observed<object>, firstSeen: start },
  }));
  let count = 0;
  const began = performance.now();
  while (performance.now() - began < 2_000)
    for (const { rule, seen: item, parameters } of seen) count += judge(rule, item, start, parameters) ? 1 : 0;
  const perSecond = (count / (performance.now() - began)) * 1000;
  say(
    'evaluations a second, one core',
    Math.round(perSecond).toLocaleString('en'),
    `aim 200,000; ${itemRules.length} rules, each on its example`,
  );
}

async function cycles(): Promise<void> {
  const { connection, collectors, calls, change } = fleet(perRegion);
  const store = openSqlite(file);
  let now = start;
  const settings = {
    collectors,
    rules,
    ruleSet,
    declaration: scopeDeclaration({ in: ['aws:123456789012'] }),
    memory: newMemory(),
    now: () => now,
  };
  const look = async () => {
    const began = performance.now();
    await runCycle(connection, store, settings);
    now += hour;
    return performance.now() - began;
  };

  const first = await look();
  say(`first cycle, ${perRegion * 4} items`, seconds(first), `${calls()} calls`);
  await look();
  const quiet = median(await times(20, look));
  say('unchanged cycle', seconds(quiet), `1/${(first / quiet).toFixed(1)} of the first; aim 1/10`);
  say('  of which asking and answering', seconds(await askingTime()), 'the double makes its answers anew each time');
  const before = diskSize();
  await times(50, look);
  say('bytes on disk for an unchanged cycle', String(Math.round((diskSize() - before) / 50)), 'aim 2,048');
  change(25);
  const changedBefore = diskSize();
  await look();
  say('bytes on disk for 100 changed items', String(diskSize() - changedBefore), '');
  say('peak memory', `${Math.round(process.resourceUsage().maxRSS / 1024)} MB`, 'aim 300 MB');

  const remaining = 8_760 - store.head().size;
  const loop = performance.now();
  await fillYear(remaining);
  say(
    'a year of hourly cycles',
    seconds(performance.now() - loop),
    `${remaining} commits without collecting; ${(diskSize() / 1e6).toFixed(1)} MB on disk`,
  );

  const window = { from: start, to: start + 365 * 24 * hour, asOf: now };
  const began = performance.now();
  const report = openReport({
    store,
    rules,
    controls,
    criteria: criteriaIn(defaultCategories),
    company: 'Fleet',
    example: false,
    timeZone: 'UTC',
    asOf: now,
    declared: {
      from: '2026-01-01',
      to: '2026-12-31',
      timeZone: 'UTC',
      start: window.from,
      end: window.to,
    },
    thresholds: {
      coverage: 0.95,
      gap: 72 * hour,
    },
    parametersAt: (rule, instant) => parametersAt(controls, rule, instant),
  });
  const concluded = report.controls();
  say(`conclusion of ${concluded.length} controls over 12 months`, seconds(performance.now() - began), 'aim 0.5 s');
  const opening = performance.now();
  await store[Symbol.asyncDispose]();
  const again = openSqlite(file);
  say('open with everything held', seconds(performance.now() - opening), '');
  await again[Symbol.asyncDispose]();

  async function askingTime(): Promise<number> {
    const asked = performance.now();
    for (const place of await connection.places())
      if (place.region !== 'global')
        for (const operation of ['ec2:DescribeSecurityGroups', 'ec2:DescribeNetworkInterfaces'])
          for await (const answer of connection.open(place).call(operation, {}, true)) void answer;
    return performance.now() - asked;
  }

  /** Quiet cycles as they are committed, without the collecting, which was measured above. */
  async function fillYear(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const scopes = [...store.held.values()].map(({ scope, hold, items }) => ({
        scope,
        hold,
        calls: [],
        status: 'complete' as const,
        items: items.size,
        changes: [],
      }));
      await store.commit({ connection: 'fleet', asOf: now, ended: now + 60_000, ruleSet, scopes, retired: [] });
      now += hour;
    }
  }
}

/** Bytes of the database, once what waits in the log is moved into it. */
function diskSize(): number {
  const own = new DatabaseSync(file);
  own.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  own.close();
  return statSync(file).size;
}

async function times(count: number, measure: () => Promise<number>): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) taken.push(await measure());
  return taken;
}

function say(what: string, figure: string, beside: string): void {
  process.stdout.write(`${what.padEnd(48)} ${figure.padStart(14)}   ${beside}\n`);
}
