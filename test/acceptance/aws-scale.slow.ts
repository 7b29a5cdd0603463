import { afterAll, expect, test } from '@jest/globals';
import {
  company,
  database,
  goodBucket,
  key,
  main,
  mainRegion,
  oldKey,
  present,
  production,
  reportRow,
  securityGroup,
  tcp,
  user,
  volume,
} from '#test/doubles/aws/company.ts';
import { startAws } from '#test/doubles/aws/server.ts';
import type { World } from '#test/doubles/aws/world.ts';
import { lookAs, newFolder } from './company.ts';

/** A large account is read to its end, with as many calls as the pages need and no more. */
const numbers = { groups: 2500, users: 1200, keyed: 300, buckets: 450, volumes: 300, databases: 60, keys: 80 };
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** S3 is asked in the region of each bucket, and allows so many calls a second in each: 450 in one place would take a minute. */
const bucketRegions = [
  'eu-central-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-north-1',
  'eu-south-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
];

const account = company.accounts[production]!;
const world: World = {
  regions: { [main]: 'opt-in-not-required' },
  accounts: {
    [production]: {
      ...account,
      iam: {
        ...account.iam,
        UserDetailList: many(numbers.users, (i) => user(`user${i}`)),
        report: [account.iam.report[0]!, ...many(numbers.users, (i) => reportRow(`user${i}`, i < numbers.keyed ? oldKey : {}))],
      },
      buckets: many(numbers.buckets, (i) => goodBucket(`bucket-${i}`, bucketRegions[i % bucketRegions.length]!)),
      regions: {
        [main]: {
          ...mainRegion,
          SecurityGroups: many(numbers.groups, (i) => securityGroup(`many${i}`, `group ${i}`, [tcp(i % 100 === 0 ? 22 : 443)])),
          Volumes: many(numbers.volumes, (i) => volume(`many${i}`, i % 2 === 0)),
          DBInstances: many(numbers.databases, (i) => database(`many${i}`)),
          DBClusters: [],
          keys: many(numbers.keys, (i) => key(`many${i}`)),
        },
      },
    },
  },
};

const aws = await startAws();
const session = aws.session({ world, account: production });
const folder = newFolder(aws.endpoint);
afterAll(async () => {
  await folder.remove();
  await aws.close();
});

test('a large account is read whole, in as many calls as it takes', async () => {
  const { sizes, failed, rows, repeated } = await lookAs(folder, session.credentials, present, ({ rows, agent }) => {
    const held = [...agent.store.held.values()];
    return {
      rows,
      sizes: Object.fromEntries(held.map(({ scope, items }) => [scope.population, items.size])),
      failed: held.filter(({ failing }) => failing).map(({ scope, failing }) => ({ scope, failing })),
      repeated: held.flatMap(({ items }) => [...items.keys()]).length,
    };
  });
  expect(failed).toEqual([]);
  expect(sizes).toMatchObject({
    'aws.security-group': numbers.groups,
    'aws.iam-user': numbers.users,
    'aws.iam-access-key': numbers.keyed,
    'aws.s3-bucket': numbers.buckets,
    'aws.ebs-volume': numbers.volumes,
    'aws.database': numbers.databases,
    'aws.rds-instance': numbers.databases,
    'aws.kms-key': numbers.keys,
  });
  expect(repeated).toBe(Object.values(sizes).reduce((sum, size) => sum + size, 0));
  expect(rows.filter(({ result }) => result === 'unobserved')).toEqual([]);
  expect(rows.filter(({ rule, result }) => rule === 'aws.ec2.security-group-no-public-admin-ports' && result === 'fail')).toHaveLength(
    numbers.groups / 100,
  );

  const { iam } = world.accounts[production]!;
  const entities = iam.UserDetailList.length + iam.GroupDetailList.length + iam.RoleDetailList.length + iam.Policies.length;
  const { plans = [] } = mainRegion;
  const once = (...operations: string[]) => Object.fromEntries(operations.map((operation) => [operation, 1]));
  const perBucket = [
    'GetPublicAccessBlock',
    'GetBucketPolicyStatus',
    'GetBucketPolicy',
    'GetBucketAcl',
    'GetBucketOwnershipControls',
    'GetBucketEncryption',
    'GetBucketVersioning',
  ];
  // Per account and region: ceil(items / page) for every list, one call for every setting, one for every item where AWS has no list of it.
  expect(session.counts()).toEqual({
    ...once('sts:GetCallerIdentity', 'ec2:DescribeRegions'),
    ...once(
      'iam:GenerateCredentialReport',
      'iam:GetCredentialReport',
      'iam:GetAccountSummary',
      'iam:GetAccountPasswordPolicy',
      'iam:ListVirtualMFADevices',
      'iam:ListAccountAliases',
    ),
    'iam:GetAccountAuthorizationDetails': Math.ceil(entities / 1e3),
    'ec2:DescribeSecurityGroups': Math.ceil(numbers.groups / 1e3),
    'ec2:DescribeVolumes': Math.ceil(numbers.volumes / 500),
    ...once('ec2:DescribeNetworkInterfaces', 'ec2:DescribeNetworkAcls', 'ec2:DescribeVpcs', 'ec2:DescribeSubnets', 'ec2:DescribeFlowLogs'),
    ...once('ec2:GetEbsEncryptionByDefault', 'ec2:GetSnapshotBlockPublicAccessState', 'ec2:DescribeVpcBlockPublicAccessOptions'),
    'ec2:DescribeSnapshots': 2,
    's3:ListBuckets': 1,
    ...Object.fromEntries(perBucket.map((operation) => [`s3:${operation}`, numbers.buckets])),
    's3control:GetPublicAccessBlock': 1,
    'rds:DescribeDBInstances': Math.ceil(numbers.databases / 100),
    'rds:DescribeDBClusters': 1,
    'kms:ListKeys': Math.ceil(numbers.keys / 1e3),
    'kms:ListAliases': Math.ceil(numbers.keys / 100),
    'kms:DescribeKey': numbers.keys,
    'kms:GetKeyRotationStatus': numbers.keys,
    ...once('cloudtrail:DescribeTrails', 'cloudtrail:ListTrails', 'cloudtrail:GetTrailStatus', 'cloudtrail:GetEventSelectors'),
    ...once(
      'backup:ListBackupPlans',
      'backup:ListBackupVaults',
      'backup:ListBackupJobs',
      'backup:ListRestoreJobs',
      'backup:ListProtectedResources',
    ),
    'backup:GetBackupPlan': plans.length,
    'backup:ListBackupSelections': plans.length,
    'backup:GetBackupSelection': plans.length,
    ...once('guardduty:ListDetectors', 'guardduty:GetDetector'),
    ...once('config:DescribeConfigurationRecorders', 'config:DescribeConfigurationRecorderStatus', 'config:DescribeDeliveryChannelStatus'),
  });
}, 90_000);
