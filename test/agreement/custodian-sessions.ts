import { canonical } from '#src/ledger/canonical.ts';
import {
  allEvents,
  consoleUsers,
  delivering,
  keyUsers,
  listed,
  logging,
  made,
  noDevices,
  ours,
  recording,
  reported,
} from './custodian-added.ts';
import type { Played, Question } from './custodian-questions.ts';

const unused = { rule: 'aws.iam.unused-credential-disabled' };
const month = { ...unused, parameters: { maxIdleDays: 30 } };
const recorder = { rule: 'aws.config.recorder-enabled', item: 'us-east-1' };
const trail = { rule: 'aws.cloudtrail.multi-region-enabled', item: 'root' };
const validation = { rule: 'aws.cloudtrail.log-validation' };

const passwords = (minimumLength: number, more: boolean) =>
  canonical({
    minimumLength,
    requireUppercase: false,
    requireLowercase: false,
    requireNumbers: more,
    requireSymbols: more,
    maxAgeDays: null,
    reusePrevention: null,
  });
const owned = ['c7ntest-20211227212502652800000001', 'c7ntest-20211227212502652900000002', 'c7ntest-20211227212502652900000003'] as const;
const ownership: readonly Question[] = [
  { field: 'aws.s3-bucket ownership', item: owned[0], expected: canonical(null) },
  { field: 'aws.s3-bucket ownership', item: owned[1], expected: canonical('BucketOwnerPreferred') },
  { field: 'aws.s3-bucket ownership', item: owned[2], expected: canonical('BucketOwnerEnforced') },
  { field: 'aws.s3-bucket publicByAcl', item: owned[2], expected: canonical([]), readOff: true },
];
const unusedKeys = (account: string) => [
  { ...unused, item: `${account}:user/Hazmat#`, expected: 'fail' },
  { ...unused, item: `${account}:user/kapilt#`, expected: 'fail' },
  { ...unused, item: `${account}:user/rome#`, expected: 'pass' },
];

/** Sessions about accounts: credentials, buckets, recorders and trails. */
export const accountSessions: readonly Played[] = [
  {
    name: 'test_iam_user_unused_keys',
    asOf: '2016-11-25T14:31:00Z',
    // The first report was not there yet; we have one made before we ask.
    skip: { 'iam:GetCredentialReport': 1 },
    added: { ...made, ...keyUsers(ours) },
    ask: unusedKeys(ours),
  },
  {
    name: 'test_iam_user_unused_keys_report_in_progress',
    asOf: '2016-11-25T14:31:00Z',
    account: reported,
    added: { ...made, ...keyUsers(reported) },
    ask: [...unusedKeys(reported), { rule: 'aws.iam.root-no-access-keys', item: 'root', expected: 'fail', readOff: true }],
  },
  {
    name: 'test_iam_user_console_old',
    asOf: '2016-11-25T20:27:00Z',
    added: { ...made, ...consoleUsers },
    ask: [
      { ...month, item: 'anthony', expected: 'fail' },
      { ...month, item: 'chrissy', expected: 'fail' },
      { ...month, item: 'matt', expected: 'fail' },
      { ...month, item: 'andrew', expected: 'pass' },
      { ...month, item: 'kapil', expected: 'pass' },
      { rule: 'aws.iam.user-mfa-enabled', item: 'anthony', expected: 'pass', readOff: true },
      { rule: 'aws.iam.user-mfa-enabled', item: 'andrew', expected: 'fail', readOff: true },
      { rule: 'aws.iam.user-mfa-enabled', item: 'kapil', expected: 'fail', readOff: true },
      { rule: 'aws.iam.access-key-rotated', item: 'kapil, access key 1', expected: 'fail', readOff: true },
      { rule: 'aws.iam.access-key-rotated', item: 'andrew, access key 1', expected: 'pass', readOff: true },
    ],
  },
  { name: 'test_account_missing_password_policy', ask: [{ field: 'aws.account passwordPolicy', item: 'root', expected: canonical(null) }] },
  {
    name: 'test_account_password_policy_update',
    ask: [{ field: 'aws.account passwordPolicy', item: 'root', expected: passwords(10, false), readOff: true }],
  },
  {
    name: 'test_account_password_policy_update',
    as: 'after',
    skip: { 'iam:GetAccountPasswordPolicy': 2 },
    ask: [{ field: 'aws.account passwordPolicy', item: 'root', expected: passwords(12, true), readOff: true }],
  },
  { name: 'test_account_root_api_keys', ask: [{ rule: 'aws.iam.root-no-access-keys', item: 'root', expected: 'pass' }] },
  { name: 'test_account_root_mfa', added: noDevices, ask: [{ rule: 'aws.iam.root-mfa-enabled', item: 'root', expected: 'pass' }] },
  {
    name: 'test_account_filter_s3_public_block_missing',
    ask: [{ rule: 'aws.s3.account-public-access-block', item: 'root', expected: 'fail' }],
  },
  {
    name: 'test_s3_check_public_block',
    ask: [
      { field: 'aws.s3-bucket bucketBlock', item: '644160558196-us-east-1-s3-logs', expected: canonical(null), readOff: true },
      {
        field: 'aws.s3-bucket bucketBlock',
        item: '644160558196-us-east-2-s3-logs',
        expected: canonical({ blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: false, restrictPublicBuckets: true }),
        readOff: true,
      },
      { field: 'aws.s3-bucket bucketBlock', item: 'my-locked-down-bucket', expected: 'unread: denied' },
      { field: 'aws.s3-bucket publicByPolicy', item: '644160558196-us-east-2-s3-logs', expected: canonical(false), readOff: true },
      { rule: 'aws.s3.bucket-not-public', item: 'my-locked-down-bucket', expected: 'unobserved' },
    ],
  },
  { name: 'test_s3_ownership_empty', ask: ownership },
  { name: 'test_s3_ownership_defined', ask: ownership },
  {
    name: 'test_s3_bucket_encryption_filter',
    ask: [{ rule: 'aws.s3.bucket-encryption', item: 'c7n-bucket-with-encryption', expected: 'pass' }],
  },
  {
    name: 'test_s3_bucket_encryption_filter_absent',
    ask: [{ rule: 'aws.s3.bucket-encryption', item: 'c7n-bucket-without-encryption', expected: 'fail' }],
  },
  { name: 'test_account_config', added: delivering, ask: [{ ...recorder, expected: 'pass' }] },
  { name: 'test_account_config_global', added: { ...recording, ...delivering }, ask: [{ ...recorder, expected: 'fail' }] },
  { name: 'test_config_recorder', added: delivering, ask: [{ ...recorder, expected: 'pass', readOff: true }] },
  { name: 'test_config_recorder_toggle_stop', added: delivering, ask: [{ ...recorder, expected: 'pass' }] },
  {
    name: 'test_config_recorder_toggle_stop',
    as: 'after',
    skip: { 'config:DescribeConfigurationRecorderStatus': 1 },
    added: delivering,
    ask: [{ ...recorder, expected: 'fail' }],
  },
  {
    name: 'test_account_trail',
    asOf: '2016-08-07T23:30:00Z',
    added: { ...listed, ...allEvents },
    ask: [
      { ...trail, expected: 'pass' },
      { ...validation, item: 'skunk-trails', expected: 'pass' },
    ],
  },
  { name: 'test_account_trail_different_region', added: listed, ask: [{ ...trail, expected: 'fail' }] },
  {
    name: 'test_cloudtrail_success_cloudtrail_include_management_events',
    asOf: '2022-11-18T20:00:00Z',
    added: listed,
    ask: [
      { ...trail, expected: 'pass' },
      {
        field: 'aws.cloudtrail-trail managementEvents',
        item: 'tf-trail',
        expected: canonical({ records: 'all', excludedSources: [] }),
        readOff: true,
      },
    ],
  },
  {
    name: 'test_cloudtrail_fail_include_management_events',
    asOf: '2022-11-18T20:00:00Z',
    added: listed,
    ask: [
      { ...trail, expected: 'fail' },
      {
        field: 'aws.cloudtrail-trail managementEvents',
        item: 'tf-trail',
        expected: canonical({ records: 'read', excludedSources: [] }),
        readOff: true,
      },
    ],
  },
  {
    name: 'test_cloudtrail_fail_management_advanced_events_included',
    asOf: '2023-09-22T16:00:00Z',
    added: listed,
    ask: [
      { ...trail, expected: 'fail' },
      {
        field: 'aws.cloudtrail-trail managementEvents',
        item: 'test-cloudtrail',
        expected: canonical({ records: 'write', excludedSources: ['kms.amazonaws.com', 'rdsdata.amazonaws.com'] }),
        readOff: true,
      },
    ],
  },
  {
    name: 'test_cloudtrail_is_shadow',
    account: '111000111222',
    added: { ...listed, ...allEvents, ...logging },
    ask: [
      { ...trail, expected: 'pass', readOff: true },
      { ...validation, item: 'orgTrail', expected: 'nothing', readOff: true },
      { field: 'aws.cloudtrail-trail ownTrail', item: 'orgTrail', expected: canonical(false) },
    ],
  },
  {
    name: 'test_cloudtrail_is_shadow_or_not',
    account: '123456789012',
    added: listed,
    ask: [
      { field: 'aws.cloudtrail-trail homeRegion', item: 'MultiRegion1CloudTrail', expected: canonical('us-east-1'), readOff: true },
      { field: 'aws.cloudtrail-trail homeRegion', item: 'MultiRegion2CloudTrail', expected: canonical('us-east-2'), readOff: true },
      { field: 'aws.cloudtrail-trail multiRegion', item: 'SingleCloudTrail', expected: canonical(false), readOff: true },
      { ...validation, item: 'SingleCloudTrail', expected: 'pass', readOff: true },
    ],
  },
];
