import { expect, test } from '@jest/globals';
import { awsSecurityGroup, type Permission } from '#populations/aws-security-group';
import rule from '#rules/aws/ec2/default-security-group-empty.ts';
import { testRule } from '#test/rule-tester.ts';

const itself: Permission = { protocol: 'all', from: null, to: null, peers: [{ kind: 'security-group', value: 'sg-0a1b2c3d4e5f60718' }] };
const everywhere: Permission = { protocol: 'all', from: null, to: null, peers: [{ kind: 'ipv4', value: '0.0.0.0/0' }] };

testRule(rule, {
  fail: [
    // As AWS makes it, in a VPC where nothing runs.
    { $message: 'rules', groupName: 'default', ingress: [itself], egress: [everywhere], attached: 'no', attachedTo: [] },
    { $message: 'rules', groupName: 'default', ingress: [], egress: [everywhere], attached: 'no', attachedTo: [] },
    { $message: 'rules', groupName: 'default', ingress: [itself], egress: [], attached: 'no', attachedTo: [] },
    { $message: 'used', groupName: 'default', ingress: [], egress: [], attachedTo: ['amazon-rds', 'interface'] },
  ],
  notApplicable: [
    // The name of a group can be chosen; that of the default group is taken, exactly so.
    { groupName: 'default-web', name: 'default' },
    { groupName: 'Default' },
  ],
});

test('an unused group that allows traffic is less severe, unless the company says otherwise', () => {
  const judge = (attachedTo: string[], lowIfUnused?: boolean) =>
    rule.evaluate(
      { ...awsSecurityGroup.example, groupName: 'default', attachedTo },
      { asOf: 0, firstSeen: 0, parameters: rule.parameters.parse({ lowIfUnused }) },
    );
  expect(judge([])).toMatchObject({ result: 'fail', severity: 'low' });
  expect(judge(['interface'])).not.toHaveProperty('severity');
  expect(judge([], false)).not.toHaveProperty('severity');
});
