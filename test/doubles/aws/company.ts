import { type Account, type Bucket, emptyAccount, type Iam, type Key, type Region, type Shape, type Trail, type World } from './world.ts';

/** A company as there are many: in every population something good and something bad. Its present is `present`. */
export const present = Date.parse('2026-03-02T10:00:00Z');
export const main = 'eu-central-1';
export const other = 'us-east-1';
export const production = '111122223333';
export const staging = '444455556666';

const at = (day: string): Date => new Date(`${day}${day.includes('T') ? '' : 'T00:00:00'}Z`);
const anywhere = { IpRanges: [{ CidrIp: '0.0.0.0/0' }], Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] };
const nowhere = { IpRanges: [], Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] };

export const tcp = (port: number, from: Shape = anywhere): Shape => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, ...from });
export const securityGroup = (id: string, name: string, ingress: readonly Shape[], account = production): Shape => ({
  GroupId: `sg-${id}`,
  GroupName: name,
  OwnerId: account,
  VpcId: 'vpc-1',
  GroupDescription: name,
  IpPermissions: ingress,
  IpPermissionsEgress:
    name === 'default'
      ? []
      : [
          {
            IpProtocol: '-1',
            ...anywhere,
          },
        ],
});
const networkInterface = (id: string, vpc: string, groups: readonly string[], owner?: string): Shape => ({
  NetworkInterfaceId: `eni-${id}`,
  VpcId: vpc,
  InterfaceType: 'interface',
  Groups: groups.map((group) => ({
    GroupId: `sg-${group}`,
    GroupName: group,
  })),
  Attachment: {
    AttachmentId: `eni-attach-${id}`,
    InstanceOwnerId: owner ?? production,
    Status: 'attached',
  },
});
const vpc = (id: string, account = production): Shape => ({
  VpcId: `vpc-${id}`,
  OwnerId: account,
  IsDefault: id === 'default',
  CidrBlock: '10.0.0.0/16',
  CidrBlockAssociationSet: [
    {
      AssociationId: `vpc-cidr-assoc-${id}`,
      CidrBlock: '10.0.0.0/16',
      CidrBlockState: { State: 'associated' },
    },
  ],
  Tags: [
    {
      Key: 'Name',
      Value: id,
    },
  ],
});
const aclEntry = (RuleNumber: number, RuleAction: string, of: Shape): Shape => ({
  RuleNumber,
  RuleAction,
  Egress: false,
  CidrBlock: '0.0.0.0/0',
  ...of,
});
const networkAcl = (id: string, entries: readonly Shape[], account = production): Shape => ({
  NetworkAclId: `acl-${id}`,
  VpcId: 'vpc-1',
  OwnerId: account,
  Default: id === 'default',
  Associations: [
    {
      NetworkAclAssociationId: `aclassoc-${id}`,
      NetworkAclId: `acl-${id}`,
      SubnetId: `subnet-${id}`,
    },
  ],
  Entries: entries,
});
export const volume = (id: string, Encrypted: boolean): Shape => ({
  VolumeId: `vol-${id}`,
  Status: 'in-use',
  Encrypted,
  CreateTime: at('2025-06-01'),
  Size: 20,
  ...(Encrypted && { KmsKeyId: `arn:aws:kms:${main}:${production}:key/rotated` }),
  Attachments: [
    {
      InstanceId: 'i-1',
      VolumeId: `vol-${id}`,
      Status: 'attached',
      Device: '/dev/xvda',
    },
  ],
});
const snapshot = (id: string): Shape => ({
  SnapshotId: `snap-${id}`,
  OwnerId: production,
  VolumeId: 'vol-good',
  Encrypted: true,
  StartTime: at('2026-02-01'),
  Status: 'completed',
});

export const key = (id: string, over: Shape = {}, rotation: Shape = { KeyRotationEnabled: true, RotationPeriodInDays: 365 }): Key => ({
  aliases: [`alias/${id}`],
  metadata: {
    KeyId: id,
    Arn: `arn:aws:kms:${main}:${production}:key/${id}`,
    AWSAccountId: production,
    CreationDate: at('2025-01-01'),
    Enabled: true,
    KeyManager: 'CUSTOMER',
    KeyState: 'Enabled',
    KeySpec: 'SYMMETRIC_DEFAULT',
    KeyUsage: 'ENCRYPT_DECRYPT',
    Origin: 'AWS_KMS',
    MultiRegion: false,
    ...over,
  },
  rotation: { KeyId: id, ...rotation },
});

export const database = (name: string, over: Shape = {}): Shape => ({
  DBInstanceIdentifier: name,
  DBInstanceArn: `arn:aws:rds:${main}:${production}:db:${name}`,
  DbiResourceId: `db-${name.toUpperCase()}`,
  Engine: 'postgres',
  DBInstanceStatus: 'available',
  InstanceCreateTime: at('2025-01-01'),
  StorageEncrypted: true,
  MultiAZ: true,
  BackupRetentionPeriod: 35,
  LatestRestorableTime: at('2026-03-02T09:55:00'),
  DeletionProtection: true,
  PubliclyAccessible: false,
  AvailabilityZone: `${main}a`,
  DBSubnetGroup: {
    DBSubnetGroupName: 'private',
    VpcId: 'vpc-1',
  },
  VpcSecurityGroups: [
    {
      VpcSecurityGroupId: 'sg-db',
      Status: 'active',
    },
  ],
  TagList: [
    {
      Key: 'env',
      Value: 'prod',
    },
  ],
  ...over,
});

const trail = (name: string, over: Shape = {}, home = main, account = production): Trail => ({
  trail: {
    Name: name,
    TrailARN: `arn:aws:cloudtrail:${home}:${account}:trail/${name}`,
    HomeRegion: home,
    S3BucketName: 'acme-trail',
    IsMultiRegionTrail: true,
    IncludeGlobalServiceEvents: true,
    IsOrganizationTrail: false,
    LogFileValidationEnabled: true,
    ...over,
  },
  status: { IsLogging: true, LatestDeliveryTime: at('2026-03-02T09:50:00') },
  selectors: {
    EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true, DataResources: [], ExcludeManagementEventSources: [] }],
  },
});

const backupVault = (name: string, key: string | undefined): Shape => ({
  BackupVaultName: name,
  BackupVaultArn: `arn:aws:backup:${main}:${production}:backup-vault:${name}`,
  VaultType: 'BACKUP_VAULT',
  NumberOfRecoveryPoints: 7,
  Locked: true,
  MinRetentionDays: 30,
  ...(key !== undefined && { EncryptionKeyArn: key }),
});
const backupJob = (id: string, State: string): Shape => ({
  BackupJobId: id,
  State,
  CreationDate: at('2026-02-27T05:00:00'),
  CompletionDate: at('2026-02-27T05:30:00'),
  ResourceType: 'RDS',
  ResourceArn: `arn:aws:rds:${main}:${production}:db:${State === 'COMPLETED' ? 'orders' : 'legacy'}`,
  BackupVaultName: 'main',
  BackupVaultArn: `arn:aws:backup:${main}:${production}:backup-vault:main`,
});
const plan = (name: string, DeleteAfterDays: number) => ({
  listed: {
    BackupPlanId: `plan-${name}`,
    BackupPlanArn: `arn:aws:backup:${main}:${production}:backup-plan:plan-${name}`,
    BackupPlanName: name,
    CreationDate: at('2025-01-01'),
  },
  plan: {
    BackupPlanName: name,
    Rules: [
      {
        RuleName: 'daily',
        RuleId: `rule-${name}`,
        TargetBackupVaultName: 'main',
        ScheduleExpression: 'cron(0 5 ? * * *)',
        Lifecycle: { DeleteAfterDays },
      },
    ],
  },
  selections: {
    [`selection-${name}`]: {
      SelectionName: 'production',
      IamRoleArn: `arn:aws:iam::${production}:role/backup`,
      Resources: [`arn:aws:rds:${main}:${production}:db:orders`],
      NotResources: [],
      ListOfTags: [],
      Conditions: {
        StringEquals: [
          {
            ConditionKey: 'aws:ResourceTag/env',
            ConditionValue: 'prod',
          },
        ],
        StringNotEquals: [],
        StringLike: [],
        StringNotLike: [],
      },
    },
  },
});

const recorder = (recording: boolean, account = production) => ({
  ConfigurationRecorders: [
    {
      name: 'default',
      roleARN: `arn:aws:iam::${account}:role/config`,
      recordingGroup: { allSupported: true, includeGlobalResourceTypes: true, resourceTypes: [] },
    },
  ],
  ConfigurationRecordersStatus: [{ name: 'default', recording, lastStatus: 'SUCCESS' }],
  DeliveryChannelsStatus: [
    { name: 'default', configHistoryDeliveryInfo: { lastStatus: 'SUCCESS' }, configStreamDeliveryInfo: { lastStatus: 'SUCCESS' } },
  ],
});
const detector = (status: string): Region['detector'] => ({
  id: 'd1',
  details: { status, serviceRole: 'role', features: [{ name: 'S3_DATA_EVENTS', status: 'ENABLED' }] },
});

export const mainRegion: Partial<Region> = {
  Vpcs: [vpc('1'), vpc('dark'), vpc('default')],
  Subnets: ['1', 'dark'].map((id) => ({ SubnetId: `subnet-${id}`, VpcId: `vpc-${id}`, OwnerId: production })),
  NetworkInterfaces: [
    networkInterface('1', 'vpc-1', ['web'], 'amazon-elb'),
    networkInterface('2', 'vpc-1', ['ssh', 'db', 'listed', 'cdn']),
    networkInterface('3', 'vpc-dark', ['everything']),
  ],
  SecurityGroups: [
    securityGroup('web', 'web', [tcp(443)]),
    securityGroup('ssh', 'ssh', [tcp(22)]),
    securityGroup('db', 'db', [tcp(5432, { ...nowhere, UserIdGroupPairs: [{ GroupId: 'sg-web', UserId: production }] })]),
    securityGroup('dbopen', 'db-open', [tcp(5432)]),
    securityGroup('everything', 'everything', [{ IpProtocol: '-1', ...nowhere, Ipv6Ranges: [{ CidrIpv6: '::/0' }] }]),
    securityGroup('listed', 'listed', [tcp(3389, { ...nowhere, PrefixListIds: [{ PrefixListId: 'pl-office' }] })]),
    securityGroup('cdn', 'cdn', [tcp(443, { ...nowhere, PrefixListIds: [{ PrefixListId: 'pl-cloudfront' }] })]),
    securityGroup('default', 'default', []),
    securityGroup('default2', 'default', [tcp(80)]),
  ],
  PrefixLists: [
    { PrefixListId: 'pl-office', PrefixListName: 'office', OwnerId: production, MaxEntries: 10 },
    { PrefixListId: 'pl-cloudfront', PrefixListName: 'com.amazonaws.global.cloudfront.origin-facing', OwnerId: 'AWS', MaxEntries: 50 },
  ],
  prefixListEntries: { 'pl-office': [{ Cidr: '0.0.0.0/0' }] },
  NetworkAcls: [
    networkAcl('default', [aclEntry(100, 'allow', { Protocol: '-1' }), aclEntry(32767, 'deny', { Protocol: '-1' })]),
    networkAcl('tight', [
      aclEntry(100, 'allow', { Protocol: '6', PortRange: { From: 443, To: 443 } }),
      aclEntry(32767, 'deny', { Protocol: '-1' }),
    ]),
  ],
  FlowLogs: [
    {
      FlowLogId: 'fl-1',
      FlowLogStatus: 'ACTIVE',
      ResourceId: 'vpc-1',
      TrafficType: 'ALL',
      DeliverLogsStatus: 'SUCCESS',
      LogDestinationType: 's3',
    },
  ],
  Volumes: [volume('good', true), volume('bad', false)],
  Snapshots: [snapshot('good'), snapshot('bad')],
  publicSnapshots: ['snap-bad'],
  DBInstances: [
    database('orders'),
    database('legacy', {
      StorageEncrypted: false,
      MultiAZ: false,
      BackupRetentionPeriod: 0,
      LatestRestorableTime: undefined,
      PubliclyAccessible: true,
      TagList: [],
    }),
    database('shop-1', { DBClusterIdentifier: 'shop', Engine: 'aurora-postgresql' }),
    database('shop-2', { DBClusterIdentifier: 'shop', Engine: 'aurora-postgresql', AvailabilityZone: `${main}b` }),
  ],
  DBClusters: [
    {
      DBClusterIdentifier: 'shop',
      DBClusterArn: `arn:aws:rds:${main}:${production}:cluster:shop`,
      DbClusterResourceId: 'cluster-SHOP',
      Status: 'available',
      Engine: 'aurora-postgresql',
      StorageEncrypted: true,
      MultiAZ: false,
      BackupRetentionPeriod: 7,
      ClusterCreateTime: at('2025-01-01'),
      TagList: [],
      LatestRestorableTime: at('2026-03-02T09:55:00'),
      DeletionProtection: true,
      DBClusterMembers: [{ DBInstanceIdentifier: 'shop-1' }, { DBInstanceIdentifier: 'shop-2' }],
    },
  ],
  keys: [
    key('rotated'),
    key('still', {}, { KeyRotationEnabled: false }),
    key('signing', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }),
    { ...key('of-aws', { KeyManager: 'AWS' }), aliases: ['alias/aws/s3'] },
  ],
  trails: [trail('main')],
  plans: [plan('daily', 35), plan('short', 3)],
  BackupVaultList: [backupVault('main', `arn:aws:kms:${main}:${production}:key/rotated`), backupVault('plain', undefined)],
  BackupJobs: [backupJob('job-good', 'COMPLETED'), backupJob('job-bad', 'FAILED')],
  RestoreJobs: [
    {
      RestoreJobId: 'restore-1',
      Status: 'COMPLETED',
      ResourceType: 'RDS',
      CreationDate: at('2026-02-20T06:00:00'),
      CompletionDate: at('2026-02-20T07:00:00'),
      RecoveryPointArn: `arn:aws:rds:${main}:${production}:snapshot:awsbackup:1`,
      RecoveryPointCreationDate: at('2026-02-20T05:00:00'),
      ValidationStatus: 'SUCCESSFUL',
    },
  ],
  Results: [
    {
      ResourceArn: `arn:aws:rds:${main}:${production}:db:orders`,
      ResourceType: 'RDS',
      ResourceName: 'orders',
      LastBackupTime: at('2026-03-02T05:30:00'),
    },
  ],
  detector: detector('ENABLED'),
  ...recorder(true),
};

/** Nobody looks after it: the default network, no detection, a recorder that was switched off. */
const forgottenRegion = (account: string): Partial<Region> => ({
  Vpcs: [vpc('default', account)],
  SecurityGroups: [securityGroup('default3', 'default', [], account)],
  NetworkAcls: [networkAcl('default', [aclEntry(100, 'allow', { Protocol: '-1' }), aclEntry(32767, 'deny', { Protocol: '-1' })], account)],
  ebsEncryptionByDefault: false,
  trails: [
    trail('local', { IsMultiRegionTrail: false, IncludeGlobalServiceEvents: false, LogFileValidationEnabled: false }, other, account),
  ],
  ...recorder(false, account),
});

const everyone = 'http://acs.amazonaws.com/groups/global/AllUsers';
const shut = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
const tlsOnly = (name: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  });
export const goodBucket = (name: string, region = main): Bucket => ({
  name,
  region,
  publicAccessBlock: shut,
  policy: {
    text: tlsOnly(name),
    isPublic: false,
  },
  ownership: 'BucketOwnerEnforced',
  encryption: {
    algorithm: 'aws:kms',
    key: `arn:aws:kms:${main}:${production}:key/rotated`,
  },
  versioning: 'Enabled' as const,
});
/** Two public ones: by its policy, where the access list does nothing, and by its access list. */
const publicByPolicy: Bucket = {
  name: 'acme-downloads',
  region: main,
  ownership: 'BucketOwnerEnforced',
  policy: {
    isPublic: true,
    text: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: '*',
          Action: 's3:GetObject',
          Resource: 'arn:aws:s3:::acme-downloads/*',
          Condition: { StringLike: { 'aws:Referer': '*' } },
        },
      ],
    }),
  },
};
const publicByAcl: Bucket = {
  name: 'acme-leak',
  region: other,
  regionUntold: true,
  grants: [{ uri: everyone, permission: 'READ' }],
  versioning: 'Suspended',
};

const document = (statement: Shape): string => encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
const everythingDocument = document({ Effect: 'Allow', Action: '*', Resource: '*' });
export const user = (name: string, over: Shape = {}, account = production): Shape => ({
  Path: '/',
  UserName: name,
  UserId: `AIDA${name.toUpperCase()}`,
  Arn: `arn:aws:iam::${account}:user/${name}`,
  CreateDate: at('2025-01-01'),
  GroupList: [],
  AttachedManagedPolicies: [],
  ...over,
});
export const reportRow = (
  name: string,
  over: Readonly<Record<string, string>> = {},
  account = production,
): Readonly<Record<string, string>> => ({
  user: name,
  arn: `arn:aws:iam::${account}:user/${name}`,
  user_creation_time: '2025-01-01T00:00:00+00:00',
  password_enabled: 'false',
  mfa_active: 'false',
  ...over,
});
export const oldKey = {
  access_key_1_active: 'true',
  access_key_1_last_rotated: '2025-01-01T00:00:00+00:00',
  access_key_1_last_used_date: '2025-02-01T00:00:00+00:00',
};
const youngKey = {
  access_key_1_active: 'true',
  access_key_1_last_rotated: '2026-02-01T00:00:00+00:00',
  access_key_1_last_used_date: '2026-03-01T08:00:00+00:00',
};
const password = {
  password_enabled: 'true',
  password_last_used: '2026-03-01T08:00:00+00:00',
  password_last_changed: '2025-12-01T00:00:00+00:00',
};
const rootRow = (account: string, over: Readonly<Record<string, string>> = {}) => ({
  user: '<root_account>',
  arn: `arn:aws:iam::${account}:root`,
  user_creation_time: '2020-01-01T00:00:00+00:00',
  password_enabled: 'true',
  mfa_active: 'true',
  ...over,
});

const policy = (name: string, statement: Shape): Shape => ({
  PolicyName: name,
  PolicyId: `ANPA${name.toUpperCase()}`,
  Arn: `arn:aws:iam::${production}:policy/${name}`,
  Path: '/',
  AttachmentCount: 1,
  DefaultVersionId: 'v1',
  CreateDate: at('2025-01-01'),
  UpdateDate: at('2025-01-01'),
  PolicyVersionList: [
    {
      VersionId: 'v1',
      IsDefaultVersion: true,
      CreateDate: at('2025-01-01'),
      Document: document(statement),
    },
  ],
});
const productionIam: Iam = {
  UserDetailList: [
    user('alice', { GroupList: ['developers'] }),
    user('bob', { UserPolicyList: [{ PolicyName: 'all', PolicyDocument: everythingDocument }] }),
    user('robot'),
  ],
  GroupDetailList: [
    {
      Path: '/',
      GroupName: 'developers',
      GroupId: 'AGPADEVELOPERS',
      Arn: `arn:aws:iam::${production}:group/developers`,
      CreateDate: at('2025-01-01'),
      GroupPolicyList: [],
      AttachedManagedPolicies: [
        {
          PolicyName: 'deploy',
          PolicyArn: `arn:aws:iam::${production}:policy/deploy`,
        },
      ],
    },
  ],
  RoleDetailList: [
    {
      Path: '/',
      RoleName: 'admin',
      RoleId: 'AROAADMIN',
      Arn: `arn:aws:iam::${production}:role/admin`,
      CreateDate: at('2025-01-01'),
      RolePolicyList: [],
      InstanceProfileList: [],
      AssumeRolePolicyDocument: document({
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${production}:user/alice` },
        Action: 'sts:AssumeRole',
      }),
      AttachedManagedPolicies: [
        {
          PolicyName: 'AdministratorAccess',
          PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
        },
      ],
    },
  ],
  Policies: [
    policy('deploy', { Effect: 'Allow', Action: ['ecs:UpdateService'], Resource: '*' }),
    policy('god', { Effect: 'Allow', Action: '*', Resource: '*' }),
  ],
  SummaryMap: {
    AccountMFAEnabled: 1,
    AccountAccessKeysPresent: 1,
    AccountSigningCertificatesPresent: 0,
    AccountPasswordPresent: 1,
    Users: 3,
  },
  PasswordPolicy: {
    MinimumPasswordLength: 14,
    RequireSymbols: true,
    RequireNumbers: true,
    RequireUppercaseCharacters: true,
    RequireLowercaseCharacters: true,
    AllowUsersToChangePassword: true,
    ExpirePasswords: false,
  },
  VirtualMFADevices: [
    {
      SerialNumber: `arn:aws:iam::${production}:mfa/root-account-mfa-device`,
      EnableDate: at('2024-01-01'),
      User: { Path: '/', UserName: 'root', UserId: production, Arn: `arn:aws:iam::${production}:root`, CreateDate: at('2020-01-01') },
    },
  ],
  AccountAliases: ['acme'],
  report: [
    rootRow(production, { access_key_1_active: 'true', access_key_1_last_rotated: '2021-01-01T00:00:00+00:00' }),
    reportRow('alice', { ...password, mfa_active: 'true', ...youngKey }),
    reportRow('bob', password),
    reportRow('robot', oldKey),
  ],
};

const productionAccount: Account = {
  iam: productionIam,
  publicAccessBlock: { BlockPublicAcls: false, IgnorePublicAcls: false, BlockPublicPolicy: false, RestrictPublicBuckets: false },
  buckets: [goodBucket('acme-orders'), publicByPolicy, publicByAcl],
  regions: { [main]: mainRegion, [other]: forgottenRegion(production) },
};

/** Root without a second factor, one local trail, and little else. */
const stagingAccount: Account = {
  ...emptyAccount,
  role: { name: 'holdfast', externalId: 'only-we-know' },
  iam: {
    ...emptyAccount.iam,
    SummaryMap: { AccountMFAEnabled: 0, AccountAccessKeysPresent: 0, AccountSigningCertificatesPresent: 0, AccountPasswordPresent: 1 },
    report: [rootRow(staging, { mfa_active: 'false' })],
  },
  publicAccessBlock: shut,
  regions: { [main]: forgottenRegion(staging), [other]: forgottenRegion(staging) },
};

export const company: World = {
  accounts: { [production]: productionAccount, [staging]: stagingAccount },
  regions: { [main]: 'opt-in-not-required', [other]: 'opt-in-not-required', 'ap-east-1': 'not-opted-in' },
  // Small as the company is, its lists come in pages.
  shorterPages: {
    'ec2:DescribeSecurityGroups': 4,
    'ec2:DescribeVolumes': 1,
    'iam:GetAccountAuthorizationDetails': 3,
    'rds:DescribeDBInstances': 2,
    'kms:ListKeys': 2,
    'cloudtrail:ListTrails': 1,
    'backup:ListBackupJobs': 1,
    's3:ListBuckets': 2,
  },
};
