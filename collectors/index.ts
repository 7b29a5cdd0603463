// Written by `npm run generate`. Edit the modules it lists, not this file.
import awsAccount from './aws/account.ts';
import awsBackupJobs from './aws/backup-jobs.ts';
import awsBackupPlans from './aws/backup-plans.ts';
import awsBackupVaults from './aws/backup-vaults.ts';
import awsCloudtrailTrails from './aws/cloudtrail-trails.ts';
import awsConfigRecorders from './aws/config-recorders.ts';
import awsDatabases from './aws/databases.ts';
import awsEbsSnapshots from './aws/ebs-snapshots.ts';
import awsEbsVolumes from './aws/ebs-volumes.ts';
import awsGuarddutyDetectors from './aws/guardduty-detectors.ts';
import awsIamAccessKeys from './aws/iam-access-keys.ts';
import awsIamPolicies from './aws/iam-policies.ts';
import awsIamPrincipals from './aws/iam-principals.ts';
import awsIamUsers from './aws/iam-users.ts';
import awsKmsKeys from './aws/kms-keys.ts';
import awsNetworkAcls from './aws/network-acls.ts';
import awsProtectedResources from './aws/protected-resources.ts';
import awsRdsInstances from './aws/rds-instances.ts';
import awsRegionSettings from './aws/region-settings.ts';
import awsRestoreJobs from './aws/restore-jobs.ts';
import awsS3Buckets from './aws/s3-buckets.ts';
import awsSecurityGroups from './aws/security-groups.ts';
import awsVpcs from './aws/vpcs.ts';
import githubMembers from './github/members.ts';
import githubOrganization from './github/organization.ts';
import githubRepositories from './github/repositories.ts';
import scimAccounts from './scim/accounts.ts';
import scimGroups from './scim/groups.ts';
import awsCloudtrail from './aws/cloudtrail.ts';
import githubLogs from './github/logs.ts';
import scimModified from './scim/modified.ts';
import type { Collector } from '#src/collector.ts';
import type { Investigator } from '#src/investigator.ts';

export const collectors: readonly Collector[] = [
  awsAccount,
  awsBackupJobs,
  awsBackupPlans,
  awsBackupVaults,
  awsCloudtrailTrails,
  awsConfigRecorders,
  awsDatabases,
  awsEbsSnapshots,
  awsEbsVolumes,
  awsGuarddutyDetectors,
  awsIamAccessKeys,
  awsIamPolicies,
  awsIamPrincipals,
  awsIamUsers,
  awsKmsKeys,
  awsNetworkAcls,
  awsProtectedResources,
  awsRdsInstances,
  awsRegionSettings,
  awsRestoreJobs,
  awsS3Buckets,
  awsSecurityGroups,
  awsVpcs,
  githubMembers,
  githubOrganization,
  githubRepositories,
  scimAccounts,
  scimGroups,
];

export const investigators: readonly Investigator[] = [
  awsCloudtrail,
  githubLogs,
  scimModified,
];
