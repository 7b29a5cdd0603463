import { EC2 } from '@aws-sdk/client-ec2';
import { IAM } from '@aws-sdk/client-iam';
import { KMS } from '@aws-sdk/client-kms';
import { S3 } from '@aws-sdk/client-s3';
import { STS } from '@aws-sdk/client-sts';
import { afterAll, describe, expect, test } from '@jest/globals';
import { collectors } from '#src/registry.ts';
import { company, main, other, present, production, staging } from './company.ts';
import { actionOf, allows } from './permissions.ts';
import { services } from './protocols.ts';
import { type Session, startAws } from './server.ts';

/** That the double behaves as AWS does where the acceptance suites rely on it. */
const aws = await startAws();
const clients: { destroy(): void }[] = [];
afterAll(async () => {
  for (const client of clients) client.destroy();
  await aws.close();
});

const newSession = (over: Partial<Parameters<typeof aws.session>[0]> = {}): Session =>
  aws.session({ world: company, account: production, ...over });

function client<T extends { destroy(): void }>(
  Client: new (configuration: object) => T,
  { credentials }: Pick<Session, 'credentials'>,
  region: string = main,
): T {
  const made = new Client({ region, endpoint: aws.endpoint, credentials, forcePathStyle: true, maxAttempts: 1 });
  clients.push(made);
  return made;
}

test('it answers every call that a collector of AWS declares, and asks a permission for each', () => {
  const declared = collectors.filter(({ id }) => id.startsWith('aws-')).flatMap(({ reads }) => Object.keys(reads as object));
  const answered = Object.entries(services).flatMap(([service, operations]) => Object.keys(operations).map((name) => `${service}:${name}`));
  expect(declared.filter((operation) => !answered.includes(operation))).toEqual([]);
  expect(declared.filter((operation) => typeof actionOf[operation] !== 'string')).toEqual([]);
});

describe('pages', () => {
  test('are as long as asked for, and follow one another by their tokens', async () => {
    const kms = client(KMS, newSession({ world: { ...company, shorterPages: {} } }));
    const first = await kms.listKeys({ Limit: 3 });
    expect(first).toMatchObject({ Truncated: true, NextMarker: expect.any(String), Keys: { length: 3 } });
    const second = await kms.listKeys({ Limit: 3, Marker: first.NextMarker });
    expect(second).toMatchObject({ Truncated: false, Keys: [{ KeyId: 'of-aws' }] });
    expect(second.NextMarker).toBeUndefined();
  });

  test('are never longer than AWS makes them', async () => {
    const session = newSession();
    await expect(client(EC2, session).describeVolumes({ MaxResults: 501 })).rejects.toThrow('between 5 and 500');
    await expect(client(IAM, session).listAccountAliases({ MaxItems: 1001 })).rejects.toThrow('between 1 and 1000');
    await expect(client(KMS, session).listAliases({ Limit: 101 })).rejects.toThrow('between 1 and 100');
  });

  test('know their own tokens only', async () => {
    const token = Buffer.from(JSON.stringify(['ec2:DescribeVpcs', 1, 5])).toString('base64');
    await expect(client(EC2, newSession()).describeVolumes({ MaxResults: 5, NextToken: token })).rejects.toMatchObject({
      name: 'InvalidNextToken',
    });
  });
});

describe('who may', () => {
  test('a denial beats an allowance, and what nothing allows is denied', () => {
    const policy = {
      Statement: [
        { Effect: 'Allow', Action: ['kms:*', 's3:Get*'] },
        { Effect: 'Deny', Action: 'kms:Decrypt' },
      ],
    };
    expect(['kms:ListKeys', 's3:GetBucketAcl', 'kms:Decrypt', 's3:ListAllMyBuckets'].map((action) => allows(policy, action))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('the refusal is in the words of each service', async () => {
    const session = newSession({ policy: { Statement: [] } });
    const told = async (asked: Promise<unknown>) =>
      asked.then(
        () => 'answered',
        ({ name, $metadata }: { name: string; $metadata: { httpStatusCode: number } }) => `${name} ${$metadata.httpStatusCode}`,
      );
    expect(await told(client(EC2, session).describeVpcs({}))).toBe('UnauthorizedOperation 403');
    expect(await told(client(IAM, session).getAccountSummary({}))).toBe('AccessDenied 403');
    expect(await told(client(KMS, session).listKeys({}))).toBe('AccessDeniedException 400');
    expect(await told(client(S3, session).listBuckets({}))).toBe('AccessDenied 403');
    expect(await told(client(STS, session).getCallerIdentity({}))).toBe('answered');
  });

  test('a role lets in whoever knows its external id, into its own account', async () => {
    const sts = client(STS, newSession());
    const role = { RoleArn: `arn:aws:iam::${staging}:role/holdfast`, RoleSessionName: 'test' };
    await expect(sts.assumeRole(role)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(sts.assumeRole({ ...role, ExternalId: 'a guess' })).rejects.toMatchObject({ name: 'AccessDenied' });
    const { Credentials } = await sts.assumeRole({ ...role, ExternalId: 'only-we-know' });
    expect(Credentials!.Expiration!.getTime()).toBeGreaterThan(present);
    const inside = { credentials: { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: 'any', sessionToken: 'any' } };
    expect(await client(STS, inside).getCallerIdentity({})).toMatchObject({ Account: staging });
  });
});

test('a bucket answers in its own region, and says elsewhere where that is', async () => {
  const session = newSession();
  expect(await client(S3, session, other).getBucketVersioning({ Bucket: 'acme-leak' })).toMatchObject({ Status: 'Suspended' });
  await expect(client(S3, session).getBucketVersioning({ Bucket: 'acme-leak' })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 301 },
  });
});

test('what goes wrong goes wrong as often as asked for, for one customer, and is counted', async () => {
  const [mine, theirs] = [newSession(), newSession()];
  mine.disturb(({ operation }) => operation === 'ec2:DescribeVpcs', { throttle: 'silently' }, 1);
  await expect(client(EC2, mine).describeVpcs({})).rejects.toMatchObject({
    name: 'RequestLimitExceeded',
    $metadata: { httpStatusCode: 503 },
  });
  expect((await client(EC2, theirs).describeVpcs({})).Vpcs).toHaveLength(3);
  expect((await client(EC2, mine).describeVpcs({})).Vpcs).toHaveLength(3);
  expect([mine.counts(), theirs.counts()]).toEqual([{ 'ec2:DescribeVpcs': 2 }, { 'ec2:DescribeVpcs': 1 }]);
});
