import rule from '#rules/github/branch-bypass-restricted.ts';
import { testRule } from '#test/rule-tester.ts';

const bot = { actor: 'Integration:7', mode: 'pull_request', via: 'ruleset:99' } as const;
const team = { actor: 'Team:42', mode: 'always', via: 'ruleset:99' } as const;
const administrators = { actor: 'Administrators', mode: 'always', via: 'classic' } as const;
const approved = [{ actor: 'Integration:7', reason: 'release bot' }];

testRule(rule, {
  pass: [
    { $message: 'restricted', bypassActors: [bot], $parameters: { approved } },
    { $message: 'restricted', bypassActors: [{ ...bot, mode: 'always' }], $parameters: { approved: [{ ...approved[0], mode: 'exempt' }] } },
    {
      $message: 'restricted',
      bypassActors: [bot, team],
      $parameters: { approved: [...approved, { actor: 'Team:42', mode: 'always', reason: 'on call' }] },
    },
  ],
  fail: [
    { $message: 'open', bypassActors: [bot] },
    // Approved for pull requests is not approved for every push, and never for going unseen.
    { $message: 'open', bypassActors: [{ ...bot, mode: 'always' }], $parameters: { approved } },
    {
      $message: 'open',
      bypassActors: [{ ...team, mode: 'exempt' }],
      $parameters: { approved: [{ actor: 'Team:42', mode: 'always', reason: 'on call' }] },
    },
    // Classic protection that does not include administrators.
    { $message: 'open', protectedBy: ['classic'], bypassActors: [administrators] },
    // One approved actor does not excuse the other.
    { $message: 'open', bypassActors: [bot, team], $parameters: { approved } },
    // Nothing to bypass is no restriction.
    { $message: 'unprotected', protected: false, bypassActors: [] },
    { $message: 'open', bypassActors: [{ actor: 'DeployKey', mode: 'always', via: 'ruleset:99' }] },
  ],
  notApplicable: [
    { $message: 'archived', archived: true, protected: null, bypassActors: null, protectedBy: null },
    { $message: 'empty', empty: true, protected: null, bypassActors: null, protectedBy: null },
    { $message: 'leftOut', bypassActors: [team], $parameters: { leftOut: [{ repository: 'acme/payments', reason: 'a mirror' }] } },
  ],
});
