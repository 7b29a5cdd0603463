import { describe, expect, test } from '@jest/globals';
import { awsNetworkAcl } from '#populations/aws-network-acl';
import { awsSecurityGroup, type Permission, publicSources, sourcesOf } from '#populations/aws-security-group';
import { flawIn } from '#src/population.ts';

const permission = (peers: Permission['peers'], from: number | null = 22, to = from): Permission => ({ protocol: 'tcp', from, to, peers });

describe('a security group', () => {
  test.each([
    ['ipv4', 'anywhere'],
    ['ipv4', '0.0.0.0'],
    ['ipv4', '::/0'],
    ['ipv6', '0.0.0.0/0'],
  ])('does not take %s %s for a source', (kind, value) => {
    expect(flawIn(awsSecurityGroup, { ...awsSecurityGroup.example, ingress: [permission([{ kind, value }] as never)] } as never)).toContain(
      'ingress',
    );
  });
  test('does not take a prefix list whose entries are missing or malformed', () => {
    for (const list of [{}, { cidrs: ['all'] }]) {
      const ingress = [permission([{ kind: 'prefix-list', value: 'pl-1', ...list }] as never)];
      expect(flawIn(awsSecurityGroup, { ...awsSecurityGroup.example, ingress } as never)).toContain('ingress');
    }
  });
  test('may have its use unknown, but nothing else', () => {
    expect(flawIn(awsSecurityGroup, { ...awsSecurityGroup.example, attached: 'unknown' } as never)).toBeNull();
    expect(flawIn(awsSecurityGroup, { ...awsSecurityGroup.example, attached: 'maybe' } as never)).toContain('attached');
  });
});

describe('sources in words', () => {
  test('the widest first, private ones and other groups left out, each once', () => {
    const peers: Permission['peers'] = [
      { kind: 'ipv4', value: '54.0.0.0/8' },
      { kind: 'ipv4', value: '10.0.0.0/8' },
      { kind: 'security-group', value: 'sg-1' },
      { kind: 'aws-prefix-list', value: 'pl-2' },
      { kind: 'ipv6', value: '::/0' },
      { kind: 'prefix-list', value: 'pl-1', cidrs: ['0.0.0.0/1', '192.168.0.0/16'] },
    ];
    expect(publicSources([permission(peers), permission(peers, 23)])).toBe('::/0, 0.0.0.0/1 (pl-1), 54.0.0.0/8');
  });
  test('only of permissions that reach the ports', () => {
    const ingress = [
      permission([{ kind: 'ipv4', value: '0.0.0.0/1' }], 22, 23),
      permission([{ kind: 'ipv4', value: '0.0.0.0/2' }], 24, 30),
      permission([{ kind: 'ipv4', value: '0.0.0.0/3' }], null),
    ];
    expect(sourcesOf(ingress, [{ protocol: 'tcp', from: 23, to: 23 }])).toBe('0.0.0.0/1, 0.0.0.0/3');
    expect(sourcesOf(ingress, [{ protocol: 'udp', from: 23, to: 23 }])).toBe('');
  });
});

test('a network ACL does not take a malformed block', () => {
  const ingress = [{ ruleNumber: 100, allows: false, protocol: 'all', from: null, to: null, cidr: 'everywhere' }];
  expect(flawIn(awsNetworkAcl, { ...awsNetworkAcl.example, ingress } as never)).toContain('ingress');
});
