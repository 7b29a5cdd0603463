import rule from '#rules/aws/iam/user-mfa-enabled.ts';
import { testRule } from '#test/rule-tester.ts';

const young = { created: '2026-01-10T09:00:00.000Z', mfaActive: false };

testRule(rule, {
  pass: [
    { $message: 'enabled', passwordUsed: null },
    { $message: 'grace', ...young, $parameters: { graceDays: 7 } },
    // The password is new, the user is not.
    { $message: 'enabled', passwordChanged: '2026-01-14T00:00:00.000Z' },
  ],
  fail: [
    { $message: 'none', passwordUsed: null, mfaActive: false },
    { $message: 'none', ...young },
    { $message: 'none', ...young, $parameters: { graceDays: 7 }, $asOf: '2026-01-17T09:00:00.000Z' },
    { $message: 'none', mfaActive: false, passwordChanged: '2026-01-14T00:00:00.000Z', $parameters: { graceDays: 7 } },
    // A break-glass user is judged like any other.
    { $message: 'none', name: 'break-glass', mfaActive: false, keys: [] },
  ],
  notApplicable: [{ $message: 'no-password', passwordEnabled: false, mfaActive: true }],
});
