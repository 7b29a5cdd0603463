import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { Backup } from '@aws-sdk/client-backup';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { ConfigService } from '@aws-sdk/client-config-service';
import { GuardDuty } from '@aws-sdk/client-guardduty';
import { KMS } from '@aws-sdk/client-kms';
import { RDS } from '@aws-sdk/client-rds';
import { S3 } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import backupJobs from '#collectors/aws/backup-jobs.ts';
import backupPlans from '#collectors/aws/backup-plans.ts';
import backupVaults from '#collectors/aws/backup-vaults.ts';
import { connectAws } from '#collectors/aws/client.ts';
import cloudtrailTrails from '#collectors/aws/cloudtrail-trails.ts';
import configRecorders from '#collectors/aws/config-recorders.ts';
import databases from '#collectors/aws/databases.ts';
import guarddutyDetectors from '#collectors/aws/guardduty-detectors.ts';
import kmsKeys from '#collectors/aws/kms-keys.ts';
import protectedResources from '#collectors/aws/protected-resources.ts';
import rdsInstances from '#collectors/aws/rds-instances.ts';
import restoreJobs from '#collectors/aws/restore-jobs.ts';
import s3Buckets from '#collectors/aws/s3-buckets.ts';
import recorderEnabled from '#rules/aws/config/recorder-enabled.ts';
import guarddutyEnabled from '#rules/aws/guardduty/enabled-all-regions.ts';
import keyRotation from '#rules/aws/kms/key-rotation.ts';
import instanceNotPublic from '#rules/aws/rds/instance-not-public.ts';
import storageEncrypted from '#rules/aws/rds/storage-encrypted.ts';
import bucketNotPublic from '#rules/aws/s3/bucket-not-public.ts';
import tlsOnly from '#rules/aws/s3/bucket-tls-only.ts';
import bucketVersioning from '#rules/aws/s3/bucket-versioning.ts';
import type { Collector, FoundPlace } from '#src/collector.ts';
import { type Collected, collectScope, replayTransport } from '#src/cycle/collect.ts';
import { judge } from '#src/cycle/evaluate.ts';
import type { ItemRule } from '#src/rule.ts';
import { itemsOf } from '#test/collector-replayer.ts';

/** The collectors and rules of data, keys, backups and logs, from the SDK to the verdict, on a simulated AWS. */
const moto = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'moto_server'))
  .find((path) => existsSync(path));
const region = 'eu-west-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

(moto ? describe : describe.skip)(moto ? 'data, keys, backups and logs, against moto_server' : 'moto_server is not installed', () => {
  let server: ReturnType<typeof spawn>;
  let connection: ReturnType<typeof connectAws>;
  let places: FoundPlace[];
  let endpoint: string;

  beforeAll(async () => {
    const port = await freePort();
    server = spawn(moto!, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', detached: true });
    endpoint = `http://127.0.0.1:${port}`;
    await answering(endpoint);
    connection = connectAws(
      { id: 'aws', endpoint, regions: [region, 'us-east-1'] },
      { credentials: () => Promise.resolve(credentials), maxAttempts: 1 },
    );
    places = await connection.places();
  }, 60_000);

  afterAll(async () => {
    await connection?.close();
    if (!server?.pid) return;
    const ended = once(server, 'exit');
    process.kill(-server.pid);
    await ended;
  });

  const collect = async (collector: Collector, where = collector.per === 'account' ? 'global' : region): Promise<Collected> => {
    const place = places.find((found) => found.region === where)!;
    const collected = await collectScope(collector, place, connection.open(place));
    // Whatever comes of it comes again from what was kept of it.
    const again = await collectScope(collector, place, replayTransport(collected.calls));
    if (collected.status === 'complete') expect(itemsOf(again)).toEqual(itemsOf(collected));
    return collected;
  };
  const read = async (collector: Collector, where?: string) => itemsOf(await collect(collector, where)) as { key: string; name: string }[];
  const seed = <T extends { destroy(): void }>(Client: new (configuration: object) => T, at = region) =>
    new Client({ region: at, endpoint, credentials, forcePathStyle: true, maxAttempts: 1 });

  test('databases and their instances', async () => {
    const rds = seed(RDS);
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
      BackupRetentionPeriod: 14,
      DeletionProtection: true,
      Tags: [{ Key: 'env', Value: 'prod' }],
    });
    await rds.createDBInstance({
      ...common,
      DBInstanceIdentifier: 'bad',
      StorageEncrypted: false,
      MultiAZ: false,
      PubliclyAccessible: true,
      BackupRetentionPeriod: 0,
    });
    await rds.createDBInstanceReadReplica({ DBInstanceIdentifier: 'copy', SourceDBInstanceIdentifier: 'good' });
    await rds.createDBCluster({
      DBClusterIdentifier: 'shop',
      Engine: 'aurora-postgresql',
      MasterUsername: 'holder',
      MasterUserPassword: 'not-a-secret',
      StorageEncrypted: true,
      BackupRetentionPeriod: 7,
    });
    await rds.createDBInstance({
      DBInstanceIdentifier: 'shop-1',
      DBClusterIdentifier: 'shop',
      Engine: 'aurora-postgresql',
      DBInstanceClass: 'db.r6g.large',
    });
    rds.destroy();

    const whole = await read(databases);
    expect(whole.map(({ name }) => name).toSorted()).toEqual(['bad', 'copy', 'good', 'shop']);
    expect(named(whole, 'good')).toMatchObject({
      form: 'instance',
      storageEncrypted: true,
      multiAz: true,
      backupRetentionDays: 14,
      replicaOf: null,
      deletionProtection: true,
      tags: [{ key: 'env', value: 'prod' }],
    });
    expect(named(whole, 'bad')).toMatchObject({ storageEncrypted: false, multiAz: false, backupRetentionDays: 0 });
    expect(named(whole, 'copy')).toMatchObject({ replicaOf: expect.stringContaining('good') });
    expect(named(whole, 'shop')).toMatchObject({ form: 'cluster', storageEncrypted: true, backupRetentionDays: 7, multiAz: false });
    expect(judged(storageEncrypted, whole)).toMatchObject({ good: 'pass', bad: 'fail', shop: 'pass' });

    const instances = await read(rdsInstances);
    expect(instances.map(({ name }) => name).toSorted()).toEqual(['bad', 'copy', 'good', 'shop-1']);
    // The simulator leaves the flag of a member out, which must not read as private.
    expect(judged(instanceNotPublic, instances)).toMatchObject({ good: 'pass', bad: 'fail', 'shop-1': 'unobserved' });
    expect(await read(databases, 'us-east-1')).toEqual([]);
  });

  test('buckets', async () => {
    const s3 = seed(S3);
    const create = (Bucket: string) => s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } });
    for (const name of ['good', 'open-policy', 'open-acl', 'conditional', 'bare']) await create(name);
    const policy = (Bucket: string, ...Statement: object[]) =>
      s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
    const everyone = (name: string) => ({ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${name}/*` });
    await policy('good', {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: ['arn:aws:s3:::good', 'arn:aws:s3:::good/*'],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    await s3.putBucketVersioning({ Bucket: 'good', VersioningConfiguration: { Status: 'Enabled' } });
    await s3.putBucketEncryption({
      Bucket: 'good',
      ServerSideEncryptionConfiguration: {
        Rules: [
          { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'arn:aws:kms:eu-west-1:123456789012:key/k' } },
        ],
      },
    });
    await s3.putPublicAccessBlock({
      Bucket: 'good',
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
    });
    await policy('open-policy', everyone('open-policy'));
    await policy('conditional', { ...everyone('conditional'), Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } });
    await s3.putBucketAcl({ Bucket: 'open-acl', ACL: 'public-read' });
    s3.destroy();

    const buckets = (await read(s3Buckets)).filter(({ name }) => ['good', 'open-policy', 'open-acl', 'conditional', 'bare'].includes(name));
    expect(named(buckets, 'good')).toMatchObject({
      region,
      encryption: 'aws:kms',
      refusesPlainHttp: true,
      publicByPolicy: false,
      publicByAcl: [],
      accountBlock: null,
      bucketBlock: { restrictPublicBuckets: true },
    });
    expect(named(buckets, 'bare')).toMatchObject({ encryption: null, kmsKeyId: null, ownership: null, bucketBlock: null });
    // The simulator answers about a policy without saying whether it is public: the clear ones we read ourselves.
    expect(judged(bucketNotPublic, buckets)).toEqual({
      good: 'pass',
      bare: 'pass',
      'open-policy': 'fail',
      'open-acl': 'fail',
      conditional: 'unobserved',
    });
    expect(judged(tlsOnly, buckets)).toEqual({
      good: 'pass',
      bare: 'fail',
      'open-policy': 'fail',
      'open-acl': 'fail',
      conditional: 'fail',
    });
    // The simulator gives the answer about versions another name than S3 does. It may count as unreadable, never as another answer.
    const versions = judged(bucketVersioning, buckets);
    expect(['pass', 'unobserved']).toContain(versions.good);
    expect(['fail', 'unobserved']).toContain(versions.bare);

    await blockAccount(endpoint);
    const blocked = await read(s3Buckets);
    expect(named(blocked, 'conditional')).toMatchObject({
      accountBlock: { restrictPublicBuckets: true },
      policyIsPublic: { unread: 'malformed' },
      publicByPolicy: false,
    });
    expect(new Set(Object.values(judged(bucketNotPublic, blocked)))).toEqual(new Set(['pass']));
  });

  test('keys', async () => {
    const kms = seed(KMS);
    const create = async (input: object, alias?: string) => {
      const { KeyMetadata } = await kms.createKey({ MultiRegion: false, KeyUsage: 'ENCRYPT_DECRYPT', ...input });
      if (alias) await kms.createAlias({ AliasName: alias, TargetKeyId: KeyMetadata!.KeyId });
      return KeyMetadata!.KeyId!;
    };
    const rotating = await create({}, 'alias/rotating');
    await kms.enableKeyRotation({ KeyId: rotating, RotationPeriodInDays: 180 });
    await create({}, 'alias/still');
    await create({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }, 'alias/signing');
    await create({ MultiRegion: true }, 'alias/everywhere');
    kms.destroy();

    const keys = await read(kmsKeys);
    expect(named(keys, 'alias/still')).toMatchObject({
      manager: 'CUSTOMER',
      state: 'Enabled',
      spec: 'SYMMETRIC_DEFAULT',
      origin: 'AWS_KMS',
      multiRegion: 'no',
      rotation: { enabled: false },
    });
    expect(named(keys, 'alias/everywhere')).toMatchObject({ multiRegion: 'primary' });
    // The simulator leaves out how often a key rotates.
    expect(named(keys, 'alias/rotating')).toMatchObject({
      key: expect.stringMatching(`:key/${rotating}$`),
      rotation: { unread: 'malformed', call: 'kms:GetKeyRotationStatus' },
    });
    expect(judged(keyRotation, keys)).toMatchObject({
      'alias/rotating': 'unobserved',
      'alias/still': 'fail',
      'alias/signing': 'not-applicable',
    });
  });

  // The simulator lists the trails of one region only where they are, so those of other regions are left to the recordings.
  test('trails, each asked at home', async () => {
    const s3 = seed(S3);
    await s3.createBucket({ Bucket: 'trail-files', CreateBucketConfiguration: { LocationConstraint: region } });
    s3.destroy();
    const near = seed(CloudTrail);
    await near.createTrail({ Name: 'near', S3BucketName: 'trail-files' });
    near.destroy();
    const home = seed(CloudTrail, 'us-east-1');
    await home.createTrail({
      Name: 'main',
      S3BucketName: 'trail-files',
      IsMultiRegionTrail: true,
      IncludeGlobalServiceEvents: true,
      EnableLogFileValidation: true,
    });
    await home.startLogging({ Name: 'main' });
    await home.putEventSelectors({ TrailName: 'main', EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true }] });
    home.destroy();

    const trails = await read(cloudtrailTrails);
    expect(named(trails, 'near')).toMatchObject({ homeRegion: region, multiRegion: false, logging: null, ownTrail: true });
    // The home of the connection is another region, where this one shows as a shadow.
    expect(named(trails, 'main')).toMatchObject({
      homeRegion: 'us-east-1',
      multiRegion: true,
      globalEvents: true,
      logValidation: true,
      logging: true,
      managementEvents: { records: 'all' },
    });
  });

  test('threat detection, in each region', async () => {
    const guardduty = seed(GuardDuty);
    await guardduty.createDetector({ Enable: true, Features: [{ Name: 'S3_DATA_EVENTS', Status: 'ENABLED' }] });
    guardduty.destroy();
    expect(judged(guarddutyEnabled, await read(guarddutyDetectors))).toEqual({ [region]: 'pass' });
    expect(judged(guarddutyEnabled, await read(guarddutyDetectors, 'us-east-1'))).toEqual({ 'us-east-1': 'fail' });
  });

  test('configuration recording, in each region', async () => {
    const s3 = seed(S3);
    await s3.createBucket({ Bucket: 'config-files', CreateBucketConfiguration: { LocationConstraint: region } });
    s3.destroy();
    const config = seed(ConfigService);
    const roleARN = 'arn:aws:iam::123456789012:role/config';
    await config.putConfigurationRecorder({
      ConfigurationRecorder: { name: 'default', roleARN, recordingGroup: { allSupported: true, includeGlobalResourceTypes: true } },
    });
    expect(await read(configRecorders)).toMatchObject([
      { name: region, recorder: 'default', records: 'all', recording: false, delivery: expect.anything() },
    ]);
    await config.putDeliveryChannel({ DeliveryChannel: { name: 'default', s3BucketName: 'config-files' } });
    await config.startConfigurationRecorder({ ConfigurationRecorderName: 'default' });
    config.destroy();
    const [recorder] = await read(configRecorders);
    expect(recorder).toMatchObject({ recording: true });
    // The simulator says nothing of deliveries, so that a recorder that runs is not seen to deliver.
    expect(judged(recorderEnabled, [recorder!])).toEqual({ [region]: 'unobserved' });
    expect(judged(recorderEnabled, await read(configRecorders, 'us-east-1'))).toEqual({ 'us-east-1': 'fail' });
  });

  test('backup vaults and plans; what the simulator does not offer is unread, never empty', async () => {
    const backup = seed(Backup);
    await backup.createBackupVault({ BackupVaultName: 'main', EncryptionKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/k' });
    expect(await read(backupPlans)).toEqual([]);
    await backup.createBackupPlan({
      BackupPlan: {
        BackupPlanName: 'daily',
        Rules: [
          { RuleName: 'daily', TargetBackupVaultName: 'main', ScheduleExpression: 'cron(0 5 ? * * *)', Lifecycle: { DeleteAfterDays: 35 } },
        ],
      },
    });
    backup.destroy();

    expect(await read(backupVaults)).toMatchObject([
      { name: 'main', empty: true, encryptionKey: 'arn:aws:kms:eu-west-1:123456789012:key/k' },
    ]);
    expect(await read(backupPlans)).toMatchObject([
      {
        name: 'daily',
        rules: [{ name: 'daily', schedule: 'cron(0 5 ? * * *)', deleteAfterDays: 35 }],
        selections: { unread: expect.stringMatching(/^(unavailable|malformed)$/), call: 'backup:ListBackupSelections' },
      },
    ]);
    for (const collector of [backupJobs, restoreJobs, protectedResources]) {
      expect(await collect(collector as Collector)).toMatchObject({
        status: 'failed',
        unread: { unread: expect.stringMatching(/^(unavailable|malformed)$/) },
      });
    }
  });
});

const named = (items: readonly { name: string }[], name: string) => items.find((item) => item.name === name);

const judged = (rule: ItemRule, items: readonly { name: string }[]): Record<string, string> =>
  Object.fromEntries(
    items.map((item) => [
      item.name,
      judge(rule, { item: item as never, firstSeen: Date.now() }, Date.now(), rule.parameters.parse({})).result,
    ]),
  );

/** The SDK puts the account before the host, which a simulator on an address cannot have; the call itself is one PUT. */
async function blockAccount(endpoint: string): Promise<void> {
  const answer = await fetch(`${endpoint}/v20180820/configuration/publicAccessBlock`, {
    method: 'PUT',
    headers: {
      'x-amz-account-id': '123456789012',
      authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>',
  });
  expect(answer.status).toBeLessThan(300);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function answering(endpoint: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const up = await fetch(`${endpoint}/moto-api/data.json`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('moto_server does not answer');
}
