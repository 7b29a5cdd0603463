import { expect, test } from '@jest/globals';
import rule from '#rules/aws/backup/restore-test-completed.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    // A restore by hand, or in earnest, counts as well.
    { $message: 'completed', testingPlan: null, validation: null, source: null },
    { $message: 'completed', validation: 'VALIDATING' },
    { $message: 'validated', $parameters: { resourceTypes: ['RDS', 'Aurora'] } },
    { $message: 'validated', recoveryPointCreated: '2025-12-06T06:00:00.000Z' },
  ],
  fail: [
    { $message: 'failed', status: 'FAILED' },
    { $message: 'invalid', validation: 'TIMED_OUT' },
    { $message: 'old', recoveryPointCreated: '2025-12-06T05:59:59.999Z' },
  ],
  notApplicable: [
    { $message: 'unfinished', status: 'PENDING', completed: null },
    { $message: 'unfinished', status: 'SOMETHING_NEW' },
    { $message: 'other', resourceType: 'EBS', $parameters: { resourceTypes: ['RDS', 'Aurora'] } },
  ],
});

test('it is owed every 90 days, unless said otherwise', () => {
  expect(rule.schedule(rule.parameters.parse({}))).toEqual({ mode: 'rolling', days: 90 });
  expect(rule.schedule(rule.parameters.parse({ everyDays: 30 }))).toEqual({ mode: 'rolling', days: 30 });
});
