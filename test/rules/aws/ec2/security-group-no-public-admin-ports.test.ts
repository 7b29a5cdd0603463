import { expect, test } from '@jest/globals';
import type { Permission } from '#populations/aws-security-group';
import rule from '#rules/aws/ec2/security-group-no-public-admin-ports.ts';
import { testRule } from '#test/rule-tester.ts';

const from = (protocol: string, first: number | null, last: number | null, ...cidrs: string[]): Permission => ({
  protocol,
  from: first,
  to: last,
  peers: cidrs.map((value) => ({ kind: value.includes(':') ? 'ipv6' : 'ipv4', value })),
});

testRule(rule, {
  pass: [
    { ingress: [] },
    // Web ports are nothing for this rule.
    { ingress: [from('tcp', 80, 80, '0.0.0.0/0'), from('tcp', 443, 443, '::/0')] },
    // The company's own network, its egress addresses and a home address are not the internet.
    { ingress: [from('tcp', 22, 22, '10.0.0.0/8', '192.168.0.0/16', '203.0.113.0/24', '54.1.2.3/32', 'fd00::/8')] },
    // Type 8, code 0 of ICMP is no port 8; neither are From > To, nor -1.
    {
      ingress: [
        from('icmp', 8, 0, '0.0.0.0/0'),
        from('icmp', 255, 22, '0.0.0.0/0'),
        from('icmpv6', null, null, '::/0'),
        from('icmp', 22, 23, '0.0.0.0/0'),
      ],
    },
    // Protocols without ports: ESP, GRE.
    { ingress: [from('50', null, null, '0.0.0.0/0'), from('47', 22, 22, '0.0.0.0/0')] },
    { ingress: [{ protocol: 'all', from: null, to: null, peers: [{ kind: 'security-group', value: 'sg-0a1b2c3d4e5f60718' }] }] },
    // A list of AWS's own, CloudFront's say, is a service and not the internet.
    { ingress: [{ protocol: 'all', from: null, to: null, peers: [{ kind: 'aws-prefix-list', value: 'pl-3b927c52' }] }] },
    {
      ingress: [
        {
          protocol: 'tcp',
          from: 22,
          to: 22,
          peers: [{ kind: 'prefix-list', value: 'pl-0123456789abcdef0', cidrs: ['10.0.0.0/8', '54.1.0.0/16'] }],
        },
      ],
    },
    { ingress: [{ protocol: 'tcp', from: 22, to: 22, peers: [{ kind: 'prefix-list', value: 'pl-0123456789abcdef0', cidrs: [] }] }] },
    // Ranges that end just before a port and begin just after it.
    { ingress: [from('tcp', 0, 21, '0.0.0.0/0'), from('tcp', 24, 134, '0.0.0.0/0')] },
    // Everything out is nothing in.
    { ingress: [], egress: [from('all', null, null, '0.0.0.0/0', '::/0')] },
    { ingress: [from('tcp', 22, 22, '0.0.0.0/0')], $parameters: { adminPorts: [3389] } },
    { ingress: [from('tcp', 22, 22, '54.0.0.0/8')], $parameters: { maxOpenV4: 0 } },
  ],
  fail: [
    { $message: 'open', ingress: [from('tcp', 22, 22, '::/0')] },
    { ingress: [from('tcp', 22, 22, '0000:0000:0000:0000:0000:0000:0000:0000/0')] },
    { ingress: [from('all', null, null, '0.0.0.0/0')] },
    { ingress: [from('tcp', null, null, '0.0.0.0/0')] },
    { ingress: [from('tcp', 0, 65535, '0.0.0.0/0')] },
    { ingress: [from('tcp', 21, 23, '0.0.0.0/0')] },
    { ingress: [from('udp', 3389, 3389, '0.0.0.0/0')] },
    { ingress: [from('tcp', 22, 22, '0.0.0.0/1', '128.0.0.0/1')] },
    { ingress: [from('tcp', 1, 22, '54.0.0.0/9'), from('all', null, null, '54.128.0.0/9')] },
    {
      ingress: [
        {
          protocol: 'tcp',
          from: 22,
          to: 22,
          peers: [{ kind: 'prefix-list', value: 'pl-0123456789abcdef0', cidrs: ['10.0.0.0/8', '0.0.0.0/0'] }],
        },
      ],
    },
    // Half in a list, half beside it.
    {
      ingress: [
        {
          protocol: 'tcp',
          from: 22,
          to: 22,
          peers: [
            { kind: 'prefix-list', value: 'pl-0123456789abcdef0', cidrs: ['0.0.0.0/1'] },
            { kind: 'ipv4', value: '128.0.0.0/1' },
          ],
        },
      ],
    },
    // A narrow permission beside it does not help.
    { ingress: [from('tcp', 22, 22, '10.0.0.0/8'), from('tcp', 10250, 10250, '0.0.0.0/0')] },
    // Unread use neither hides the failure nor softens it.
    { ingress: [from('tcp', 22, 22, '0.0.0.0/0')], attached: 'unknown' },
    { ingress: [from('tcp', 22, 22, '0.0.0.0/0')], attached: 'no' },
    { ingress: [from('tcp', 22, 22, '54.1.2.0/24')], $parameters: { maxOpenV4: 24 } },
    { ingress: [from('tcp', 5901, 5901, '0.0.0.0/0')], $parameters: { adminPorts: ['5900-5910'] } },
  ],
});

const judge = (ingress: Permission[], attached: 'yes' | 'no' | 'unknown') =>
  rule.evaluate({ ...rule.population.example, ingress, attached }, { asOf: 0, firstSeen: 0, parameters: rule.parameters.parse({}) });

test('only a group that is known to be unused is less severe, and it says so', () => {
  const ingress = [from('tcp', 20, 30, '0.0.0.0/0', '10.0.0.0/8', '::/0')];
  expect(judge(ingress, 'yes')).toEqual({
    result: 'fail',
    message: 'open',
    facts: { ports: 'tcp/22-23', sources: '0.0.0.0/0, ::/0', use: 'a network interface uses the group' },
  });
  expect(judge(ingress, 'unknown')).toMatchObject({
    result: 'fail',
    facts: { use: 'whether a network interface uses the group could not be read' },
  });
  expect(judge(ingress, 'unknown')).not.toHaveProperty('severity');
  expect(judge(ingress, 'no')).toMatchObject({
    result: 'fail',
    severity: 'low',
    facts: { use: expect.stringContaining('no network interface uses the group') },
  });
});

test('the facts name the permission that opens the port, by its prefix list where it is in one, and no other', () => {
  const list = { kind: 'prefix-list' as const, value: 'pl-0123456789abcdef0', cidrs: ['0.0.0.0/0'] };
  const ingress: Permission[] = [{ protocol: 'tcp', from: 22, to: 22, peers: [list] }, from('tcp', 443, 443, '::/0')];
  expect(judge(ingress, 'yes').facts).toMatchObject({ ports: 'tcp/22', sources: '0.0.0.0/0 (pl-0123456789abcdef0)' });
});
