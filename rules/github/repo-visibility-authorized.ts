import { githubRepository, names } from '#populations/github-repository';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

const approvedPublic = z
  .array(
    z.object({
      repository: z
        .string()
        .describe(
          'Key as github:repository:1, which a new repository of the same name does not inherit, or full name; * stands for any run of letters',
        ),
      reason: z.string().min(1),
    }),
  )
  .default([])
  .describe('Repositories that may be public, each with its reason');

export default defineRule(githubRepository, {
  id: 'github.repo-visibility-authorized',
  title: 'Every public repository is approved to be public',
  kind: 'state',
  severity: 'high',
  rationale: 'What was public for a minute has been copied.',
  remediation: 'Make the repository private and treat what it held as disclosed, or have its publication approved.',
  inspects: ['visibility', 'fork'],
  parameters: z.object({
    approvedPublic,
    internalToo: z.boolean().default(false).describe('Judge repositories open to the whole enterprise as well'),
  }),
  messages: {
    closed: 'The repository is {visibility}.',
    approved: 'The repository is {visibility}, approved: {reason}.',
    open: 'The repository is {visibility} and not on the approved list.',
    fork: 'A fork of a public repository is public by nature.',
  },
  examples: {
    pass: [{}, { visibility: 'internal' }],
    fail: [{ visibility: 'public' }],
    notApplicable: [{ visibility: 'public', fork: true }],
  },
  evaluate({ key, name, visibility, fork }, { parameters }) {
    const judged = visibility === 'public' || (visibility === 'internal' && parameters.internalToo);
    if (!judged) return pass('closed', { visibility });
    const entry = parameters.approvedPublic.find(({ repository }) => names(repository, { key, name }));
    if (entry) return pass('approved', { visibility, reason: entry.reason });
    return visibility === 'public' && fork ? notApplicable('fork') : fail('open', { visibility });
  },
});
