import { expect, test } from '@jest/globals';
import collector from '#collectors/aws/kms-keys.ts';
import { itemsOf, type RecordedCall, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'eu-central-1', partition: 'aws' };
const arn = 'arn:aws:kms:eu-central-1:123456789012:key';
const refused = {
  unread: 'denied',
  call: 'kms:DescribeKey',
  needs: 'kms:DescribeKey',
  detail: 'AccessDeniedException: no resource-based policy allows the kms:DescribeKey action',
};

testCollector(collector, {
  place,
  recording: 'aws/kms-keys.json',
  expect: [
    // The key's own policy refuses us. It stays in the population.
    {
      key: `${arn}/closed`,
      name: 'closed',
      manager: refused,
      state: refused,
      spec: refused,
      usage: refused,
      origin: refused,
      multiRegion: refused,
      rotation: refused,
    },
    {
      key: `${arn}/mrk-copy`,
      name: 'mrk-copy',
      manager: 'CUSTOMER',
      state: 'Enabled',
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      multiRegion: 'replica',
      rotation: { enabled: false, periodDays: null },
    },
    {
      key: `${arn}/orders`,
      name: 'alias/orders',
      manager: 'CUSTOMER',
      state: 'Enabled',
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      multiRegion: 'no',
      rotation: { enabled: true, periodDays: 365 },
    },
    {
      key: `${arn}/signing`,
      name: 'signing',
      manager: 'CUSTOMER',
      state: 'Enabled',
      spec: 'RSA_4096',
      usage: 'SIGN_VERIFY',
      origin: 'AWS_KMS',
      multiRegion: 'no',
      rotation: null,
    },
  ],
});

const metadata = {
  KeyId: 'k',
  KeyManager: 'CUSTOMER',
  KeyState: 'Enabled',
  KeySpec: 'SYMMETRIC_DEFAULT',
  KeyUsage: 'ENCRYPT_DECRYPT',
  Origin: 'AWS_KMS',
  MultiRegion: false,
};
const recorded = (patch: object, ...more: RecordedCall[]): RecordedCall[] => [
  { call: 'kms:ListAliases', pages: [{ Aliases: [] }] },
  { call: 'kms:ListKeys', pages: [{ Keys: [{ KeyId: 'k', KeyArn: `${arn}/k` }] }] },
  { call: 'kms:DescribeKey', pages: [{ KeyMetadata: { ...metadata, ...patch } }] },
  ...more,
];

test.each([
  { Origin: 'EXTERNAL' },
  { Origin: 'AWS_CLOUDHSM' },
  { KeySpec: 'HMAC_256' },
  { KeyState: 'PendingDeletion' },
  { KeyManager: 'AWS' },
])('nobody asks whether a key of %j rotates', async (patch) => {
  expect(itemsOf(await replay(collector, { place, recording: recorded(patch) }))).toMatchObject([{ key: `${arn}/k`, rotation: null }]);
});

test('a refused rotation status is unread; the rest of the key is not', async () => {
  const recording = recorded({}, { call: 'kms:GetKeyRotationStatus', error: { reason: 'denied', code: 'AccessDeniedException' } });
  expect(itemsOf(await replay(collector, { place, recording }))).toMatchObject([
    { manager: 'CUSTOMER', rotation: { unread: 'denied', call: 'kms:GetKeyRotationStatus' } },
  ]);
});

test('a rotation without its period, and a multi-region key without its kind, are unread', async () => {
  const recording = recorded({ MultiRegion: true }, { call: 'kms:GetKeyRotationStatus', pages: [{ KeyRotationEnabled: true }] });
  expect(itemsOf(await replay(collector, { place, recording }))).toMatchObject([
    { multiRegion: { unread: 'malformed' }, rotation: { unread: 'malformed' } },
  ]);
});

test('what a key does not say of itself is unread, and keeps nobody from asking whether it rotates', async () => {
  const recording = recorded({}, { call: 'kms:GetKeyRotationStatus', pages: [{ KeyRotationEnabled: false }] });
  const bare = recording.map((entry) =>
    entry.call === 'kms:DescribeKey' ? { ...entry, pages: [{ KeyMetadata: { KeyId: 'k' } }] } : entry,
  );
  const unread = { unread: 'malformed', call: 'kms:DescribeKey' };
  expect(itemsOf(await replay(collector, { place, recording: bare }))).toMatchObject([
    {
      manager: unread,
      state: unread,
      spec: unread,
      usage: unread,
      origin: unread,
      multiRegion: unread,
      rotation: { enabled: false, periodDays: null },
    },
  ]);
});
