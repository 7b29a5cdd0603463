import { expect, test } from '@jest/globals';
import collector from '#collectors/aws/guardduty-detectors.ts';
import { itemsOf, type RecordedCall, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'eu-central-1', partition: 'aws-cn' };
const key = 'arn:aws-cn:guardduty:eu-central-1:123456789012:region';
const item = { key, name: 'eu-central-1', region: 'eu-central-1' };

testCollector(collector, {
  place,
  recording: [
    { call: 'guardduty:ListDetectors', parameters: {}, pages: [{ DetectorIds: [] }, { DetectorIds: ['d1'] }] },
    {
      call: 'guardduty:GetDetector',
      parameters: { DetectorId: 'd1' },
      pages: [
        {
          CreatedAt: '2025-01-01T00:00:00.000Z',
          ServiceRole: 'arn:aws:iam::123456789012:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty',
          Status: 'ENABLED',
          Features: [
            { Name: 'S3_DATA_EVENTS', Status: 'ENABLED' },
            { Name: 'EKS_AUDIT_LOGS', Status: 'DISABLED' },
            { Name: 'CLOUD_TRAIL', Status: 'ENABLED' },
          ],
        },
      ],
    },
  ],
  expect: [{ ...item, detector: 'd1', status: 'enabled', features: ['CLOUD_TRAIL', 'S3_DATA_EVENTS'] }],
});

const read = async (...recording: RecordedCall[]) => itemsOf(await replay(collector, { place, recording }));
const listed = { call: 'guardduty:ListDetectors', pages: [{ DetectorIds: ['d1'] }] };

test('no detector is a fact', async () => {
  expect(await read({ call: 'guardduty:ListDetectors', pages: [{ DetectorIds: [] }] })).toEqual([
    { ...item, detector: null, status: 'none', features: [] },
  ]);
});

test('a suspended detector', async () => {
  expect(await read(listed, { call: 'guardduty:GetDetector', pages: [{ Status: 'DISABLED', Features: [] }] })).toEqual([
    { ...item, detector: 'd1', status: 'disabled', features: [] },
  ]);
});

test('a refusal leaves the region there, unread', async () => {
  const denied = { reason: 'denied', code: 'AccessDeniedException', status: 403 } as const;
  expect(await read({ call: 'guardduty:ListDetectors', error: denied })).toMatchObject([
    { key, detector: { unread: 'denied' }, status: { unread: 'denied', needs: 'guardduty:ListDetectors' }, features: { unread: 'denied' } },
  ]);
  expect(await read(listed, { call: 'guardduty:GetDetector', error: denied })).toMatchObject([
    { key, detector: 'd1', status: { unread: 'denied', needs: 'guardduty:GetDetector' } },
  ]);
});

test('a detector without a list of features is not one without features', async () => {
  expect(await read(listed, { call: 'guardduty:GetDetector', pages: [{ Status: 'ENABLED' }] })).toMatchObject([
    { status: 'enabled', features: { unread: 'withheld' } },
  ]);
});
