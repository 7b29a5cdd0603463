import rule from '#rules/aws/iam/access-key-rotated.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    { $message: 'young', rotated: '2025-10-17T00:00:00.000Z' },
    { $message: 'young', used: null },
    { $message: 'young', rotated: '2025-09-01T08:00:00.000Z', $parameters: { maxAgeDays: 365 } },
    // Both keys are in use while they are exchanged.
    { $message: 'young', rotated: '2025-11-01T00:00:00.000Z', supersededAt: '2026-01-08T00:00:00.000Z' },
    { $message: 'young', rotated: '2026-01-20T00:00:00.000Z' },
  ],
  fail: [
    { $message: 'old', rotated: '2025-10-16T23:59:59.999Z' },
    { $message: 'old', rotated: '2025-09-01T08:00:00.000Z', supersededAt: '2026-01-14T00:00:00.000Z' },
    { $message: 'superseded', rotated: '2025-11-01T00:00:00.000Z', supersededAt: '2026-01-07T23:59:59.000Z' },
    { $message: 'old', rotated: '2025-12-20T07:00:00.000Z', $parameters: { maxAgeDays: 0 } },
  ],
  notApplicable: [{ $message: 'inactive', active: false, rotated: '2020-01-01T00:00:00.000Z' }],
});
