import rule from '#rules/aws/iam/root-mfa-enabled.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    { $message: 'enabled', rootMfaDevice: 'virtual' },
    // Central management of root removes its credentials; the account then says that root has no factor.
    { $message: 'removed', name: '999999999999', rootMfa: 'no-credentials', rootMfaDevice: 'none' },
    { $message: 'enabled', $parameters: { requireHardware: true } },
    { $message: 'removed', rootMfa: 'no-credentials', rootMfaDevice: 'none', $parameters: { requireHardware: true } },
  ],
  fail: [
    { $message: 'none', rootMfa: 'not-enabled', rootMfaDevice: 'none', rootAccessKeys: 'present' },
    { $message: 'virtual', rootMfaDevice: 'virtual', $parameters: { requireHardware: true } },
  ],
  notApplicable: [{ $message: 'elsewhere', key: 'arn:aws-us-gov:iam::123456789012:root', rootMfa: 'no-sign-in', rootMfaDevice: 'none' }],
});
