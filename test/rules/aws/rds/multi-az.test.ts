import rule from '#rules/aws/rds/multi-az.ts';
import { testRule } from '#test/rule-tester.ts';

const onlyTagged = { key: 'env', value: 'prod' };

testRule(rule, {
  pass: [
    { $message: 'standby', $parameters: { onlyTagged } },
    { $message: 'members', form: 'cluster', $parameters: { onlyTagged } },
  ],
  fail: [
    { $message: 'single', multiAz: false, $parameters: { onlyTagged } },
    {
      $message: 'single',
      multiAz: false,
      $parameters: { exempt: [{ arn: 'arn:aws:rds:eu-central-1:123456789012:db:order', reason: 'a name alike' }] },
    },
  ],
  notApplicable: [
    { $message: 'untagged', multiAz: false, tags: [{ key: 'env', value: 'test' }], $parameters: { onlyTagged } },
    { $message: 'replica', multiAz: false, replicaOf: 'orders', $parameters: { onlyTagged } },
    {
      $message: 'exempt',
      multiAz: false,
      $parameters: { exempt: [{ arn: 'arn:aws:rds:eu-central-1:123456789012:db:orders', reason: 'reporting copy' }] },
    },
  ],
});
