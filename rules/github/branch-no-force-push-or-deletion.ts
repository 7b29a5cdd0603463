import { githubRepository, leftOut, unjudged, unjudgedMessages } from '#populations/github-repository';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

export default defineRule(githubRepository, {
  id: 'github.branch-no-force-push-or-deletion',
  title: 'The history of the default branch cannot be rewritten',
  kind: 'state',
  severity: 'medium',
  rationale: 'A force push or a deletion takes reviewed changes, and the trace of them, away.',
  remediation: 'Block force pushes and deletions of the default branch.',
  inspects: ['archived', 'empty', 'forcePushBlocked', 'deletionBlocked', 'defaultBranch'],
  parameters: z.object({ leftOut }),
  messages: {
    kept: 'Force pushes to {branch} and its deletion are blocked.',
    rewritable: 'Not blocked on {branch}: {allowed}.',
    ...unjudgedMessages,
  },
  examples: {
    pass: [{}],
    fail: [{ forcePushBlocked: false }, { deletionBlocked: false }],
    notApplicable: [
      { archived: true, forcePushBlocked: null, deletionBlocked: null },
      { empty: true, forcePushBlocked: null, deletionBlocked: null },
    ],
  },
  evaluate(repository, { asOf, parameters }) {
    const skipped = unjudged(repository, parameters.leftOut, asOf);
    if (skipped) return notApplicable(skipped.message, skipped.facts, skipped.options);
    const branch = repository.defaultBranch;
    const allowed = [
      ...(repository.forcePushBlocked === true ? [] : ['force pushes']),
      ...(repository.deletionBlocked === true ? [] : ['deletion']),
    ];
    return allowed.length === 0 ? pass('kept', { branch }) : fail('rewritable', { branch, allowed: allowed.join(' and ') });
  },
});
