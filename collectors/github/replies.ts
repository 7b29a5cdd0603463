import { z } from 'zod';

/** An account as lists give it. */
export const Account = z.object({ id: z.int(), login: z.string(), type: z.string() });

/** An organization. What only its owners are told is left out, or null, for everyone else. */
export const Organization = z.object({
  id: z.int(),
  login: z.string(),
  public_repos: z.int(),
  total_private_repos: z.int().optional(),
  two_factor_requirement_enabled: z.boolean().nullish(),
  default_repository_permission: z.enum(['none', 'read', 'write', 'admin']).nullish(),
  members_can_create_public_repositories: z.boolean().nullish(),
  members_can_delete_repositories: z.boolean().nullish(),
  members_can_change_repo_visibility: z.boolean().nullish(),
});

export const Repository = z.object({
  id: z.int(),
  name: z.string(),
  full_name: z.string(),
  visibility: z.enum(['public', 'internal', 'private']),
  archived: z.boolean(),
  fork: z.boolean(),
  is_template: z.boolean(),
  default_branch: z.string().min(1),
  // In kilobytes, and changing with every push: only whether there is anything is kept.
  size: z
    .int()
    .min(0)
    .transform((size) => Math.min(size, 1)),
});

/** How much of the organization an App is installed on. */
export const Installation = z.object({ total_count: z.int(), repository_selection: z.enum(['all', 'selected']) });

/** One rule in force on a branch, of whatever active ruleset. Kinds that say nothing here keep their name alone. */
export const BranchRule = z
  .object({ type: z.string(), ruleset_id: z.int(), parameters: z.unknown().optional() })
  .transform(({ type, ruleset_id, parameters }, context) => {
    const shape = (ruleParameters as Record<string, z.ZodType>)[type];
    if (!shape) return { type, ruleset_id };
    const parsed = shape.safeParse(parameters);
    if (!parsed.success) context.addIssue({ code: 'custom', message: `the parameters of ${type} are not as documented` });
    return { type, ruleset_id, parameters: parsed.data };
  });

const PullRequest = z.object({
  required_approving_review_count: z.int(),
  dismiss_stale_reviews_on_push: z.boolean(),
  require_last_push_approval: z.boolean(),
});
const StatusChecks = z.object({ required_status_checks: z.array(z.object({ context: z.string(), integration_id: z.int().nullish() })) });
const Workflows = z.object({ workflows: z.array(z.object({ path: z.string(), repository_id: z.int() })) });

const ruleParameters = { pull_request: PullRequest, required_status_checks: StatusChecks, workflows: Workflows };

type BranchRule = z.infer<typeof BranchRule>;

/** The parameters of every rule of one kind. */
export function parametersOf<K extends keyof typeof ruleParameters>(
  rules: readonly BranchRule[],
  kind: K,
): z.infer<(typeof ruleParameters)[K]>[] {
  return rules.filter(({ type }) => type === kind).map(({ parameters }) => parameters as z.infer<(typeof ruleParameters)[K]>);
}

const Toggle = z.object({ enabled: z.boolean() });
const Numbered = z.array(z.object({ id: z.int() }));

/** Classic protection of a branch. Its parts that are not set are left out; the switches are always there. */
export const Protection = z.object({
  enforce_admins: Toggle,
  allow_force_pushes: Toggle,
  allow_deletions: Toggle,
  required_pull_request_reviews: z
    .object({
      required_approving_review_count: z.int(),
      dismiss_stale_reviews: z.boolean(),
      require_last_push_approval: z.boolean().optional(),
      bypass_pull_request_allowances: z.object({ users: Numbered, teams: Numbered, apps: Numbered }).optional(),
    })
    .optional(),
  required_status_checks: z.object({ checks: z.array(z.object({ context: z.string(), app_id: z.int().nullable() })) }).optional(),
});

/** `bypass_actors` is left out for callers who may not write the ruleset. */
export const Ruleset = z.object({
  id: z.int(),
  bypass_actors: z
    .array(
      z.object({
        actor_type: z.string(),
        actor_id: z.int().nullish(),
        bypass_mode: z.enum(['always', 'pull_request', 'exempt']).default('always'),
      }),
    )
    .optional(),
});

/** Names of contributors are dropped: that there is one says that the repository has a branch. */
export const Contributors = z.array(z.object({})).min(1);
