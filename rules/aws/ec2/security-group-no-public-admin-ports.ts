import { awsSecurityGroup, publicIngress, sourcesOf, use } from '#populations/aws-security-group';
import { adminPorts, portRanges, portsInWords, portsWithin, width } from '#populations/internet';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(awsSecurityGroup, {
  id: 'aws.ec2.security-group-no-public-admin-ports',
  title: 'Security group keeps administration ports closed to the internet',
  kind: 'state',
  severity: 'critical',
  rationale:
    'Remote administration that anyone can reach is found within minutes by scanners, and then rests on a password or an unpatched service alone.',
  remediation:
    'Remove the permission, or narrow its source to the addresses of the company; use Session Manager or a VPN for access from elsewhere.',
  inspects: ['ingress', 'attached'],
  parameters: z.object({
    adminPorts,
    ...width,
  }),
  messages: {
    closed: 'No administration port is open to the internet.',
    open: 'The internet reaches {ports}, from {sources}; {use}.',
  },
  examples: {
    pass: [{ ingress: [{ protocol: 'tcp', from: 22, to: 22, peers: [{ kind: 'ipv4', value: '198.51.99.0/24' }] }] }],
    fail: [
      { ingress: [{ protocol: 'tcp', from: 22, to: 22, peers: [{ kind: 'ipv4', value: '0.0.0.0/0' }] }] },
      { ingress: [{ protocol: 'tcp', from: 3000, to: 4000, peers: [{ kind: 'ipv6', value: '::/0' }] }], attached: 'no' },
    ],
  },
  evaluate({ ingress, attached }, { parameters }) {
    const open = portsWithin(publicIngress(ingress, parameters).ports, portRanges(parameters.adminPorts));
    if (open.length === 0) return pass('closed');
    return fail('open', { ports: portsInWords(open), sources: sourcesOf(ingress, open), use: use[attached].use }, use[attached].options);
  },
});
