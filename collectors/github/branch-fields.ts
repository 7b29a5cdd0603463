import type { z } from 'zod';
import { isUnread, type Reply, type Unread } from '#collector';
import type { githubRepository } from '#populations/github-repository';
import { type BranchRule, type Protection, parametersOf, type Ruleset } from './replies.ts';

type Rule = z.infer<typeof BranchRule>;
type Classic = z.infer<typeof Protection>;
type Actor = NonNullable<z.infer<typeof Ruleset>['bypass_actors']>[number];
type Fields = z.infer<(typeof githubRepository)['fields']>;
type BypassActors = NonNullable<Fields['bypassActors']>;

/** What the two mechanisms say of one branch. `null` is a fact: not protected, or not offered by the plan. */
export interface BranchEvidence {
  /** The effective rules of all active rulesets, page by page. */
  readonly rules: Reply<(Rule[] | null)[]>;
  readonly classic: Reply<Classic | null>;
}

export type RulesetReply = Reply<Actor[]>;

type BranchField =
  | 'protectionOffered'
  | 'protectedBy'
  | 'protected'
  | 'requiredApprovals'
  | 'approvalRequired'
  | 'freshApprovalRequired'
  | 'statusChecks'
  | 'forcePushBlocked'
  | 'deletionBlocked'
  | 'bypassActors';
type BranchFields = { readonly [K in BranchField]: Fields[K] | Unread };

/** The fields of a repository in which nothing can be changed by a push. */
export const nothingToProtect: BranchFields = everyField(null);

/** Whether there is a branch at all could not be read. */
export const unreadBranch = (unread: Unread): BranchFields => everyField(unread);

function everyField<T extends null | Unread>(value: T): { readonly [K in BranchField]: T } {
  return {
    protectionOffered: value,
    protectedBy: value,
    protected: value,
    requiredApprovals: value,
    approvalRequired: value,
    freshApprovalRequired: value,
    statusChecks: value,
    forcePushBlocked: value,
    deletionBlocked: value,
    bypassActors: value,
  };
}

/**
 * Both mechanisms apply at once and the strictest wins. So where one was refused, the other can still prove that something is asked for:
 * yes-or-no fields are then true. It can never prove that something is not asked for, how much in all, or who may go past:
 * those fields are unread.
 */
export function branchFields({ rules, classic }: BranchEvidence, rulesets: ReadonlyMap<number, RulesetReply>): BranchFields {
  const inForce: Reply<Rule[]> = rules.ok ? { ok: true, value: rules.value.flatMap((page) => page ?? []) } : rules;
  const either = (byRuleset: (rules: Rule[]) => boolean, byClassic: (protection: Classic) => boolean): boolean | Unread => {
    const ofRulesets = inForce.ok ? byRuleset(inForce.value) : inForce.unread;
    const ofClassic = classic.ok ? classic.value !== null && byClassic(classic.value) : classic.unread;
    if (ofRulesets === true || ofClassic === true) return true;
    return isUnread(ofRulesets) ? ofRulesets : ofClassic;
  };
  const both = <T>(union: (rules: Rule[], protection: Classic | null) => T): T | Unread => {
    if (!inForce.ok) return inForce.unread;
    return classic.ok ? union(inForce.value, classic.value) : classic.unread;
  };

  return {
    protectionOffered: either(
      () => rules.ok && rules.value.every((page) => page !== null),
      () => true,
    ),
    protectedBy: both((rules, protection) => [
      ...(protection ? (['classic'] as const) : []),
      ...(demandsPullRequest(rules) ? (['ruleset'] as const) : []),
    ]),
    protected: either(demandsPullRequest, () => true),
    requiredApprovals: both((rules, protection) =>
      Math.max(0, ...approvalsOf(rules), protection?.required_pull_request_reviews?.required_approving_review_count ?? 0),
    ),
    approvalRequired: either(
      (rules) => approvalsOf(rules).some((approvals) => approvals > 0),
      ({ required_pull_request_reviews: reviews }) => (reviews?.required_approving_review_count ?? 0) > 0,
    ),
    freshApprovalRequired: either(
      (rules) =>
        parametersOf(rules, 'pull_request').some((reviews) => reviews.dismiss_stale_reviews_on_push || reviews.require_last_push_approval),
      ({ required_pull_request_reviews: reviews }) =>
        reviews?.dismiss_stale_reviews === true || reviews?.require_last_push_approval === true,
    ),
    statusChecks: both(statusChecksOf),
    forcePushBlocked: either(
      (rules) => rules.some(({ type }) => type === 'non_fast_forward'),
      ({ allow_force_pushes }) => !allow_force_pushes.enabled,
    ),
    deletionBlocked: either(
      (rules) => rules.some(({ type }) => type === 'deletion'),
      ({ allow_deletions }) => !allow_deletions.enabled,
    ),
    bypassActors: both((rules, protection) => bypassActorsOf(rules, protection, rulesets)) as BypassActors | Unread,
  };
}

const demandsPullRequest = (rules: readonly Rule[]): boolean => rules.some(({ type }) => type === 'pull_request');
const approvalsOf = (rules: readonly Rule[]): number[] =>
  parametersOf(rules, 'pull_request').map((reviews) => reviews.required_approving_review_count);

function statusChecksOf(rules: readonly Rule[], protection: Classic | null): NonNullable<Fields['statusChecks']> {
  const checks = [
    ...parametersOf(rules, 'required_status_checks').flatMap(({ required_status_checks }) =>
      required_status_checks.map(({ context, integration_id }) => ({ context, from: appOf(integration_id) })),
    ),
    ...parametersOf(rules, 'workflows').flatMap(({ workflows }) =>
      workflows.map(({ path, repository_id }) => ({ context: `${repository_id}/${path}`, from: 'workflow' })),
    ),
    ...(protection?.required_status_checks?.checks ?? []).map(({ context, app_id }) => ({ context, from: appOf(app_id) })),
  ];
  return unique(checks, ({ context, from }) => `${context} ${from}`);
}

/** GitHub says null, -1 or nothing where any token may report the check. */
const appOf = (id: number | null | undefined): string => (id == null || id === -1 ? 'anyone' : `app:${id}`);

function bypassActorsOf(
  rules: readonly Rule[],
  protection: Classic | null,
  rulesets: ReadonlyMap<number, RulesetReply>,
): BypassActors | Unread {
  const actors: BypassActors = protection ? classicBypass(protection) : [];
  for (const id of new Set(rules.map(({ ruleset_id }) => ruleset_id).sort((a, b) => a - b))) {
    const reply = rulesets.get(id)!;
    if (!reply.ok) return reply.unread;
    for (const { actor_type, actor_id, bypass_mode } of reply.value) {
      // GitHub ignores the id of these two, and writes it as null, 1 or not at all.
      const numbered = actor_id != null && actor_type !== 'OrganizationAdmin' && actor_type !== 'DeployKey';
      actors.push({ actor: numbered ? `${actor_type}:${actor_id}` : actor_type, mode: bypass_mode, via: `ruleset:${id}` });
    }
  }
  return unique(actors, ({ via, actor, mode }) => `${via} ${actor} ${mode}`);
}

/** Classic protection does not bind administrators unless it says so, and may excuse some from pull requests altogether. */
function classicBypass({ enforce_admins, required_pull_request_reviews: reviews }: Classic): BypassActors {
  const { users, teams, apps } = reviews?.bypass_pull_request_allowances ?? { users: [], teams: [], apps: [] };
  const excused = [
    ...(enforce_admins.enabled ? [] : ['Administrators']),
    ...users.map(({ id }) => `User:${id}`),
    ...teams.map(({ id }) => `Team:${id}`),
    ...apps.map(({ id }) => `Integration:${id}`),
  ];
  return excused.map((actor) => ({ actor, mode: 'always', via: 'classic' }));
}

function unique<T>(values: readonly T[], keyOf: (value: T) => string): T[] {
  const byKey = new Map(values.map((value) => [keyOf(value), value]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
