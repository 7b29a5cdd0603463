import { expect, test } from '@jest/globals';
import { type AclEntry, awsNetworkAcl } from '#populations/aws-network-acl';
import rule from '#rules/aws/ec2/nacl-no-public-admin-ports.ts';
import { testRule } from '#test/rule-tester.ts';

const entry = (
  ruleNumber: number,
  action: 'allow' | 'deny',
  protocol: string,
  from: number | null,
  to: number | null,
  cidr = '0.0.0.0/0',
): AclEntry => ({
  ruleNumber,
  allows: action === 'allow',
  protocol,
  from,
  to,
  cidr,
});
const last = entry(32767, 'deny', 'all', null, null);
const asMade = [entry(100, 'allow', 'all', null, null), last];

testRule(rule, {
  pass: [
    // Nothing is allowed that is not allowed.
    { ingress: [] },
    { ingress: [last] },
    // Order: a denial with a lower number defeats what comes after it.
    { ingress: [entry(90, 'deny', 'tcp', 0, 65535), entry(91, 'deny', 'udp', 0, 65535), entry(100, 'allow', 'all', null, null), last] },
    { ingress: [entry(90, 'deny', 'all', null, null), entry(100, 'allow', 'tcp', 22, 22)] },
    // Return traffic to high ports, but for the one that a kubelet listens on.
    { ingress: [entry(90, 'deny', 'tcp', 10250, 10250), entry(100, 'allow', 'tcp', 7000, 65535), last] },
    { ingress: [entry(100, 'allow', 'tcp', 22, 22, '10.0.0.0/8'), last] },
    { ingress: [entry(100, 'allow', 'icmp', null, null), last] },
    // Everything out is nothing in.
    { ingress: [last], egress: [...asMade, entry(101, 'allow', 'all', null, null, '::/0')] },
    // Half is denied, half is not wide enough: /1 and /9 of 54/8.
    { ingress: [entry(90, 'deny', 'tcp', 22, 22, '54.0.0.0/9'), entry(100, 'allow', 'tcp', 22, 22, '54.0.0.0/8'), last] },
  ],
  fail: [
    { $message: 'open', ingress: [entry(100, 'allow', 'tcp', 22, 22, '::/0'), last] },
    // A denial of IPv4 says nothing of IPv6.
    {
      $message: 'open',
      ingress: [entry(90, 'deny', 'tcp', 22, 22), entry(100, 'allow', 'tcp', 22, 22, '::/0'), entry(101, 'allow', 'tcp', 22, 22), last],
    },
    // A denial that comes too late.
    { $message: 'open', ingress: [entry(100, 'allow', 'tcp', 20, 30), entry(110, 'deny', 'tcp', 22, 22), last] },
    { $message: 'open', ingress: [entry(90, 'deny', 'tcp', 22, 22, '0.0.0.0/1'), entry(100, 'allow', 'tcp', 22, 22), last] },
    { $message: 'open', ingress: [entry(90, 'deny', 'udp', 22, 22), entry(100, 'allow', 'tcp', 22, 22), last] },
    // The default ACL with entries of somebody's own.
    { $message: 'open', isDefault: true, ingress: [entry(100, 'allow', 'tcp', 0, 65535), last] },
    { $message: 'defaultOpen', isDefault: true, ingress: asMade },
    { $message: 'open', isDefault: true, ingress: asMade, $parameters: { defaultAllowAll: 'judge' } },
    { $message: 'open', ingress: asMade },
    { $message: 'open', ingress: asMade, $parameters: { defaultAllowAll: 'ignore' } },
    { $message: 'open', isDefault: true, ingress: [entry(100, 'allow', 'tcp', 22, 22), last], $parameters: { defaultAllowAll: 'ignore' } },
    { $message: 'open', ingress: [entry(100, 'allow', 'tcp', 2222, 2222), last], $parameters: { adminPorts: [2222] } },
  ],
  notApplicable: [
    { $message: 'unused', ingress: asMade, subnets: [] },
    { $message: 'ignored', isDefault: true, ingress: asMade, $parameters: { defaultAllowAll: 'ignore' } },
  ],
});

test('the default ACL as AWS makes it is less severe', () => {
  const judge = (isDefault: boolean) =>
    rule.evaluate(
      { ...awsNetworkAcl.example, isDefault, ingress: asMade },
      { asOf: 0, firstSeen: 0, parameters: rule.parameters.parse({}) },
    );
  expect(judge(true)).toMatchObject({ result: 'fail', severity: 'low' });
  expect(judge(false)).not.toHaveProperty('severity');
});
