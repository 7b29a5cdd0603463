import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  AttachRolePolicyCommand,
  CreateAccessKeyCommand,
  CreateAccountAliasCommand,
  CreateGroupCommand,
  CreateLoginProfileCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
  PutUserPolicyCommand,
  UpdateAccountPasswordPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLoggingCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import account from '#collectors/aws/account.ts';
import { connectAws } from '#collectors/aws/client.ts';
import accessKeys from '#collectors/aws/iam-access-keys.ts';
import policies from '#collectors/aws/iam-policies.ts';
import principals from '#collectors/aws/iam-principals.ts';
import users from '#collectors/aws/iam-users.ts';
import type { Collector, Connection, FoundPlace } from '#src/collector.ts';
import { collectScope } from '#src/cycle/collect.ts';
import { itemsOf } from '#test/collector-replayer.ts';
import { motoServer, startMoto } from '#test/doubles/moto.ts';

if (motoServer === null) process.stderr.write('skipped: moto_server is not installed, so the IAM collectors were not tried against it\n');

(motoServer === null ? describe.skip : describe)('against moto', () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  let moto: Awaited<ReturnType<typeof startMoto>>;
  let connection: Connection;
  let global: FoundPlace;

  beforeAll(async () => {
    moto = await startMoto({ MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' });
    await seedIam(new IAMClient({ region: 'us-east-1', endpoint: moto.endpoint, credentials }));
    connection = connectAws(
      { id: 'aws', region: 'eu-west-1', endpoint: moto.endpoint },
      { credentials: () => Promise.resolve(credentials), wait: () => Promise.resolve() },
    );
    const places = await connection.places();
    global = places.find(({ region }) => region === 'global')!;
    expect(places.length).toBeGreaterThan(10);
    expect(places.filter(({ unread }) => unread)).toEqual([]);
  }, 60_000);
  afterAll(async () => {
    await connection?.close();
    moto?.close();
  });

  const collect = async (collector: Collector) => {
    const items = itemsOf(await collectScope(collector, global, connection.open(global))) as ({ key: string; name: string } & Record<
      string,
      unknown
    >)[];
    return new Map(items.map((item) => [item.name, item]));
  };

  test('users, their passwords, factors and keys', async () => {
    const found = await collect(users);
    expect([...found.keys()].toSorted()).toEqual(['alice', 'bert', 'deploy']);
    expect(found.get('alice')).toMatchObject({
      key: expect.stringMatching(/^arn:aws:iam::\d{12}:user\/alice#\w{16,}$/),
      passwordEnabled: true,
      mfaActive: true,
      keys: [],
    });
    expect(found.get('bert')).toMatchObject({ passwordEnabled: true, mfaActive: false });
    expect(found.get('deploy')).toMatchObject({ passwordEnabled: false, keys: [{ slot: 1, active: true, used: null }] });
  });

  test('access keys', async () => {
    const found = await collect(accessKeys);
    expect([...found.values()]).toMatchObject([
      { name: 'deploy, access key 1', user: 'deploy', active: true, rotated: expect.stringMatching(/Z$/), supersededAt: null },
    ]);
  });

  test('principals with what they may do', async () => {
    const found = await collect(principals);
    expect(found.get('user alice')).toMatchObject({
      groups: ['admins'],
      grants: [{ policy: 'arn:aws:iam::aws:policy/AdministratorAccess', group: 'admins', statements: null }],
    });
    expect(found.get('user deploy')).toMatchObject({
      grants: [{ policy: 'inline own', statements: [{ actions: ['*'], resources: ['*'] }] }],
    });
    expect(found.get('role ops')).toMatchObject({
      trusts: ['Service ec2.amazonaws.com'],
      grants: [{ group: null, statements: [{ actions: ['s3:GetObject'] }] }],
    });
    expect(found.get('group admins')).toMatchObject({ kind: 'group' });
  });

  test("the company's own policies", async () => {
    const found = await collect(policies);
    expect([...found.keys()].toSorted()).toEqual(['own in user/ci/deploy', 'read', 'unattached']);
    expect(found.get('read')).toMatchObject({ attachments: 1 });
    expect(found.get('unattached')).toMatchObject({ attachments: 0 });
  });

  test('the account, of whose root moto tells little: that much and no more', async () => {
    const [found] = (await collect(account)).values();
    expect(found).toMatchObject({
      alias: 'acme',
      rootMfa: { unread: 'withheld', call: 'iam:GetCredentialReport' },
      rootAccessKeys: 'none',
      passwordPolicy: { minimumLength: 14, requireSymbols: true },
      publicAccessBlock: null,
    });
  });

  test('every S3 answer is recognized as what it is', async () => {
    await seedBucket(new S3Client({ region: 'us-east-1', endpoint: moto.endpoint, credentials, forcePathStyle: true }));
    const transport = connection.open(global);
    const calls = [
      'PublicAccessBlock',
      'BucketPolicy',
      'BucketAcl',
      'BucketOwnershipControls',
      'BucketEncryption',
      'BucketVersioning',
      'BucketLogging',
      'BucketTagging',
      'BucketLocation',
    ];
    for (const call of calls) {
      const answers = await Array.fromAsync(transport.call(`s3:Get${call}`, { Bucket: 'acme.logs', $region: 'us-east-1' }, false));
      expect([call, answers[0]!.status]).toEqual([call, 200]);
    }
    expect((await Array.fromAsync(transport.call('s3:ListBuckets', {}, true)))[0]!.body).toMatchObject({
      Buckets: [{ Name: 'acme.logs' }],
    });
  });
});

const allow = (Action: string) => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });

async function seedIam(iam: IAMClient): Promise<void> {
  for (const [UserName, Path] of [
    ['alice', '/'],
    ['bert', '/'],
    ['deploy', '/ci/'],
  ] as const)
    await iam.send(new CreateUserCommand({ UserName, Path }));
  for (const UserName of ['alice', 'bert']) await iam.send(new CreateLoginProfileCommand({ UserName, Password: 'not-a-Secret-1234' }));
  const device = await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'alice' }));
  await iam.send(
    new EnableMFADeviceCommand({
      UserName: 'alice',
      SerialNumber: device.VirtualMFADevice!.SerialNumber,
      AuthenticationCode1: '123456',
      AuthenticationCode2: '654321',
    }),
  );
  await iam.send(new CreateAccessKeyCommand({ UserName: 'deploy' }));
  await iam.send(new PutUserPolicyCommand({ UserName: 'deploy', PolicyName: 'own', PolicyDocument: allow('*') }));
  await iam.send(new CreateGroupCommand({ GroupName: 'admins' }));
  await iam.send(new AttachGroupPolicyCommand({ GroupName: 'admins', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }));
  await iam.send(new AddUserToGroupCommand({ GroupName: 'admins', UserName: 'alice' }));
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  });
  await iam.send(new CreateRoleCommand({ RoleName: 'ops', AssumeRolePolicyDocument: trust }));
  const read = await iam.send(new CreatePolicyCommand({ PolicyName: 'read', PolicyDocument: allow('s3:GetObject') }));
  await iam.send(new CreatePolicyCommand({ PolicyName: 'unattached', PolicyDocument: allow('*') }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'ops', PolicyArn: read.Policy!.Arn }));
  await iam.send(new UpdateAccountPasswordPolicyCommand({ MinimumPasswordLength: 14, RequireSymbols: true }));
  await iam.send(new CreateAccountAliasCommand({ AccountAlias: 'acme' }));
  iam.destroy();
}

async function seedBucket(s3: S3Client): Promise<void> {
  const Bucket = 'acme.logs';
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: true } }));
  const deny = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: `arn:aws:s3:::${Bucket}/*`,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [deny] }) }));
  await s3.send(
    new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } }),
  );
  await s3.send(
    new PutBucketEncryptionCommand({
      Bucket,
      ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
    }),
  );
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } }));
  await s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: {} }));
  s3.destroy();
}
