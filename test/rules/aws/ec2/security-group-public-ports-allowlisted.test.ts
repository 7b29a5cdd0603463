import { expect, test } from '@jest/globals';
import type { Permission } from '#populations/aws-security-group';
import rule from '#rules/aws/ec2/security-group-public-ports-allowlisted.ts';
import { testRule } from '#test/rule-tester.ts';

const world = (protocol: string, from: number | null, to: number | null, value = '0.0.0.0/0'): Permission => ({
  protocol,
  from,
  to,
  peers: [{ kind: value.includes(':') ? 'ipv6' : 'ipv4', value }],
});
const group = 'sg-0a1b2c3d4e5f60718';

testRule(rule, {
  pass: [
    { ingress: [world('tcp', 443, 443), world('tcp', 80, 80, '::/0')], attachedTo: ['network_load_balancer'] },
    { ingress: [world('tcp', 443, 443)], attachedTo: ['interface'], $parameters: { registered: [{ group, reason: 'the status page' }] } },
    // A VPN host: its own port besides.
    {
      ingress: [world('udp', 51820, 51820), world('tcp', 443, 443)],
      $parameters: { registered: [{ group, ports: ['udp/51820'], reason: 'WireGuard' }] },
    },
    { ingress: [world('udp', 443, 443)], attachedTo: ['amazon-elb'], $parameters: { publicPorts: ['udp/443'] } },
    { ingress: [world('icmp', 8, 0)], attachedTo: ['amazon-elb'], $parameters: { publicPorts: ['icmp'] } },
    {
      ingress: [world('udp', 6000, 6004), world('udp', 6005, 6010)],
      attachedTo: ['amazon-elb'],
      $parameters: { publicPorts: ['udp/6000-6010'] },
    },
    // What is not open to the internet needs no entry.
    { ingress: [world('tcp', 443, 443), world('tcp', 9000, 9000, '10.0.0.0/8')], attachedTo: ['amazon-elb'] },
  ],
  fail: [
    { $message: 'unlisted', ingress: [world('udp', 443, 443)], attachedTo: ['amazon-elb'] },
    { $message: 'unlisted', ingress: [world('tcp', 25, 25)], attachedTo: ['interface'] },
    { $message: 'unlisted', ingress: [world('icmp', 8, 0)], attachedTo: ['amazon-elb'] },
    { $message: 'unlisted', ingress: [world('all', null, null)], attachedTo: ['amazon-elb'] },
    // Everything is more than all ports.
    {
      $message: 'unlisted',
      ingress: [world('all', null, null)],
      attachedTo: ['amazon-elb'],
      $parameters: { publicPorts: ['tcp/0-65535', 'udp/0-65535'] },
    },
    { $message: 'unlisted', ingress: [world('tcp', 440, 443)], attachedTo: ['amazon-elb'] },
    { $message: 'elsewhere', ingress: [world('tcp', 443, 443)] },
    { $message: 'elsewhere', ingress: [world('tcp', 443, 443)], attachedTo: ['amazon-rds'] },
    // Another group's registration is not this one's.
    {
      $message: 'unlisted',
      ingress: [world('udp', 51820, 51820)],
      $parameters: { registered: [{ group: 'sg-0a1b2c3d4e5f60719', ports: ['udp/51820'], reason: 'WireGuard' }] },
    },
    {
      $message: 'unlisted',
      ingress: [world('udp', 51820, 51820)],
      $parameters: { registered: [{ group: '60718', ports: ['udp/51820'], reason: 'an id cut short' }] },
    },
  ],
  notApplicable: [
    { $message: 'private', ingress: [] },
    {
      $message: 'private',
      ingress: [{ protocol: 'tcp', from: 8080, to: 8080, peers: [{ kind: 'aws-prefix-list', value: 'pl-3b927c52' }] }],
    },
  ],
});

test.each(['tcp/65536', 'tcp/30-20', 'tcp/', 'tcp', 'tcp/x', 'TCP/443', ''])('%j as a port', (port) => {
  expect(rule.parameters.safeParse({ publicPorts: [port] }).success).toBe(port === 'tcp');
});
