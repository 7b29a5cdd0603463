import rule from '#rules/aws/iam/root-no-access-keys.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    { $message: 'none', rootMfa: 'not-enabled', rootMfaDevice: 'none' },
    { $message: 'inactive', rootAccessKeys: 'inactive', rootMfa: 'not-enabled' },
  ],
  fail: [
    { $message: 'present', rootAccessKeys: 'present', rootSigningCertificate: true },
    { $message: 'certificate', rootAccessKeys: 'inactive', rootSigningCertificate: true },
  ],
});
