import { expect, test } from '@jest/globals';
import ebsVolumes from '#collectors/aws/ebs-volumes.ts';
import { itemsOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '111122223333', region: 'eu-west-1', partition: 'aws' };
const arn = (id: string) => `arn:aws:ec2:eu-west-1:111122223333:volume/${id}`;
const kmsKeyId = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

testCollector(ebsVolumes, {
  place,
  recording: 'aws/ebs-volumes.json',
  expect: [
    {
      key: arn('vol-0001'),
      name: 'data',
      state: 'in-use',
      encrypted: true,
      kmsKeyId,
      createdAt: '2025-11-02T03:04:05.678Z',
      attachedTo: ['i-1', 'i-2'],
    },
    {
      key: arn('vol-0002'),
      name: 'vol-0002',
      state: 'available',
      encrypted: false,
      kmsKeyId: null,
      createdAt: '2019-01-02T03:04:05.000Z',
      attachedTo: [],
    },
    {
      key: arn('vol-0003'),
      name: 'vol-0003',
      state: 'in-use',
      encrypted: false,
      kmsKeyId: null,
      createdAt: '2025-01-02T03:04:05.000Z',
      attachedTo: ['arn:aws:ecs:eu-west-1:111122223333:task/main/1'],
    },
  ],
});

test('an answer that does not say whether a volume is encrypted is malformed', async () => {
  const volume = { VolumeId: 'vol-1', State: 'in-use', CreateTime: '2025-01-02T03:04:05Z', Attachments: [] };
  const collected = await replay(ebsVolumes, { place, recording: [{ call: 'ec2:DescribeVolumes', pages: [{ Volumes: [volume] }] }] });
  expect(collected).toMatchObject({ status: 'failed', unread: { unread: 'malformed', detail: expect.stringContaining('Encrypted') } });
});

test('a region without volumes is a fact', async () => {
  expect(itemsOf(await replay(ebsVolumes, { place, recording: [{ call: 'ec2:DescribeVolumes', pages: [{ Volumes: [] }] }] }))).toEqual([]);
});
