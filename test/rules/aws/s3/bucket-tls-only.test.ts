import rule from '#rules/aws/s3/bucket-tls-only.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [{ $message: 'refused', name: 'acme-logs' }],
  fail: [{ $message: 'allowed', refusesPlainHttp: false, policyIsPublic: true }],
});
