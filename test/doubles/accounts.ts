import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import backupJobs from '#collectors/aws/backup-jobs.ts';
import ebsVolumes from '#collectors/aws/ebs-volumes.ts';
import securityGroups from '#collectors/aws/security-groups.ts';
import { type Answer, CallFailure, type Collector, type Connection, defineCollector, type Place } from '#src/collector.ts';
import { definePopulation } from '#src/population.ts';
import type { Reserve } from '#src/schedule/queue.ts';

export interface AccountsOptions {
  readonly accounts: number;
  /** How many there are in each region of an account. */
  readonly groups: number;
  readonly volumes: number;
  /** What changes with the time of the world: the same number, the same answers, whichever process asks. */
  readonly tick: () => number;
  /** How long a call takes, in ms. */
  readonly latency?: number;
  /** Asked before each call, where the quota is shared. */
  readonly reserve?: Reserve | undefined;
  readonly called?: (place: Place, operation: string) => void;
}

const person = definePopulation('aws.test-person', {
  title: 'People',
  kind: 'state',
  personal: true,
  fields: z.strictObject({ mfa: z.boolean() }),
  example: { key: 'p', name: 'p', mfa: true },
});

const people = defineCollector(person, {
  id: 'aws-test-people',
  title: 'People of an account',
  every: '1h',
  per: 'account',
  reads: {
    'iam:ListUsers': { needs: 'iam:ListUsers', reply: z.object({ Users: z.array(z.object({ Name: z.string(), Mfa: z.boolean() })) }) },
  },
  async *collect(api, { account }) {
    for await (const { Users } of api.pages('iam:ListUsers', {} as never))
      for (const { Name, Mfa } of Users) yield { key: `arn:aws:iam::${account}:user/${Name}`, name: Name, mfa: Mfa };
  },
});

/** Of a state in a region, of events, of people in an account: what the accounts have is read by these. */
export const accountsCollectors: readonly Collector[] = [securityGroups, ebsVolumes, backupJobs, people] as unknown as Collector[];

const region = 'eu-central-1';
const hour = 3_600_000;
const start = Date.parse('2026-01-01T00:00:00Z');

/**
 * A company of many accounts, answered in this process without a network: the same for all who ask at the same tick. With each tick something
 * changes in every third account; one account refuses at every second tick.
 */
export function manyAccounts({
  accounts,
  groups,
  volumes,
  tick,
  latency = 0,
  reserve,
  called = () => undefined,
}: AccountsOptions): Connection {
  const ids = Array.from({ length: accounts }, (_, i) => String(100_000_000_000 + i));
  let calls = 0;

  const bodyOf = (account: string, operation: string, page: number): { body: unknown; more: boolean } => {
    const n = Number(account.slice(-6));
    const turn = n % 3 === 0 ? tick() : 0;
    const part = <T>(count: number, size: number, make: (i: number) => T) => ({
      list: Array.from({ length: Math.min(size, count - page * size) }, (_, i) => make(page * size + i)),
      more: count > (page + 1) * size,
    });
    if (operation === 'ec2:DescribeSecurityGroups') {
      const { list, more } = part(groups, 1000, (i) => group(account, i, i < turn % 7));
      return { body: { SecurityGroups: list }, more };
    }
    if (operation === 'ec2:DescribeVolumes') {
      const { list, more } = part(volumes + (turn % 2), 500, (i) => volume(i, i % 5 !== turn % 5));
      return { body: { Volumes: list }, more };
    }
    if (operation === 'backup:ListBackupJobs')
      return { body: { BackupJobs: Array.from({ length: 2 + (turn % 3) }, (_, i) => job(account, turn + i)) }, more: false };
    if (operation === 'iam:ListUsers')
      return {
        body: {
          Users: [
            { Name: `ann-${n}`, Mfa: true },
            { Name: `bob-${n}`, Mfa: turn % 2 === 0 },
          ],
        },
        more: false,
      };
    return { body: { NetworkInterfaces: [], PrefixLists: [], Entries: [] }, more: false };
  };

  return {
    id: 'aws',
    provider: 'aws',
    discovery: {},
    places: async () =>
      ids.flatMap((account) => [
        { account, region: 'global', partition: 'aws' },
        { account, region, partition: 'aws' },
      ]),
    open: (place, signal) => ({
      async *call(operation): AsyncGenerator<Answer> {
        for (let page = 0, more = true; more; page++) {
          signal?.throwIfAborted();
          const wait = (reserve ? await reserve(`aws ${place.account} ${operation}`, 50) : 0) + latency;
          if (wait > 0) await sleep(wait);
          called(place, operation);
          if (place.account === ids[1] && tick() % 2 === 1)
            throw new CallFailure('denied', { code: 'AccessDenied', status: 403, requestId: '', detail: 'not allowed' });
          const answer = bodyOf(place.account, operation, page);
          more = answer.more;
          yield { body: answer.body, status: 200, requestId: `${process.pid}-${++calls}` };
        }
      },
    }),
    close: async () => undefined,
  };
}

const group = (account: string, i: number, open: boolean) => ({
  GroupId: `sg-${account}-${i}`,
  GroupName: `service-${i}`,
  OwnerId: account,
  VpcId: `vpc-${i % 20}`,
  IpPermissions: Array.from({ length: 4 }, (_, n) => ({
    IpProtocol: 'tcp',
    FromPort: 8000 + n,
    ToPort: 8000 + n,
    IpRanges: [{ CidrIp: open ? '0.0.0.0/0' : `10.${i % 250}.${n}.0/24` }],
    Ipv6Ranges: [],
    PrefixListIds: [],
    UserIdGroupPairs: [],
  })),
  IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }], Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] }],
});

const volume = (i: number, Encrypted: boolean) => ({
  VolumeId: `vol-${i}`,
  State: 'in-use',
  Encrypted,
  CreateTime: new Date(start),
  Attachments: [{ InstanceId: `i-${i % 9}` }],
  Tags: [{ Key: 'Name', Value: `disk ${i}` }],
});

const job = (account: string, i: number) => ({
  BackupJobId: `job-${i}`,
  CreationDate: new Date(start + i * hour),
  ResourceArn: `arn:aws:ec2:${region}:${account}:volume/vol-${i}`,
  ResourceType: 'EBS',
  State: 'COMPLETED',
  CompletionDate: new Date(start + i * hour + hour / 2),
  BackupVaultArn: `arn:aws:backup:${region}:${account}:backup-vault:main`,
});
