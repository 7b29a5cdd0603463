import rule from '#rules/idp/user-mfa-enrolled.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    { $message: 'enrolled', factors: ['sms', 'totp'] },
    { $message: 'enrolled', kind: 'guest' },
    { $message: 'enrolled', status: 'locked' },
    { $message: 'enrolled', factors: ['sms'], $parameters: { allowedFactors: ['sms'] } },
  ],
  fail: [
    { $message: 'weak', factors: ['email', 'push', 'question', 'voice'] },
    { $message: 'none', kind: 'unknown', factors: [] },
    { $message: 'none', kind: 'shared', factors: [] },
    { $message: 'none', factors: [], createdAt: '2026-01-08T00:00:00.000Z' },
    { $message: 'none', factors: [], createdAt: '2026-01-14T00:00:00.000Z', $parameters: { newUserGraceDays: 0 } },
    { $message: 'none', factors: [], $parameters: { exempt: [{ account: 'other@example.com', reason: 'mailbox of a room' }] } },
  ],
  notApplicable: [
    { $message: 'inactive', status: 'deprovisioned', factors: [] },
    { $message: 'inactive', status: 'staged', factors: [] },
    { $message: 'service', kind: 'service' },
    { $message: 'breakGlass', kind: 'break-glass' },
    { $message: 'grace', factors: [], createdAt: '2026-01-08T00:00:00.001Z' },
    { $message: 'grace', factors: ['sms'], createdAt: '2026-01-14T00:00:00.000Z' },
    { $message: 'exempt', factors: [], $parameters: { exempt: [{ account: 'ADA@example.com', reason: 'mailbox of a room' }] } },
    { $message: 'exempt', factors: [], $parameters: { exempt: [{ account: 'scim:user:2819c223', reason: 'synchronization' }] } },
  ],
});
