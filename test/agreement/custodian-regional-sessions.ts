import { beforeIpv6, featureless, inhabited, noInterfaces, rotatesYearly, tagged, usedBy } from './custodian-added.ts';
import type { Played } from './custodian-questions.ts';

const adminPorts = { rule: 'aws.ec2.security-group-no-public-admin-ports' };
const databasePorts = { rule: 'aws.ec2.security-group-no-public-database-ports' };
const allTraffic = { rule: 'aws.ec2.security-group-no-public-all-traffic' };
const defaultGroup = { rule: 'aws.ec2.default-security-group-empty' };
const publicPorts = { rule: 'aws.ec2.security-group-public-ports-allowlisted' };
const flowLogs = { rule: 'aws.vpc.flow-logs-enabled' };

/** Sessions about what lies in a region: keys, databases, networks, vaults and detectors. */
export const regionalSessions: readonly Played[] = [
  { name: 'test_key_rotation', added: rotatesYearly, ask: [{ rule: 'aws.kms.key-rotation', item: 'ffb1402c', expected: 'pass' }] },
  {
    name: 'test_key_rotation_unsupportedopp',
    region: 'us-west-2',
    ask: [{ rule: 'aws.kms.key-rotation', item: '0e70fa46', expected: 'nothing', readOff: true }],
  },
  {
    name: 'test_rds_param_filter',
    asOf: '2017-06-15T22:30:00Z',
    added: tagged,
    ask: [
      { rule: 'aws.rds.instance-not-public', item: 'rds-test-instance-1', expected: 'fail', readOff: true },
      { rule: 'aws.rds.storage-encrypted', item: 'rds-test-instance-1', expected: 'fail', readOff: true },
      { rule: 'aws.rds.multi-az', item: 'rds-test-instance-1', expected: 'fail', readOff: true },
      { rule: 'aws.rds.automated-backup-enabled', item: 'rds-test-instance-1', expected: 'pass', readOff: true },
    ],
  },
  { name: 'test_rds_public_accessible_disable', ask: [{ rule: 'aws.rds.instance-not-public', item: 'c7n-test-pa', expected: 'fail' }] },
  {
    name: 'test_rds_public_accessible_disable',
    as: 'after',
    skip: { 'rds:DescribeDBInstances': 1 },
    ask: [{ rule: 'aws.rds.instance-not-public', item: 'c7n-test-pa', expected: 'pass' }],
  },
  {
    name: 'test_security_group_config_source',
    added: noInterfaces,
    ask: [
      { ...adminPorts, item: 'sg-6c7fa917', expected: 'pass', readOff: true },
      { ...allTraffic, item: 'sg-6c7fa917', expected: 'pass', readOff: true },
      { ...defaultGroup, item: 'sg-6c7fa917', expected: 'fail', readOff: true },
    ],
  },
  {
    name: 'test_security_group_default_vpc_filter',
    added: { ...beforeIpv6, ...noInterfaces },
    ask: [
      { ...defaultGroup, item: 'sg-6c7fa917', expected: 'fail', readOff: true },
      { ...defaultGroup, item: 'sg-46626d3d', expected: 'nothing', readOff: true },
    ],
  },
  { name: 'test_security_group_port_in_range', ask: [{ ...allTraffic, item: 'web-tier', expected: 'pass', readOff: true }] },
  { name: 'test_security_group_stale', ask: [{ ...allTraffic, item: 'web-tier', expected: 'pass', readOff: true }] },
  {
    name: 'test_sg_config_diff',
    added: usedBy('sg-a38ed1de'),
    ask: [
      { ...adminPorts, item: 'launch-wizard-1', expected: 'fail', readOff: true },
      { ...adminPorts, item: 'TEST-PROD-ONLY-SG', expected: 'pass', readOff: true },
      { ...adminPorts, item: 'allow-access', expected: 'pass', readOff: true },
      { ...publicPorts, item: 'allow-access', expected: 'fail', readOff: true },
      { ...databasePorts, item: 'sg-cd3d01b7', expected: 'pass', readOff: true },
      { ...defaultGroup, item: 'sg-10eeb66d', expected: 'fail', readOff: true },
    ],
  },
  {
    name: 'test_sg_config_patch_pitr',
    added: usedBy('sg-a38ed1de'),
    ask: [{ ...publicPorts, item: 'allow-access', expected: 'fail', readOff: true }],
  },
  {
    name: 'test_sg_config_patch_pitr',
    as: 'after',
    skip: { 'ec2:DescribeSecurityGroups': 1 },
    added: usedBy('sg-a38ed1de'),
    ask: [{ ...publicPorts, item: 'allow-access', expected: 'fail', readOff: true }],
  },
  {
    name: 'test_vpc_flow_logs_absent',
    added: inhabited('vpc-28a71f51', 'vpc-d2d616b5', 'vpc-9ca119e5'),
    ask: [
      { ...flowLogs, item: 'vpc-28a71f51', expected: 'fail' },
      { ...flowLogs, item: 'vpc-9ca119e5', expected: 'fail', readOff: true },
      { ...flowLogs, item: 'vpc-d2d616b5', expected: 'fail', readOff: true },
    ],
  },
  {
    name: 'test_vpc_flow_logs_misconfigured',
    added: inhabited('vpc-4a9ff72e', 'vpc-d0e386b7'),
    ask: [
      { ...flowLogs, item: 'vpc-4a9ff72e', expected: 'fail' },
      { ...flowLogs, item: 'vpc-d0e386b7', expected: 'pass' },
    ],
  },
  { name: 'test_vpc_flow_log_s3_dest', added: inhabited('vpc-d2d616b5'), ask: [{ ...flowLogs, item: 'vpc-d2d616b5', expected: 'pass' }] },
  { name: 'test_account_ebs_encrypt', ask: [{ rule: 'aws.ebs.encryption-by-default', item: 'us-east-1', expected: 'fail' }] },
  {
    name: 'test_account_ebs_encrypt',
    as: 'after',
    skip: { 'ec2:GetEbsEncryptionByDefault': 1 },
    ask: [{ rule: 'aws.ebs.encryption-by-default', item: 'us-east-1', expected: 'pass' }],
  },
  { name: 'test_backup_vault_kms_filter', ask: [{ rule: 'aws.backup.vault-encrypted', item: 'Default', expected: 'pass', readOff: true }] },
  {
    name: 'test_account_guard_duty_filter',
    added: featureless,
    ask: [{ rule: 'aws.guardduty.enabled-all-regions', item: 'us-east-1', parameters: { requiredFeatures: [] }, expected: 'pass' }],
  },
];
