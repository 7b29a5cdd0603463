import type * as backup from '@aws-sdk/client-backup';
import type * as cloudtrail from '@aws-sdk/client-cloudtrail';
import type * as config from '@aws-sdk/client-config-service';
import type * as ec2 from '@aws-sdk/client-ec2';
import type * as guardduty from '@aws-sdk/client-guardduty';
import type * as iam from '@aws-sdk/client-iam';
import type * as kms from '@aws-sdk/client-kms';
import type * as organizations from '@aws-sdk/client-organizations';
import type * as rds from '@aws-sdk/client-rds';
import type * as s3 from '@aws-sdk/client-s3';
import type * as s3control from '@aws-sdk/client-s3-control';
import type * as sts from '@aws-sdk/client-sts';

/** How an operation pages: the token's name in the request and in the answer, and how many to ask for at a time. */
export interface Paging {
  readonly input: string;
  readonly output: string;
  readonly size?: readonly [parameter: string, value: number];
}

export interface Operation {
  readonly pages?: Paging;
  /** Several collectors of one cycle ask for the same: it is asked once. */
  readonly shared?: true;
  /** The answer is still being made: ask again in a while. `body` is undefined where the call was refused with `code`. */
  readonly again?: (body: Readonly<Record<string, unknown>> | undefined, code: string) => boolean;
}

const shared = { shared: true } as const;
const byNextToken = (parameter: string, value: number) =>
  ({
    pages: { input: 'NextToken', output: 'NextToken', size: [parameter, value] },
  }) as const;
const byMarker = (parameter: string, value: number) =>
  ({ pages: { input: 'Marker', output: 'Marker', size: [parameter, value] } }) as const;
const byNextMarker = (value: number) => ({ pages: { input: 'Marker', output: 'NextMarker', size: ['Limit', value] } }) as const;

/** Every AWS operation that Holdfast may call. All of them only read. Page sizes are the largest that the service models allow. */
export const operations = {
  'sts:GetCallerIdentity': {},
  'sts:AssumeRole': {},

  'ec2:DescribeRegions': {},
  'ec2:DescribeSecurityGroups': { ...byNextToken('MaxResults', 1000), ...shared },
  'ec2:DescribeNetworkInterfaces': { ...byNextToken('MaxResults', 1000), ...shared },
  'ec2:DescribeNetworkAcls': { ...byNextToken('MaxResults', 1000), ...shared },
  'ec2:DescribeVpcs': { ...byNextToken('MaxResults', 1000), ...shared },
  'ec2:DescribeSubnets': { ...byNextToken('MaxResults', 1000), ...shared },
  'ec2:DescribeFlowLogs': { ...byNextToken('MaxResults', 1000), ...shared },
  'ec2:DescribeManagedPrefixLists': { ...byNextToken('MaxResults', 100), ...shared },
  'ec2:GetManagedPrefixListEntries': { ...byNextToken('MaxResults', 100), ...shared },
  'ec2:DescribeVolumes': { ...byNextToken('MaxResults', 500), ...shared },
  'ec2:GetEbsEncryptionByDefault': shared,
  'ec2:DescribeSnapshots': { ...byNextToken('MaxResults', 1000), ...shared },
  'ec2:GetSnapshotBlockPublicAccessState': shared,
  'ec2:DescribeVpcBlockPublicAccessOptions': shared,

  // Another tool may be having one made; then IAM answers LimitExceeded for a while.
  'iam:GenerateCredentialReport': { ...shared, again: (body, code) => (body ? body.State !== 'COMPLETE' : code === 'LimitExceeded') },
  'iam:GetCredentialReport': { ...shared, again: (_, code) => code === 'ReportInProgress' },
  'iam:GetAccountSummary': shared,
  'iam:GetAccountPasswordPolicy': shared,
  'iam:GetAccountAuthorizationDetails': { ...byMarker('MaxItems', 1000), ...shared },
  'iam:ListVirtualMFADevices': { ...byMarker('MaxItems', 1000), ...shared },
  'iam:ListAccountAliases': { ...byMarker('MaxItems', 1000), ...shared },
  'iam:GetPolicyVersion': shared,
  'iam:GetPolicy': shared,

  // The service answers fewer than asked for and may answer none and a token.
  'organizations:ListAccounts': { ...byNextToken('MaxResults', 20), ...shared },
  'organizations:DescribeOrganization': shared,

  's3:ListBuckets': {
    pages: { input: 'ContinuationToken', output: 'ContinuationToken', size: ['MaxBuckets', 10_000] },
    ...shared,
  },
  's3:GetPublicAccessBlock': {},
  's3:GetBucketPolicyStatus': {},
  's3:GetBucketPolicy': {},
  's3:GetBucketAcl': {},
  's3:GetBucketOwnershipControls': {},
  's3:GetBucketEncryption': {},
  's3:GetBucketVersioning': {},
  's3:GetBucketLogging': {},
  's3:GetBucketTagging': {},
  's3:GetBucketLocation': {},
  's3control:GetPublicAccessBlock': shared,

  'rds:DescribeDBInstances': { ...byMarker('MaxRecords', 100), ...shared },
  'rds:DescribeDBClusters': { ...byMarker('MaxRecords', 100), ...shared },
  'rds:DescribeDBSnapshots': { ...byMarker('MaxRecords', 100), ...shared },
  'rds:DescribeDBClusterSnapshots': { ...byMarker('MaxRecords', 100), ...shared },
  'rds:DescribeDBSnapshotAttributes': {},
  'rds:DescribeDBClusterSnapshotAttributes': {},

  'kms:ListKeys': { ...byNextMarker(1000), ...shared },
  'kms:ListAliases': { ...byNextMarker(100), ...shared },
  'kms:DescribeKey': shared,
  'kms:GetKeyRotationStatus': {},

  'cloudtrail:DescribeTrails': shared,
  'cloudtrail:ListTrails': { pages: { input: 'NextToken', output: 'NextToken' }, ...shared },
  'cloudtrail:GetTrailStatus': shared,
  'cloudtrail:GetEventSelectors': shared,
  'cloudtrail:LookupEvents': byNextToken('MaxResults', 50),

  'backup:ListBackupPlans': { ...byNextToken('MaxResults', 1000), ...shared },
  'backup:GetBackupPlan': shared,
  'backup:ListBackupSelections': { ...byNextToken('MaxResults', 1000), ...shared },
  'backup:GetBackupSelection': shared,
  'backup:ListBackupVaults': { ...byNextToken('MaxResults', 1000), ...shared },
  'backup:DescribeBackupVault': shared,
  'backup:GetBackupVaultAccessPolicy': {},
  'backup:ListBackupJobs': { ...byNextToken('MaxResults', 1000), ...shared },
  'backup:ListRestoreJobs': { ...byNextToken('MaxResults', 1000), ...shared },
  'backup:ListProtectedResources': { ...byNextToken('MaxResults', 1000), ...shared },

  'guardduty:ListDetectors': { ...byNextToken('MaxResults', 50), ...shared },
  'guardduty:GetDetector': shared,

  'config:DescribeConfigurationRecorders': shared,
  'config:DescribeConfigurationRecorderStatus': shared,
  'config:DescribeDeliveryChannels': shared,
  'config:DescribeDeliveryChannelStatus': shared,
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof operations;

/** Loads a service's SDK on first use, so that starting up stays fast. */
export const services = {
  backup: () => import('@aws-sdk/client-backup').then((sdk) => ({ sdk, Client: sdk.BackupClient })),
  cloudtrail: () => import('@aws-sdk/client-cloudtrail').then((sdk) => ({ sdk, Client: sdk.CloudTrailClient })),
  config: () => import('@aws-sdk/client-config-service').then((sdk) => ({ sdk, Client: sdk.ConfigServiceClient })),
  ec2: () => import('@aws-sdk/client-ec2').then((sdk) => ({ sdk, Client: sdk.EC2Client })),
  guardduty: () => import('@aws-sdk/client-guardduty').then((sdk) => ({ sdk, Client: sdk.GuardDutyClient })),
  iam: () => import('@aws-sdk/client-iam').then((sdk) => ({ sdk, Client: sdk.IAMClient })),
  kms: () => import('@aws-sdk/client-kms').then((sdk) => ({ sdk, Client: sdk.KMSClient })),
  organizations: () => import('@aws-sdk/client-organizations').then((sdk) => ({ sdk, Client: sdk.OrganizationsClient })),
  rds: () => import('@aws-sdk/client-rds').then((sdk) => ({ sdk, Client: sdk.RDSClient })),
  s3: () => import('@aws-sdk/client-s3').then((sdk) => ({ sdk, Client: sdk.S3Client })),
  s3control: () => import('@aws-sdk/client-s3-control').then((sdk) => ({ sdk, Client: sdk.S3ControlClient })),
  sts: () => import('@aws-sdk/client-sts').then((sdk) => ({ sdk, Client: sdk.STSClient })),
};

export type Service = keyof typeof services;

interface Sdks {
  backup: typeof backup;
  cloudtrail: typeof cloudtrail;
  config: typeof config;
  ec2: typeof ec2;
  guardduty: typeof guardduty;
  iam: typeof iam;
  kms: typeof kms;
  organizations: typeof organizations;
  rds: typeof rds;
  s3: typeof s3;
  s3control: typeof s3control;
  sts: typeof sts;
}

type InputIn<S extends Service, Command extends string> = Command extends keyof Sdks[S]
  ? Sdks[S][Command] extends abstract new (
      ...parameters: never
    ) => { input: infer Input }
    ? Input
    : never
  : never;

/** The SDK's own input of an operation, `ec2:DescribeVolumes` say. */
type InputOf<Op extends string> = Op extends `${infer S extends Service}:${infer Name}` ? InputIn<S, `${Name}Command`> : never;

/** The parameters of every operation. `$region` asks in another region than the place's; it is part of what is recorded. */
type AwsParameters = { [Op in OperationName]: InputOf<Op> & { readonly $region?: string } };

declare module '#collector' {
  interface OperationParameters extends AwsParameters {}
}

/** The parts of an operation's name. */
export function partsOf(operation: OperationName): { service: Service; command: string } {
  const [service, name] = operation.split(':') as [Service, string];
  return { service, command: `${name}Command` };
}
