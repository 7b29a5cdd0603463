import type { Question } from '#investigator';
import type { Event } from './cloudtrail-event.ts';

/** How to find the events that changed one item. */
export interface Track {
  /** Where its events are recorded. */
  readonly region: string;
  /** What its events may name it by, most telling first: what `LookupEvents` is asked for. Empty for what has no name of its own. */
  readonly names: readonly string[];
  /** The operations that can change it. */
  readonly operations: readonly string[];
  /** Whether an event is about it, whatever it did. */
  readonly about: (event: Event) => boolean;
}

interface Item {
  readonly key: string;
  /** The key up to where ids of our own follow. */
  readonly arn: string;
  /** The last part of the ARN. */
  readonly id: string;
  readonly name: string;
  readonly snapshot: Readonly<Record<string, unknown>>;
}

interface Changes {
  readonly source: string;
  readonly operations: readonly string[];
  /** Without it the item is all of its kind in the region, as settings are: each such event is about it. */
  readonly names?: (item: Item) => readonly string[];
  /** Narrower than naming it. */
  readonly about?: (event: Event, item: Item) => boolean;
  /** Where its events are, if not where the item is. */
  readonly region?: (item: Item) => string | undefined;
}

const text = (value: unknown): string[] => (typeof value === 'string' && value !== '' ? [value] : []);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const field = (value: unknown, name: string): unknown => (value as Readonly<Record<string, unknown>> | null)?.[name];

const byId = ({ id }: Item) => [id];
const byIdAndArn = ({ id, arn }: Item) => [id, arn];

/** Prefix lists that a group names: who changes one changes the group. */
const prefixListsIn = ({ ingress, egress }: Item['snapshot']) =>
  [...list(ingress), ...list(egress)]
    .flatMap((permission) => list(field(permission, 'peers')))
    .filter((peer) => field(peer, 'kind') === 'prefix-list')
    .flatMap((peer) => text(field(peer, 'value')));

const userOf = ({ arn, snapshot }: Item): string => text(snapshot.user)[0] ?? arn.split('/').at(-1)!;
const kindOf = ({ arn }: Item): string => /:(user|group|role)\//.exec(arn)?.[1] ?? '';

const ofUser = [
  'CreateUser',
  'DeleteUser',
  'UpdateUser',
  'CreateLoginProfile',
  'UpdateLoginProfile',
  'DeleteLoginProfile',
  'ChangePassword',
  'EnableMFADevice',
  'DeactivateMFADevice',
  'CreateAccessKey',
  'UpdateAccessKey',
  'DeleteAccessKey',
];
const ofPrincipal = [
  ...['User', 'Group', 'Role'].flatMap((kind) => [
    `Create${kind}`,
    `Delete${kind}`,
    `Update${kind}`,
    `Attach${kind}Policy`,
    `Detach${kind}Policy`,
    `Put${kind}Policy`,
    `Delete${kind}Policy`,
  ]),
  'AddUserToGroup',
  'RemoveUserFromGroup',
  'UpdateAssumeRolePolicy',
  'PutUserPermissionsBoundary',
  'DeleteUserPermissionsBoundary',
  'PutRolePermissionsBoundary',
  'DeleteRolePermissionsBoundary',
  'CreatePolicyVersion',
  'SetDefaultPolicyVersion',
];

/** A user is named, or acts on itself: then IAM leaves the name out. */
function aboutUser({ parameters, user, root }: Event, name: string): boolean {
  return parameters.userName === undefined ? !root && user === name : parameters.userName === name;
}

/** Groups whose policies are the user's too, and policies whose documents are. */
const groupsOf = ({ snapshot }: Item) => list(snapshot.groups).flatMap(text);
const policiesOf = ({ snapshot }: Item) =>
  list(snapshot.grants)
    .flatMap((grant) => text(field(grant, 'policy')))
    .filter((policy) => policy.startsWith('arn:') && !policy.includes('::aws:'));

function aboutPrincipal(event: Event, item: Item): boolean {
  const { operation, parameters } = event;
  const policy = parameters.policyArn;
  if (operation.endsWith('PolicyVersion')) return policy !== undefined && policiesOf(item).includes(policy);
  const ownName = item.arn.split('/').at(-1)!;
  if (kindOf(item) === 'role') return parameters.roleName === ownName;
  if (kindOf(item) === 'group') return parameters.groupName === ownName && !/UserToGroup|UserFromGroup/.test(operation);
  if (parameters.userName === undefined && /Group/.test(operation)) return groupsOf(item).includes(parameters.groupName ?? '');
  return aboutUser(event, ownName);
}

function aboutPolicy({ parameters, names, operation }: Event, { key, arn }: Item): boolean {
  const inline = /\/inline\/(.+)$/s.exec(key)?.[1];
  if (inline === undefined) return names.has(arn);
  const owner = arn.split('/').at(-1)!;
  return (
    /^(?:Put|Delete)(?:User|Role|Group)Policy$/.test(operation) &&
    parameters.policyName === inline &&
    Object.values(parameters).includes(owner)
  );
}

const ofDatabase = ['DBInstance', 'DBCluster']
  .flatMap((kind) => [
    `Create${kind}`,
    `Modify${kind}`,
    `Delete${kind}`,
    `Restore${kind}FromS3`,
    `Restore${kind}ToPointInTime`,
    `Start${kind}`,
    `Stop${kind}`,
  ])
  .concat([
    'CreateDBInstanceReadReplica',
    'RestoreDBInstanceFromDBSnapshot',
    'RestoreDBClusterFromSnapshot',
    'PromoteReadReplica',
    'PromoteReadReplicaDBCluster',
    'FailoverDBCluster',
  ]);

const databaseNames = (item: Item) => [item.arn.split(':').at(-1)!, item.arn, ...text(item.snapshot.resourceId)];

const ofS3 = ['PublicAccessBlock', 'Policy', 'Encryption', 'OwnershipControls', 'Tagging']
  .flatMap((setting) => [`PutBucket${setting}`, `DeleteBucket${setting}`])
  .concat([
    'CreateBucket',
    'DeleteBucket',
    'PutBucketAcl',
    'PutBucketVersioning',
    'PutBucketLogging',
    'PutAccountPublicAccessBlock',
    'DeleteAccountPublicAccessBlock',
  ]);

const table: Readonly<Record<string, Changes>> = {
  'aws.account': {
    source: '',
    operations: [
      'UpdateAccountPasswordPolicy',
      'DeleteAccountPasswordPolicy',
      'CreateAccountAlias',
      'DeleteAccountAlias',
      'PutAccountPublicAccessBlock',
      'DeleteAccountPublicAccessBlock',
      'EnableMFADevice',
      'DeactivateMFADevice',
      'CreateAccessKey',
      'UpdateAccessKey',
      'DeleteAccessKey',
    ],
    // Factors and keys are root's where root itself acts and names no user.
    about: ({ operation, parameters, root }) => /Account/.test(operation) || (root && parameters.userName === undefined),
  },
  'aws.region': {
    source: 'ec2.amazonaws.com',
    operations: [
      'EnableEbsEncryptionByDefault',
      'DisableEbsEncryptionByDefault',
      'EnableSnapshotBlockPublicAccess',
      'DisableSnapshotBlockPublicAccess',
      'ModifyVpcBlockPublicAccessOptions',
    ],
  },
  'aws.config-recorder': {
    source: 'config.amazonaws.com',
    operations: [
      'StopConfigurationRecorder',
      'StartConfigurationRecorder',
      'PutConfigurationRecorder',
      'DeleteConfigurationRecorder',
      'PutDeliveryChannel',
      'DeleteDeliveryChannel',
    ],
  },
  'aws.guardduty-detector': {
    source: 'guardduty.amazonaws.com',
    operations: ['UpdateDetector', 'DeleteDetector', 'CreateDetector', 'UpdateMemberDetectors', 'DisassociateMembers', 'DeleteMembers'],
  },
  'aws.security-group': {
    source: 'ec2.amazonaws.com',
    operations: [
      'AuthorizeSecurityGroupIngress',
      'RevokeSecurityGroupIngress',
      'ModifySecurityGroupRules',
      'AuthorizeSecurityGroupEgress',
      'RevokeSecurityGroupEgress',
      'CreateSecurityGroup',
      'DeleteSecurityGroup',
      'ModifyManagedPrefixList',
    ],
    names: (item) => [item.id, ...prefixListsIn(item.snapshot)],
  },
  'aws.network-acl': {
    source: 'ec2.amazonaws.com',
    operations: [
      'CreateNetworkAclEntry',
      'ReplaceNetworkAclEntry',
      'DeleteNetworkAclEntry',
      'CreateNetworkAcl',
      'DeleteNetworkAcl',
      'ReplaceNetworkAclAssociation',
    ],
    names: byId,
  },
  'aws.vpc': {
    source: 'ec2.amazonaws.com',
    operations: ['DeleteFlowLogs', 'CreateFlowLogs', 'CreateVpc', 'DeleteVpc', 'CreateSubnet', 'DeleteSubnet', 'AssociateVpcCidrBlock'],
    names: ({ id, snapshot }) => [
      id,
      ...list(snapshot.flowLogs).flatMap((flowLog) => text(field(flowLog, 'id'))),
      ...list(snapshot.subnets).flatMap((subnet) => [
        ...text(field(subnet, 'id')),
        ...list(field(subnet, 'flowLogs')).flatMap((flowLog) => text(field(flowLog, 'id'))),
      ]),
    ],
  },
  'aws.ebs-volume': {
    source: 'ec2.amazonaws.com',
    operations: ['CreateVolume', 'ModifyVolume', 'DeleteVolume', 'RunInstances'],
    names: byId,
  },
  'aws.ebs-snapshot': {
    source: 'ec2.amazonaws.com',
    operations: [
      'ModifySnapshotAttribute',
      'ResetSnapshotAttribute',
      'CreateSnapshot',
      'CreateSnapshots',
      'CopySnapshot',
      'DeleteSnapshot',
    ],
    names: byId,
  },
  'aws.iam-user': {
    source: 'iam.amazonaws.com',
    operations: ofUser,
    names: (item) => [userOf(item)],
    about: (event, item) => aboutUser(event, userOf(item)),
  },
  'aws.iam-access-key': {
    source: 'iam.amazonaws.com',
    operations: ['CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey', 'CreateUser', 'DeleteUser'],
    names: (item) => [userOf(item)],
    about: (event, item) => aboutUser(event, userOf(item)),
  },
  'aws.iam-principal': {
    source: 'iam.amazonaws.com',
    operations: ofPrincipal,
    names: (item) => [item.arn.split('/').at(-1)!, ...groupsOf(item), ...policiesOf(item)],
    about: aboutPrincipal,
  },
  'aws.iam-policy': {
    source: 'iam.amazonaws.com',
    operations: [
      'CreatePolicyVersion',
      'SetDefaultPolicyVersion',
      'CreatePolicy',
      'DeletePolicy',
      'DeletePolicyVersion',
      ...['User', 'Group', 'Role'].flatMap((kind) => [
        `Put${kind}Policy`,
        `Delete${kind}Policy`,
        `Attach${kind}Policy`,
        `Detach${kind}Policy`,
      ]),
    ],
    names: ({ key, arn }) => (key.includes('/inline/') ? [arn.split('/').at(-1)!] : [arn]),
    about: aboutPolicy,
  },
  'aws.kms-key': {
    source: 'kms.amazonaws.com',
    operations: [
      'DisableKeyRotation',
      'EnableKeyRotation',
      'ScheduleKeyDeletion',
      'CancelKeyDeletion',
      'DisableKey',
      'EnableKey',
      'CreateKey',
      'ReplicateKey',
      'ImportKeyMaterial',
      'DeleteImportedKeyMaterial',
    ],
    names: ({ arn, id }) => [arn, id],
  },
  'aws.rds-instance': { source: 'rds.amazonaws.com', operations: ofDatabase, names: databaseNames },
  'aws.database': { source: 'rds.amazonaws.com', operations: ofDatabase, names: databaseNames },
  'aws.s3-bucket': {
    source: 's3.amazonaws.com',
    operations: ofS3,
    names: ({ id }) => [id],
    about: ({ operation, names }, { id, arn }) => /Account/.test(operation) || names.has(id) || names.has(arn),
    region: ({ snapshot }) => text(snapshot.region)[0],
  },
  'aws.cloudtrail-trail': {
    source: 'cloudtrail.amazonaws.com',
    operations: ['StopLogging', 'StartLogging', 'UpdateTrail', 'PutEventSelectors', 'CreateTrail', 'DeleteTrail', 'PutInsightSelectors'],
    names: ({ arn, id }) => [arn, id],
    region: ({ snapshot }) => text(snapshot.homeRegion)[0],
  },
  'aws.backup-plan': {
    source: 'backup.amazonaws.com',
    operations: ['UpdateBackupPlan', 'DeleteBackupPlan', 'CreateBackupPlan', 'CreateBackupSelection', 'DeleteBackupSelection'],
    names: byIdAndArn,
  },
  'aws.backup-vault': {
    source: 'backup.amazonaws.com',
    operations: [
      'DeleteBackupVaultLockConfiguration',
      'PutBackupVaultLockConfiguration',
      'CreateBackupVault',
      'DeleteBackupVault',
      'CreateLogicallyAirGappedBackupVault',
    ],
    names: byIdAndArn,
  },
  'aws.backup-job': { source: 'backup.amazonaws.com', operations: ['StartBackupJob', 'StopBackupJob'], names: byIdAndArn },
  'aws.restore-job': { source: 'backup.amazonaws.com', operations: ['StartRestoreJob'], names: byIdAndArn },
};

/** Populations that are answered for. */
export const tracked: ReadonlySet<string> = new Set(Object.keys(table));

/** Where the events of services are that belong to no region. */
const home: Readonly<Record<string, string>> = { aws: 'us-east-1', 'aws-us-gov': 'us-gov-west-1', 'aws-cn': 'cn-north-1' };

/** How to find who changed an item; null for what nobody changes by a call. */
export function trackOf({ population, item: key, snapshot }: Question, place: { readonly region: string }): Track | null {
  const changes = table[population];
  if (!changes) return null;
  const arn = key.split('#')[0]!.replace(/@\d{12}$/, '');
  const item: Item = { key, arn, id: arn.split(/[:/]/).at(-1) ?? '', name: text(snapshot.name)[0] ?? '', snapshot };
  const partition = arn.startsWith('arn:') ? arn.split(':')[1]! : 'aws';
  const region = changes.region?.(item) ?? (place.region === 'global' ? (home[partition] ?? 'us-east-1') : place.region);
  const names = changes.names === undefined ? [] : [...new Set(changes.names(item))];
  const known = new Set(names);
  return {
    region,
    names,
    operations: changes.operations,
    about: (event) => {
      if (changes.source !== '' && event.source !== changes.source) return false;
      if (changes.about) return changes.about(event, item);
      return names.length === 0 ? changes.operations.includes(event.operation) : [...event.names].some((name) => known.has(name));
    },
  };
}
