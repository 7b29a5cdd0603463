import type { RecordedCall } from '#test/collector-replayer.ts';
import { deployed, type Properties, type Resource } from './cloudformation.ts';
import { authorizations } from './iam-replies.ts';

/**
 * What AWS would answer of the resources of a template, by the defaults of its documentation. What AWS would refuse to deploy is passed on as
 * it stands where the answer has a place for it, so that the collector meets it.
 */
export function repliesFor(resources: readonly Resource[]): RecordedCall[] {
  const of = (type: string) => resources.filter((resource) => resource.type === type);
  return [
    ...securityGroups(of('AWS::EC2::SecurityGroup'), of('AWS::EC2::SecurityGroupIngress')),
    ...networkAcls(of('AWS::EC2::NetworkAclEntry')),
    { call: 'ec2:DescribeVolumes', pages: [{ Volumes: of('AWS::EC2::Volume').map(volume) }] },
    { call: 'rds:DescribeDBInstances', pages: [{ DBInstances: of('AWS::RDS::DBInstance').map(database) }] },
    { call: 'rds:DescribeDBClusters', pages: [{ DBClusters: [] }] },
    { call: 'backup:ListBackupVaults', pages: [{ BackupVaultList: of('AWS::Backup::BackupVault').map(vault) }] },
    ...trails(of('AWS::CloudTrail::Trail')),
    ...buckets(of('AWS::S3::Bucket')),
    { call: 'iam:GetAccountAuthorizationDetails', pages: [authorizations(resources)] },
  ];
}

const arn = (service: string, resource: string): string =>
  `arn:${deployed.partition}:${service}:${deployed.region}:${deployed.account}:${resource}`;

/** Each group is used by a load balancer. */
function securityGroups(groups: readonly Resource[], rules: readonly Resource[]): RecordedCall[] {
  const described = groups.map(({ id, properties }) => {
    const { SecurityGroupIngress: own = [], SecurityGroupEgress: egress } = properties;
    const apart = rules.filter((rule) => rule.properties.GroupId === `sg-${id}`).map((rule) => rule.properties);
    return {
      GroupId: `sg-${id}`,
      GroupName: id,
      OwnerId: deployed.account,
      VpcId: properties.VpcId ?? 'vpc-default',
      IpPermissions: typeof own === 'string' ? own : [...[own].flat(), ...apart].map(permission),
      IpPermissionsEgress: [egress ?? { IpProtocol: '-1', CidrIp: '0.0.0.0/0' }].flat().map(permission),
    };
  });
  const interfaces = groups.map(({ id, properties }) => ({
    VpcId: properties.VpcId ?? 'vpc-default',
    InterfaceType: 'interface',
    Groups: [{ GroupId: `sg-${id}` }],
    Attachment: { InstanceOwnerId: 'amazon-elb' },
  }));
  return [
    { call: 'ec2:DescribeSecurityGroups', pages: [{ SecurityGroups: described }] },
    { call: 'ec2:DescribeNetworkInterfaces', pages: [{ NetworkInterfaces: interfaces }] },
  ];
}

/** Some templates misspell `IpProtocol"`; what they mean is plain. */
function permission(rule: Properties) {
  const { IpProtocol = rule['IpProtocol"'], FromPort, ToPort, CidrIp, CidrIpv6, SourceSecurityGroupId } = rule;
  const port = (value: unknown) => (value === undefined ? undefined : Number(value));
  return {
    IpProtocol: String(IpProtocol),
    FromPort: port(FromPort),
    ToPort: port(ToPort),
    IpRanges: CidrIp === undefined ? [] : [{ CidrIp }],
    Ipv6Ranges: CidrIpv6 === undefined ? [] : [{ CidrIpv6 }],
    PrefixListIds: [],
    UserIdGroupPairs: SourceSecurityGroupId === undefined ? [] : [{ GroupId: SourceSecurityGroupId }],
  };
}

/** Entries whose ACL is not in the template. Each ACL guards a subnet, and ends with the denials that AWS adds. */
function networkAcls(entries: readonly Resource[]): RecordedCall[] {
  const acls = Map.groupBy(entries, ({ properties }) => String(properties.NetworkAclId));
  const NetworkAcls = [...acls].map(([NetworkAclId, own]) => ({
    NetworkAclId,
    VpcId: 'vpc-default',
    OwnerId: deployed.account,
    IsDefault: false,
    Associations: [{ SubnetId: 'subnet-default' }],
    Entries: [
      ...own.flatMap(({ properties }) => aclEntries(properties)),
      { RuleNumber: 32_767, Egress: false, RuleAction: 'deny', Protocol: '-1', CidrBlock: '0.0.0.0/0' },
      { RuleNumber: 32_768, Egress: false, RuleAction: 'deny', Protocol: '-1', Ipv6CidrBlock: '::/0' },
    ],
  }));
  return [{ call: 'ec2:DescribeNetworkAcls', pages: [{ NetworkAcls }] }];
}

/** One entry for each family that is named. */
function aclEntries({ RuleNumber, Egress = false, RuleAction, Protocol, PortRange, CidrBlock, Ipv6CidrBlock }: Properties) {
  const entry = { RuleNumber, Egress, RuleAction, Protocol: String(Protocol), ...([6, 17].includes(Number(Protocol)) && { PortRange }) };
  return [...(CidrBlock ? [{ ...entry, CidrBlock }] : []), ...(Ipv6CidrBlock ? [{ ...entry, Ipv6CidrBlock }] : [])];
}

const volume = ({ id, properties: { Encrypted = false, KmsKeyId } }: Resource) => ({
  VolumeId: `vol-${id}`,
  State: 'available',
  Encrypted,
  ...(Encrypted && { KmsKeyId: KmsKeyId ?? arn('kms', 'key/aws-ebs') }),
  CreateTime: deployed.at,
  Attachments: [],
});

/** An instance of Aurora belongs to a cluster, which the templates leave out. */
function database({ id, properties }: Resource) {
  const { Engine = 'mysql', StorageEncrypted = false, KmsKeyId, MultiAZ = false, BackupRetentionPeriod = 1 } = properties;
  const { PubliclyAccessible = false, DeletionProtection = false, SourceDBInstanceIdentifier, DBClusterIdentifier } = properties;
  const cluster = DBClusterIdentifier ?? (String(Engine).startsWith('aurora') ? `${id}-cluster` : undefined);
  return {
    DBInstanceIdentifier: id,
    DBInstanceArn: arn('rds', `db:${id}`),
    DbiResourceId: `db-${id}`,
    DBInstanceStatus: 'available',
    InstanceCreateTime: '2026-01-01T00:00:00.000Z',
    Engine,
    StorageEncrypted,
    ...(StorageEncrypted && { KmsKeyId: KmsKeyId ?? arn('kms', 'key/aws-rds') }),
    MultiAZ,
    BackupRetentionPeriod,
    ...(BackupRetentionPeriod > 0 && { LatestRestorableTime: deployed.at }),
    PubliclyAccessible,
    DeletionProtection,
    TagList: [],
    VpcSecurityGroups: [],
    ...(SourceDBInstanceIdentifier !== undefined && { ReadReplicaSourceDBInstanceIdentifier: SourceDBInstanceIdentifier }),
    ...(cluster !== undefined && { DBClusterIdentifier: cluster }),
  };
}

/** A vault without a key has the service's; each holds something. */
const vault = ({ id, properties: { BackupVaultName = id, EncryptionKeyArn } }: Resource) => ({
  BackupVaultName,
  BackupVaultArn: arn('backup', `backup-vault:${BackupVaultName}`),
  VaultType: 'BACKUP_VAULT',
  NumberOfRecoveryPoints: 1,
  EncryptionKeyArn: EncryptionKeyArn ?? arn('kms', 'key/aws-backup'),
  EncryptionKeyType: EncryptionKeyArn === undefined ? 'AWS_OWNED_KMS_KEY' : 'CUSTOMER_MANAGED_KMS_KEY',
  Locked: false,
});

/** Each trail that logs has just delivered, and records all management events, as it does unless told otherwise. */
function trails(resources: readonly Resource[]): RecordedCall[] {
  const described = resources.map(({ id, properties }) => ({
    Name: id,
    TrailARN: arn('cloudtrail', `trail/${id}`),
    HomeRegion: deployed.region,
    S3BucketName: properties.S3BucketName,
    IsMultiRegionTrail: properties.IsMultiRegionTrail ?? false,
    IncludeGlobalServiceEvents: properties.IncludeGlobalServiceEvents ?? true,
    IsOrganizationTrail: properties.IsOrganizationTrail ?? false,
    LogFileValidationEnabled: properties.EnableLogFileValidation ?? false,
    ...(properties.KMSKeyId && { KmsKeyId: properties.KMSKeyId }),
  }));
  return [
    { call: 'cloudtrail:DescribeTrails', pages: [{ trailList: described }] },
    {
      call: 'cloudtrail:ListTrails',
      pages: [{ Trails: described.map(({ TrailARN, Name, HomeRegion }) => ({ TrailARN, Name, HomeRegion })) }],
    },
    ...resources.map(({ id, properties }) => ({
      call: 'cloudtrail:GetTrailStatus',
      parameters: { Name: arn('cloudtrail', `trail/${id}`), $region: deployed.region },
      pages: [{ IsLogging: properties.IsLogging ?? false, LatestDeliveryTime: deployed.at }],
    })),
    { call: 'cloudtrail:GetEventSelectors', pages: [{ EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true }] }] },
  ];
}

/** Blocks of public access only as the template sets them: the more open of what AWS has done over the years. There are no bucket policies. */
function buckets(resources: readonly Resource[]): RecordedCall[] {
  const names = resources.map(({ id, properties }) => properties.BucketName ?? id);
  const unset = (call: string, code: string, at?: object): RecordedCall => ({
    call,
    ...(at && { parameters: at }),
    error: { reason: 'gone', code, status: 404 },
  });
  return [
    { call: 's3:ListBuckets', pages: [{ Buckets: names.map((Name) => ({ Name, BucketRegion: deployed.region })) }] },
    unset('s3control:GetPublicAccessBlock', 'NoSuchPublicAccessBlockConfiguration'),
    unset('s3:GetBucketPolicy', 'NoSuchBucketPolicy'),
    unset('s3:GetBucketPolicyStatus', 'NoSuchBucketPolicy'),
    ...resources.flatMap(({ properties }, i) => {
      const at = { Bucket: names[i]!, $region: deployed.region };
      const {
        AccessControl,
        OwnershipControls,
        PublicAccessBlockConfiguration: block,
        BucketEncryption,
        VersioningConfiguration,
      } = properties;
      const { ServerSideEncryptionByDefault: encryption = { SSEAlgorithm: 'AES256' } } =
        BucketEncryption?.ServerSideEncryptionConfiguration?.[0] ?? {};
      const rules = [{ ApplyServerSideEncryptionByDefault: encryption }];
      return [
        block
          ? { call: 's3:GetPublicAccessBlock', parameters: at, pages: [{ PublicAccessBlockConfiguration: block }] }
          : unset('s3:GetPublicAccessBlock', 'NoSuchPublicAccessBlockConfiguration', at),
        { call: 's3:GetBucketAcl', parameters: at, pages: [{ Grants: grants(AccessControl) }] },
        {
          call: 's3:GetBucketOwnershipControls',
          parameters: at,
          pages: [{ OwnershipControls: OwnershipControls ?? { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } }],
        },
        { call: 's3:GetBucketEncryption', parameters: at, pages: [{ ServerSideEncryptionConfiguration: { Rules: rules } }] },
        {
          call: 's3:GetBucketVersioning',
          parameters: at,
          pages: [{ ...(VersioningConfiguration && { Status: VersioningConfiguration.Status }) }],
        },
      ];
    }),
  ];
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl */
function grants(canned: string | undefined) {
  const all = { URI: 'http://acs.amazonaws.com/groups/global/AllUsers' };
  const owner = { Grantee: {}, Permission: 'FULL_CONTROL' };
  const read = { Grantee: all, Permission: 'READ' };
  if (canned === 'PublicRead') return [owner, read];
  if (canned === 'PublicReadWrite') return [owner, read, { Grantee: all, Permission: 'WRITE' }];
  if (canned === undefined || canned === 'Private' || canned === 'AwsExecRead') return [owner];
  throw new Error(`the canned access list ${canned} is not understood`);
}
