import { setImmediate } from 'node:timers/promises';
import securityGroups from '#collectors/aws/security-groups.ts';
import type { Collector, Connection, Place } from '#src/collector.ts';

export const account = '123456789012';
export const regions = ['eu-central-1', 'eu-west-1', 'us-east-1', 'us-west-2'];

/** An AWS account with so many security groups in each region, in the shape of the SDK, a thousand to a page; `called` with each page. */
export function connectionOver(
  perRegion: number,
  group: (region: string, i: number) => object,
  called: () => void = () => undefined,
): Connection {
  const bodyOf = (operation: string, region: string, page: number): object => {
    if (operation === 'ec2:DescribeNetworkInterfaces') return { NetworkInterfaces: [] };
    if (operation !== 'ec2:DescribeSecurityGroups') return { PrefixLists: [] };
    return { SecurityGroups: Array.from({ length: Math.min(1000, perRegion - page * 1000) }, (_, i) => group(region, page * 1000 + i)) };
  };
  return {
    id: 'fleet',
    provider: 'aws',
    discovery: {},
    places: async () => [
      { account, region: 'global', partition: 'aws' },
      ...regions.map((region) => ({ account, region, partition: 'aws' })),
    ],
    open: ({ region }: Place) => ({
      async *call(operation) {
        const pages = operation === 'ec2:DescribeSecurityGroups' ? Math.ceil(perRegion / 1000) : 1;
        for (let page = 0; page < pages; page++) {
          called();
          await setImmediate();
          yield { body: bodyOf(operation, region, page), status: 200, requestId: `${region}-${page}` };
        }
      },
    }),
    close: async () => undefined,
  };
}

/** An AWS account with so many security groups in each of four regions, answered in the shape of the SDK, a thousand to a page. */
export function fleet(perRegion: number): {
  connection: Connection;
  collectors: readonly Collector[];
  calls: () => number;
  change: (count: number) => void;
} {
  let calls = 0;
  let changed = 0;
  const group = (region: string, i: number) => ({
    GroupId: `sg-${region}-${String(i).padStart(6, '0')}`,
    GroupName: `service-${i}`,
    OwnerId: account,
    VpcId: `vpc-${i % 20}`,
    IpPermissions: Array.from({ length: 6 }, (_, n) => ({
      IpProtocol: 'tcp',
      FromPort: 8000 + n + (i < changed && n === 0 ? 1 : 0),
      ToPort: 8000 + n + (i < changed && n === 0 ? 1 : 0),
      IpRanges: [{ CidrIp: `10.${i % 250}.${n}.0/24` }, ...(i % 50 === 0 ? [{ CidrIp: '0.0.0.0/0' }] : [])],
      Ipv6Ranges: [],
      PrefixListIds: [],
      UserIdGroupPairs: [{ GroupId: `sg-${region}-${String((i + n) % perRegion).padStart(6, '0')}` }],
    })),
    IpPermissionsEgress: [
      { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }], Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] },
    ],
  });
  const connection = connectionOver(perRegion, group, () => calls++);
  return { connection, collectors: [securityGroups as Collector], calls: () => calls, change: (count) => (changed = count) };
}
