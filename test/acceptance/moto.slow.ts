import { spawnSync } from 'node:child_process';
import { Backup } from '@aws-sdk/client-backup';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { ConfigService } from '@aws-sdk/client-config-service';
import { EC2 } from '@aws-sdk/client-ec2';
import { GuardDuty } from '@aws-sdk/client-guardduty';
import { IAM } from '@aws-sdk/client-iam';
import { KMS } from '@aws-sdk/client-kms';
import { RDS } from '@aws-sdk/client-rds';
import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ResultRow } from '#src/report/types.ts';
import { asCaller, type Folder, newFolder, rowKey } from './company.ts';
import { type Meddling, type Moto, motoServer, type Passing, startMoto } from './moto.ts';

/** The same as with our own double, against a simulator that others wrote: a second opinion on what AWS says. */
const [main, other] = ['eu-west-1', 'us-east-1'] as const;
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
/** A moment after everything there is was made. */
let now: number;
let later: number;

(motoServer ? describe : describe.skip)(motoServer ? 'a company at moto_server' : 'moto_server is not installed', () => {
  let moto: Moto;
  let folder: Folder;
  let first: ResultRow[];
  let control: Map<string, ResultRow>;

  beforeAll(async () => {
    moto = await startMoto(motoServer!);
    await seed(moto.endpoint);
    now = Date.now() + 1000;
    later = now + 3_600_000;
    asCaller(credentials);
    // The simulator lists a thousand snapshots of others as ours.
    folder = newFolder(moto.proxy, { regions: [main, other], region: main, without: ['aws-ebs-snapshots'] });
    expect(await folder.command(['run', '--once'], now)).toMatchObject({ code: 0 });
    first = await folder.json<ResultRow[]>(['results'], now + 1000);
    control = await after(() => undefined);
  }, 120_000);

  afterAll(async () => {
    await folder?.remove();
    await moto?.close();
  });

  /** What holds after another look an hour later, in which something may go wrong. */
  async function after(meddle: (call: Passing) => Meddling): Promise<Map<string, ResultRow>> {
    const twin = folder.copy();
    moto.meddle = meddle;
    expect(await twin.command(['run', '--once'], later)).toMatchObject({ code: 0 });
    moto.meddle = () => undefined;
    const rows = await twin.json<ResultRow[]>(['results'], later + 1000);
    await twin.remove();
    return new Map(rows.map((row) => [rowKey(row), row]));
  }

  /** The rows that became unobserved; fails where any other row changed, or where one is gone. */
  function newlyUnobserved(rows: ReadonlyMap<string, ResultRow>): ResultRow[] {
    const lost: ResultRow[] = [];
    for (const [key, before] of control) {
      const there = rows.get(key);
      if (there?.result === 'unobserved' && before.result !== 'unobserved') lost.push(there);
      else
        expect({ key, result: there?.result, since: there?.result === 'unobserved' ? before.since : there?.since }).toEqual({
          key,
          result: before.result,
          since: before.since,
        });
    }
    for (const [key, row] of rows) if (!control.has(key)) expect({ key, result: row.result }).toEqual({ key, result: 'unobserved' });
    return lost;
  }

  const resultsOf = (rule: string): Record<string, string> =>
    Object.fromEntries(
      first
        .filter((row) => row.rule === rule)
        .map(({ name, scope, result }) => [`${name}${scope.includes(`/${other}/`) ? ' elsewhere' : ''}`, result]),
    );

  test('good and bad are told apart', () => {
    expect(resultsOf('aws.ec2.security-group-no-public-admin-ports')).toMatchObject({ web: 'pass', ssh: 'fail', 'ssh6 elsewhere': 'fail' });
    expect(Object.values(resultsOf('aws.ebs.volume-encrypted')).toSorted()).toEqual(['fail', 'pass']);
    expect(resultsOf('aws.ebs.encryption-by-default')).toEqual({ [main]: 'pass', [`${other} elsewhere`]: 'fail' });
    expect(resultsOf('aws.rds.storage-encrypted')).toEqual({ good: 'pass', bad: 'fail' });
    expect(resultsOf('aws.rds.instance-not-public')).toEqual({ good: 'pass', bad: 'fail' });
    // The simulator leaves out how often a key rotates.
    expect(Object.values(resultsOf('aws.kms.key-rotation')).toSorted()).toEqual(['fail', 'unobserved']);
    expect(resultsOf('aws.s3.bucket-encryption')).toMatchObject({ 'acme-good': 'pass', 'acme-bad': 'fail' });
    expect(resultsOf('aws.s3.bucket-versioning')).toMatchObject({ 'acme-good': 'pass', 'acme-bad': 'fail' });
    expect(resultsOf('aws.s3.bucket-tls-only')).toMatchObject({ 'acme-good': 'pass', 'acme-bad': 'fail' });
    expect(resultsOf('aws.s3.bucket-not-public')).toMatchObject({ 'acme-bad': 'fail' });
    expect(resultsOf('aws.cloudtrail.log-validation')).toEqual({ whole: 'pass', plain: 'fail' });
    expect(resultsOf('aws.guardduty.enabled-all-regions')[`${other} elsewhere`]).toBe('fail');
    expect(resultsOf('aws.config.recorder-enabled')).toMatchObject({ [`${other} elsewhere`]: 'fail' });
    expect(resultsOf('aws.iam.user-mfa-enabled')).toMatchObject({ reader: 'not-applicable' });
    expect(resultsOf('aws.iam.admin-principal-authorized')).toMatchObject({ 'user god': 'fail', 'user reader': 'pass' });
    expect(resultsOf('aws.vpc.flow-logs-enabled')).not.toEqual({});
  });

  test('what the simulator does not offer is unobserved, and says which call', () => {
    const silent = first.filter(({ result }) => result === 'unobserved');
    expect(silent.length).toBeGreaterThan(0);
    for (const { reason } of silent) expect(reason).toMatchObject({ call: expect.stringContaining(':'), reason: expect.any(String) });
    expect([...new Set(silent.flatMap(({ reason }) => (reason!.reason === 'incomplete' ? [] : reason!.call)))]).toEqual(
      expect.arrayContaining(['backup:ListBackupJobs', 'backup:ListRestoreJobs']),
    );
  });

  test('a second look at the same keeps every result since when it holds', () => {
    const told = ({ rule, scope, item, result, message, since }: ResultRow) => ({ rule, scope, item, result, message, since });
    expect([...control.values()].map(told)).toEqual(first.map(told));
  });

  test('an action denied leaves what depends on it unobserved', async () => {
    const message =
      '<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this operation.</Message></Error></Errors><RequestID>r</RequestID></Response>';
    const rows = await after(({ operation }) =>
      operation === 'ec2:DescribeVolumes' ? { status: 403, type: 'text/xml', body: message } : undefined,
    );
    const lost = newlyUnobserved(rows);
    expect(lost.map(({ rule }) => rule)).toEqual(['aws.ebs.volume-encrypted', 'aws.ebs.volume-encrypted']);
    for (const { reason } of lost)
      expect(reason).toMatchObject({ reason: 'denied', call: 'ec2:DescribeVolumes', needs: 'ec2:DescribeVolumes' });
  }, 60_000);

  test('a region that does not answer takes along what is in it, and nothing else', async () => {
    const lost = newlyUnobserved(await after(({ region }) => (region === other ? 'reset' : undefined)));
    expect(lost.length).toBeGreaterThan(5);
    const abroad = lost.filter(({ scope }) => !scope.includes(`/${other}/`));
    // What is global is asked in the first region; only the trail that lives there is not seen whole.
    expect(abroad.filter(({ population }) => population !== 'aws.cloudtrail-trail' && population !== 'aws.s3-bucket')).toEqual([]);
    for (const { reason } of lost) expect(['unavailable', 'incomplete']).toContain(reason?.reason);
  }, 60_000);

  test('a page of HTML in place of an answer is no answer', async () => {
    const rows = await after(({ operation }) =>
      operation === 'kms:GetKeyRotationStatus'
        ? { status: 500, type: 'text/html', body: '<html><body>Internal Server Error</body></html>' }
        : undefined,
    );
    const lost = newlyUnobserved(rows);
    expect(lost.map(({ rule }) => rule)).toEqual(['aws.kms.key-rotation']);
    for (const { reason } of lost) expect(reason).toMatchObject({ reason: 'unavailable', call: 'kms:GetKeyRotationStatus' });
  }, 60_000);

  test('every action of the policy is one that AWS itself names in a policy of its own', async () => {
    const { Statement } = await folder.json<{ Statement: { Action: string[] }[] }>(['policy', 'aws'], now);
    const named = spawnSync(
      'python3',
      ['-c', "import moto, os; print(open(os.path.join(os.path.dirname(moto.__file__), 'iam', 'aws_managed_policies.py')).read())"],
      { maxBuffer: 1e9, encoding: 'utf8' },
    ).stdout;
    expect(named).toContain('"sts:AssumeRole"');
    expect(Statement[0]!.Action.filter((action) => !named.includes(`"${action}"`))).toEqual([]);
  }, 60_000);

  test('a page that does not come makes the whole list unread', async () => {
    const rows = await after(({ operation, region, said }) => {
      if (operation !== 'ec2:DescribeSecurityGroups' || region !== main) return undefined;
      return said.includes('NextToken')
        ? 'reset'
        : (answer) => answer.replace('</DescribeSecurityGroupsResponse>', '<nextToken>more</nextToken></DescribeSecurityGroupsResponse>');
    });
    const lost = newlyUnobserved(rows);
    expect(new Set(lost.map(({ population, scope }) => `${population} ${scope.includes(`/${main}/`)}`))).toEqual(
      new Set(['aws.security-group true']),
    );
    for (const { reason } of lost) expect(reason).toMatchObject({ reason: 'unavailable', call: 'ec2:DescribeSecurityGroups' });
  }, 60_000);
});

/** Good and bad of each population that the simulator knows. */
async function seed(endpoint: string): Promise<void> {
  const clients: { destroy(): void }[] = [];
  const client = <T extends { destroy(): void }>(Client: new (configuration: object) => T, region: string = main): T => {
    const made = new Client({ region, endpoint, credentials, forcePathStyle: true, maxAttempts: 1 });
    clients.push(made);
    return made;
  };
  await Promise.all([
    network(client(EC2), client(EC2, other)),
    data(client(RDS), client(KMS), client(S3)),
    logs(client(CloudTrail), client(ConfigService), client(GuardDuty), client(S3)),
    people(client(IAM)),
    backups(client(Backup)),
  ]);
  for (const made of clients) made.destroy();
}

async function network(here: EC2, elsewhere: EC2): Promise<void> {
  const open = async (ec2: EC2, GroupName: string, port: number, v6 = false) => {
    const { GroupId } = await ec2.createSecurityGroup({ GroupName, Description: GroupName });
    const ranges = v6 ? { Ipv6Ranges: [{ CidrIpv6: '::/0' }] } : { IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
    await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [{ IpProtocol: 'tcp', FromPort: port, ToPort: port, ...ranges }] });
  };
  await open(here, 'web', 443);
  await open(here, 'ssh', 22);
  await open(elsewhere, 'ssh6', 22, true);
  await here.createVolume({ AvailabilityZone: `${main}a`, Size: 1, Encrypted: true });
  await here.createVolume({ AvailabilityZone: `${main}a`, Size: 1 });
  await here.enableEbsEncryptionByDefault({});
}

async function data(rds: RDS, kms: KMS, s3: S3): Promise<void> {
  const common = {
    Engine: 'postgres',
    DBInstanceClass: 'db.t4g.micro',
    MasterUsername: 'holder',
    MasterUserPassword: 'not-a-secret',
    AllocatedStorage: 20,
  };
  await rds.createDBInstance({
    ...common,
    DBInstanceIdentifier: 'good',
    StorageEncrypted: true,
    MultiAZ: true,
    PubliclyAccessible: false,
    BackupRetentionPeriod: 35,
    DeletionProtection: true,
  });
  await rds.createDBInstance({
    ...common,
    DBInstanceIdentifier: 'bad',
    StorageEncrypted: false,
    PubliclyAccessible: true,
    BackupRetentionPeriod: 0,
  });
  const { KeyMetadata } = await kms.createKey({ MultiRegion: false });
  await kms.enableKeyRotation({ KeyId: KeyMetadata!.KeyId! });
  await kms.createKey({ MultiRegion: false });

  for (const Bucket of ['acme-good', 'acme-bad'])
    await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: main } });
  await s3.putBucketEncryption({
    Bucket: 'acme-good',
    ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }] },
  });
  await s3.putBucketVersioning({ Bucket: 'acme-good', VersioningConfiguration: { Status: 'Enabled' } });
  await s3.putPublicAccessBlock({
    Bucket: 'acme-good',
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true },
  });
  const tls = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: ['arn:aws:s3:::acme-good', 'arn:aws:s3:::acme-good/*'],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  await s3.putBucketPolicy({ Bucket: 'acme-good', Policy: JSON.stringify({ Version: '2012-10-17', Statement: [tls] }) });
  const read = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::acme-bad/*' };
  await s3.putBucketPolicy({ Bucket: 'acme-bad', Policy: JSON.stringify({ Version: '2012-10-17', Statement: [read] }) });
}

async function logs(cloudtrail: CloudTrail, config: ConfigService, guardduty: GuardDuty, s3: S3): Promise<void> {
  await s3.createBucket({ Bucket: 'acme-trail', CreateBucketConfiguration: { LocationConstraint: main } });
  await cloudtrail.createTrail({
    Name: 'whole',
    S3BucketName: 'acme-trail',
    IsMultiRegionTrail: true,
    IncludeGlobalServiceEvents: true,
    EnableLogFileValidation: true,
  });
  await cloudtrail.startLogging({ Name: 'whole' });
  await cloudtrail.createTrail({ Name: 'plain', S3BucketName: 'acme-trail' });
  await config.putConfigurationRecorder({
    ConfigurationRecorder: { name: 'default', roleARN: 'arn:aws:iam::123456789012:role/config', recordingGroup: { allSupported: true } },
  });
  await config.putDeliveryChannel({ DeliveryChannel: { name: 'default', s3BucketName: 'acme-trail' } });
  await config.startConfigurationRecorder({ ConfigurationRecorderName: 'default' });
  await guardduty.createDetector({ Enable: true });
}

async function people(iam: IAM): Promise<void> {
  for (const UserName of ['reader', 'god', 'clerk']) await iam.createUser({ UserName });
  await iam.createLoginProfile({ UserName: 'clerk', Password: 'not-a-secret-9' });
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });
  await iam.putUserPolicy({ UserName: 'god', PolicyName: 'all', PolicyDocument });
  await iam.createAccessKey({ UserName: 'reader' });
}

async function backups(backup: Backup): Promise<void> {
  await backup.createBackupVault({ BackupVaultName: 'main' });
  await backup.createBackupPlan({
    BackupPlan: {
      BackupPlanName: 'daily',
      Rules: [
        { RuleName: 'daily', TargetBackupVaultName: 'main', ScheduleExpression: 'cron(0 5 ? * * *)', Lifecycle: { DeleteAfterDays: 35 } },
      ],
    },
  });
}
