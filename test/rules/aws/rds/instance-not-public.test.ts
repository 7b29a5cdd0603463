import rule from '#rules/aws/rds/instance-not-public.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [{ cluster: 'orders-aurora', engine: 'aurora-postgresql' }, { status: 'stopped' }],
  fail: [
    // A private subnet or a closed group does not excuse the address; the message names what it is left to.
    { $message: 'public', publiclyAccessible: true, vpc: 'vpc-private', securityGroups: ['sg-closed'] },
    { $message: 'public', publiclyAccessible: true, cluster: 'orders-aurora', engine: 'aurora-mysql' },
    { $message: 'public', publiclyAccessible: true, status: 'stopped' },
  ],
});
