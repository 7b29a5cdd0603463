import rule from '#rules/meta/waiver-approved-and-unexpired.ts';
import { testRule } from '#test/rule-tester.ts';

const until = '2026-01-14T00:00:00.000Z';

testRule(rule, {
  pass: [
    { $message: 'inForce', $asOf: '2026-02-28T23:59:59.999Z' },
    { $message: 'inForce', from: '2025-12-01T00:00:00.000Z', approvedAt: '2025-12-01T00:00:00.000Z' },
    { $message: 'closed', until, closedAt: until, closedBy: 'mended' },
    { $message: 'closed', until, closedAt: '2026-01-14T12:00:00.000Z', closedBy: 'renewed' },
    { $message: 'inForce', severity: 'medium', until: '2026-07-04T10:00:00.000Z' },
    { $message: 'inForce', until: '2026-07-04T10:00:00.000Z', $parameters: { criticalHighDays: 180 } },
  ],
  fail: [
    { $message: 'expired', $asOf: '2026-03-01T00:00:00.000Z' },
    { $message: 'selector', items: ['sg-1', ''] },
    { $message: 'selector', items: ['arn:aws:ec2:*:security-group/sg-1'] },
    { $message: 'unreasoned', compensating: '\t' },
    { $message: 'self', approvedBy: 'cy@example.com' },
    { $message: 'self', approvedBySelf: true, closedAt: '2026-01-06T00:00:00.000Z', closedBy: 'withdrawn' },
    { $message: 'backDated', from: '2026-01-05T09:59:59.999Z' },
    { $message: 'long', until: '2026-04-05T10:00:00.001Z' },
    { $message: 'long', severity: 'low', until: '2026-07-04T10:00:00.001Z' },
    { $message: 'flawed', flaw: 'too-long' },
  ],
});
