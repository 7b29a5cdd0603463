import { type Api, defineCollector, type Reads, type Unread } from '#collector';
import { githubOrganization } from '#populations/github-organization';
import { Account, Organization } from './replies.ts';

const reads = {
  'GET /orgs/{org}': { needs: 'organization_administration:read', reply: Organization },
  'GET /orgs/{org}/members': { needs: 'members:read', reply: Account.array() },
  'GET /orgs/{org}/outside_collaborators': { needs: 'members:read', reply: Account.array() },
} satisfies Reads;

export default defineCollector(githubOrganization, {
  id: 'github-organization',
  title: 'The organization and what it allows its members',
  every: '1h',
  per: 'account',
  reads,
  limits: 'GitHub tells the two-factor requirement, and who has no second factor, to owners only. To anyone else they are unread.',
  async *collect(api, { account: org }) {
    const organization = await api.need('GET /orgs/{org}', { org });
    const query = { filter: '2fa_disabled' };
    const members = await api.all('GET /orgs/{org}/members', { org, query });
    const outside = await api.all('GET /orgs/{org}/outside_collaborators', { org, query });
    yield {
      key: `github:organization:${organization.id}`,
      name: organization.login,
      twoFactorRequired: organization.two_factor_requirement_enabled ?? withheld(api, 'two_factor_requirement_enabled'),
      membersWithoutTwoFactor: members.ok ? sorted(members.value.flat()) : members.unread,
      outsideCollaboratorsWithoutTwoFactor: outside.ok ? sorted(outside.value.flat()) : outside.unread,
      basePermission: organization.default_repository_permission ?? withheld(api, 'default_repository_permission'),
      membersCanCreatePublicRepositories:
        organization.members_can_create_public_repositories ?? withheld(api, 'members_can_create_public_repositories'),
      membersCanDeleteRepositories: organization.members_can_delete_repositories ?? withheld(api, 'members_can_delete_repositories'),
      membersCanChangeVisibility: organization.members_can_change_repo_visibility ?? withheld(api, 'members_can_change_repo_visibility'),
    };
  },
});

/** Null and left out say the same here: this caller is not told. */
const withheld = (api: Api<typeof reads>, field: string): Unread =>
  api.unread('GET /orgs/{org}', 'withheld', `${field} is told to owners only`);

const sorted = (accounts: { id: number; login: string }[]): { key: string; login: string }[] =>
  accounts.map(({ id, login }) => ({ key: `github:member:${id}`, login })).sort((a, b) => (a.key < b.key ? -1 : 1));
