import rule from '#rules/aws/ebs/encryption-by-default.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [{ $message: 'on', ebsEncryptionByDefault: true, snapshotBlockPublicAccess: 'unblocked' }],
  // A region that holds nothing is judged like any other: it may get something.
  fail: [{ $message: 'off', ebsEncryptionByDefault: false, name: 'ap-south-1' }],
});
