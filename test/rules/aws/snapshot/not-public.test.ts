import rule from '#rules/aws/snapshot/not-public.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  // An unencrypted snapshot that is private is for another rule.
  pass: [{ $message: 'private', encrypted: false }],
  fail: [
    { $message: 'public', public: true },
    { $message: 'public', public: true, encrypted: false, volumeId: null },
  ],
});
