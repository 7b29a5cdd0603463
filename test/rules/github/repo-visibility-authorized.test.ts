import rule from '#rules/github/repo-visibility-authorized.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    { $message: 'closed', fork: true },
    {
      $message: 'approved',
      visibility: 'public',
      $parameters: { approvedPublic: [{ repository: 'github:repository:9001', reason: 'client library' }] },
    },
    {
      $message: 'approved',
      visibility: 'public',
      archived: true,
      $parameters: { approvedPublic: [{ repository: 'acme/pay*', reason: 'client library' }] },
    },
  ],
  fail: [
    { $message: 'open', visibility: 'public', archived: true },
    { $message: 'open', visibility: 'internal', $parameters: { internalToo: true } },
    { $message: 'open', visibility: 'public', $parameters: { approvedPublic: [{ repository: 'acme/pay', reason: 'client library' }] } },
  ],
  notApplicable: [{ $message: 'fork', visibility: 'public', fork: true, archived: true }],
});
