import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { openBullmq } from '#src/schedule/bullmq.ts';
import { usualTiming } from '#src/schedule/queue.ts';
import { redisAddress } from '#src/schedule/redis.ts';
import { startWorker } from '#src/schedule/worker.ts';
import { accountsCollectors, manyAccounts } from '#test/doubles/accounts.ts';

/**
 * A worker of the company with many accounts, as a process of its own: `accounts-process.ts ADDRESS QUEUE TICKS OPTIONS`. `TICKS` is a file
 * that says what time it is there; `OPTIONS` is JSON.
 */
const [address = '', name = '', ticks = '', options = '{}'] = process.argv.slice(2);
const { lease = 5_000, ...accounts } = JSON.parse(options) as {
  lease?: number;
  accounts: number;
  groups: number;
  volumes: number;
  latency?: number;
};
const queue = openBullmq(redisAddress(address), name, { ...usualTiming, lease, rest: 500 });
const calls = { made: 0 };
const connection = manyAccounts({
  ...accounts,
  tick: () => Number(readFileSync(ticks, 'utf8')),
  reserve: queue.reserve,
  called: () => calls.made++,
});
const working = startWorker({
  queue,
  name: `worker-${process.pid}`,
  program: 'p',
  connections: [connection],
  collectors: accountsCollectors,
});
process.stdout.write('ready\n');
await once(process, 'SIGTERM');
await working.drain(8_000);
process.stdout.write(`${JSON.stringify({ ...calls, rss: process.resourceUsage().maxRSS })}\n`);
await queue[Symbol.asyncDispose]();
