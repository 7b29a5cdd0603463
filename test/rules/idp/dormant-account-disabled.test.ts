import rule from '#rules/idp/dormant-account-disabled.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    { $message: 'used', lastSignIn: '2025-10-17T00:00:01.000Z' },
    { $message: 'young', lastSignIn: null, createdAt: '2025-12-01T00:00:00.000Z' },
    { $message: 'used', status: 'locked' },
  ],
  fail: [
    { $message: 'idle', lastSignIn: '2025-10-17T00:00:00.000Z' },
    { $message: 'neverUsed', lastSignIn: null, createdAt: '2025-10-01T00:00:00.000Z' },
    { $message: 'idle', lastSignIn: '2025-12-01T00:00:00.000Z', $parameters: { maxIdleDays: 35 } },
    { $message: 'idle', kind: 'service', lastSignIn: '2025-09-01T00:00:00.000Z' },
  ],
  notApplicable: [
    { $message: 'inactive', status: 'deprovisioned', lastSignIn: null },
    { $message: 'breakGlass', kind: 'break-glass' },
    { $message: 'exempt', lastSignIn: null, $parameters: { exempt: [{ account: 'ada@example.com', reason: 'seasonal' }] } },
  ],
});
