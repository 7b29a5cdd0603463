import { expect, test } from '@jest/globals';
import collector from '#collectors/aws/config-recorders.ts';
import { itemsOf, type RecordedCall, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '123456789012', region: 'eu-central-1', partition: 'aws' };
const key = 'arn:aws:config:eu-central-1:123456789012:region';
const item = { key, name: 'eu-central-1', region: 'eu-central-1' };

const recorders = (...ConfigurationRecorders: object[]): RecordedCall => ({
  call: 'config:DescribeConfigurationRecorders',
  parameters: {},
  pages: [{ ConfigurationRecorders }],
});
const statuses = (...ConfigurationRecordersStatus: object[]): RecordedCall => ({
  call: 'config:DescribeConfigurationRecorderStatus',
  parameters: {},
  pages: [{ ConfigurationRecordersStatus }],
});
const channels = (...DeliveryChannelsStatus: object[]): RecordedCall => ({
  call: 'config:DescribeDeliveryChannelStatus',
  parameters: {},
  pages: [{ DeliveryChannelsStatus }],
});
const all = {
  allSupported: true,
  includeGlobalResourceTypes: true,
  resourceTypes: [],
  recordingStrategy: { useOnly: 'ALL_SUPPORTED_RESOURCE_TYPES' },
};

testCollector(collector, {
  place,
  recording: [
    recorders(
      { name: 'default', roleARN: 'arn:aws:iam::123456789012:role/config', recordingGroup: all },
      {
        name: 'AWSConfigurationRecorderForX',
        servicePrincipal: 'x.amazonaws.com',
        recordingGroup: { allSupported: false, resourceTypes: ['AWS::EC2::VPC'] },
      },
    ),
    statuses(
      { name: 'default', recording: true, lastStatus: 'SUCCESS', lastStartTime: '2025-07-24T06:41:41.945Z' },
      { name: 'AWSConfigurationRecorderForX', servicePrincipal: 'x.amazonaws.com', recording: false, lastStatus: 'FAILURE' },
    ),
    channels({
      name: 'default',
      configSnapshotDeliveryInfo: {},
      configHistoryDeliveryInfo: { lastStatus: 'SUCCESS', lastErrorMessage: 'left out' },
      configStreamDeliveryInfo: { lastStatus: 'NOT_APPLICABLE' },
    }),
  ],
  expect: [
    {
      ...item,
      recorder: 'default',
      records: 'all',
      recording: true,
      lastStatus: 'success',
      delivery: { history: 'success', stream: 'not_applicable' },
    },
  ],
});

const read = async (...recording: RecordedCall[]) => itemsOf(await replay(collector, { place, recording }));

test('no recorder is a fact; those of services do not count', async () => {
  const none = { ...item, recorder: null, records: 'nothing', recording: false, lastStatus: null, delivery: null };
  // Nothing more is asked, so nothing more can be refused.
  expect(await read(recorders())).toEqual([none]);
  expect(await read(recorders({ name: 's', servicePrincipal: 'x.amazonaws.com' }))).toEqual([none]);
});

test.each([
  [{ allSupported: false, resourceTypes: ['AWS::EC2::VPC'] }, 'some'],
  [{ allSupported: false, resourceTypes: [] }, 'nothing'],
  [
    {
      allSupported: false,
      exclusionByResourceTypes: { resourceTypes: ['AWS::IAM::User'] },
      recordingStrategy: { useOnly: 'EXCLUSION_BY_RESOURCE_TYPES' },
    },
    'all-but-some',
  ],
  [{ ...all, exclusionByResourceTypes: { resourceTypes: [] } }, 'all'],
])('a recording group %j', async (recordingGroup, records) => {
  expect(
    await read(recorders({ name: 'default', recordingGroup }), statuses({ name: 'default', recording: false }), channels()),
  ).toMatchObject([{ records, recording: false, lastStatus: null }]);
});

test('a recorder that does not say what it records, or whose status is missing, is unread there', async () => {
  expect(
    await read(
      recorders({ name: 'default' }),
      statuses({ name: 'other', recording: true, lastStatus: 'SUCCESS' }),
      channels({ name: 'default' }),
    ),
  ).toMatchObject([
    {
      recorder: 'default',
      records: { unread: 'malformed' },
      recording: { unread: 'partial' },
      lastStatus: { unread: 'partial' },
      delivery: { history: null, stream: null },
    },
  ]);
});
