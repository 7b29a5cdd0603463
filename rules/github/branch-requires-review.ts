import { githubRepository, leftOut, unjudged, unjudgedMessages } from '#populations/github-repository';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(githubRepository, {
  id: 'github.branch-requires-review',
  title: 'The default branch takes only changes that another person approved',
  kind: 'state',
  severity: 'high',
  rationale: 'Nobody should be able to put a change into production alone, nor to slip one in after the approval.',
  remediation: 'Require at least one approval, and dismiss stale approvals on push or require approval of the most recent push.',
  inspects: ['archived', 'empty', 'approvalRequired', 'freshApprovalRequired', 'defaultBranch'],
  parameters: z.object({ leftOut }),
  messages: {
    reviewed: 'The branch {branch} asks for an approval of the final content.',
    unreviewed: 'The branch {branch} asks for no approval.',
    stale: 'An approval for {branch} stays good for whatever is pushed after it.',
    ...unjudgedMessages,
  },
  examples: {
    pass: [{}],
    fail: [{ approvalRequired: false, freshApprovalRequired: false }, { freshApprovalRequired: false }],
    notApplicable: [
      { archived: true, approvalRequired: null, freshApprovalRequired: null },
      { empty: true, approvalRequired: null, freshApprovalRequired: null },
    ],
  },
  evaluate(repository, { asOf, parameters }) {
    const skipped = unjudged(repository, parameters.leftOut, asOf);
    if (skipped) return notApplicable(skipped.message, skipped.facts, skipped.options);
    const facts = { branch: repository.defaultBranch };
    if (repository.approvalRequired !== true) return fail('unreviewed', facts);
    return repository.freshApprovalRequired === true ? pass('reviewed', facts) : fail('stale', facts);
  },
});
