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

/** Lets calls through as their quota allows, in the order they came. */
export function limitCalls(): Limiter {
  const queues = new Map<string, PQueue>();
  return ({ account, region, operation }, call, signal) => {
    const { service } = partsOf(operation);
    const own = slow[operation];
    const name = `${account} ${global.has(service) ? 'global' : region} ${own ? operation : service}`;
    let queue = queues.get(name);
    if (!queue) {
      const [intervalCap, concurrency] = own ?? quotas[service];
      // Calls that start a second apart may arrive a little closer.
      queue = new PQueue({ interval: own ? 1_050 : 1_000, intervalCap, concurrency, strict: own !== undefined });
      queues.set(name, queue);
    }
    return queue.add(call, signal && { signal });
  };
}
