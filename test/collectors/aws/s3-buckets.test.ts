import { describe, expect, test } from '@jest/globals';
import collector from '#collectors/aws/s3-buckets.ts';
import { isUnread } from '#src/population.ts';
import { itemsOf, type RecordedCall, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'global', partition: 'aws' };

testCollector(collector, {
  place,
  recording: 'aws/s3-buckets.json',
  // An empty answer about versions is "never set", about the location "us-east-1".
  emptyIsFact: ['s3:GetBucketVersioning', 's3:GetBucketLocation'],
  expect: [
    {
      key: 'arn:aws:s3:::acme-old',
      name: 'acme-old',
      region: 'eu-west-1',
      accountBlock: null,
      bucketBlock: { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: false, restrictPublicBuckets: false },
      policyIsPublic: false,
      aclPublicGrants: [],
      ownership: null,
      publicByPolicy: false,
      publicByAcl: [],
      refusesPlainHttp: false,
      encryption: null,
      kmsKeyId: null,
      versioning: 'never',
    },
    {
      key: 'arn:aws:s3:::acme-orders',
      name: 'acme-orders',
      region: 'eu-central-1',
      accountBlock: null,
      bucketBlock: { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      policyIsPublic: false,
      aclPublicGrants: [],
      ownership: 'BucketOwnerEnforced',
      publicByPolicy: false,
      publicByAcl: [],
      refusesPlainHttp: true,
      encryption: 'aws:kms',
      kmsKeyId: 'arn:aws:kms:eu-central-1:123456789012:key/1b2c',
      versioning: 'enabled',
    },
    {
      key: 'arn:aws:s3:::acme-site',
      name: 'acme-site',
      region: 'us-east-1',
      accountBlock: null,
      bucketBlock: null,
      policyIsPublic: true,
      aclPublicGrants: ['AllUsers READ', 'AuthenticatedUsers READ_ACP'],
      ownership: 'ObjectWriter',
      publicByPolicy: true,
      publicByAcl: ['AllUsers READ', 'AuthenticatedUsers READ_ACP'],
      refusesPlainHttp: false,
      encryption: 'AES256',
      kmsKeyId: null,
      versioning: 'suspended',
    },
  ],
});

interface Setup {
  readonly account: boolean;
  readonly bucket: boolean;
  readonly policy: boolean;
  readonly acl: boolean;
  readonly ownership: 'BucketOwnerEnforced' | 'ObjectWriter' | null;
}

const refusal = { reason: 'denied', code: 'AccessDenied', status: 403 } as const;
const notSet = (code: string) => ({ error: { reason: 'gone', code, status: 404 } as const });
const on = {
  pages: [
    {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: false,
        IgnorePublicAcls: true,
        BlockPublicPolicy: false,
        RestrictPublicBuckets: true,
      },
    },
  ],
};
const settings = [
  's3control:GetPublicAccessBlock',
  's3:GetPublicAccessBlock',
  's3:GetBucketPolicyStatus',
  's3:GetBucketAcl',
  's3:GetBucketOwnershipControls',
] as const;

function recorded({ account, bucket, policy, acl, ownership }: Setup, refused: readonly string[] = []): RecordedCall[] {
  const calls: RecordedCall[] = [
    { call: 's3:ListBuckets', pages: [{ Buckets: [{ Name: 'b', BucketRegion: 'eu-central-1' }] }] },
    { call: 's3control:GetPublicAccessBlock', ...(account ? on : notSet('NoSuchPublicAccessBlockConfiguration')) },
    { call: 's3:GetPublicAccessBlock', ...(bucket ? on : notSet('NoSuchPublicAccessBlockConfiguration')) },
    { call: 's3:GetBucketPolicyStatus', pages: [{ PolicyStatus: { IsPublic: policy } }] },
    { call: 's3:GetBucketPolicy', error: refusal },
    {
      call: 's3:GetBucketAcl',
      pages: [{ Grants: acl ? [{ Grantee: { URI: 'http://acs.amazonaws.com/groups/global/AllUsers' }, Permission: 'READ' }] : [] }],
    },
    {
      call: 's3:GetBucketOwnershipControls',
      ...(ownership
        ? { pages: [{ OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } }] }
        : notSet('OwnershipControlsNotFoundError')),
    },
    { call: 's3:GetBucketEncryption', error: refusal },
    { call: 's3:GetBucketVersioning', error: refusal },
  ];
  return calls.map((entry) => (refused.includes(entry.call) ? { call: entry.call, error: refusal } : entry));
}

type Exposure = { publicByPolicy: unknown; publicByAcl: unknown };
const exposure = async (recording: RecordedCall[]): Promise<Exposure> =>
  itemsOf(await replay(collector, { place, recording }))[0] as unknown as Exposure;

const both = [false, true];
const setups: Setup[] = both.flatMap((account) =>
  both.flatMap((bucket) =>
    both.flatMap((policy) =>
      both.flatMap((acl) =>
        (['BucketOwnerEnforced', 'ObjectWriter', null] as const).map((ownership) => ({ account, bucket, policy, acl, ownership })),
      ),
    ),
  ),
);

describe('what is left of public grants', () => {
  test('each combination of settings, all of them read', async () => {
    for (const setup of setups) {
      const { account, bucket, policy, acl, ownership } = setup;
      const blocked = account || bucket;
      expect({ ...setup, ...(await exposure(recorded(setup))) }).toMatchObject({
        ...setup,
        publicByPolicy: policy && !blocked,
        publicByAcl: acl && !blocked && ownership !== 'BucketOwnerEnforced' ? ['AllUsers READ'] : [],
      });
    }
  });

  test('whatever cannot be read, what is said is what is so, or nothing is said', async () => {
    const subsets = Array.from({ length: 2 ** settings.length }, (_, bits) => settings.filter((_, i) => bits & (1 << i)));
    for (const setup of setups) {
      const truth = await exposure(recorded(setup));
      for (const refused of subsets) {
        const said = await exposure(recorded(setup, refused));
        for (const field of ['publicByPolicy', 'publicByAcl'] as const)
          if (!isUnread(said[field])) expect({ setup, refused, [field]: said[field] }).toEqual({ setup, refused, [field]: truth[field] });
        if (refused.length === settings.length) expect([said.publicByPolicy, said.publicByAcl].every(isUnread)).toBe(true);
      }
    }
  });

  test('a block known to be on settles it alone; without any grant nothing else matters', async () => {
    const open: Setup = { account: true, bucket: false, policy: true, acl: true, ownership: null };
    expect(await exposure(recorded(open, settings.slice(1)))).toMatchObject({ publicByPolicy: false, publicByAcl: [] });
    const bare: Setup = { account: false, bucket: false, policy: false, acl: false, ownership: null };
    expect(
      await exposure(recorded(bare, ['s3control:GetPublicAccessBlock', 's3:GetPublicAccessBlock', 's3:GetBucketOwnershipControls'])),
    ).toMatchObject({ publicByPolicy: false, publicByAcl: [] });
  });
});

describe('a policy whose status the provider does not give', () => {
  const bare: Setup = { account: false, bucket: false, policy: false, acl: false, ownership: null };
  const withPolicy = (statements: unknown) => {
    const text = typeof statements === 'string' ? statements : JSON.stringify({ Version: '2012-10-17', Statement: statements });
    return recorded(bare).map((entry): RecordedCall => {
      if (entry.call === 's3:GetBucketPolicyStatus') return { call: entry.call, pages: [{}] };
      return entry.call === 's3:GetBucketPolicy' ? { call: entry.call, pages: [{ Policy: text }] } : entry;
    });
  };
  const allow = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };

  test.each([
    ['for everyone without a condition', [allow], true],
    [
      'for everyone, beside a statement in doubt',
      [
        { ...allow, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
        { ...allow, Principal: { AWS: ['*'] } },
      ],
      true,
    ],
    ['for one role', [{ ...allow, Principal: { AWS: 'arn:aws:iam::123456789012:role/reader' } }], false],
    ['for a distribution', { ...allow, Principal: { Service: 'cloudfront.amazonaws.com' } }, false],
    ['only denials', [{ ...allow, Effect: 'Deny' }], false],
  ])('%s is read by ourselves', async (_, statements, isPublic) => {
    const [item] = itemsOf(await replay(collector, { place, recording: withPolicy(statements) }));
    expect(item).toMatchObject({ policyIsPublic: { unread: 'malformed' }, publicByPolicy: isPublic });
  });

  test.each([
    ['a condition', [{ ...allow, Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } }]],
    ['everyone but some', [{ Effect: 'Allow', NotPrincipal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 's3:*', Resource: '*' }]],
    ['a pattern of principals', [{ ...allow, Principal: { AWS: 'arn:aws:iam::*:root' } }]],
    ['no principal at all', [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]],
    ['every action but some, for everyone', [{ Effect: 'Allow', Principal: '*', NotAction: 's3:DeleteBucket', Resource: '*' }]],
    ['text that is no policy', 'not a policy'],
  ])('%s stays unread', async (_, statements) => {
    const [item] = itemsOf(await replay(collector, { place, recording: withPolicy(statements) }));
    expect(item).toMatchObject({
      policyIsPublic: { unread: 'malformed' },
      publicByPolicy: { unread: 'malformed', call: 's3:GetBucketPolicyStatus' },
    });
  });
});

test('a refused location leaves the region unread and asks on where we are', async () => {
  const setup: Setup = { account: true, bucket: true, policy: false, acl: false, ownership: null };
  const recording = recorded(setup).map(
    (entry): RecordedCall => (entry.call === 's3:ListBuckets' ? { call: entry.call, pages: [{ Buckets: [{ Name: 'b' }] }] } : entry),
  );
  const [item] = itemsOf(await replay(collector, { place, recording: [...recording, { call: 's3:GetBucketLocation', error: refusal }] }));
  expect(item).toMatchObject({ region: { unread: 'denied', call: 's3:GetBucketLocation' }, publicByPolicy: false });
});

test('no buckets: nothing further is asked', async () => {
  const collected = await replay(collector, { place, recording: [{ call: 's3:ListBuckets', pages: [{ Buckets: [] }] }] });
  expect(collected).toMatchObject({ status: 'complete', items: [], calls: [{ operation: 's3:ListBuckets' }] });
});

test('the partition is that of the place', async () => {
  const setup: Setup = { account: true, bucket: true, policy: false, acl: false, ownership: null };
  const [item] = itemsOf(await replay(collector, { place: { ...place, partition: 'aws-us-gov' }, recording: recorded(setup) }));
  expect(item).toMatchObject({ key: 'arn:aws-us-gov:s3:::b' });
});
