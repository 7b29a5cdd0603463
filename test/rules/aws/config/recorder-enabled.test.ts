import rule from '#rules/aws/config/recorder-enabled.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    { $message: 'recording', lastStatus: 'pending', delivery: { history: 'not_applicable', stream: null } },
    { $message: 'recording', records: 'all-but-some', $parameters: { allowExclusions: true } },
  ],
  fail: [
    // The flag that counts is that of the status: a recorder may exist and stand still.
    { $message: 'stopped', recording: false, lastStatus: null },
    { $message: 'failing', lastStatus: 'failure', delivery: null },
    { $message: 'partial', records: 'some', $parameters: { allowExclusions: true } },
    { $message: 'partial', records: 'nothing' },
    { $message: 'undelivered', delivery: { history: 'failure', stream: 'failure' } },
  ],
});
