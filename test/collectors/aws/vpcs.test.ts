import { expect, test } from '@jest/globals';
import vpcs from '#collectors/aws/vpcs.ts';
import { itemsOf, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '111122223333', region: 'eu-west-1', partition: 'aws' };
const arn = (id: string) => `arn:aws:ec2:eu-west-1:111122223333:vpc/${id}`;

testCollector(vpcs, {
  place,
  recording: 'aws/vpcs.json',
  expect: [
    {
      key: arn('vpc-0aaa'),
      name: 'production',
      ownerId: '111122223333',
      isDefault: false,
      cidrs: ['10.20.0.0/16', '2a05:d018:1::/56'],
      inUse: true,
      flowLogs: [
        {
          id: 'fl-1',
          status: 'ACTIVE',
          delivery: 'SUCCESS',
          deliveryError: null,
          traffic: 'REJECT',
          destination: 's3',
        },
        {
          id: 'fl-2',
          status: 'ACTIVE',
          delivery: null,
          deliveryError: 'Access error',
          traffic: 'ALL',
          destination: null,
        },
      ],
      subnets: [
        {
          id: 'subnet-1',
          flowLogs: [
            {
              id: 'fl-3',
              status: 'ACTIVE',
              delivery: 'FAILED',
              deliveryError: null,
              traffic: 'ALL',
              destination: 'cloud-watch-logs',
            },
          ],
        },
        {
          id: 'subnet-2',
          flowLogs: [],
        },
      ],
    },
    {
      key: arn('vpc-0bbb'),
      name: 'vpc-0bbb',
      ownerId: '111122223333',
      isDefault: true,
      cidrs: ['172.31.0.0/16'],
      inUse: false,
      flowLogs: [],
      subnets: [
        {
          id: 'subnet-3',
          flowLogs: [],
        },
      ],
    },
  ],
});

test.each([
  ['ec2:DescribeNetworkInterfaces', ['inUse']],
  ['ec2:DescribeFlowLogs', ['flowLogs', 'subnets']],
  ['ec2:DescribeSubnets', ['subnets']],
])('%s refused: %j unread, never none', async (call, fields) => {
  const denied = { reason: 'denied' as const, code: 'UnauthorizedOperation', status: 403 };
  const recording = recordingOf('aws/vpcs.json').map((entry) => (entry.call === call ? { call, error: denied } : entry));
  for (const vpc of itemsOf(await replay(vpcs, { place, recording }))) {
    const unread = Object.entries(vpc).filter(([, value]) => (value as { unread?: string }).unread === 'denied');
    expect(unread.map(([field]) => field)).toEqual(fields);
  }
});

test('a flow log of a VPC that names no kind of traffic is malformed; one of a transit gateway has none', async () => {
  const log = (ResourceId: string) => ({
    call: 'ec2:DescribeFlowLogs',
    pages: [{ FlowLogs: [{ FlowLogId: 'fl-1', FlowLogStatus: 'ACTIVE', ResourceId }] }],
  });
  const withLog = async (id: string) =>
    itemsOf(
      await replay(vpcs, {
        place,
        recording: recordingOf('aws/vpcs.json').map((entry) => (entry.call === 'ec2:DescribeFlowLogs' ? log(id) : entry)),
      }),
    );
  expect(await withLog('vpc-0aaa')).toMatchObject([{ flowLogs: { unread: 'malformed' } }, { flowLogs: { unread: 'malformed' } }]);
  expect(await withLog('tgw-1')).toMatchObject([{ flowLogs: [] }, { flowLogs: [] }]);
});
