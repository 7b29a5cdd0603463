/**
 * What memory a first look takes, and looks after it. By hand, as the image starts the agent:
 *   node $(sh bin/flags) bench/memory.ts [items]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadControls, parametersAt } from '#src/controls.ts';
import { runCycle } from '#src/cycle/cycle.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { ruleSetOf, rules, ruleVersions } from '#src/registry.ts';
import { fleet } from './fleet.ts';

const items = Number(process.argv[2] ?? 10_000);
const start = Date.parse('2026-01-01T00:00:00Z');
const controls = loadControls([], { timeZone: 'UTC', rules });
const folder = mkdtempSync(join(process.env['HOLDFAST_BENCH'] ?? tmpdir(), 'holdfast-memory-'));
const store = openSqlite(join(folder, 'evidence.db'));
try {
  const { connection, collectors, change } = fleet(items / 4);
  let now = start;
  const settings = {
    collectors,
    rules,
    ruleSet: ruleSetOf(ruleVersions(), (rule) => parametersAt(controls, rule, start)),
    declaration: scopeDeclaration({ in: ['aws:123456789012'] }),
    memory: newMemory(),
    now: () => now,
  };
  const look = async (what: string) => {
    const began = performance.now();
    let longest = 0;
    let last = performance.now();
    // How long the process answers nobody: neither a probe nor the question to stop.
    const turning = setInterval(() => {
      longest = Math.max(longest, performance.now() - last - 20);
      last = performance.now();
    }, 20);
    await runCycle(connection, store, settings);
    await new Promise((resolve) => setTimeout(resolve, 50));
    clearInterval(turning);
    now += 3_600_000;
    say(what, `${((performance.now() - began) / 1_000).toFixed(1)} s, deaf for ${(longest / 1_000).toFixed(1)} s`);
  };
  say('at rest', '');
  await look(`first look at ${items} items`);
  await look('a second, unchanged');
  change(25);
  await look('a third, 100 changed');
} finally {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
}

function say(what: string, took: string): void {
  const { heapUsed, rss } = process.memoryUsage();
  const mb = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`.padStart(8);
  console.log(
    `${what.padEnd(32)} ${took.padEnd(28)} heap ${mb(heapUsed)}  resident ${mb(rss)}  at most ${mb(process.resourceUsage().maxRSS * 1_024)}`,
  );
}
