import { expect, test } from '@jest/globals';
import securityGroups from '#collectors/aws/security-groups.ts';
import { itemsOf, type RecordedCall, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '111122223333', region: 'eu-west-1', partition: 'aws' };
const everywhere = [{ protocol: 'all', from: null, to: null, peers: [{ kind: 'ipv4', value: '0.0.0.0/0' }] }];
const whose = { vpcId: 'vpc-0aaa', ownerId: '111122223333' };
const arn = (id: string) => `arn:aws:ec2:eu-west-1:111122223333:security-group/${id}`;

testCollector(securityGroups, {
  place,
  recording: 'aws/security-groups.json',
  // Not the group of another account that a shared VPC shows.
  expect: [
    {
      key: arn('sg-0001'),
      name: 'default',
      ...whose,
      groupName: 'default',
      egress: everywhere,
      attached: 'no',
      attachedTo: [],
      ingress: [
        {
          protocol: 'all',
          from: null,
          to: null,
          peers: [
            {
              kind: 'security-group',
              value: 'sg-0001',
            },
          ],
        },
      ],
    },
    {
      key: arn('sg-0002'),
      name: 'web',
      ...whose,
      groupName: 'web',
      egress: everywhere,
      attached: 'yes',
      attachedTo: ['amazon-elb', 'interface'],
      ingress: [
        {
          protocol: 'icmp',
          from: 8,
          to: null,
          peers: [
            {
              kind: 'ipv4',
              value: '0.0.0.0/0',
            },
          ],
        },
        {
          protocol: 'tcp',
          from: 443,
          to: 443,
          peers: [
            {
              kind: 'ipv4',
              value: '0.0.0.0/0',
            },
            {
              kind: 'ipv6',
              value: '::/0',
            },
          ],
        },
      ],
    },
    {
      key: arn('sg-0003'),
      name: 'bastion',
      ...whose,
      groupName: 'bastion',
      egress: [],
      attached: 'yes',
      attachedTo: ['interface'],
      ingress: [
        {
          protocol: 'tcp',
          from: 22,
          to: 22,
          peers: [
            {
              kind: 'ipv4',
              value: '0.0.0.0/1',
            },
            {
              kind: 'ipv4',
              value: '128.0.0.0/1',
            },
            {
              kind: 'prefix-list',
              value: 'pl-0customer',
              cidrs: ['10.0.0.0/8', '203.0.113.0/24'],
            },
          ],
        },
        {
          protocol: 'udp',
          from: 500,
          to: 500,
          peers: [
            {
              kind: 'ipv4',
              value: '198.51.100.7/32',
            },
          ],
        },
      ],
    },
    {
      key: arn('sg-0004'),
      name: 'origin',
      ...whose,
      groupName: 'origin',
      egress: everywhere,
      attached: 'no',
      attachedTo: [],
      ingress: [
        {
          protocol: 'tcp',
          from: 80,
          to: 80,
          peers: [
            {
              kind: 'aws-prefix-list',
              value: 'pl-0cloudfront',
            },
          ],
        },
      ],
    },
  ],
});

const recording = recordingOf('aws/security-groups.json');
const instead = (call: string, answer: Omit<RecordedCall, 'call'>): RecordedCall[] =>
  recording.map((entry) => (entry.call === call ? { call, ...answer } : entry));
const denied = {
  error: { reason: 'denied' as const, code: 'UnauthorizedOperation', status: 403, detail: 'UnauthorizedOperation: not authorized' },
};
const itemsAfter = async (call: string, answer: Omit<RecordedCall, 'call'>) =>
  Object.fromEntries(
    itemsOf(await replay(securityGroups, { place, recording: instead(call, answer) })).map((item) => [
      (item as { name: string }).name,
      item,
    ]),
  ) as Record<string, any>;

test('a prefix list that may not be read leaves unread what depends on it, in the groups that name it and nowhere else', async () => {
  const groups = await itemsAfter('ec2:GetManagedPrefixListEntries', denied);
  expect(groups.bastion.ingress).toMatchObject({ unread: 'denied', call: 'ec2:GetManagedPrefixListEntries' });
  expect(groups.bastion.egress).toEqual([]);
  for (const name of ['default', 'web', 'origin']) expect(groups[name].ingress).toHaveLength(name === 'web' ? 2 : 1);
});

test('a prefix list that the account is not shown leaves unread what depends on it', async () => {
  const groups = await itemsAfter('ec2:DescribeManagedPrefixLists', {
    pages: [{ PrefixLists: [{ PrefixListId: 'pl-0cloudfront', OwnerId: 'AWS' }] }],
  });
  expect(groups.bastion.ingress).toMatchObject({ unread: 'withheld', detail: expect.stringContaining('pl-0customer') });
  expect(groups.origin.ingress).toHaveLength(1);
});

test('a malformed entry of a prefix list is no list that opens nothing', async () => {
  const groups = await itemsAfter('ec2:GetManagedPrefixListEntries', { pages: [{ Entries: [{ Cidr: 'everyone' }] }] });
  expect(groups.bastion.ingress).toMatchObject({ unread: 'malformed' });
});

test('where interfaces may not be read, use is unknown and nothing else is lost', async () => {
  const groups = await itemsAfter('ec2:DescribeNetworkInterfaces', denied);
  for (const group of Object.values(groups)) {
    expect(group.attached).toBe('unknown');
    expect(group.attachedTo).toMatchObject({ unread: 'denied', call: 'ec2:DescribeNetworkInterfaces' });
    expect(Array.isArray(group.ingress)).toBe(true);
  }
});

const tcp22 = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [], Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] };
const oneGroup = (permission: object): RecordedCall[] => [
  {
    call: 'ec2:DescribeSecurityGroups',
    pages: [
      {
        SecurityGroups: [
          {
            GroupId: 'sg-1',
            GroupName: 'one',
            OwnerId: '111122223333',
            VpcId: 'vpc-1',
            IpPermissions: [permission],
            IpPermissionsEgress: [],
          },
        ],
      },
    ],
  },
  { call: 'ec2:DescribeNetworkInterfaces', pages: [{ NetworkInterfaces: [] }] },
];

test.each<[string, object]>([
  ['a malformed block', { ...tcp22, IpRanges: [{ CidrIp: '0.0.0.0' }] }],
  ['a block of the other family', { ...tcp22, Ipv6Ranges: [{ CidrIpv6: '0.0.0.0/0' }] }],
  ['no list of sources', { ...tcp22, IpRanges: undefined }],
  ['no list of IPv6 sources', { ...tcp22, Ipv6Ranges: undefined }],
  ['no list of prefix lists', { ...tcp22, PrefixListIds: undefined }],
  ['an inverted range', { ...tcp22, FromPort: 23 }],
  ['half a range', { ...tcp22, ToPort: undefined }],
  ['a port beyond the last', { ...tcp22, ToPort: 65_536 }],
  ['a protocol that nobody knows', { ...tcp22, IpProtocol: 'any' }],
  ['no protocol', { ...tcp22, IpProtocol: undefined }],
])('%s makes the answer malformed', async (_, permission) => {
  expect(await replay(securityGroups, { place, recording: oneGroup(permission) })).toMatchObject({
    status: 'failed',
    unread: { unread: 'malformed', call: 'ec2:DescribeSecurityGroups' },
  });
});

test.each<[string, object, object]>([
  ['all protocols', { ...tcp22, IpProtocol: '-1', FromPort: undefined, ToPort: undefined }, { protocol: 'all', from: null, to: null }],
  [
    'all protocols, with bounds that mean nothing',
    { ...tcp22, IpProtocol: '-1', FromPort: -1, ToPort: -1 },
    { protocol: 'all', from: null, to: null },
  ],
  ['a number that has a name', { ...tcp22, IpProtocol: '6' }, { protocol: 'tcp', from: 22, to: 22 }],
  [
    'a number that has none',
    { ...tcp22, IpProtocol: '50', FromPort: undefined, ToPort: undefined },
    { protocol: '50', from: null, to: null },
  ],
  ['tcp without bounds', { ...tcp22, FromPort: undefined, ToPort: undefined }, { protocol: 'tcp', from: null, to: null }],
  ['tcp from -1 to -1', { ...tcp22, FromPort: -1, ToPort: -1 }, { protocol: 'tcp', from: null, to: null }],
  ['ICMP with a type above its code', { ...tcp22, IpProtocol: 'icmp', FromPort: 8, ToPort: 0 }, { protocol: 'icmp', from: 8, to: 0 }],
  ['every ICMP', { ...tcp22, IpProtocol: 'icmp', FromPort: -1, ToPort: -1 }, { protocol: 'icmp', from: null, to: null }],
])('%s', async (_, permission, expected) => {
  expect(itemsOf(await replay(securityGroups, { place, recording: oneGroup(permission) }))).toMatchObject([
    { ingress: [{ ...expected, peers: [] }] },
  ]);
});

test('the partition is the place’s own, and without one nothing is collected', async () => {
  const at = async (partition?: string) =>
    replay(securityGroups, {
      place: { account: '111122223333', region: 'us-gov-west-1', ...(partition && { partition }) },
      recording: oneGroup(tcp22),
    });
  expect(itemsOf(await at('aws-us-gov'))).toMatchObject([{ key: 'arn:aws-us-gov:ec2:us-gov-west-1:111122223333:security-group/sg-1' }]);
  expect(await at()).toMatchObject({ status: 'failed', unread: { unread: 'collector-fault' } });
});

test('prefix lists are not asked for where no group names one', async () => {
  const collected = await replay(securityGroups, { place, recording: oneGroup(tcp22) });
  expect(collected.calls.map(({ operation }) => operation)).toEqual(['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSecurityGroups']);
});
