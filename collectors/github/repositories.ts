import type { z } from 'zod';
import { type Api, defineCollector, mapConcurrently, type Reads, type Reply } from '#collector';
import { githubRepository } from '#populations/github-repository';
import { type BranchEvidence, branchFields, nothingToProtect, type RulesetReply, unreadBranch } from './branch-fields.ts';
import { BranchRule, Contributors, Installation, Organization, Protection, Repository, Ruleset } from './replies.ts';

type Repository = z.infer<typeof Repository>;

const listing = 'GET /orgs/{org}/repos';
const effectiveRules = 'GET /repos/{owner}/{repo}/rules/branches/{branch}';
const classicProtection = 'GET /repos/{owner}/{repo}/branches/{branch}/protection';
const oneRuleset = 'GET /repos/{owner}/{repo}/rulesets/{ruleset_id}';
const contributors = 'GET /repos/{owner}/{repo}/contributors';

const reads = {
  'GET /installation/repositories': { needs: 'metadata:read', reply: Installation, absent: ['not-an-installation'] },
  'GET /orgs/{org}': { needs: 'organization_administration:read', reply: Organization },
  [listing]: { needs: 'metadata:read', reply: Repository.array() },
  [contributors]: { needs: 'metadata:read', reply: Contributors, absent: ['no-content', 'empty-repository'] },
  // A plan without protection is a fact: nothing can be in force.
  [effectiveRules]: { needs: 'metadata:read', reply: BranchRule.array(), absent: ['plan'] },
  [classicProtection]: { needs: 'administration:read', reply: Protection, absent: ['branch-not-protected', 'plan'] },
  [oneRuleset]: { needs: 'metadata:read', reply: Ruleset },
} satisfies Reads;

type Door = Api<typeof reads>;

/**
 * Calls of one cycle: 1 + ⌈R/100⌉ + 2·A + E + S, for R repositories, A of them neither archived nor empty, E that look empty, and S distinct
 * rulesets; one more where the connection is no App. 900 repositories under one ruleset of the organization cost 1 + 9 + 1,800 + 1.
 */
export default defineCollector(githubRepository, {
  id: 'github-repositories',
  title: 'Repositories and the protection of their default branch',
  every: '1h',
  per: 'account',
  reads,
  limits:
    'Only the default branch. Who may go past a ruleset is told only to those who may write that ruleset; to anyone else it is unread.',
  async *collect(api, { account: owner }) {
    const expected = await expectedCount(api, owner);
    const repositories: Repository[] = [];
    for await (const page of api.pages(listing, { org: owner })) repositories.push(...page);
    if (new Set(repositories.map(({ id }) => id)).size < expected.count) {
      api.fail(
        api.unread(listing, 'partial', `${expected.source} counts ${expected.count} repositories, listed were ${repositories.length}`),
      );
    }
    const branches = await Array.fromAsync(mapConcurrently(repositories, 8, (repository) => readBranch(api, owner, repository)));
    const rulesets = await readRulesets(api, owner, branches);
    for (const { repository, empty, evidence } of branches) {
      yield {
        key: `github:repository:${repository.id}`,
        name: repository.full_name,
        visibility: repository.visibility,
        archived: repository.archived,
        fork: repository.fork,
        template: repository.is_template,
        empty: empty.ok ? empty.value : empty.unread,
        defaultBranch: repository.default_branch,
        ...(evidence ? branchFields(evidence, rulesets) : empty.ok ? nothingToProtect : unreadBranch(empty.unread)),
      };
    }
  },
});

/** A count of the same population that does not come from the list: whoever may not see a repository is not told that it is missing. */
async function expectedCount(api: Door, org: string): Promise<{ count: number; source: string }> {
  const installation = await api.need('GET /installation/repositories', { query: { per_page: 1 } });
  if (installation !== null) {
    if (installation.repository_selection !== 'all') {
      api.fail(api.unread('GET /installation/repositories', 'partial', 'the App is installed on selected repositories only'));
    }
    return { count: installation.total_count, source: 'the installation' };
  }
  const { public_repos, total_private_repos } = await api.need('GET /orgs/{org}', { org });
  if (total_private_repos === undefined) {
    api.fail(
      api.unread(
        'GET /orgs/{org}',
        'withheld',
        'the number of private repositories is not told to this token, so the list cannot be known to be whole',
      ),
    );
  }
  return { count: public_repos + total_private_repos, source: 'the organization' };
}

interface Branch {
  readonly repository: Repository;
  readonly empty: Reply<boolean>;
  /** Undefined where there is nothing to protect, or where that is not known. */
  readonly evidence?: BranchEvidence;
}

async function readBranch(api: Door, owner: string, repository: Repository): Promise<Branch> {
  const { name: repo, default_branch: branch } = repository;
  const empty = await isEmpty(api, owner, repository);
  if (repository.archived || !empty.ok || empty.value) return { repository, empty };
  const [rules, classic] = await Promise.all([
    api.all(effectiveRules, { owner, repo, branch }),
    api.get(classicProtection, { owner, repo, branch }),
  ]);
  return { repository, empty, evidence: { rules, classic } };
}

/** GitHub names a default branch for a repository without any branch too. Only one of size nought can be that; it has no contributor. */
async function isEmpty(api: Door, owner: string, { name: repo, size }: Repository): Promise<Reply<boolean>> {
  if (size > 0) return { ok: true, value: false };
  const found = await api.get(contributors, { owner, repo, query: { per_page: 1, anon: '1' } });
  return found.ok ? { ok: true, value: found.value === null } : found;
}

/**
 * Each ruleset that applies anywhere, asked for once: one of the organization through the repository with the lowest id,
 * whatever the order in which answers came, so that a replay asks the same.
 */
async function readRulesets(api: Door, owner: string, branches: readonly Branch[]): Promise<Map<number, RulesetReply>> {
  const askedThrough = new Map<number, string>();
  for (const { repository, evidence } of branches.toSorted((a, b) => a.repository.id - b.repository.id)) {
    const rules = evidence?.rules.ok ? evidence.rules.value.flatMap((page) => page ?? []) : [];
    for (const { ruleset_id } of rules) if (!askedThrough.has(ruleset_id)) askedThrough.set(ruleset_id, repository.name);
  }
  const replies = mapConcurrently(askedThrough, 8, async ([id, repo]): Promise<[number, RulesetReply]> => {
    const reply = await api.get(oneRuleset, { owner, repo, ruleset_id: id, query: { includes_parents: 'true' } });
    if (!reply.ok) return [id, reply];
    const actors = reply.value.bypass_actors;
    if (actors) return [id, { ok: true, value: actors }];
    // Left out is not "nobody": only those who may write the ruleset are told.
    return [id, { ok: false, unread: api.unread(oneRuleset, 'withheld', 'bypass_actors is told to those who may write the ruleset only') }];
  });
  return new Map(await Array.fromAsync(replies));
}
