import rule from '#rules/github/branch-requires-status-checks.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    { $message: 'checked', statusChecks: [{ context: 'lint', from: 'anyone' }] },
    { $message: 'checked', $parameters: { required: [{ context: 'test' }] } },
    { $message: 'checked', $parameters: { required: [{ context: 'test', from: 'app:15368' }] } },
    { $message: 'checked', statusChecks: [{ context: '9001/.github/workflows/test.yml', from: 'workflow' }] },
  ],
  fail: [
    { $message: 'unchecked', statusChecks: [], $parameters: { required: [{ context: 'test' }] } },
    { $message: 'missing', $parameters: { required: [{ context: 'test' }, { context: 'scan' }] } },
    // A name that any token can report is not the app that was expected.
    {
      $message: 'missing',
      statusChecks: [{ context: 'test', from: 'anyone' }],
      $parameters: { required: [{ context: 'test', from: 'app:15368' }] },
    },
  ],
  notApplicable: [
    { $message: 'archived', archived: true, statusChecks: null, protected: null },
    { $message: 'empty', empty: true, statusChecks: null, protected: null },
    { $message: 'leftOut', statusChecks: [], $parameters: { leftOut: [{ repository: 'acme/payments', reason: 'documentation only' }] } },
  ],
});
