/**
 * The IAM action that AWS asks for, by operation. Written from the service authorization reference, not from the collectors: where they
 * differ, one of both is wrong. Null where AWS asks for none.
 */
export const actionOf: Readonly<Record<string, string | null>> = {
  // "No permissions are required to perform this operation", even where a policy denies it.
  'sts:GetCallerIdentity': null,
  'sts:AssumeRole': 'sts:AssumeRole',

  'ec2:DescribeRegions': 'ec2:DescribeRegions',
  'ec2:DescribeSecurityGroups': 'ec2:DescribeSecurityGroups',
  'ec2:DescribeNetworkInterfaces': 'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeNetworkAcls': 'ec2:DescribeNetworkAcls',
  'ec2:DescribeVpcs': 'ec2:DescribeVpcs',
  'ec2:DescribeSubnets': 'ec2:DescribeSubnets',
  'ec2:DescribeFlowLogs': 'ec2:DescribeFlowLogs',
  'ec2:DescribeManagedPrefixLists': 'ec2:DescribeManagedPrefixLists',
  'ec2:GetManagedPrefixListEntries': 'ec2:GetManagedPrefixListEntries',
  'ec2:DescribeVolumes': 'ec2:DescribeVolumes',
  'ec2:DescribeSnapshots': 'ec2:DescribeSnapshots',
  'ec2:GetEbsEncryptionByDefault': 'ec2:GetEbsEncryptionByDefault',
  'ec2:GetSnapshotBlockPublicAccessState': 'ec2:GetSnapshotBlockPublicAccessState',
  'ec2:DescribeVpcBlockPublicAccessOptions': 'ec2:DescribeVpcBlockPublicAccessOptions',

  'iam:GenerateCredentialReport': 'iam:GenerateCredentialReport',
  'iam:GetCredentialReport': 'iam:GetCredentialReport',
  'iam:GetAccountSummary': 'iam:GetAccountSummary',
  'iam:GetAccountPasswordPolicy': 'iam:GetAccountPasswordPolicy',
  'iam:GetAccountAuthorizationDetails': 'iam:GetAccountAuthorizationDetails',
  'iam:ListVirtualMFADevices': 'iam:ListVirtualMFADevices',
  'iam:ListAccountAliases': 'iam:ListAccountAliases',

  's3:ListBuckets': 's3:ListAllMyBuckets',
  's3:GetBucketLocation': 's3:GetBucketLocation',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:GetBucketPolicyStatus': 's3:GetBucketPolicyStatus',
  's3:GetBucketPolicy': 's3:GetBucketPolicy',
  's3:GetBucketAcl': 's3:GetBucketAcl',
  's3:GetBucketOwnershipControls': 's3:GetBucketOwnershipControls',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  's3:GetBucketVersioning': 's3:GetBucketVersioning',
  's3control:GetPublicAccessBlock': 's3:GetAccountPublicAccessBlock',

  'rds:DescribeDBInstances': 'rds:DescribeDBInstances',
  'rds:DescribeDBClusters': 'rds:DescribeDBClusters',

  'kms:ListKeys': 'kms:ListKeys',
  'kms:ListAliases': 'kms:ListAliases',
  'kms:DescribeKey': 'kms:DescribeKey',
  'kms:GetKeyRotationStatus': 'kms:GetKeyRotationStatus',

  'cloudtrail:DescribeTrails': 'cloudtrail:DescribeTrails',
  'cloudtrail:ListTrails': 'cloudtrail:ListTrails',
  'cloudtrail:GetTrailStatus': 'cloudtrail:GetTrailStatus',
  'cloudtrail:GetEventSelectors': 'cloudtrail:GetEventSelectors',
  'cloudtrail:LookupEvents': 'cloudtrail:LookupEvents',

  'config:DescribeConfigurationRecorders': 'config:DescribeConfigurationRecorders',
  'config:DescribeConfigurationRecorderStatus': 'config:DescribeConfigurationRecorderStatus',
  'config:DescribeDeliveryChannelStatus': 'config:DescribeDeliveryChannelStatus',

  'backup:ListBackupPlans': 'backup:ListBackupPlans',
  'backup:GetBackupPlan': 'backup:GetBackupPlan',
  'backup:ListBackupSelections': 'backup:ListBackupSelections',
  'backup:GetBackupSelection': 'backup:GetBackupSelection',
  'backup:ListBackupVaults': 'backup:ListBackupVaults',
  'backup:ListBackupJobs': 'backup:ListBackupJobs',
  'backup:ListRestoreJobs': 'backup:ListRestoreJobs',
  'backup:ListProtectedResources': 'backup:ListProtectedResources',

  'guardduty:ListDetectors': 'guardduty:ListDetectors',
  'guardduty:GetDetector': 'guardduty:GetDetector',
};

export interface Policy {
  readonly Statement: readonly { readonly Effect: 'Allow' | 'Deny' | (string & {}); readonly Action: string | readonly string[] }[];
}

export const everythingAllowed: Policy = { Statement: [{ Effect: 'Allow', Action: '*' }] };

/** As IAM decides: what is denied is denied, what nothing allows is too. Resources and conditions are not looked at. */
export function allows({ Statement }: Policy, action: string): boolean {
  const named = Statement.filter(({ Action }) => [Action].flat().some((pattern) => like(pattern, action)));
  return named.some(({ Effect }) => Effect === 'Allow') && !named.some(({ Effect }) => Effect === 'Deny');
}

const like = (pattern: string, action: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    'i',
  ).test(action);
