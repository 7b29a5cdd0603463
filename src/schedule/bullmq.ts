import { setTimeout as sleep } from 'node:timers/promises';
import { Queue as BullQueue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { sha256 } from '#src/ledger/canonical.ts';
import {
  type Counts,
  type Job,
  type NewJob,
  type Queue,
  type Reserve,
  type Timing,
  type Told,
  usualTiming,
  type Working,
} from './queue.ts';
import { connectRedis, type RedisAddress, unreachable } from './redis.ts';

/** What is told waits at most so long for whoever asked, in ms. */
const keptFor = 3_600_000;

/** Of so much is told at a time. */
const atOnceTold = 64;

/** Added in one go; Redis does nothing else meanwhile. */
const atOnceAdded = 500;

type Data = Pick<NewJob, 'key' | 'group' | 'payload'>;

/** The second in which the next call falls, by the clock of Redis: the first that has room, from the one that began on. */
const reserveScript = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local began = tonumber(redis.call('HGET', KEYS[1], 'began') or 0)
local used = tonumber(redis.call('HGET', KEYS[1], 'used') or 0)
if now >= began + 1000 or began > now + 60000 then began = now used = 1
elseif used < tonumber(ARGV[1]) then used = used + 1
else began = began + 1000 used = 1 end
redis.call('HSET', KEYS[1], 'began', began, 'used', used)
redis.call('PEXPIRE', KEYS[1], 120000)
return math.max(0, began - now)`;

/** Whoever adds and asks is told at once that Redis is away; whoever works waits until it is back. */
export function openBullmq(
  address: RedisAddress,
  name: string,
  timing: Timing = usualTiming,
  said: (reason: string) => void = () => undefined,
): Queue & { reserve: Reserve } {
  const prefix = 'holdfast';
  const asking = connectRedis(address, 'told', said);
  const queue = new BullQueue<Data>(name, {
    connection: asking,
    prefix,
    skipVersionCheck: true,
    skipWaitingForReady: true,
    defaultJobOptions: {
      attempts: timing.attempts,
      backoff: { type: 'exponential', delay: timing.rest },
      removeOnComplete: true,
      removeOnFail: true,
    },
  });
  queue.on('error', () => undefined);
  const sinceKey = `${prefix}:${name}:paused-since`;
  const listOf = (group: string) => `${prefix}:${name}:told:${group}`;
  const connections: Redis[] = [asking];
  let working: Redis | undefined;
  const patient = (): Redis => {
    if (!working) connections.push((working = connectRedis(address, 'waiting', said)));
    return working;
  };

  async function ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw unreachable(address.name, error);
    }
  }

  async function tell(
    { group, ...about }: { group: string; key: string; part?: string; gaveUp?: string },
    answer: Uint8Array,
  ): Promise<void> {
    const list = listOf(group);
    const frame = Buffer.concat([Buffer.from(`${JSON.stringify(about)}\n`), answer]);
    await patient().multi().rpush(list, frame).pexpire(list, keptFor).exec();
  }

  return {
    name: address.name,
    async add(jobs) {
      for (let from = 0; from < jobs.length; from += atOnceAdded)
        await ask(() =>
          queue.addBulk(
            jobs.slice(from, from + atOnceAdded).map(({ key, group, payload, soon = false }) => ({
              name: 'job',
              data: { key, group, payload },
              // Of two jobs with one id the second is not added; the first of all are those without a priority.
              opts: { jobId: `j${sha256(key).slice(0, 40)}`, ...(!soon && { priority: 10 }) },
            })),
          ),
        );
    },
    told: (group) =>
      ask(async () => {
        const frames = (await asking.lpopBuffer(listOf(group), atOnceTold)) as Buffer[] | null;
        return (frames ?? []).map((frame): Told => {
          const end = frame.indexOf(10);
          const about = JSON.parse(frame.toString('utf8', 0, end)) as { key: string; part?: string; gaveUp?: string };
          if (about.part === undefined) return { key: about.key, gaveUp: about.gaveUp ?? '' };
          return { key: about.key, part: about.part, answer: frame.subarray(end + 1) };
        });
      }),
    clear: () => ask(() => queue.drain(true)),
    work({ name: workerName, atOnce }, handle) {
      const underWay = new Set<Promise<void>>();
      const counted = <T extends Promise<void>>(doing: T): T => {
        underWay.add(doing);
        void doing.catch(() => undefined).finally(() => underWay.delete(doing));
        return doing;
      };
      const worker = new Worker<Data>(
        name,
        async (taken) => {
          const { key, group, payload } = taken.data;
          const job: Job = {
            key,
            group,
            payload,
            soon: taken.opts.priority === undefined,
            attempt: taken.attemptsStarted,
            tell: (part, answer) => tell({ group, key, part }, answer),
          };
          const giveUp = (gaveUp: string) => tell({ group, key, gaveUp }, new Uint8Array());
          if (job.attempt > timing.attempts) return giveUp(`workers were lost at it ${timing.attempts} times`);
          try {
            await counted(handle(job));
          } catch (error) {
            if (job.attempt >= timing.attempts) return giveUp(Error.isError(error) ? error.message : 'it failed');
            throw error;
          }
        },
        {
          connection: patient(),
          prefix,
          name: workerName,
          concurrency: atOnce,
          lockDuration: timing.lease,
          stalledInterval: timing.lease / 2,
          // Attempts are counted here, so that whoever asked is told.
          maxStalledCount: timing.attempts + 1,
          drainDelay: Math.max(0.05, (timing.poll * 5) / 1_000),
          runRetryDelay: 1_000,
          removeOnComplete: { count: 0 },
          removeOnFail: { count: 0 },
          skipVersionCheck: true,
        },
      );
      worker.on('error', (error) => said(error.message));
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      return {
        ended,
        async drain(atMost) {
          await worker.pause(true);
          await Promise.race([Promise.allSettled(underWay), sleep(atMost, undefined, { ref: false })]);
          // What has not ended now is left to its lease. A Redis that is away is not waited for.
          await Promise.race([worker.close(underWay.size > 0), sleep(2_000, undefined, { ref: false })]);
          resolve();
        },
      } satisfies Working;
    },
    pause: () =>
      ask(async () => {
        if (await queue.isPaused()) return;
        const [seconds] = await asking.time();
        await asking.set(sinceKey, Number(seconds) * 1_000);
        await queue.pause();
      }),
    resume: () =>
      ask(async () => {
        await queue.resume();
        await asking.del(sinceKey);
      }),
    counts: () =>
      ask(async (): Promise<Counts> => {
        // What waits stays where it is while the queue is paused.
        const counts = await queue.getJobCounts('wait', 'prioritized', 'active', 'delayed');
        const paused = await queue.isPaused();
        const since = paused ? await asking.get(sinceKey) : null;
        const of = (...states: string[]) => states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
        return {
          waiting: of('wait', 'prioritized'),
          underWay: of('active'),
          resting: of('delayed'),
          workers: await queue.getWorkersCount(),
          paused,
          pausedSince: since === null ? null : Number(since),
        };
      }),
    async reserve(quota, perSecond) {
      return Number(await patient().eval(reserveScript, 1, `${prefix}:quota:${quota}`, perSecond));
    },
    async [Symbol.asyncDispose]() {
      await queue.close().catch(() => undefined);
      for (const connection of connections) connection.disconnect();
    },
  };
}
