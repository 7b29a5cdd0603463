import type { Connection, Place } from '#src/collector.ts';

const account = '123456789012';
const regions = ['eu-central-1', 'eu-west-1', 'us-east-1', 'us-west-2'];

/** Security groups in four regions, some of them open to the world for SSH, as the provider answers. */
export interface Fleet {
  readonly connection: Connection;
  /** The groups that are open, by number, in every region. */
  open: ReadonlySet<number>;
}

export function fleetOf(items: number): Fleet {
  const perRegion = Math.ceil(items / regions.length);
  const peers = { Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] };
  const permission = (port: number, cidr: string) => ({
    IpProtocol: 'tcp',
    FromPort: port,
    ToPort: port,
    IpRanges: [{ CidrIp: cidr }],
    ...peers,
  });
  const fleet: { open: ReadonlySet<number>; connection: Connection } = {
    open: new Set(),
    connection: {
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
          for (let page = 0; page < pages; page++)
            yield { body: bodyOf(operation, region, page), status: 200, requestId: `${region}-${page}` };
        },
      }),
      close: async () => undefined,
    },
  };
  const group = (region: string, i: number) => ({
    GroupId: `sg-${region}-${String(i).padStart(6, '0')}`,
    GroupName: `service-${i}`,
    OwnerId: account,
    VpcId: `vpc-${i % 20}`,
    IpPermissions: [permission(8000 + (i % 100), `10.${i % 250}.0.0/16`), ...(fleet.open.has(i) ? [permission(22, '0.0.0.0/0')] : [])],
    IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }], ...peers }],
  });
  function bodyOf(operation: string, region: string, page: number): object {
    if (operation === 'ec2:DescribeNetworkInterfaces') return { NetworkInterfaces: [] };
    if (operation !== 'ec2:DescribeSecurityGroups') return { PrefixLists: [] };
    return { SecurityGroups: Array.from({ length: Math.min(1000, perRegion - page * 1000) }, (_, i) => group(region, page * 1000 + i)) };
  }
  return fleet;
}
