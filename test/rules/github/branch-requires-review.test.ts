import rule from '#rules/github/branch-requires-review.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [{ $message: 'reviewed', protectedBy: ['classic', 'ruleset'], requiredApprovals: 2 }],
  fail: [
    // A pull request that nobody has to approve.
    { $message: 'unreviewed', requiredApprovals: 0, approvalRequired: false },
    { $message: 'stale', requiredApprovals: 2, freshApprovalRequired: false },
    // Checks and a merge queue do not replace review.
    { $message: 'unreviewed', approvalRequired: false, statusChecks: [{ context: 'test', from: 'anyone' }] },
  ],
  notApplicable: [
    { $message: 'archived', archived: true, approvalRequired: null, freshApprovalRequired: null, requiredApprovals: null },
    { $message: 'empty', empty: true, approvalRequired: null, freshApprovalRequired: null, requiredApprovals: null },
    {
      $message: 'leftOut',
      approvalRequired: false,
      $parameters: { leftOut: [{ repository: 'acme/payments', reason: 'documentation only' }] },
    },
  ],
});
