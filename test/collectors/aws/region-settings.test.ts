import { expect, test } from '@jest/globals';
import regionSettings from '#collectors/aws/region-settings.ts';
import { itemsOf, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '111122223333', region: 'eu-west-1', partition: 'aws' };

testCollector(regionSettings, {
  place,
  recording: 'aws/region-settings.json',
  expect: [
    {
      key: 'aws:region:111122223333/eu-west-1',
      name: 'eu-west-1',
      ebsEncryptionByDefault: true,
      snapshotBlockPublicAccess: 'block-new-sharing',
      vpcBlockPublicAccess: 'off',
    },
  ],
});

test('a region where nothing may be read is still there, with everything unread', async () => {
  const error = { reason: 'denied' as const, code: 'UnauthorizedOperation', status: 403 };
  const recording = recordingOf('aws/region-settings.json').map(({ call }) => ({ call, error }));
  const unread = expect.objectContaining({ unread: 'denied' });
  expect(itemsOf(await replay(regionSettings, { place, recording }))).toEqual([
    expect.objectContaining({
      name: 'eu-west-1',
      ebsEncryptionByDefault: unread,
      snapshotBlockPublicAccess: unread,
      vpcBlockPublicAccess: unread,
    }),
  ]);
});

test('a mode that AWS adds later is unread, not off', async () => {
  const recording = recordingOf('aws/region-settings.json').map((entry) =>
    entry.call === 'ec2:GetSnapshotBlockPublicAccessState' ? { ...entry, pages: [{ State: 'block-something' }] } : entry,
  );
  expect(itemsOf(await replay(regionSettings, { place, recording }))).toMatchObject([
    { snapshotBlockPublicAccess: { unread: 'malformed' }, ebsEncryptionByDefault: true },
  ]);
});
