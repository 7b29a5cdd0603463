import { defineCollector } from '#collector';
import { githubMember } from '#populations/github-member';
import { Account, Organization } from './replies.ts';

export default defineCollector(githubMember, {
  id: 'github-members',
  title: 'Members of the organization, their role and second factor',
  every: '1h',
  per: 'account',
  reads: {
    'GET /orgs/{org}': { needs: 'organization_administration:read', reply: Organization },
    'GET /orgs/{org}/members': { needs: 'members:read', reply: Account.array() },
  },
  limits: 'GitHub tells who has no second factor to owners only. Enterprise owners who are not members are not listed.',
  async *collect(api, { account: org }) {
    const organization = await api.need('GET /orgs/{org}', { org });
    // Strangers to the organization get the same list without those who conceal their membership, and no sign that it is shorter.
    // Only an insider is told the base permission, so without it the list cannot be taken for whole.
    if (organization.default_repository_permission == null) {
      api.fail(
        api.unread(
          'GET /orgs/{org}/members',
          'withheld',
          'concealed members are listed to insiders only, and GitHub does not show us to be one',
        ),
      );
    }
    const owners = await api.all('GET /orgs/{org}/members', { org, query: { role: 'admin' } });
    const exposed = await api.all('GET /orgs/{org}/members', { org, query: { filter: '2fa_disabled' } });
    const ownerIds = idsOf(owners.ok ? owners.value : []);
    const exposedIds = idsOf(exposed.ok ? exposed.value : []);
    const listed = new Set<number>();
    for await (const page of api.pages('GET /orgs/{org}/members', { org })) {
      for (const { id, login, type } of page) {
        listed.add(id);
        yield {
          key: `github:member:${id}`,
          name: login,
          kind: kindOf(type),
          role: owners.ok ? roleOf(id, ownerIds) : owners.unread,
          twoFactor: exposed.ok ? !exposedIds.has(id) : exposed.unread,
        };
      }
    }
    // No count of members exists, but whoever is on a shorter list must be on the whole one.
    const missing = [...ownerIds, ...exposedIds].find((id) => !listed.has(id));
    if (missing !== undefined)
      api.fail(api.unread('GET /orgs/{org}/members', 'partial', `member ${missing} is missing from the list of all`));
  },
});

const kindOf = (type: string): 'human' | 'bot' => (type === 'Bot' ? 'bot' : 'human');
const roleOf = (id: number, owners: ReadonlySet<number>): 'owner' | 'member' => (owners.has(id) ? 'owner' : 'member');
const idsOf = (pages: readonly { id: number }[][]): Set<number> => new Set(pages.flat().map(({ id }) => id));
