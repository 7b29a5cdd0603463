import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** One who may go past the protection of a branch. */
const bypassActor = z.object({
  actor: z.string().describe('Its kind and numeric id, as `Team:42`, or its kind alone where there is no id, as `OrganizationAdmin`'),
  mode: z.enum(['pull_request', 'always', 'exempt']).describe('`exempt` leaves no trace of the bypass'),
  via: z.string().describe('`classic`, or the ruleset as `ruleset:99`'),
});

const statusCheck = z.object({
  context: z.string(),
  from: z.string().describe('Who must report it: `app:15368`, `workflow` for a required workflow, or `anyone` with a token'),
});

/**
 * A GitHub repository and the protection of its default branch: classic branch protection and all active rulesets together, the strictest wins.
 * Fields about the branch are null where there is nothing to protect: the repository is archived or empty.
 */
export const githubRepository = definePopulation('github.repository', {
  title: 'GitHub repositories and the protection of their default branch',
  kind: 'state',
  fields: z.object({
    visibility: z.enum(['public', 'internal', 'private']),
    archived: z.boolean(),
    fork: z.boolean(),
    template: z.boolean(),
    empty: z.boolean(),
    defaultBranch: z.string(),
    protectionOffered: z.boolean().nullable().describe('The plan offers protection for this repository'),
    protectedBy: z
      .array(z.enum(['classic', 'ruleset']))
      .nullable()
      .describe('Mechanisms that protect the branch; a ruleset counts with a pull_request rule'),
    protected: z.boolean().nullable(),
    requiredApprovals: z.int().nullable().describe('Approvals asked for in all, as far as every mechanism was read'),
    approvalRequired: z.boolean().nullable().describe('At least one approval is asked for'),
    freshApprovalRequired: z.boolean().nullable().describe('A push after the approval takes it away, or the last push must be approved'),
    statusChecks: z.array(statusCheck).nullable().describe('Sorted by context, which for a required workflow is `<repository id>/<path>`'),
    forcePushBlocked: z.boolean().nullable(),
    deletionBlocked: z.boolean().nullable(),
    bypassActors: z.array(bypassActor).nullable().describe('Of every mechanism, sorted'),
  }),
  example: {
    key: 'github:repository:9001',
    name: 'acme/payments',
    visibility: 'private',
    archived: false,
    fork: false,
    template: false,
    empty: false,
    defaultBranch: 'main',
    protectionOffered: true,
    protectedBy: ['ruleset'],
    protected: true,
    requiredApprovals: 1,
    approvalRequired: true,
    freshApprovalRequired: true,
    statusChecks: [{ context: 'test', from: 'app:15368' }],
    forcePushBlocked: true,
    deletionBlocked: true,
    bypassActors: [],
  },
});

/** Repositories that the rules about branches leave out: the company says which, why, and until when. */
export const leftOut = z
  .array(
    z.object({
      repository: z.string().describe('Key as github:repository:1, or full name as owner/name; * stands for any run of letters'),
      reason: z.string().min(1),
      until: z.iso.date().optional().describe('The last day, UTC'),
    }),
  )
  .default([])
  .describe('Repositories that do not deploy to production, such as forks and templates, each with its reason and at best a last day');

export type LeftOut = z.infer<typeof leftOut>;

/** Why the branch of this repository is not judged, if it is not, and until when (epoch ms): what a rule hands to `notApplicable`. */
export function unjudged(
  repository: { key: string; name: string; archived: boolean; empty: boolean },
  list: LeftOut,
  asOf: number,
): { message: keyof typeof unjudgedMessages; facts?: Record<string, string>; options?: { until: number } } | null {
  if (repository.archived) return { message: 'archived' };
  if (repository.empty) return { message: 'empty' };
  const entry = list.find(({ repository: pattern, until }) => names(pattern, repository) && (until === undefined || endOf(until) > asOf));
  if (!entry) return null;
  return {
    message: 'leftOut',
    facts: { reason: entry.reason },
    ...(entry.until !== undefined && { options: { until: endOf(entry.until) } }),
  };
}

/** Whether a pattern names the repository by key or by full name. Names are not case-sensitive on GitHub. */
export function names(pattern: string, { key, name }: { key: string; name: string }): boolean {
  const expression = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 'i');
  return expression.test(name) || pattern === key;
}

/** What every rule about a branch says of one that it does not judge. */
export const unjudgedMessages = {
  archived: 'The repository is archived: nothing can be pushed to it.',
  empty: 'The repository has no branch yet.',
  leftOut: 'Left out by the company: {reason}.',
} as const;

const endOf = (date: string): number => Date.parse(date) + 86_400_000;
