import { expect, test } from '@jest/globals';
import type { Permission } from '#populations/aws-security-group';
import adminPorts from '#rules/aws/ec2/security-group-no-public-admin-ports.ts';
import rule from '#rules/aws/ec2/security-group-no-public-all-traffic.ts';
import { testRule } from '#test/rule-tester.ts';

const world = (protocol: string, from: number | null, to: number | null, value = '0.0.0.0/0'): Permission => ({
  protocol,
  from,
  to,
  peers: [{ kind: value.includes(':') ? 'ipv6' : 'ipv4', value }],
});

testRule(rule, {
  pass: [
    { ingress: [] },
    // A single port is never all of them, however wide its source.
    { ingress: [world('tcp', 22, 22), world('tcp', 80, 80)] },
    { ingress: [world('tcp', 1, 999)] },
    { ingress: [world('all', null, null, '10.0.0.0/8')] },
    { ingress: [world('all', null, null, '54.1.0.0/16')] },
    { ingress: [world('icmp', null, null)] },
    // 999 ports of each protocol.
    { ingress: [world('tcp', 1, 999), world('udp', 1, 999)] },
    { ingress: [{ protocol: 'all', from: null, to: null, peers: [{ kind: 'security-group', value: 'sg-0a1b2c3d4e5f60718' }] }] },
  ],
  fail: [
    { $message: 'everything', ingress: [world('all', null, null, '::/0')] },
    { ingress: [world('all', null, null, '0.0.0.0/1'), world('all', null, null, '128.0.0.0/1')] },
    { $message: 'wide', ingress: [world('tcp', 0, 65535)] },
    { ingress: [world('udp', 1, 1000)] },
    { ingress: [world('tcp', null, null, '::/0')] },
    // Cut in two, it is as wide.
    { ingress: [world('tcp', 1, 600), world('tcp', 700, 1200)] },
    { ingress: [world('tcp', 1, 600), world('tcp', 700, 1200), world('tcp', 443, 443)], attached: 'unknown' },
    { ingress: [world('tcp', 80, 90)], $parameters: { wide: 11 } },
  ],
});

test('fails beside the rules about single ports, which do not pass for it', () => {
  const item = { ...rule.population.example, ingress: [world('all', null, null)] };
  const verdicts = [rule, adminPorts].map(
    (each) => each.evaluate(item, { asOf: 0, firstSeen: 0, parameters: each.parameters.parse({}) as never }).result,
  );
  expect(verdicts).toEqual(['fail', 'fail']);
});
