import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openOperations } from '#src/operations/operations.ts';
import { openBullmq } from '#src/schedule/bullmq.ts';
import { openEmbedded, queuePart } from '#src/schedule/embedded.ts';
import { type Queue, usualTiming } from '#src/schedule/queue.ts';
import { redisAddress } from '#src/schedule/redis.ts';
import { type Size, workersAt } from '#test/acceptance/many-accounts.ts';
import { startRedis } from '#test/schedule/redis-server.ts';

/**
 * What several processes bring, and what they need. Usage: npm run bench:scale -- [accounts] [items] [ms a call]
 * The provider is a double in the process that asks it, which answers after so many milliseconds.
 */
const [accounts = 100, items = 50_000, latency = 50] = process.argv.slice(2).map(Number);
const perAccount = Math.round(items / accounts) - 4;
const size: Size = { accounts, groups: Math.ceil(perAccount * 0.7), volumes: Math.floor(perAccount * 0.3), latency };
const run = promisify(execFile);

/** As `bin/holdfast` starts it. */
const flags = ['--max-semi-space-size=16', '--heap-growing-percent=30', '--disable-warning=ExperimentalWarning'];

interface Figures {
  readonly first: number;
  readonly again: number;
  readonly scopes: number;
  readonly items: number;
  readonly failed: number;
  readonly calls: number;
  readonly rss: number;
  readonly cpu: number;
}

const agent = async (...args: string[]): Promise<Figures> => {
  const file = fileURLToPath(new URL('agent.ts', import.meta.url));
  const { stdout } = await run(process.execPath, [...flags, file, JSON.stringify(size), ...args]);
  return JSON.parse(stdout) as Figures;
};

const say = (what: string, figure: string, beside = '') => process.stdout.write(`${what.padEnd(58)} ${figure.padStart(12)}   ${beside}\n`);
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const megabytes = (kilobytes: number) => `${Math.round(kilobytes / 1024)} MB`;
const rate = (count: number, ms: number) => String(Math.round((count / ms) * 1_000));

async function jobsPerSecond(queue: Queue, count: number): Promise<number> {
  const began = performance.now();
  await queue.add(Array.from({ length: count }, (_, i) => ({ key: `k${i}`, group: 'g', payload: 'x'.repeat(500) })));
  const answer = Buffer.alloc(500, 1);
  const working = queue.work({ name: 'w', atOnce: 8 }, ({ tell }) => tell('a', answer));
  for (let told = 0; told < count; ) told += (await queue.told('g')).length;
  const took = performance.now() - began;
  await working.drain(1_000);
  return (count / took) * 1_000;
}

const redis = await startRedis();
try {
  const bull = openBullmq(redisAddress(redis.address), 'jobs', { ...usualTiming, poll: 20 });
  say('jobs a second over Redis, added, done and told', String(Math.round(await jobsPerSecond(bull, 3_000))), 'one worker');
  await bull[Symbol.asyncDispose]();
  using operations = openOperations(':memory:', [queuePart]);
  const beside = openEmbedded(operations, Date.now, { ...usualTiming, poll: 5 });
  say('  beside the evidence', String(Math.round(await jobsPerSecond(beside, 3_000))), 'in memory: without the disk');

  const one = await agent();
  say(
    `one process: first cycle of ${one.scopes} scopes, ${one.items} items`,
    seconds(one.first),
    `${rate(one.scopes, one.first)} scopes a second; bar 15 min`,
  );
  say('  unchanged cycle', seconds(one.again), `${rate(one.scopes, one.again)} scopes a second`);
  say('  memory at most', megabytes(one.rss), 'bar 512 MB');
  say('  calls of two cycles', String(one.calls), '');
  for (const count of [1, 2, 4]) {
    const workers = workersAt(redis.address, `scale${count}`, size);
    await Promise.all(Array.from({ length: count }, () => workers.start()));
    const many = await agent(redis.address, `scale${count}`);
    const stopped = await workers.stop();
    const made = stopped.reduce((sum, each) => sum + each.made, 0);
    const failed = many.failed > 0 ? `; ${many.failed} SCOPES FAILED` : '';
    say(
      `agent and ${count} worker${count === 1 ? '' : 's'}: first cycle`,
      seconds(many.first),
      `${rate(many.scopes, many.first)} scopes a second${failed}`,
    );
    say('  unchanged cycle', seconds(many.again), `${rate(many.scopes, many.again)} scopes a second`);
    say(
      '  memory at most: agent, largest worker',
      `${megabytes(many.rss)}, ${megabytes(Math.max(...stopped.map(({ rss }) => rss)))}`,
      'bar 512 MB',
    );
    say('  processor of the agent', seconds(many.cpu), `${seconds(one.cpu)} where it collects by itself`);
    say('  calls of two cycles', String(made), `${one.calls} by one process`);
  }
} finally {
  await redis.remove();
}
