import { awsNetworkAcl, publicInbound } from '#populations/aws-network-acl';
import { adminPorts, portRanges, portsInWords, portsWithin, width } from '#populations/internet';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsNetworkAcl, {
  id: 'aws.ec2.nacl-no-public-admin-ports',
  title: 'Network ACL keeps administration ports closed to the internet',
  kind: 'state',
  severity: 'medium',
  rationale: 'A network ACL is the second line: it still holds when somebody opens a security group too far.',
  remediation:
    'Add an inbound entry that denies the port, with a lower number than the one that allows it, or narrow the one that allows it.',
  inspects: ['ingress', 'subnets', 'isDefault'],
  parameters: z.object({
    adminPorts,
    defaultAllowAll: z
      .enum(['low', 'judge', 'ignore'])
      .default('low')
      .describe(
        'A default ACL that allows everything, as AWS makes it: fail with low severity, judge it like any other, or leave it out because security groups are the firewall.',
      ),
    ...width,
  }),
  messages: {
    unused: 'It guards no subnet.',
    ignored: 'It is a default ACL that allows everything, and those are left out.',
    closed: 'No administration port is open to the internet.',
    defaultOpen: 'The default ACL allows everything, as AWS makes it; it guards {subnets} subnets.',
    open: 'The internet reaches {ports} in {subnets} subnets.',
  },
  examples: {
    pass: [{}],
    fail: [
      { ingress: [{ ruleNumber: 100, allows: true, protocol: 'tcp', from: 0, to: 65535, cidr: '0.0.0.0/0' }] },
      { isDefault: true, ingress: [{ ruleNumber: 100, allows: true, protocol: 'all', from: null, to: null, cidr: '0.0.0.0/0' }] },
    ],
    notApplicable: [{ subnets: [] }],
  },
  evaluate({ ingress, subnets, isDefault }, { parameters }) {
    if (subnets.length === 0) return notApplicable('unused');
    const { ports, allProtocols } = publicInbound(ingress, parameters);
    const open = portsWithin(ports, portRanges(parameters.adminPorts));
    if (open.length === 0) return pass('closed');
    if (isDefault && allProtocols && parameters.defaultAllowAll === 'ignore') return notApplicable('ignored');
    if (isDefault && allProtocols && parameters.defaultAllowAll === 'low')
      return fail('defaultOpen', { subnets: subnets.length }, { severity: 'low' });
    return fail('open', { ports: portsInWords(open), subnets: subnets.length });
  },
});
