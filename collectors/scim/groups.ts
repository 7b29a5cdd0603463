import type { z } from 'zod';
import { type Api, defineCollector, mapConcurrently, type Reads, type Reply, type Unread } from '#collector';
import { identityGroup } from '#populations/identity-group';
import { Group, listOf } from './replies.ts';

type Group = z.infer<typeof Group>;

const reads = {
  'GET /Groups': { needs: 'scim:read', reply: listOf(Group) },
  'GET /Groups/{id}': { needs: 'scim:read', reply: Group },
} satisfies Reads;

export default defineCollector(identityGroup, {
  id: 'scim-groups',
  title: 'Groups of the directory and their members',
  every: '1h',
  per: 'account',
  reads,
  limits: 'Some services never show who is in a group. Where no group shows a member, the members of all are unread.',
  async *collect(api) {
    const groups: Group[] = [];
    let total = 0;
    for await (const page of api.pages('GET /Groups', {})) {
      total = page.totalResults;
      groups.push(...(page.Resources ?? []));
    }
    api.count(total, 'totalResults');
    const members = await Array.fromAsync(mapConcurrently(groups, 8, (group) => membersOf(api, group)));
    // Left out means none (RFC 7643 §2.5), but only from a service that shows members at all.
    const shown = members.some((reply) => reply.ok && reply.value !== undefined);
    const groupIds = new Set(groups.map(({ id }) => id));
    const known = (list: Group['members']): string[] | Unread => {
      if (list === undefined && !shown) return api.unread('GET /Groups/{id}', 'withheld', 'no group shows its members');
      const unlisted = list?.find((member) => isGroup(member) && !groupIds.has(member.value));
      if (unlisted) return api.unread('GET /Groups', 'withheld', `the nested group ${unlisted.value} is not listed`);
      return keysOf(list ?? [], groupIds);
    };
    for (const [i, { id, displayName }] of groups.entries()) {
      const reply = members[i]!;
      yield { key: `scim:group:${id}`, name: displayName, kind: 'group' as const, members: reply.ok ? known(reply.value) : reply.unread };
    }
  },
});

/** Services may leave members out of lists, so a group without any in the list is asked for alone. */
async function membersOf(api: Api<typeof reads>, group: Group): Promise<Reply<Group['members']>> {
  if (group.members !== undefined) return { ok: true, value: group.members };
  const reply = await api.get('GET /Groups/{id}', { id: group.id });
  return reply.ok ? { ok: true, value: reply.value.members } : reply;
}

const isGroup = ({ type }: { type?: string | undefined }): boolean => type?.toLowerCase() === 'group';

/** `type` is optional in SCIM, so a member that is listed among the groups is one. */
function keysOf(members: NonNullable<Group['members']>, groupIds: ReadonlySet<string>): string[] {
  const keys = members.map((member) => `scim:${isGroup(member) || groupIds.has(member.value) ? 'group' : 'user'}:${member.value}`);
  return [...new Set(keys)].sort();
}
