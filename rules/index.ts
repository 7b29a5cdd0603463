// Written by `npm run generate`. Edit the modules it lists, not this file.
import awsBackupJobSucceeded from './aws/backup/job-succeeded.ts';
import awsBackupResourceProtected from './aws/backup/resource-protected.ts';
import awsBackupRestoreTestCompleted from './aws/backup/restore-test-completed.ts';
import awsBackupRetentionMeetsPolicy from './aws/backup/retention-meets-policy.ts';
import awsBackupVaultEncrypted from './aws/backup/vault-encrypted.ts';
import awsCloudtrailLogValidation from './aws/cloudtrail/log-validation.ts';
import awsCloudtrailMultiRegionEnabled from './aws/cloudtrail/multi-region-enabled.ts';
import awsConfigRecorderEnabled from './aws/config/recorder-enabled.ts';
import awsEbsEncryptionByDefault from './aws/ebs/encryption-by-default.ts';
import awsEbsVolumeEncrypted from './aws/ebs/volume-encrypted.ts';
import awsEc2DefaultSecurityGroupEmpty from './aws/ec2/default-security-group-empty.ts';
import awsEc2NaclNoPublicAdminPorts from './aws/ec2/nacl-no-public-admin-ports.ts';
import awsEc2SecurityGroupNoPublicAdminPorts from './aws/ec2/security-group-no-public-admin-ports.ts';
import awsEc2SecurityGroupNoPublicAllTraffic from './aws/ec2/security-group-no-public-all-traffic.ts';
import awsEc2SecurityGroupNoPublicDatabasePorts from './aws/ec2/security-group-no-public-database-ports.ts';
import awsEc2SecurityGroupPublicPortsAllowlisted from './aws/ec2/security-group-public-ports-allowlisted.ts';
import awsGuarddutyEnabledAllRegions from './aws/guardduty/enabled-all-regions.ts';
import awsIamAccessKeyRotated from './aws/iam/access-key-rotated.ts';
import awsIamAdminPrincipalAuthorized from './aws/iam/admin-principal-authorized.ts';
import awsIamNoWildcardAdminPolicy from './aws/iam/no-wildcard-admin-policy.ts';
import awsIamRootMfaEnabled from './aws/iam/root-mfa-enabled.ts';
import awsIamRootNoAccessKeys from './aws/iam/root-no-access-keys.ts';
import awsIamUnusedCredentialDisabled from './aws/iam/unused-credential-disabled.ts';
import awsIamUserMfaEnabled from './aws/iam/user-mfa-enabled.ts';
import awsKmsKeyRotation from './aws/kms/key-rotation.ts';
import awsRdsAutomatedBackupEnabled from './aws/rds/automated-backup-enabled.ts';
import awsRdsInstanceNotPublic from './aws/rds/instance-not-public.ts';
import awsRdsMultiAz from './aws/rds/multi-az.ts';
import awsRdsStorageEncrypted from './aws/rds/storage-encrypted.ts';
import awsS3AccountPublicAccessBlock from './aws/s3/account-public-access-block.ts';
import awsS3BucketEncryption from './aws/s3/bucket-encryption.ts';
import awsS3BucketNotPublic from './aws/s3/bucket-not-public.ts';
import awsS3BucketTlsOnly from './aws/s3/bucket-tls-only.ts';
import awsS3BucketVersioning from './aws/s3/bucket-versioning.ts';
import awsSnapshotNotPublic from './aws/snapshot/not-public.ts';
import awsVpcFlowLogsEnabled from './aws/vpc/flow-logs-enabled.ts';
import githubBasePermissionRestricted from './github/base-permission-restricted.ts';
import githubBranchBypassRestricted from './github/branch-bypass-restricted.ts';
import githubBranchNoForcePushOrDeletion from './github/branch-no-force-push-or-deletion.ts';
import githubBranchProtected from './github/branch-protected.ts';
import githubBranchRequiresReview from './github/branch-requires-review.ts';
import githubBranchRequiresStatusChecks from './github/branch-requires-status-checks.ts';
import githubOrgTwoFactorRequired from './github/org-two-factor-required.ts';
import githubRepoVisibilityAuthorized from './github/repo-visibility-authorized.ts';
import idpDormantAccountDisabled from './idp/dormant-account-disabled.ts';
import idpPrivilegedUserAuthorized from './idp/privileged-user-authorized.ts';
import idpUserMfaEnrolled from './idp/user-mfa-enrolled.ts';
import metaCollectionCoverage from './meta/collection-coverage.ts';
import metaFindingRemediatedInSla from './meta/finding-remediated-in-sla.ts';
import metaScopeComplete from './meta/scope-complete.ts';
import metaWaiverApprovedAndUnexpired from './meta/waiver-approved-and-unexpired.ts';
import type { Rule } from '#src/rule.ts';

export const rules: readonly Rule[] = [
  awsBackupJobSucceeded,
  awsBackupResourceProtected,
  awsBackupRestoreTestCompleted,
  awsBackupRetentionMeetsPolicy,
  awsBackupVaultEncrypted,
  awsCloudtrailLogValidation,
  awsCloudtrailMultiRegionEnabled,
  awsConfigRecorderEnabled,
  awsEbsEncryptionByDefault,
  awsEbsVolumeEncrypted,
  awsEc2DefaultSecurityGroupEmpty,
  awsEc2NaclNoPublicAdminPorts,
  awsEc2SecurityGroupNoPublicAdminPorts,
  awsEc2SecurityGroupNoPublicAllTraffic,
  awsEc2SecurityGroupNoPublicDatabasePorts,
  awsEc2SecurityGroupPublicPortsAllowlisted,
  awsGuarddutyEnabledAllRegions,
  awsIamAccessKeyRotated,
  awsIamAdminPrincipalAuthorized,
  awsIamNoWildcardAdminPolicy,
  awsIamRootMfaEnabled,
  awsIamRootNoAccessKeys,
  awsIamUnusedCredentialDisabled,
  awsIamUserMfaEnabled,
  awsKmsKeyRotation,
  awsRdsAutomatedBackupEnabled,
  awsRdsInstanceNotPublic,
  awsRdsMultiAz,
  awsRdsStorageEncrypted,
  awsS3AccountPublicAccessBlock,
  awsS3BucketEncryption,
  awsS3BucketNotPublic,
  awsS3BucketTlsOnly,
  awsS3BucketVersioning,
  awsSnapshotNotPublic,
  awsVpcFlowLogsEnabled,
  githubBasePermissionRestricted,
  githubBranchBypassRestricted,
  githubBranchNoForcePushOrDeletion,
  githubBranchProtected,
  githubBranchRequiresReview,
  githubBranchRequiresStatusChecks,
  githubOrgTwoFactorRequired,
  githubRepoVisibilityAuthorized,
  idpDormantAccountDisabled,
  idpPrivilegedUserAuthorized,
  idpUserMfaEnrolled,
  metaCollectionCoverage,
  metaFindingRemediatedInSla,
  metaScopeComplete,
  metaWaiverApprovedAndUnexpired,
];
