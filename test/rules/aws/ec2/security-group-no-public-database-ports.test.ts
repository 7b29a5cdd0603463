import type { Permission } from '#populations/aws-security-group';
import rule from '#rules/aws/ec2/security-group-no-public-database-ports.ts';
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
    // Ports of applications are for the list of registered ports, and 443 of a search service for its own rule.
    { ingress: [world('tcp', 8080, 8080), world('tcp', 8443, 8443), world('tcp', 9000, 9000), world('tcp', 443, 443)] },
    { ingress: [world('tcp', 3307, 5431), world('icmp', 3306, 3306)] },
    { ingress: [world('tcp', 5432, 5432, '10.0.0.0/8')] },
    // Administration is for another rule.
    { ingress: [world('tcp', 22, 22)] },
  ],
  fail: [
    { $message: 'open', ingress: [world('tcp', 5432, 5432, '::/0')] },
    { ingress: [world('tcp', 9095, 9095)] },
    { ingress: [world('tcp', 27000, 27017)] },
    { ingress: [world('udp', 11211, 11211)] },
    { ingress: [world('tcp', 0, 65535)], attached: 'unknown' },
    { ingress: [world('tcp', 6379, 6379, '0.0.0.0/1'), world('tcp', 6379, 6379, '128.0.0.0/1')] },
    { ingress: [world('tcp', 15432, 15432)], $parameters: { databasePorts: [15432] } },
  ],
});
