import rule from '#rules/github/branch-no-force-push-or-deletion.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [{ $message: 'kept', protectedBy: ['classic'] }],
  fail: [{ $message: 'rewritable', forcePushBlocked: false, deletionBlocked: false }],
  notApplicable: [
    { $message: 'archived', archived: true, forcePushBlocked: null, deletionBlocked: null, protected: null },
    { $message: 'empty', empty: true, forcePushBlocked: null, deletionBlocked: null, protected: null },
    { $message: 'leftOut', forcePushBlocked: false, $parameters: { leftOut: [{ repository: 'acme/payments', reason: 'a mirror' }] } },
  ],
});
