import { AwsError, type Operation, type Told } from './calls.ts';
import type { Region, Shape } from './world.ts';

/** EC2: its own query protocol. */
const listed =
  (field: keyof Region): Operation =>
  (told) => {
    const { part, next } = told.paged(told.place[field] as readonly Shape[]);
    return { [field]: part, NextToken: next };
  };

export const ec2: Readonly<Record<string, Operation>> = {
  DescribeRegions: ({ world }) => ({
    Regions: Object.entries(world.regions).map(([RegionName, OptInStatus]) => ({
      RegionName,
      OptInStatus,
      Endpoint: `ec2.${RegionName}.amazonaws.com`,
    })),
  }),
  DescribeSecurityGroups: listed('SecurityGroups'),
  DescribeNetworkInterfaces: listed('NetworkInterfaces'),
  DescribeNetworkAcls: listed('NetworkAcls'),
  DescribeVpcs: listed('Vpcs'),
  DescribeSubnets: listed('Subnets'),
  DescribeFlowLogs: listed('FlowLogs'),
  DescribeManagedPrefixLists: listed('PrefixLists'),
  GetManagedPrefixListEntries: (told) => {
    const entries = told.place.prefixListEntries[told.text('PrefixListId') ?? ''];
    if (!entries) throw new AwsError('InvalidPrefixListID.NotFound', 400, 'The prefix list does not exist');
    const { part, next } = told.paged(entries);
    return { Entries: part, NextToken: next };
  },
  DescribeVolumes: listed('Volumes'),
  DescribeSnapshots: snapshots,
  GetEbsEncryptionByDefault: ({ place }) => ({ EbsEncryptionByDefault: place.ebsEncryptionByDefault }),
  GetSnapshotBlockPublicAccessState: ({ place }) => ({ State: place.snapshotBlock }),
  DescribeVpcBlockPublicAccessOptions: ({ place, account, region }) => ({
    VpcBlockPublicAccessOptions: {
      AwsAccountId: account,
      AwsRegion: region,
      State: 'default-state',
      InternetGatewayBlockMode: place.vpcBlock,
    },
  }),
};

/** Without an owner it answers with the public snapshots of the whole world. */
function snapshots(told: Told): object {
  const { account, place } = told;
  const anyone = told.text('RestorableBy.1') === 'all';
  const own = place.Snapshots.filter(({ OwnerId }) => OwnerId === account);
  const foreign = {
    SnapshotId: 'snap-0ffffffffffffffff',
    OwnerId: '999999999999',
    VolumeId: 'vol-ffffffff',
    Encrypted: false,
    StartTime: new Date('2020-01-01T00:00:00Z'),
    Tags: [],
  };
  const all = told.text('Owner.1') === 'self' ? own : [...own, foreign];
  const { part, next } = told.paged(
    anyone
      ? all.filter(({ SnapshotId }) => place.publicSnapshots.includes(SnapshotId as string) || SnapshotId === foreign.SnapshotId)
      : all,
  );
  return { Snapshots: part, NextToken: next };
}

const renamed: Readonly<Record<string, string>> = {
  SecurityGroups: 'securityGroupInfo',
  UserIdGroupPairs: 'groups',
  NetworkInterfaces: 'networkInterfaceSet',
  Groups: 'groupSet',
  NetworkAcls: 'networkAclSet',
  Associations: 'associationSet',
  Entries: 'entrySet',
  Vpcs: 'vpcSet',
  Subnets: 'subnetSet',
  FlowLogs: 'flowLogSet',
  PrefixLists: 'prefixListSet',
  Volumes: 'volumeSet',
  Attachments: 'attachmentSet',
  Snapshots: 'snapshotSet',
  Regions: 'regionInfo',
  Tags: 'tagSet',
  RegionEndpoint: 'regionEndpoint',
};

/** Names begin small, lists have names of their own and hold items. What the same name means elsewhere is named in the data as on the wire. */
export const ec2Naming = {
  name: (field: string): string => renamed[field] ?? field.slice(0, 1).toLowerCase() + field.slice(1),
  item: (): string => 'item',
};
