import { githubRepository, leftOut, unjudged, unjudgedMessages } from '#populations/github-repository';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

const required = z
  .array(
    z.object({
      context: z.string().describe('The name of the check'),
      from: z.string().optional().describe('Who must report it, as app:15368 or workflow; anyone if left out'),
    }),
  )
  .default([])
  .describe('Checks that every branch must ask for; without any, one check of whatever name is enough');

export default defineRule(githubRepository, {
  id: 'github.branch-requires-status-checks',
  title: 'The default branch takes only changes that passed automated checks',
  kind: 'state',
  severity: 'medium',
  rationale: 'Tests that may be skipped are skipped when it matters.',
  remediation: 'Require the status checks by name, each from the app that reports it.',
  inspects: ['archived', 'empty', 'statusChecks', 'defaultBranch'],
  parameters: z.object({ required, leftOut }),
  messages: {
    checked: 'The branch {branch} asks for {checks}.',
    unchecked: 'The branch {branch} asks for no check.',
    missing: 'The branch {branch} does not ask for {missing}.',
    ...unjudgedMessages,
  },
  examples: {
    pass: [{}],
    fail: [{ statusChecks: [] }],
    notApplicable: [
      { archived: true, statusChecks: null },
      { empty: true, statusChecks: null },
    ],
  },
  evaluate(repository, { asOf, parameters }) {
    const skipped = unjudged(repository, parameters.leftOut, asOf);
    if (skipped) return notApplicable(skipped.message, skipped.facts, skipped.options);
    const branch = repository.defaultBranch;
    const checks = repository.statusChecks ?? [];
    if (checks.length === 0) return fail('unchecked', { branch });
    const asked = ({ context, from }: { context: string; from?: string | undefined }) =>
      checks.some((check) => check.context === context && (from === undefined || check.from === from));
    const missing = parameters.required.filter((check) => !asked(check));
    if (missing.length > 0) return fail('missing', { branch, missing: listed(missing) });
    return pass('checked', { branch, checks: listed(checks) });
  },
});

const listed = (checks: readonly { context: string; from?: string | undefined }[]): string =>
  checks.map(({ context, from }) => (from === undefined ? context : `${context} (${from})`)).join(', ');
