import rule from '#rules/github/org-two-factor-required.ts';
import { testRule } from '#test/rule-tester.ts';

const hubot = { key: 'github:member:502', login: 'hubot' };

testRule(rule, {
  pass: [
    { $message: 'required', basePermission: 'admin' },
    { $message: 'signOn', twoFactorRequired: false, membersWithoutTwoFactor: [hubot], $parameters: { signOnInstead: true } },
  ],
  fail: [
    { $message: 'notRequired', twoFactorRequired: false, membersWithoutTwoFactor: [hubot] },
    { $message: 'without', outsideCollaboratorsWithoutTwoFactor: [hubot] },
    // Single sign-on does not reach outside collaborators.
    { $message: 'without', twoFactorRequired: false, outsideCollaboratorsWithoutTwoFactor: [hubot], $parameters: { signOnInstead: true } },
  ],
});
