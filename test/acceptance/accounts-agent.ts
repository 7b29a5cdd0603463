import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres } from '#src/evidence/postgres.ts';
import { openBullmq } from '#src/schedule/bullmq.ts';
import { usualTiming } from '#src/schedule/queue.ts';
import { redisAddress } from '#src/schedule/redis.ts';
import { collectByWorkers } from '#src/schedule/spread.ts';
import { alertsOf } from './accounts-alerts.ts';
import { agentOf, type Size, salt } from './many-accounts.ts';

/**
 * The agent of the company with many accounts, as a process to be killed: `accounts-agent.ts REDIS POSTGRES TICKS OPTIONS SLACK`. Runs one cycle
 * after the other and says so once each is durable, and tells people what drifts; ends where the store does.
 */
const [redis = '', postgres = '', ticks = '', options = '{}', slack = ''] = process.argv.slice(2);
const size = JSON.parse(options) as Size;
await using store = openPostgres(postgres, { salt });
const alerts = alertsOf(store, postgres, slack);
const queue = openBullmq(redisAddress(redis), 'q', { ...usualTiming, lease: 3_000, rest: 500 });
const collect = collectByWorkers({ queue, program: 'p', patience: 20_000, silence: 8_000, warn: () => undefined });
const cycle = agentOf(store, size, () => Number(readFileSync(ticks, 'utf8')), { collect });
for (;;) {
  const outcome = await cycle(Date.now());
  const { record, head } = outcome;
  const failed = record.scopes.filter(({ status }) => status === 'failed').length;
  process.stdout.write(`${JSON.stringify({ asOf: record.asOf, ledger: head.size, failed, ms: Date.now() - record.asOf })}\n`);
  await alerts.afterCycles?.([outcome]);
  await sleep(300);
}
