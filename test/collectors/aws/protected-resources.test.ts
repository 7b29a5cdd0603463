import { expect, test } from '@jest/globals';
import collector from '#collectors/aws/protected-resources.ts';
import { itemsOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'eu-central-1', partition: 'aws' };
const orders = 'arn:aws:rds:eu-central-1:123456789012:db:orders';

testCollector(collector, {
  place,
  recording: [
    {
      call: 'backup:ListProtectedResources',
      parameters: {},
      pages: [
        {
          Results: [
            {
              ResourceArn: orders,
              ResourceType: 'RDS',
              ResourceName: 'orders',
              LastBackupTime: '2026-01-14T05:20:00.000Z',
              LastRecoveryPointArn: 'left out',
            },
          ],
        },
        { Results: [{ ResourceArn: 'arn:aws:s3:::acme-orders', ResourceType: 'S3' }] },
      ],
    },
  ],
  expect: [
    { key: orders, name: 'orders', arn: orders, resourceType: 'RDS', lastBackup: '2026-01-14T05:20:00.000Z' },
    { key: 'arn:aws:s3:::acme-orders', name: 'acme-orders', arn: 'arn:aws:s3:::acme-orders', resourceType: 'S3', lastBackup: null },
  ],
});

test('a service that is not there fails the scope: nothing protected is never concluded from it', async () => {
  const recording = [
    { call: 'backup:ListProtectedResources', error: { reason: 'unavailable', status: 404, detail: 'not an answer of AWS' } as const },
  ];
  expect(await replay(collector, { place, recording })).toMatchObject({
    status: 'failed',
    unread: { unread: 'unavailable', needs: 'backup:ListProtectedResources' },
  });
  expect(
    itemsOf(await replay(collector, { place, recording: [{ call: 'backup:ListProtectedResources', pages: [{ Results: [] }] }] })),
  ).toEqual([]);
});
