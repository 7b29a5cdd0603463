import { githubRepository, leftOut, unjudged, unjudgedMessages } from '#populations/github-repository';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(githubRepository, {
  id: 'github.branch-protected',
  title: 'The default branch is protected',
  kind: 'state',
  severity: 'high',
  rationale: 'A branch without protection takes whatever anyone with write access pushes, unreviewed and untested.',
  remediation: 'Add the repository to a ruleset of the organization that asks for pull requests, or protect its default branch.',
  inspects: ['archived', 'empty', 'protectionOffered', 'protected', 'defaultBranch'],
  parameters: z.object({ leftOut }),
  messages: {
    protected: 'The branch {branch} is protected.',
    unprotected: 'No branch protection and no active ruleset that asks for pull requests applies to {branch}.',
    plan: 'The plan does not offer protection for this repository, so {branch} cannot be protected.',
    ...unjudgedMessages,
  },
  examples: {
    pass: [{}],
    fail: [{ protected: false }, { protected: false, protectionOffered: false }],
    notApplicable: [
      { archived: true, protected: null, protectionOffered: null },
      { empty: true, protected: null, protectionOffered: null },
    ],
  },
  evaluate(repository, { asOf, parameters }) {
    const skipped = unjudged(repository, parameters.leftOut, asOf);
    if (skipped) return notApplicable(skipped.message, skipped.facts, skipped.options);
    const facts = { branch: repository.defaultBranch };
    if (repository.protected === true) return pass('protected', facts);
    return fail(repository.protectionOffered === false ? 'plan' : 'unprotected', facts);
  },
});
