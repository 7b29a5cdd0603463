import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { type OperationName, partsOf, type Service } from './operations.ts';

/**
 * Calls per second that Holdfast allows itself, per account and region, and how many of them at a time.
 * About half of what AWS documents where it documents a number (EC2 refills 20/s), and a careful guess where it does not;
 * the rest of the quota belongs to the company's own tools.
 */
const quotas: Readonly<Record<Service, readonly [perSecond: number, atOnce: number]>> = {
  backup: [8, 4],
  cloudtrail: [8, 4],
  config: [2, 2],
  ec2: [10, 5],
  guardduty: [5, 3],
  iam: [10, 5],
  kms: [20, 8],
  organizations: [4, 2],
  rds: [10, 5],
  s3: [50, 16],
  s3control: [5, 3],
  sts: [10, 5],
};

/** Two a second is all that AWS gives an account in a region; asked for only when something has changed. */
const slow: Partial<Record<OperationName, readonly [perSecond: number, atOnce: number]>> = { 'cloudtrail:LookupEvents': [2, 1] };

/** These have one quota per account, whatever region they are asked in. */
const global: ReadonlySet<Service> = new Set<Service>(['iam', 'organizations']);

export type Limiter = <T>(
  at: { account: string; region: string; operation: OperationName },
  call: () => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>;

/** How many ms to wait before one more call of a quota, where several processes share it. */
type Reserve = (name: string, perSecond: number) => Promise<number>;

/**
 * Lets calls through as their quota allows, in the order they came. Without `reserve` the quota is this process's alone. What is slow keeps its
 * pace here in any case: seconds that are handed out one after the other may bring the last calls of one close to the first of the next.
 */
export function limitCalls(reserve?: Reserve): Limiter {
  const queues = new Map<string, { readonly turns: PQueue; readonly pace: PQueue | null }>();
  return ({ account, region, operation }, call, signal) => {
    const { service } = partsOf(operation);
    const own = slow[operation];
    const name = `${account} ${global.has(service) ? 'global' : region} ${own ? operation : service}`;
    const [intervalCap, concurrency] = own ?? quotas[service];
    const options = signal && { signal };
    let queue = queues.get(name);
    if (!queue) {
      // Calls that start a second apart may arrive a little closer.
      const interval = { interval: own ? 1_050 : 1_000, intervalCap, strict: own !== undefined };
      queue = { turns: new PQueue({ concurrency }), pace: reserve && !own ? null : new PQueue({ concurrency, ...interval }) };
      queues.set(name, queue);
    }
    const { turns, pace } = queue;
    const paced = async () => (pace ? pace.add(call, options) : call());
    if (!reserve) return paced();
    return turns.add(async () => {
      const pause = await reserve(`aws ${name}`, intervalCap);
      if (pause > 0) await sleep(pause, undefined, options);
      return paced();
    }, options);
  };
}
