import type { HeldScope, Scope } from '#src/evidence/store.ts';
import { judgedBy, type Rule } from '#src/rule.ts';
import { rowKey } from './company.ts';

/**
 * What is lost with an action of the mixed company: whole populations, or fields of items, by name where not all have them.
 * Written from what AWS tells in which answer, not from the collectors.
 */
export interface Loss {
  readonly populations?: readonly string[];
  readonly fields?: readonly { readonly population: string; readonly fields: readonly string[]; readonly items?: readonly string[] }[];
  /** Populations whose results stay, and say in other words and with another severity that something is not known. */
  readonly reworded?: readonly string[];
}

const whole = (...populations: string[]): Loss => ({ populations });
const fields = (population: string, of: readonly string[], items?: readonly string[]): Loss => ({
  fields: [{ population, fields: of, ...(items && { items }) }],
});
const both = (...losses: Loss[]): Loss => ({
  populations: losses.flatMap(({ populations = [] }) => populations),
  fields: losses.flatMap(({ fields = [] }) => fields),
  reworded: losses.flatMap(({ reworded = [] }) => reworded),
});

const credentials = both(
  fields('aws.iam-user', ['passwordEnabled', 'passwordChanged', 'passwordUsed', 'mfaActive', 'keys']),
  whole('aws.iam-access-key'),
  // The summary tells that root has a key, and only the report whether it is active. Staging has none, and no report is needed to know it.
  fields('aws.account', ['rootAccessKeys'], ['111122223333']),
);

/** Every region's populations: what is lost with the list of regions, or with a region. */
export const regional: Loss = whole(
  'aws.backup-job',
  'aws.backup-plan',
  'aws.backup-vault',
  'aws.config-recorder',
  'aws.database',
  'aws.ebs-snapshot',
  'aws.ebs-volume',
  'aws.guardduty-detector',
  'aws.kms-key',
  'aws.network-acl',
  'aws.protected-resource',
  'aws.rds-instance',
  'aws.region',
  'aws.restore-job',
  'aws.security-group',
  'aws.vpc',
);
export const everything: Loss = both(
  regional,
  whole(
    'aws.account',
    'aws.cloudtrail-trail',
    'aws.iam-access-key',
    'aws.iam-policy',
    'aws.iam-principal',
    'aws.iam-user',
    'aws.s3-bucket',
  ),
);

/** By IAM action. An empty loss has its reason beside it. */
export const losses: Readonly<Record<string, Loss>> = {
  // AWS answers whoever asks, even where a policy denies it.
  'sts:GetCallerIdentity': {},
  // Asked only when something has changed, for who did it; no result rests on it.
  'cloudtrail:LookupEvents': {},
  'ec2:DescribeRegions': both(regional, whole('monitor.place')),

  'ec2:DescribeSecurityGroups': whole('aws.security-group'),
  // `attached` says `unknown` then: an open port is told all the same, and taken for in use.
  'ec2:DescribeNetworkInterfaces': both(fields('aws.security-group', ['attachedTo']), fields('aws.vpc', ['inUse']), {
    reworded: ['aws.security-group'],
  }),
  'ec2:DescribeManagedPrefixLists': fields('aws.security-group', ['ingress'], ['listed', 'cdn']),
  'ec2:GetManagedPrefixListEntries': fields('aws.security-group', ['ingress'], ['listed']),
  'ec2:DescribeNetworkAcls': whole('aws.network-acl'),
  'ec2:DescribeVpcs': whole('aws.vpc'),
  'ec2:DescribeSubnets': fields('aws.vpc', ['subnets']),
  'ec2:DescribeFlowLogs': fields('aws.vpc', ['flowLogs', 'subnets']),
  'ec2:DescribeVolumes': whole('aws.ebs-volume'),
  'ec2:DescribeSnapshots': whole('aws.ebs-snapshot'),
  'ec2:GetEbsEncryptionByDefault': fields('aws.region', ['ebsEncryptionByDefault']),
  'ec2:GetSnapshotBlockPublicAccessState': fields('aws.region', ['snapshotBlockPublicAccess']),
  'ec2:DescribeVpcBlockPublicAccessOptions': fields('aws.region', ['vpcBlockPublicAccess']),

  'iam:GenerateCredentialReport': credentials,
  'iam:GetCredentialReport': credentials,
  // Root's keys are in the credential report too.
  'iam:GetAccountSummary': fields('aws.account', ['rootMfa', 'rootMfaDevice']),
  'iam:GetAccountPasswordPolicy': fields('aws.account', ['passwordPolicy']),
  'iam:GetAccountAuthorizationDetails': whole('aws.iam-user', 'aws.iam-access-key', 'aws.iam-policy', 'aws.iam-principal'),
  'iam:ListVirtualMFADevices': fields('aws.account', ['rootMfaDevice'], ['111122223333']),
  'iam:ListAccountAliases': fields('aws.account', ['alias']),

  's3:ListAllMyBuckets': whole('aws.s3-bucket'),
  // Asked only where the list leaves the region out; the bucket is found without.
  's3:GetBucketLocation': fields('aws.s3-bucket', ['region'], ['acme-leak']),
  // What no policy and no grant makes public is private whatever the blocks say; a block that is read settles it whatever the other says.
  's3:GetAccountPublicAccessBlock': both(
    fields('aws.account', ['publicAccessBlock']),
    fields('aws.s3-bucket', ['accountBlock']),
    fields('aws.s3-bucket', ['publicByPolicy'], ['acme-downloads']),
    fields('aws.s3-bucket', ['publicByAcl'], ['acme-leak']),
  ),
  's3:GetBucketPublicAccessBlock': both(
    fields('aws.s3-bucket', ['bucketBlock']),
    fields('aws.s3-bucket', ['publicByPolicy'], ['acme-downloads']),
    fields('aws.s3-bucket', ['publicByAcl'], ['acme-leak']),
  ),
  // Where the policy's own words leave a doubt, only AWS can tell.
  's3:GetBucketPolicyStatus': both(
    fields('aws.s3-bucket', ['policyIsPublic']),
    fields('aws.s3-bucket', ['publicByPolicy'], ['acme-downloads']),
  ),
  's3:GetBucketPolicy': fields('aws.s3-bucket', ['refusesPlainHttp']),
  's3:GetBucketAcl': both(fields('aws.s3-bucket', ['aclPublicGrants']), fields('aws.s3-bucket', ['publicByAcl'], ['acme-leak'])),
  's3:GetBucketOwnershipControls': both(fields('aws.s3-bucket', ['ownership']), fields('aws.s3-bucket', ['publicByAcl'], ['acme-leak'])),
  's3:GetEncryptionConfiguration': fields('aws.s3-bucket', ['encryption', 'kmsKeyId']),
  's3:GetBucketVersioning': fields('aws.s3-bucket', ['versioning']),

  'rds:DescribeDBInstances': whole('aws.rds-instance', 'aws.database'),
  'rds:DescribeDBClusters': whole('aws.database'),

  'kms:ListKeys': whole('aws.kms-key'),
  'kms:ListAliases': whole('aws.kms-key'),
  'kms:DescribeKey': fields('aws.kms-key', ['manager', 'state', 'spec', 'usage', 'origin', 'multiRegion', 'rotation']),
  'kms:GetKeyRotationStatus': fields('aws.kms-key', ['rotation'], ['alias/rotated', 'alias/still']),

  'cloudtrail:DescribeTrails': whole('aws.cloudtrail-trail'),
  'cloudtrail:ListTrails': whole('aws.cloudtrail-trail'),
  'cloudtrail:GetTrailStatus': fields('aws.cloudtrail-trail', ['logging', 'delivered', 'deliveryError'], ['main']),
  'cloudtrail:GetEventSelectors': fields('aws.cloudtrail-trail', ['managementEvents'], ['main']),

  'config:DescribeConfigurationRecorders': fields('aws.config-recorder', ['recorder', 'records', 'recording', 'lastStatus', 'delivery']),
  'config:DescribeConfigurationRecorderStatus': fields('aws.config-recorder', ['recording', 'lastStatus']),
  'config:DescribeDeliveryChannelStatus': fields('aws.config-recorder', ['delivery']),

  'backup:ListBackupPlans': whole('aws.backup-plan'),
  'backup:GetBackupPlan': fields('aws.backup-plan', ['rules']),
  'backup:ListBackupSelections': fields('aws.backup-plan', ['selections']),
  'backup:GetBackupSelection': fields('aws.backup-plan', ['selections']),
  'backup:ListBackupVaults': whole('aws.backup-vault'),
  'backup:ListBackupJobs': whole('aws.backup-job'),
  'backup:ListRestoreJobs': whole('aws.restore-job'),
  'backup:ListProtectedResources': whole('aws.protected-resource'),

  'guardduty:ListDetectors': fields('aws.guardduty-detector', ['detector', 'status', 'features']),
  'guardduty:GetDetector': fields('aws.guardduty-detector', ['status', 'features'], ['111122223333/eu-central-1']),
};

/** Where the loss is felt. */
export type Where = (scope: Scope) => boolean;

/**
 * The rows that a loss must make unobserved, and no others: those of rules that inspect what is lost, of the lost populations themselves,
 * and of rules that need a lost population beside their own.
 */
export function unobservedBy(loss: Loss, where: Where, rules: readonly Rule[], held: readonly HeldScope[]): Set<string> {
  const isLost = ({ scope }: HeldScope): boolean => (loss.populations ?? []).includes(scope.population) && where(scope);
  const lacks = ({ scope }: HeldScope, name: string, inspected: readonly string[]): boolean =>
    where(scope) &&
    (loss.fields ?? []).some(
      (lost) =>
        lost.population === scope.population &&
        (!lost.items || lost.items.includes(name) || lost.items.includes(`${scope.account}/${name}`)) &&
        lost.fields.some((field) => inspected.includes(field)),
    );
  const names = (each: HeldScope) => [...each.items].map(([key, { item }]) => ({ key, name: item.name }));
  const rows = new Set<string>();

  for (const rule of rules) {
    const population = judgedBy(rule);
    const own: readonly string[] =
      rule.over === 'populations'
        ? Object.values(rule.inspects as Record<string, readonly string[]>)[0]!
        : (rule.inspects as readonly string[]);
    for (const each of held.filter(({ scope }) => scope.population === population.type)) {
      const scope = keyOf(each.scope);
      const add = (item: string) => void rows.add(rowKey({ rule: rule.id, scope, item }));
      if (isLost(each)) {
        // Events stay what they were; the scope says that others may have gone unseen.
        if (rule.over !== 'obligations' && population.kind === 'state') for (const { key } of names(each)) add(key);
        if (rule.over === 'obligations' || population.kind === 'event' || each.items.size === 0) add(`scope:${scope}`);
        continue;
      }
      if (rule.over === 'obligations') continue;
      const starved = rule.over === 'populations' && starves(rule, each.scope);
      for (const { key, name } of names(each)) if (starved || lacks(each, name, own)) add(key);
    }
  }
  return rows;

  /** A population beside the first is lost in the partition, or one of its items lacks what is inspected. */
  function starves(rule: Extract<Rule, { over: 'populations' }>, of: Scope): boolean {
    const partition = ({ account, region }: Scope): string =>
      rule.within === 'region' ? `${account}/${region}` : rule.within === 'account' ? account : '';
    return Object.entries(rule.populations as Record<string, { type: string }>).some(([name, { type }], i) =>
      held.some((each) => {
        if (each.scope.population !== type || partition(each.scope) !== partition(of)) return false;
        return (
          isLost(each) ||
          (i > 0 && names(each).some((item) => lacks(each, item.name, (rule.inspects as Record<string, readonly string[]>)[name]!)))
        );
      }),
    );
  }
}

const keyOf = ({ connection, account, region, population }: Scope): string => `${connection}/${account}/${region}/${population}`;
