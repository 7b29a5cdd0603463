import rule from '#rules/aws/iam/unused-credential-disabled.ts';
import { testRule } from '#test/rule-tester.ts';

const key = { slot: 1, active: true, rotated: '2025-01-01T00:00:00.000Z', used: '2026-01-10T00:00:00.000Z' };
const none = { passwordEnabled: false, passwordChanged: null, passwordUsed: null };

testRule(rule, {
  pass: [
    { $message: 'used', ...none, keys: [key] },
    // The day of the last use counts whole.
    { $message: 'used', ...none, keys: [{ ...key, used: '2025-10-17T00:00:00.000Z' }] },
    // Never used, but new.
    { $message: 'used', ...none, keys: [{ ...key, rotated: '2026-01-01T00:00:00.000Z', used: null }] },
    { $message: 'used', passwordUsed: null, passwordChanged: null, created: '2026-01-01T00:00:00.000Z', keys: [] },
    { $message: 'used', passwordUsed: null, passwordChanged: '2026-01-01T00:00:00.000Z', created: '2020-01-01T00:00:00.000Z', keys: [] },
    // An idle key that is inactive is as it should be.
    { $message: 'used', keys: [{ ...key, active: false, used: '2024-01-01T00:00:00.000Z' }] },
    { $message: 'used', passwordUsed: '2025-09-01T00:00:00.000Z', keys: [], $parameters: { maxIdleDays: 365 } },
  ],
  fail: [
    { $message: 'idle', ...none, keys: [{ ...key, used: '2025-10-16T00:00:00.000Z' }] },
    { $message: 'idle', passwordUsed: '2025-11-20T00:00:00.000Z', keys: [], $parameters: { maxIdleDays: 45 } },
    // Never used: counted from when it was made, not skipped.
    { $message: 'idle', passwordUsed: null, keys: [] },
    { $message: 'idle', passwordUsed: null, passwordChanged: null, keys: [] },
    { $message: 'idle', ...none, keys: [{ ...key, used: null }] },
    // One of two.
    { $message: 'idle', keys: [key, { ...key, slot: 2, used: null }] },
  ],
  notApplicable: [
    { $message: 'none', ...none, keys: [] },
    { $message: 'none', ...none, keys: [{ ...key, active: false }] },
  ],
});
