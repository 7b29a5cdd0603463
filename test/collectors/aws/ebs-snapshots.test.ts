import { expect, test } from '@jest/globals';
import ebsSnapshots from '#collectors/aws/ebs-snapshots.ts';
import { itemsOf, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '111122223333', region: 'eu-west-1', partition: 'aws' };
const arn = (id: string) => `arn:aws:ec2:eu-west-1::snapshot/${id}`;
const createdAt = '2025-12-24T18:00:00.000Z';

testCollector(ebsSnapshots, {
  place,
  recording: 'aws/ebs-snapshots.json',
  // Every one that the account owns, public or not; none that others own.
  expect: [
    { key: arn('snap-0001'), name: 'snap-0001', volumeId: 'vol-0001', encrypted: true, createdAt, public: false },
    { key: arn('snap-0002'), name: 'golden image', volumeId: 'vol-0002', encrypted: false, createdAt, public: true },
    { key: arn('snap-0003'), name: 'snap-0003', volumeId: null, encrypted: false, createdAt, public: false },
  ],
});

test('where it cannot be told which are public, none is private', async () => {
  const [list, open] = recordingOf('aws/ebs-snapshots.json');
  const recording = [list!, { ...open!, pages: [], error: { reason: 'throttled' as const, code: 'RequestLimitExceeded', status: 503 } }];
  const snapshots = itemsOf(await replay(ebsSnapshots, { place, recording })) as { public: unknown }[];
  expect(snapshots.map((snapshot) => snapshot.public)).toEqual(
    Array(3).fill(expect.objectContaining({ unread: 'throttled', call: 'ec2:DescribeSnapshots' })),
  );
});
