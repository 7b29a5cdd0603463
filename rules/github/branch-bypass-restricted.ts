import { githubRepository, leftOut, unjudged, unjudgedMessages } from '#populations/github-repository';
import { defineRule, fail, notApplicable, pass, z } from '#rule';

/** From the mildest: by pull request only, at any push, and without a trace. */
const modes = ['pull_request', 'always', 'exempt'] as const;

const approved = z
  .array(
    z.object({
      actor: z.string().describe('As Team:42, Integration:7, RepositoryRole:5, OrganizationAdmin, DeployKey or Administrators'),
      mode: z.enum(modes).default('pull_request').describe('The widest mode that was approved'),
      reason: z.string().min(1),
    }),
  )
  .default([])
  .describe('Who may go past protection, in which mode at most, and why; such as the release bot or the emergency team');

export default defineRule(githubRepository, {
  id: 'github.branch-bypass-restricted',
  title: 'Only approved actors can go past the protection of the default branch',
  kind: 'state',
  severity: 'high',
  rationale: 'Protection that its own administrators can step over protects against nobody who matters.',
  remediation: 'Include administrators in classic protection and take the actors named from the bypass lists, or have them approved.',
  inspects: ['archived', 'empty', 'protected', 'bypassActors', 'defaultBranch'],
  parameters: z.object({ approved, leftOut }),
  messages: {
    restricted: 'Nobody can go past the protection of {branch} without approval; approved: {approved}.',
    open: 'Not approved to go past the protection of {branch}: {actors}.',
    unprotected: 'The branch {branch} has no protection, so anyone with write access goes past it.',
    ...unjudgedMessages,
  },
  examples: {
    pass: [{}],
    fail: [{ bypassActors: [{ actor: 'OrganizationAdmin', mode: 'always', via: 'ruleset:99' }] }, { protected: false, protectedBy: [] }],
    notApplicable: [
      { archived: true, protected: null, bypassActors: null },
      { empty: true, protected: null, bypassActors: null },
    ],
  },
  evaluate(repository, { asOf, parameters }) {
    const skipped = unjudged(repository, parameters.leftOut, asOf);
    if (skipped) return notApplicable(skipped.message, skipped.facts, skipped.options);
    const branch = repository.defaultBranch;
    if (repository.protected !== true || repository.bypassActors === null) return fail('unprotected', { branch });
    const allows = ({ actor, mode }: { actor: string; mode: (typeof modes)[number] }) =>
      parameters.approved.some((entry) => entry.actor === actor && modes.indexOf(entry.mode) >= modes.indexOf(mode));
    const open = repository.bypassActors.filter((bypass) => !allows(bypass));
    if (open.length > 0) return fail('open', { branch, actors: listed(open) });
    return pass('restricted', { branch, approved: listed(repository.bypassActors) || 'none' });
  },
});

const listed = (actors: readonly { actor: string; mode: string; via: string }[]): string =>
  actors.map(({ actor, mode, via }) => `${actor} (${mode}, ${via})`).join(', ');
