import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { openBullmq } from '#src/schedule/bullmq.ts';
import { redisAddress } from '#src/schedule/redis.ts';
import { collectByWorkers } from '#src/schedule/spread.ts';
import { agentOf, hour, type Size, start } from '#test/acceptance/many-accounts.ts';

/** The agent, as a process of its own: `agent.ts SIZE [REDIS QUEUE]`. A first cycle and an unchanged one; tells how long they took, and what it needed. */
const [size = '{}', redis, name = 'q'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'holdfast-scale-'));
const queue = redis === undefined ? null : openBullmq(redisAddress(redis), name);
const collect = queue && collectByWorkers({ queue, program: 'p', patience: 900_000, poll: 20, warn: (reason) => console.error(reason) });
let calls = 0;
{
  await using store = openSqlite(join(folder, 'evidence.db'));
  const cycle = agentOf(store, JSON.parse(size) as Size, () => 0, { called: () => calls++, ...(collect && { collect }) });
  const took: number[] = [];
  let scopes = 0;
  let failed = 0;
  for (const i of [0, 1]) {
    const began = performance.now();
    const { record } = await cycle(start + i * hour);
    took.push(performance.now() - began);
    scopes = record.scopes.length;
    failed += record.scopes.filter(({ status }) => status === 'failed').length;
  }
  const items = [...store.held.values()].reduce((sum, scope) => sum + scope.items.size, 0);
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const cpu = (userCPUTime + systemCPUTime) / 1_000;
  process.stdout.write(`${JSON.stringify({ first: took[0], again: took[1], scopes, items, failed, calls, rss: maxRSS, cpu })}\n`);
}
await queue?.[Symbol.asyncDispose]();
rmSync(folder, { recursive: true });
