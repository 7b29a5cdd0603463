import { describe, expect, test } from '@jest/globals';
import collector from '#collectors/github/repositories.ts';
import branchBypassRestricted from '#rules/github/branch-bypass-restricted.ts';
import branchProtected from '#rules/github/branch-protected.ts';
import branchRequiresReview from '#rules/github/branch-requires-review.ts';
import { judge } from '#src/cycle/evaluate.ts';
import { itemsOf, type RecordedCall, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: 'acme', region: 'global' };
const plain = { visibility: 'private', archived: false, fork: false, template: false, empty: false, defaultBranch: 'main' };
const nothing = {
  protectionOffered: null,
  protectedBy: null,
  protected: null,
  requiredApprovals: null,
  approvalRequired: null,
  freshApprovalRequired: null,
  statusChecks: null,
  forcePushBlocked: null,
  deletionBlocked: null,
  bypassActors: null,
};
const unprotected = {
  protectedBy: [],
  protected: false,
  requiredApprovals: 0,
  approvalRequired: false,
  freshApprovalRequired: false,
  statusChecks: [],
  forcePushBlocked: false,
  deletionBlocked: false,
  bypassActors: [],
};
const ofRuleset99 = [
  { via: 'ruleset:99', actor: 'DeployKey', mode: 'always' },
  { via: 'ruleset:99', actor: 'OrganizationAdmin', mode: 'always' },
  { via: 'ruleset:99', actor: 'Team:42', mode: 'pull_request' },
];

testCollector(collector, {
  place,
  recording: 'github/repositories.json',
  without: ['GET /orgs/{org}'],
  expect: [
    {
      // Classic protection and two rulesets at once: the strictest of each.
      ...plain,
      key: 'github:repository:9001',
      name: 'acme/payments',
      protectionOffered: true,
      protectedBy: ['classic', 'ruleset'],
      protected: true,
      requiredApprovals: 2,
      approvalRequired: true,
      freshApprovalRequired: true,
      statusChecks: [
        { context: '9002/.github/workflows/scan.yml', from: 'workflow' },
        { context: 'build', from: 'anyone' },
        { context: 'lint', from: 'anyone' },
        { context: 'test', from: 'app:15368' },
      ],
      forcePushBlocked: true,
      deletionBlocked: true,
      bypassActors: [
        { via: 'classic', actor: 'Administrators', mode: 'always' },
        { via: 'classic', actor: 'Integration:7', mode: 'always' },
        { via: 'classic', actor: 'Team:42', mode: 'always' },
        { via: 'classic', actor: 'User:501', mode: 'always' },
        ...ofRuleset99,
      ],
    },
    {
      // A pull request that nobody has to approve, on a branch with a slash in its name.
      ...plain,
      ...unprotected,
      key: 'github:repository:9002',
      name: 'acme/website',
      visibility: 'public',
      defaultBranch: 'release/1.0',
      protectionOffered: true,
      protectedBy: ['ruleset'],
      protected: true,
      freshApprovalRequired: true,
      bypassActors: ofRuleset99,
    },
    { ...plain, ...nothing, key: 'github:repository:9003', name: 'acme/old', archived: true },
    { ...plain, ...nothing, key: 'github:repository:9004', name: 'acme/fresh', empty: true },
    { ...plain, ...unprotected, key: 'github:repository:9005', name: 'acme/tiny', fork: true, protectionOffered: false },
    {
      // Classic protection without pull requests: it blocks force pushes and deletion, no more.
      ...plain,
      ...unprotected,
      key: 'github:repository:9006',
      name: 'acme/legacy',
      visibility: 'internal',
      template: true,
      protectionOffered: true,
      protectedBy: ['classic'],
      protected: true,
      forcePushBlocked: true,
      deletionBlocked: true,
    },
  ],
});

describe('with a token that may not read classic protection', () => {
  const repositories = async () =>
    itemsOf(await replay(collector, { place, recording: 'github/repositories-by-token.json' })) as Record<string, unknown>[];

  test('a ruleset proves what is asked for, but not what is asked for in all, and not who may go past', async () => {
    const [payments] = await repositories();
    const denied = expect.objectContaining({ unread: 'denied', needs: 'administration:read' });
    expect(payments).toMatchObject({
      protectionOffered: true,
      protected: true,
      approvalRequired: true,
      freshApprovalRequired: true,
      protectedBy: denied,
      requiredApprovals: denied,
      statusChecks: denied,
      bypassActors: denied,
      // The ruleset does not block these, so classic protection might.
      forcePushBlocked: denied,
      deletionBlocked: denied,
    });
  });

  test('"Not Found" is never "not protected"', async () => {
    const [, website] = await repositories();
    for (const field of ['protected', 'approvalRequired', 'forcePushBlocked', 'bypassActors'])
      expect(website![field]).toMatchObject({ unread: 'denied' });
    expect(website).toMatchObject({ protectionOffered: true });
  });
});

describe('rules on a repository whose classic protection was refused', () => {
  const asOf = Date.parse('2026-01-15T00:00:00Z');
  test.each([
    ['acme/payments', branchProtected, 'pass'],
    ['acme/payments', branchRequiresReview, 'pass'],
    ['acme/payments', branchBypassRestricted, 'unobserved'],
    ['acme/website', branchProtected, 'unobserved'],
    ['acme/website', branchRequiresReview, 'unobserved'],
  ] as const)('%s %#: what the ruleset proves holds, the rest is unobserved', async (name, rule, result) => {
    const items = itemsOf(await replay(collector, { place, recording: 'github/repositories-by-token.json' })) as { name: string }[];
    const item = items.find((candidate) => candidate.name === name) as never;
    expect(judge(rule, { item, firstSeen: asOf }, asOf, rule.parameters.parse({})).result).toBe(result);
  });
});

describe('bypass actors', () => {
  const recording = recordingOf('github/repositories.json');
  const withRuleset = (body: object): RecordedCall[] =>
    recording.map((entry) => (entry.call.endsWith('{ruleset_id}') ? { ...entry, pages: [body] } : entry));

  test('left out are withheld, never nobody', async () => {
    const items = itemsOf(await replay(collector, { place, recording: withRuleset({ id: 99, name: 'x' }) })) as Record<string, unknown>[];
    expect(items[0]!.bypassActors).toMatchObject({ unread: 'withheld', call: 'GET /repos/{owner}/{repo}/rulesets/{ruleset_id}' });
    expect(items[1]!.bypassActors).toMatchObject({ unread: 'withheld' });
    expect(items[0]!.protected).toBe(true);
    expect(items[5]!.bypassActors).toEqual([]);
  });

  test('without a mode are taken at their worst documented one', async () => {
    const items = itemsOf(
      await replay(collector, {
        place,
        recording: withRuleset({ id: 99, bypass_actors: [{ actor_id: 5, actor_type: 'RepositoryRole' }] }),
      }),
    ) as Record<string, unknown>[];
    expect(items[1]!.bypassActors).toEqual([{ via: 'ruleset:99', actor: 'RepositoryRole:5', mode: 'always' }]);
  });
});

describe('the population', () => {
  const recording = recordingOf('github/repositories.json');
  const having = (installation: object) =>
    replay(collector, { place, recording: [{ call: 'GET /installation/repositories', pages: [installation] }, ...recording.slice(1)] });

  test('is partial where the App is installed on selected repositories', async () => {
    expect(await having({ total_count: 6, repository_selection: 'selected' })).toMatchObject({
      status: 'failed',
      unread: { unread: 'partial' },
    });
  });

  test('is partial where fewer are listed than the installation counts', async () => {
    expect(await having({ total_count: 7, repository_selection: 'all' })).toMatchObject({
      status: 'failed',
      unread: { unread: 'partial', call: 'GET /orgs/{org}/repos' },
    });
  });

  test('is unread for a token that is not told how many there are, and partial where it is told of more', async () => {
    const byToken = recordingOf('github/repositories-by-token.json');
    const told = (organization: object) =>
      replay(collector, {
        place,
        recording: byToken.map((entry) => (entry.call === 'GET /orgs/{org}' ? { ...entry, pages: [organization] } : entry)),
      });
    expect(await told({ id: 7001, login: 'acme', public_repos: 1 })).toMatchObject({ status: 'failed', unread: { unread: 'withheld' } });
    expect(await told({ id: 7001, login: 'acme', public_repos: 1, total_private_repos: 2 })).toMatchObject({
      status: 'failed',
      unread: { unread: 'partial' },
    });
  });

  test('a look at a small repository that is refused leaves open whether it has a branch', async () => {
    const refused = recording.map(
      (entry): RecordedCall =>
        entry.call.endsWith('/contributors')
          ? { call: entry.call, error: { reason: 'denied', code: 'http-403', status: 403, detail: 'Forbidden' } }
          : entry,
    );
    const items = itemsOf(await replay(collector, { place, recording: refused })) as Record<string, unknown>[];
    for (const field of ['empty', 'protected', 'bypassActors'])
      expect(items[3]![field]).toMatchObject({ unread: 'denied', needs: 'metadata:read' });
  });

  test('rules of a kind that says nothing here do no harm, and a known kind without its parameters is malformed', async () => {
    const withRules = (rules: object[]) => {
      const changed = recording.map((entry) =>
        entry.call.endsWith('rules/branches/{branch}') && entry.pages ? { ...entry, pages: [rules] } : entry,
      );
      return replay(collector, { place, recording: changed });
    };
    const strange = itemsOf(await withRules([{ type: 'copilot_code_review', parameters: { a: 1 }, ruleset_id: 99 }])) as Record<
      string,
      unknown
    >[];
    expect(strange[1]).toMatchObject({ protected: false, approvalRequired: false });
    const broken = itemsOf(await withRules([{ type: 'pull_request', ruleset_id: 99 }])) as Record<string, unknown>[];
    expect(broken[1]).toMatchObject({ protected: { unread: 'malformed' } });
  });
});
