import rule from '#rules/aws/s3/bucket-versioning.ts';
import { testRule } from '#test/rule-tester.ts';

const $parameters = { exempt: [{ name: 'acme-build-cache', reason: 'holds only what can be built again' }] };

testRule(rule, {
  pass: [{ $message: 'enabled', name: 'acme-build-cache', $parameters }],
  fail: [
    { $message: 'suspended', versioning: 'suspended', $parameters },
    { $message: 'never', versioning: 'never', $parameters },
  ],
  notApplicable: [{ $message: 'exempt', name: 'acme-build-cache', versioning: 'never', $parameters }],
});
