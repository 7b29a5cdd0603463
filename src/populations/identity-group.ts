import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** A group or an administrative role of an identity provider, and who is in it. */
export const identityGroup = definePopulation('identity.group', {
  title: 'Groups and roles of identity providers and directories',
  kind: 'state',
  personal: true,
  fields: z.object({
    kind: z.enum(['group', 'role']),
    members: z.array(z.string()).describe('Keys of accounts and of nested groups, direct members only, sorted'),
  }),
  example: { key: 'scim:group:e9e30dba', name: 'Platform admins', kind: 'group', members: ['scim:user:2819c223'] },
});

type Group = { readonly key: string; readonly members: readonly string[] };

/** Keys of everyone in the group, through nested groups too. Groups in a ring are visited once. */
export function everyoneIn(group: Group, groups: ReadonlyMap<string, Group>): Set<string> {
  const everyone = new Set<string>();
  const visited = new Set([group.key]);
  const open: Group[] = [group];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const member of next.members) {
      const nested = groups.get(member);
      if (!nested) everyone.add(member);
      else if (!visited.has(member)) {
        visited.add(member);
        open.push(nested);
      }
    }
  }
  return everyone;
}

/** Whether a pattern names the group by key or by name; * stands for any run of letters, case does not matter. */
export function names(pattern: string, { key, name }: { key: string; name: string }): boolean {
  const expression = new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 'is');
  return expression.test(name) || pattern === key;
}
