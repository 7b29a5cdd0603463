import type { Added } from './placebo.ts';

/** What older recordings, and those of other tools, lack: answers we add, and fields that AWS says today. */

/** The account of most sessions. */
export const ours = '644160558196';

export const made: Added = { 'iam:GenerateCredentialReport': () => ({ State: 'COMPLETE' }) };

/** Users as `ListUsers` gave them, by `GetAccountAuthorizationDetails`. */
const users = (...list: (readonly [name: string, created: string, account?: string])[]): Added => ({
  'iam:GetAccountAuthorizationDetails': () => ({
    UserDetailList: list.map(([UserName, CreateDate, account = ours]) => ({
      UserName,
      CreateDate,
      UserId: `AIDA${UserName}`,
      Arn: `arn:aws:iam::${account}:user/${UserName}`,
    })),
  }),
});

export const reported = '619193117841';
export const keyUsers = (account: string) =>
  users(
    ['Hazmat', '2013-03-01T08:34:42Z', account],
    ['kapilt', '2015-10-04T02:59:23Z', account],
    ['rome', '2016-11-25T09:37:34Z', account],
  );
export const consoleUsers = users(
  ['andrew', '2016-08-30T17:37:35Z'],
  ['anthony', '2016-10-06T16:11:27Z'],
  ['chrissy', '2016-10-06T16:11:27Z'],
  ['kapil', '2016-05-16T19:03:36Z'],
  ['matt', '2016-10-06T16:11:27Z'],
);

export const noDevices: Added = { 'iam:ListVirtualMFADevices': () => ({ VirtualMFADevices: [] }) };
export const delivering: Added = {
  'config:DescribeDeliveryChannelStatus': () => ({
    DeliveryChannelsStatus: [
      { name: 'default', configHistoryDeliveryInfo: { lastStatus: 'SUCCESS' }, configStreamDeliveryInfo: { lastStatus: 'SUCCESS' } },
    ],
  }),
};
export const recording: Added = {
  'config:DescribeConfigurationRecorderStatus': () => ({
    ConfigurationRecordersStatus: [{ name: 'default', recording: true, lastStatus: 'SUCCESS' }],
  }),
};
/** No trail of another region than those described. */
export const listed: Added = { 'cloudtrail:ListTrails': () => ({ Trails: [] }) };
export const allEvents: Added = {
  'cloudtrail:GetEventSelectors': () => ({ EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true }] }),
};
export const logging: Added = { 'cloudtrail:GetTrailStatus': () => ({ IsLogging: true, LatestDeliveryTime: '2026-01-14T23:00:00Z' }) };
export const noInterfaces: Added = { 'ec2:DescribeNetworkInterfaces': () => ({ NetworkInterfaces: [] }) };
export const usedBy = (GroupId: string): Added => ({
  'ec2:DescribeNetworkInterfaces': () => ({
    NetworkInterfaces: [
      { VpcId: 'vpc-72885e14', InterfaceType: 'interface', Groups: [{ GroupId }], Attachment: { InstanceOwnerId: 'amazon-elb' } },
    ],
  }),
});
export const beforeIpv6: Added = {
  'ec2:DescribeSecurityGroups': (recorded) => ({
    SecurityGroups: recorded.SecurityGroups.map((group: Record<string, any>) => ({
      ...group,
      IpPermissions: group.IpPermissions.map((one: object) => ({ Ipv6Ranges: [], ...one })),
      IpPermissionsEgress: group.IpPermissionsEgress.map((one: object) => ({ Ipv6Ranges: [], ...one })),
    })),
  }),
};
const someCidr = [{ CidrBlock: '10.0.0.0/16', CidrBlockState: { State: 'associated' } }];
/** VPCs of today, with one network interface and one subnet each. */
export const inhabited = (...vpcs: string[]): Added => ({
  'ec2:DescribeVpcs': (recorded) => ({
    Vpcs: recorded.Vpcs.map((vpc: object) => ({ OwnerId: ours, CidrBlockAssociationSet: someCidr, ...vpc })),
  }),
  'ec2:DescribeNetworkInterfaces': () => ({ NetworkInterfaces: vpcs.map((VpcId) => ({ VpcId, InterfaceType: 'interface', Groups: [] })) }),
  'ec2:DescribeSubnets': () => ({ Subnets: vpcs.map((VpcId) => ({ VpcId, SubnetId: `subnet-of-${VpcId}` })) }),
});
export const tagged: Added = {
  'rds:DescribeDBInstances': (recorded) => ({ DBInstances: recorded.DBInstances.map((one: object) => ({ TagList: [], ...one })) }),
  'rds:DescribeDBClusters': () => ({ DBClusters: [] }),
};
export const rotatesYearly: Added = {
  'kms:DescribeKey': (recorded) => ({ KeyMetadata: { KeySpec: 'SYMMETRIC_DEFAULT', MultiRegion: false, ...recorded.KeyMetadata } }),
  'kms:GetKeyRotationStatus': (recorded) => ({ RotationPeriodInDays: 365, ...recorded }),
};
export const featureless: Added = { 'guardduty:GetDetector': (recorded) => ({ Features: [], ...recorded }) };
