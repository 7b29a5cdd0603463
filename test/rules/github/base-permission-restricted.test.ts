import rule from '#rules/github/base-permission-restricted.ts';
import { testRule } from '#test/rule-tester.ts';

testRule(rule, {
  pass: [{ $message: 'restricted', basePermission: 'write', $parameters: { highest: 'write' } }],
  fail: [
    { $message: 'wide', basePermission: 'admin' },
    { $message: 'wide', $parameters: { highest: 'none' } },
    { $message: 'wide', membersCanDeleteRepositories: true },
    { $message: 'wide', membersCanChangeVisibility: true },
  ],
});
