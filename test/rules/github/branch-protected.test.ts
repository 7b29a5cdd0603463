import rule from '#rules/github/branch-protected.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [
    { $message: 'protected', protectedBy: ['classic'] },
    { $message: 'protected', fork: true },
    // The list of mechanisms may be unknown; that one of them protects is enough.
    { $message: 'protected', name: 'acme/.github' },
    { $message: 'protected', $parameters: { leftOut: [{ repository: 'acme/payments-*', reason: 'sandbox' }] } },
  ],
  fail: [
    { $message: 'unprotected', protectedBy: [], protected: false, fork: true },
    { $message: 'plan', protectedBy: [], protected: false, protectionOffered: false },
    // Past its last day an entry leaves nothing out.
    {
      $message: 'unprotected',
      protected: false,
      $parameters: { leftOut: [{ repository: 'acme/payments', reason: 'sandbox', until: '2026-01-14' }] },
    },
    // A dot is a dot.
    {
      $message: 'unprotected',
      name: 'acme/xgithub',
      protected: false,
      $parameters: { leftOut: [{ repository: 'acme/.github', reason: 'profile' }] },
    },
  ],
  notApplicable: [
    { $message: 'archived', archived: true, protected: null, protectionOffered: null, protectedBy: null },
    { $message: 'empty', empty: true, protected: null, protectionOffered: null, protectedBy: null },
    { $message: 'leftOut', protected: false, $parameters: { leftOut: [{ repository: 'Acme/PAY*', reason: 'a fork for patches' }] } },
    { $message: 'leftOut', protected: false, $parameters: { leftOut: [{ repository: 'github:repository:9001', reason: 'a template' }] } },
    { $message: 'leftOut', protected: false, $parameters: { leftOut: [{ repository: 'acme/*', reason: 'sandbox', until: '2026-01-15' }] } },
  ],
});
