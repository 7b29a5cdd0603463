import { awsSecurityGroup, publicIngress, publicSources, sourcesOf, use } from '#populations/aws-security-group';
import { portsInWords, width } from '#populations/internet';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(awsSecurityGroup, {
  id: 'aws.ec2.security-group-no-public-all-traffic',
  title: 'Security group does not accept all traffic from the internet',
  kind: 'state',
  severity: 'critical',
  rationale: 'A firewall that lets everything in is none: whatever listens behind it, now or later, is on the internet.',
  remediation: 'Replace the permission by the ports that the service needs, each with the sources that need it.',
  inspects: ['ingress', 'attached'],
  parameters: z.object({
    wide: z
      .int()
      .min(1)
      .max(65_536)
      .default(1000)
      .describe('So many open ports of one protocol count as all of them, in one range or in several.'),
    ...width,
  }),
  messages: {
    narrow: 'Few or no ports are open to the internet.',
    everything: 'The internet reaches every protocol and port, from {sources}; {use}.',
    wide: 'The internet reaches {count} ports of {protocol} ({ports}), from {sources}; {use}.',
  },
  examples: {
    pass: [{ ingress: [{ protocol: 'tcp', from: 443, to: 443, peers: [{ kind: 'ipv4', value: '0.0.0.0/0' }] }] }],
    fail: [
      { ingress: [{ protocol: 'all', from: null, to: null, peers: [{ kind: 'ipv4', value: '0.0.0.0/0' }] }] },
      { ingress: [{ protocol: 'udp', from: 1024, to: 65535, peers: [{ kind: 'ipv6', value: '::/0' }] }], attached: 'no' },
    ],
  },
  evaluate({ ingress, attached }, { parameters }) {
    const { allProtocols, ports } = publicIngress(ingress, parameters);
    const everything = ingress.filter(({ protocol }) => protocol === 'all');
    if (allProtocols) return fail('everything', { sources: publicSources(everything), use: use[attached].use }, use[attached].options);
    for (const protocol of ['tcp', 'udp']) {
      const open = ports.filter((range) => range.protocol === protocol);
      const count = open.reduce((sum, { from, to }) => sum + to - from + 1, 0);
      const facts = { count, protocol, ports: portsInWords(open), sources: sourcesOf(ingress, open), use: use[attached].use };
      if (count >= parameters.wide) return fail('wide', facts, use[attached].options);
    }
    return pass('narrow');
  },
});
