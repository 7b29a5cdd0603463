import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Collector } from '#collector';
import { connectGithub } from '#collectors/github/client.ts';
import githubMembers from '#collectors/github/members.ts';
import githubOrganization from '#collectors/github/organization.ts';
import githubRepositories from '#collectors/github/repositories.ts';
import { collectScope } from '#src/cycle/collect.ts';
import { itemsOf } from '#test/collector-replayer.ts';
import { type Double, standingClock } from '#test/doubles/double.ts';
import { type GithubWorld, refusals, startGithub } from '#test/doubles/github.ts';

const place = { account: 'acme', region: 'global' };
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const reviews = {
  required_approving_review_count: 1,
  dismiss_stale_reviews_on_push: true,
  require_last_push_approval: false,
  require_code_owner_review: false,
  required_review_thread_resolution: false,
};

const organizationOf = (repositories: number): GithubWorld => ({
  organization: 'acme',
  id: 7001,
  repositories: Array.from({ length: repositories }, (_, i) => ({
    id: 20_000 - i,
    name: `service-${i}`,
    rulesets: i % 3 === 0 ? [99, 100] : [99],
    visibility: i % 10 === 0 ? ('public' as const) : ('private' as const),
  })),
  rulesets: [
    { id: 99, rules: [{ type: 'pull_request', parameters: reviews }, { type: 'deletion' }], bypass_actors: [] },
    { id: 100, rules: [{ type: 'non_fast_forward' }], bypass_actors: [] },
  ],
  members: [
    { id: 501, login: 'octavia', owner: true },
    { id: 502, login: 'hubot', withoutTwoFactor: true },
    { id: 503, login: 'build', bot: true },
  ],
  outsiders: [{ id: 601, login: 'visitor', withoutTwoFactor: true }],
});

let github: Double;
afterEach(() => github.close());

async function start(world: GithubWorld) {
  github = await startGithub(world);
  const credential = world.app
    ? { app: { id: world.app.id, installation: world.app.installation, privateKey: async () => privateKey } }
    : { token: async () => 'token' };
  const connection = connectGithub(
    { id: 'github', organization: 'acme', endpoint: github.endpoint, ...credential },
    { ...standingClock(), timeout: 5_000 },
  );
  const transport = connection.open(place);
  return (collector: Collector) => collectScope(collector, place, transport);
}

const asApp = (world: GithubWorld, more: Partial<NonNullable<GithubWorld['app']>> = {}): GithubWorld => ({
  ...world,
  app: { id: 12, installation: 34, publicKey, ...more },
});

describe('an organization of 900 repositories', () => {
  test('is read whole, with as many calls as the collector says, through throttling and faults', async () => {
    const collect = await start(asApp(organizationOf(900)));
    github.disturb(/page=4/, refusals.tooMany, 1);
    github.disturb(/service-7\//, refusals.unicorn, 2);
    github.disturb(/service-8\//, refusals.secondaryLimit, 1);
    const items = itemsOf(await collect(githubRepositories)) as Record<string, unknown>[];
    expect(items).toHaveLength(900);
    expect(new Set(items.map(({ key }) => key)).size).toBe(900);
    expect(items.filter((item) => item.approvalRequired === true && (item.bypassActors as unknown[]).length === 0)).toHaveLength(900);
    expect(items.filter((item) => item.forcePushBlocked === true)).toHaveLength(300);

    const again = 4;
    const signIn = 1;
    expect(github.calls).toHaveLength(signIn + 1 + 9 + 2 * 900 + 2 + again);
    // The lowest id stands last in the list; a replay asks through the same repository.
    expect(github.calls.filter((call) => call.includes('/rulesets/'))).toEqual([
      'GET /repos/acme/service-899/rulesets/99?includes_parents=true',
      'GET /repos/acme/service-897/rulesets/100?includes_parents=true',
    ]);
  }, 60_000);
});

describe('the repositories', () => {
  test('are partial where a page is left out on the way', async () => {
    const collect = await start({ ...organizationOf(350), skipPages: /repos 2$/ });
    expect(await collect(githubRepositories)).toMatchObject({ status: 'failed', unread: { unread: 'partial' } });
  });

  test.each([
    ['an App on selected repositories', { selection: 'selected' as const }],
    ['an installation that counts more', { total: 4 }],
  ])('are partial for %s', async (_, app) => {
    const collect = await start(asApp(organizationOf(3), app));
    expect(await collect(githubRepositories)).toMatchObject({ status: 'failed', unread: { unread: 'partial' } });
  });

  test('are whole for the token of an owner, and withheld from any other', async () => {
    expect(await (await start(organizationOf(3)))(githubRepositories)).toMatchObject({ status: 'complete', items: { length: 3 } });
    await github.close();
    expect(await (await start({ ...organizationOf(3), owner: false }))(githubRepositories)).toMatchObject({
      status: 'failed',
      unread: { unread: 'withheld' },
    });
  });

  test('keep archived ones, empty ones and those of a plan without protection, each as what it is', async () => {
    const collect = await start({
      ...organizationOf(0),
      repositories: [
        { id: 1, name: 'archived', archived: true, rulesets: [99] },
        { id: 2, name: 'empty', empty: true },
        { id: 3, name: 'free', freePlan: true },
        { id: 4, name: 'open' },
        { id: 5, name: 'stale', rulesets: [77] },
      ],
      rulesets: [{ id: 77, rules: [{ type: 'pull_request', parameters: reviews }] }],
    });
    const items = itemsOf(await collect(githubRepositories));
    expect(items).toMatchObject([
      { archived: true, protected: null },
      { empty: true, protected: null },
      { protectionOffered: false, protected: false },
      { protectionOffered: true, protected: false, bypassActors: [] },
      { protected: true, bypassActors: { unread: 'withheld' } },
    ]);
    expect(github.calls.filter((call) => call.includes('/archived/') || call.includes('/empty/'))).toEqual([
      'GET /repos/acme/empty/contributors?per_page=1&anon=1',
    ]);
  });

  test('whose protection may not be read are unread in that alone', async () => {
    const collect = await start(organizationOf(3));
    github.disturb(/protection/, refusals.integration);
    const [item] = itemsOf(await collect(githubRepositories));
    expect(item).toMatchObject({
      protected: true,
      bypassActors: { unread: 'denied', detail: expect.stringContaining('administration=read') },
    });
  });
});

describe('the organization and its members', () => {
  test('share what both ask for', async () => {
    const collect = await start(organizationOf(1));
    const [organization] = itemsOf(await collect(githubOrganization));
    const members = itemsOf(await collect(githubMembers));
    expect(organization).toMatchObject({
      membersWithoutTwoFactor: [{ login: 'hubot' }],
      outsideCollaboratorsWithoutTwoFactor: [{ login: 'visitor' }],
    });
    expect(members).toMatchObject([
      { name: 'octavia', role: 'owner', twoFactor: true },
      { name: 'hubot', role: 'member', twoFactor: false },
      { name: 'build', kind: 'bot' },
    ]);
    expect(github.calls).toHaveLength(5);
  });

  test('tell nothing to whoever is no owner', async () => {
    const collect = await start({ ...organizationOf(1), owner: false });
    expect(itemsOf(await collect(githubOrganization))).toMatchObject([
      { twoFactorRequired: { unread: 'withheld' }, membersWithoutTwoFactor: { unread: 'denied' }, basePermission: { unread: 'withheld' } },
    ]);
    expect(await collect(githubMembers)).toMatchObject({ status: 'failed', unread: { unread: 'withheld' } });
  });
});
