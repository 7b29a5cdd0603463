import { afterEach, expect, test } from '@jest/globals';
import { connectGithub } from '#collectors/github/client.ts';
import investigator from '#collectors/github/logs.ts';
import { type ActorQuestion, findActorOver } from '#src/who/find-actor.ts';
import type { Double } from '#test/doubles/double.ts';
import { type GithubWorld, refusals, startGithub } from '#test/doubles/github.ts';

const at = (time: string) => Date.parse(`2026-01-15T${time}Z`);
const hour = { from: at('09:30:00'), to: at('10:30:00') };
const open: Double[] = [];
afterEach(async () => {
  for (const double of open.splice(0)) await double.close();
});

const repository = { id: 1, name: 'payments' };
const company: GithubWorld = { organization: 'acme', id: 7001, repositories: [repository], members: [{ id: 501, login: 'octavia' }] };

async function asking(world: Partial<GithubWorld>, now = at('12:00:00'), meddle: (double: Double) => void = () => undefined) {
  const double = await startGithub({ ...company, ...world });
  open.push(double);
  meddle(double);
  const connection = connectGithub(
    { id: 'github', organization: 'acme', endpoint: double.endpoint, token: async () => 'token' },
    { sleep: async () => undefined, maximumWait: 0 },
  );
  return { double, find: findActorOver({ connections: [connection], investigatorOf: () => investigator, now: () => now }) };
}

const asked = (kind: 'repository' | 'member' | 'organization', name: string, snapshot: object = {}): ActorQuestion => ({
  scope: { connection: 'github', account: 'acme', region: 'global', population: `github.${kind}` },
  item: `github:${kind}:1`,
  snapshot: { name, ...snapshot },
  ...hour,
});
const payments = (snapshot: object = {}) =>
  asked('repository', 'acme/payments', { visibility: 'private', defaultBranch: 'main', ...snapshot });

/** Events as the documentation and published logs of others show them. */
const audited = (action: string, more: object = {}, time = '10:00:00') => ({
  '@timestamp': at(time),
  created_at: at(time),
  _document_id: `${action} ${time}`,
  action,
  actor: 'bobert',
  org: 'acme',
  ...more,
});

test.each<[string, ActorQuestion, object, object]>([
  [
    'branch protection',
    payments(),
    audited('protected_branch.destroy', { repo: 'acme/payments', user_agent: 'Mozilla/5.0 (X11)' }),
    { name: 'bobert', kind: 'person', through: 'a browser' },
  ],
  [
    'a ruleset of the organization',
    payments(),
    audited('repository_ruleset.update', {
      actor: 'ci[bot]',
      actor_is_bot: true,
      programmatic_access_type: 'GitHub App server-to-server token',
    }),
    { name: 'ci[bot]', kind: 'app', through: 'GitHub App server-to-server token' },
  ],
  [
    'visibility',
    payments(),
    audited('repo.access', { repo: 'ACME/payments', user_agent: 'GitHub CLI 2.40.1' }),
    { name: 'bobert', through: 'GitHub' },
  ],
  ['a member', asked('member', 'octavia'), audited('org.update_member', { user: 'octavia' }), { name: 'bobert', through: 'not told' }],
  ['a factor', asked('member', 'octavia'), audited('two_factor_authentication.disabled', { actor: 'octavia' }), { name: 'octavia' }],
  ['the organization', asked('organization', 'acme'), audited('org.disable_two_factor_requirement'), { name: 'bobert' }],
])('the audit log tells who changed %s, in one call', async (_, question, event, actor) => {
  const others = [
    audited('repo.access', { repo: 'acme/other' }),
    audited('org.update_member', { user: 'other' }),
    audited('protected_branch.policy_override', { repo: 'acme/payments' }),
    audited('git.push', { repo: 'acme/payments' }),
    audited('protected_branch.destroy', { repo: 'acme/payments' }, '08:00:00'),
  ];
  const { double, find } = await asking({ auditLog: [...others, event as never] });
  const answer = await find(question);
  expect(answer).toMatchObject({ known: true, events: [{ at: at('10:00:00'), actor, source: 'GitHub audit log' }] });
  expect(answer.known && answer.events).toHaveLength(1);
  expect(double.calls).toHaveLength(1);
});

test('no event, and one that may still come', async () => {
  const { find } = await asking({ auditLog: [] });
  expect(await find(payments())).toMatchObject({ known: false, why: 'no event of the audit log of GitHub says that it was changed' });
  const young = await asking({ auditLog: [] }, at('10:31:00'));
  expect(await young.find(payments())).toMatchObject({ known: false, again: at('10:45:00') });
});

test('without the audit log it is said that it is the plan, or the permission, that lacks', async () => {
  const { find, double } = await asking({});
  expect(await find(asked('member', 'octavia'))).toMatchObject({
    known: false,
    ...hour,
    why: 'on GitHub the audit log alone says who changes this; it comes with GitHub Enterprise Cloud, and GET /orgs/{org}/audit-log is refused (not-found: Not Found)',
  });
  const refused = await asking({ auditLog: [] }, undefined, (github) => github.disturb(/audit-log/, refusals.integration));
  expect(await refused.find(payments())).toMatchObject({ known: false, why: expect.stringContaining('administration=read') });
  // Of a member nothing else can be asked.
  expect(double.calls.filter((call) => !call.includes('audit-log'))).toEqual([]);
});

test('on any plan: who made a repository public, and who made or deleted its default branch', async () => {
  const told = {
    ...repository,
    events: [
      { id: '22', type: 'PublicEvent', created_at: '2026-01-15T10:00:00Z', actor: { login: 'octavia' } },
      { id: '23', type: 'PushEvent', created_at: '2026-01-15T10:01:00Z', actor: { login: 'bobert' } },
    ],
    activity: [
      {
        id: 7,
        ref: 'refs/heads/main',
        timestamp: '2026-01-15T10:10:00Z',
        activity_type: 'branch_deletion',
        actor: { login: 'ada', type: 'User' },
      },
      {
        id: 8,
        ref: 'refs/heads/main',
        timestamp: '2026-01-15T10:11:00Z',
        activity_type: 'force_push',
        actor: { login: 'ada', type: 'User' },
      },
      {
        id: 9,
        ref: 'refs/heads/x',
        timestamp: '2026-01-15T10:12:00Z',
        activity_type: 'branch_deletion',
        actor: { login: 'ada', type: 'User' },
      },
    ],
  };
  const { find } = await asking({ repositories: [told] });
  const answer = await find(payments({ visibility: 'public' }));
  expect(answer.known && answer.events.map(({ operation, actor }) => `${operation} by ${actor.name}`)).toEqual([
    'default branch deleted by ada',
    'made public by octavia',
  ]);
  const { find: findPrivate } = await asking({ repositories: [told] });
  const hidden = await findPrivate(payments());
  expect(hidden.known && hidden.events.map(({ operation }) => operation)).toEqual(['default branch deleted']);
});

const pushes = (count: number, time: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => ({ id: `${i}`, type: 'PushEvent', created_at: time(i), actor: { login: 'bobert' } }));

test('a repository that may not be asked, or tells more than is read, is the reason; not that the audit log alone would know', async () => {
  const why = async (snapshot: object, world: object, meddle?: (double: Double) => void) => {
    const { find } = await asking({ repositories: [{ ...repository, ...world }] }, undefined, meddle);
    const answer = await find(payments(snapshot));
    return answer.known ? '' : answer.why;
  };
  expect(await why({}, {})).toMatch(/^on GitHub the audit log alone says who changes this/);
  const refused = await why({}, {}, (github) => github.disturb(/activity/, refusals.integration));
  expect(refused).toMatch(/^GET \/repos\/\{owner\}\/\{repo\}\/activity is refused \(.*; and of the audit log: /);
  expect(refused).not.toContain('alone');
  const unheard = await why({ visibility: 'public' }, {}, (github) => github.disturb(/\/events/, refusals.unicorn));
  expect(unheard).toMatch(/^GET \/repos\/\{owner\}\/\{repo\}\/events gave no answer/);
  const busy = await why({ visibility: 'public' }, { events: pushes(150, () => '2026-01-15T11:00:00Z') });
  expect(busy).toMatch(/^GET \/repos\/\{owner\}\/\{repo\}\/events tells more events of that time than could be read/);
  // What goes back behind the time is all that there is of it.
  const old = pushes(150, (i) => (i < 50 ? '2026-01-15T11:00:00Z' : '2026-01-14T11:00:00Z'));
  expect(await why({ visibility: 'public' }, { events: old })).toMatch(/^on GitHub the audit log alone/);
});

test('a default branch that was deleted is found among any number of pushes', async () => {
  const move = (id: number, activity_type: string, login: string) => ({
    id,
    ref: 'refs/heads/main',
    timestamp: '2026-01-15T10:10:00Z',
    activity_type,
    actor: { login, type: 'User' },
  });
  const activity = [...Array.from({ length: 150 }, (_, i) => move(i, 'push', 'bobert')), move(999, 'branch_deletion', 'ada')];
  const { find } = await asking({ repositories: [{ ...repository, activity }] });
  expect(await find(payments())).toMatchObject({ known: true, events: [{ operation: 'default branch deleted', actor: { name: 'ada' } }] });
});

test('what breaks is said, and not taken for nothing', async () => {
  for (const [mischief, words] of [
    [refusals.unicorn, 'unavailable'],
    [refusals.html, 'malformed'],
    [{ body: [{ action: 7 }] }, 'malformed'],
  ] as const) {
    const { find } = await asking({ auditLog: [] }, undefined, (github) => github.disturb(/audit-log/, mischief));
    expect(await find(asked('organization', 'acme'))).toMatchObject({ known: false, why: expect.stringContaining(words) });
  }
});
