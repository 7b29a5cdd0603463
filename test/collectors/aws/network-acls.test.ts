import { expect, test } from '@jest/globals';
import networkAcls from '#collectors/aws/network-acls.ts';
import { itemsOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: '111122223333', region: 'eu-west-1', partition: 'aws' };
const arn = (id: string) => `arn:aws:ec2:eu-west-1:111122223333:network-acl/${id}`;
const all = { protocol: 'all', from: null, to: null, cidr: '0.0.0.0/0' };
const asMade = [
  { ruleNumber: 100, allows: true, ...all },
  { ruleNumber: 32767, allows: false, ...all },
];

testCollector(networkAcls, {
  place,
  recording: 'aws/network-acls.json',
  expect: [
    {
      key: arn('acl-0001'),
      name: 'acl-0001',
      vpcId: 'vpc-0aaa',
      ownerId: '111122223333',
      isDefault: true,
      subnets: ['subnet-1', 'subnet-2'],
      ingress: asMade,
      egress: asMade,
    },
    {
      key: arn('acl-0002'),
      name: 'edge',
      vpcId: 'vpc-0aaa',
      ownerId: '111122223333',
      isDefault: false,
      subnets: [],
      egress: [],
      ingress: [
        {
          ruleNumber: 90,
          allows: false,
          protocol: 'udp',
          from: 3389,
          to: 3389,
          cidr: '0.0.0.0/0',
        },
        {
          ruleNumber: 110,
          allows: true,
          protocol: 'tcp',
          from: 22,
          to: 22,
          cidr: '::/0',
        },
        {
          ruleNumber: 120,
          allows: true,
          protocol: 'icmp',
          from: null,
          to: null,
          cidr: '0.0.0.0/0',
        },
        {
          ruleNumber: 32767,
          allows: false,
          ...all,
        },
        {
          ruleNumber: 32768,
          allows: false,
          ...all,
          cidr: '::/0',
        },
      ],
    },
  ],
});

const entry = {
  RuleNumber: 100,
  Egress: false,
  RuleAction: 'allow',
  Protocol: '6',
  PortRange: { From: 22, To: 22 },
  CidrBlock: '0.0.0.0/0',
};
const collect = (changed: object) =>
  replay(networkAcls, {
    place,
    recording: [
      {
        call: 'ec2:DescribeNetworkAcls',
        pages: [
          {
            NetworkAcls: [
              {
                NetworkAclId: 'acl-1',
                VpcId: 'vpc-1',
                OwnerId: '111122223333',
                IsDefault: false,
                Associations: [],
                Entries: [{ ...entry, ...changed }],
              },
            ],
          },
        ],
      },
    ],
  });

test('an entry as it is', async () => {
  expect(itemsOf(await collect({}))).toMatchObject([{ ingress: [{ protocol: 'tcp', from: 22, to: 22 }], egress: [] }]);
});

test.each<[string, object]>([
  ['no block', { CidrBlock: undefined }],
  ['a block of each family', { Ipv6CidrBlock: '::/0' }],
  ['a malformed block', { CidrBlock: '0.0.0.0/33' }],
  ['an inverted range', { PortRange: { From: 23, To: 22 } }],
  ['a denial without ports', { RuleAction: 'deny', PortRange: undefined }],
  ['a denial of ports -1 to -1', { RuleAction: 'deny', PortRange: { From: -1, To: -1 } }],
  ['no direction', { Egress: undefined }],
  ['an action that nobody knows', { RuleAction: 'permit' }],
])('%s makes the answer malformed', async (_, changed) => {
  expect(await collect(changed)).toMatchObject({ status: 'failed', unread: { unread: 'malformed' } });
});
