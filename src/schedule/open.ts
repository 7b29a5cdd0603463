import type { Config } from '#src/config.ts';
import type { CollectDue } from '#src/cycle/collecting.ts';
import { parseDuration } from '#src/duration.ts';
import { HoldfastError } from '#src/errors.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import type { Operations } from '#src/operations/operations.ts';
import { programHash } from '#src/program.ts';
import { localOrigin } from '#src/signing/key-file.ts';
import { openBullmq } from './bullmq.ts';
import { openEmbedded } from './embedded.ts';
import { reserveAnyway } from './pace.ts';
import type { Queue, Reserve } from './queue.ts';
import { connectRedis, examine, type RedisFacts, redisAddress } from './redis.ts';
import { collectByWorkers } from './spread.ts';
import { type QueueWatch, watchQueue } from './watch.ts';

export interface OpenOptions {
  readonly now: () => number;
  /** Told why the queue is away, each time. */
  readonly warn: (reason: string) => void;
}

/** The queue as the agent has it: it gives jobs and hears what came of them. */
export type AgentQueue = Queue & {
  readonly collect: CollectDue;
  /** Shares quotas with the workers; where the queue is away, the agent's own calls go on at the same rates. */
  readonly reserve: Reserve;
  readonly watch: QueueWatch;
};

/** Null where no `queue` is configured. Errors: QUEUE_ADDRESS, QUEUE_TOO_OLD, QUEUE_EVICTS; one that is away is waited for with each cycle. */
export async function openQueue(config: Config, operations: Operations, options: OpenOptions): Promise<AgentQueue | null> {
  if (!config.queue) return null;
  const queue = await openJobs(config, () => operations, options);
  const patience = parseDuration(config.queue.patience)!;
  const watch = watchQueue(queue, patience, options.now);
  return {
    ...queue,
    watch,
    reserve: reserveAnyway(queue.reserve),
    collect: collectByWorkers({ queue, program: programHash(), patience, warn: options.warn }),
    async [Symbol.asyncDispose]() {
      watch.close();
      await queue[Symbol.asyncDispose]();
    },
  };
}

/** The queue as a worker has it. */
export async function openJobs(
  config: Config,
  operations: () => Operations,
  { now, warn }: OpenOptions,
): Promise<Queue & { readonly reserve: Reserve }> {
  if (!config.queue) throw new HoldfastError('QUEUE_NOT_CONFIGURED', {});
  if (!config.queue.redis) return openEmbedded(operations(), now);
  const address = redisAddress(await config.queue.redis.resolve());
  await examined(config).catch((error: unknown) => {
    if (!(error instanceof HoldfastError) || error.code !== 'QUEUE_UNREACHABLE') throw error;
    warn(error.message);
  });
  return openBullmq(address, nameOf(config), undefined, warn);
}

/** What is to be known of the Redis; null where jobs lie beside the evidence. Errors: those of `openQueue`, and QUEUE_UNREACHABLE. */
export async function examined({ queue }: Config): Promise<(RedisFacts & { readonly name: string }) | null> {
  if (!queue?.redis) return null;
  const address = redisAddress(await queue.redis.resolve());
  const redis = connectRedis(address, 'told');
  try {
    return { name: address.name, ...(await examine(redis, address.name)) };
  } finally {
    redis.disconnect();
  }
}

/** One history and one program have one queue: workers of another version never see its jobs. */
const nameOf = ({ ledger, company }: Config): string =>
  `${sha256(ledger?.origin ?? localOrigin(company)).slice(0, 12)}-${programHash().slice(0, 12)}`;
