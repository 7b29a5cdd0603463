import { awsRdsInstance } from '#populations/aws-rds-instance';
import { defineRule, fail, pass, z } from '#rule';

export default defineRule(awsRdsInstance, {
  id: 'aws.rds.instance-not-public',
  title: 'Database instances have no public address',
  kind: 'state',
  severity: 'critical',
  rationale:
    'A database with a public address is one wrong firewall rule away from the internet. Routes and security groups may still keep it out of reach today, so they are named, but they do not excuse the address.',
  remediation: 'Modify the instance to not be publicly accessible, and reach it through the private network, a bastion or Session Manager.',
  inspects: ['publiclyAccessible', 'vpc', 'securityGroups'],
  parameters: z.object({}),
  messages: {
    private: 'It has no public address.',
    public: 'It has a public address. What can reach it is up to the routes of {vpc} and the security groups {groups}.',
  },
  examples: {
    pass: [{ publiclyAccessible: false }],
    fail: [{ publiclyAccessible: true }, { publiclyAccessible: true, vpc: null, securityGroups: [] }],
  },
  evaluate({ publiclyAccessible, vpc, securityGroups }) {
    if (!publiclyAccessible) return pass('private');
    return fail('public', { vpc: vpc ?? 'its network', groups: securityGroups.join(', ') || '(none listed)' });
  },
});
