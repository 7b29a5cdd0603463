import { awsSecurityGroup } from '#populations/aws-security-group';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(awsSecurityGroup, {
  id: 'aws.ec2.default-security-group-empty',
  title: 'Default security group allows nothing and is not used',
  kind: 'state',
  severity: 'medium',
  rationale: 'What is launched without a security group gets the default one. While that allows nothing, a forgotten choice opens nothing.',
  remediation: 'Give each network interface that uses the default group one of its own, then remove all rules from the default group.',
  // The interfaces are part of the condition here: where they could not be read, an empty group has not been shown to be unused.
  inspects: ['groupName', 'ingress', 'egress', 'attachedTo'],
  parameters: z.object({
    lowIfUnused: z.boolean().default(true).describe('Lower the severity to low while no network interface uses the group.'),
  }),
  messages: {
    custom: 'It is not the default group of a VPC.',
    empty: 'It allows nothing, and no network interface uses it.',
    rules: 'It allows traffic ({ingress} inbound and {egress} outbound permissions), and {use}.',
    used: 'It allows nothing, but network interfaces use it ({attachedTo}).',
  },
  examples: {
    pass: [{ groupName: 'default', ingress: [], egress: [], attached: 'no', attachedTo: [] }],
    fail: [{ groupName: 'default' }, { groupName: 'default', ingress: [], egress: [] }],
    notApplicable: [{ groupName: 'web' }],
  },
  evaluate({ groupName, ingress, egress, attachedTo }, { parameters }) {
    if (groupName !== 'default') return notApplicable('custom');
    const used = attachedTo.length > 0;
    if (ingress.length + egress.length > 0) {
      const use = used ? `network interfaces use it (${attachedTo.join(', ')})` : 'no network interface uses it now';
      return fail(
        'rules',
        { ingress: ingress.length, egress: egress.length, use },
        !used && parameters.lowIfUnused ? { severity: 'low' } : {},
      );
    }
    return used ? fail('used', { attachedTo: attachedTo.join(', ') }) : pass('empty');
  },
});
