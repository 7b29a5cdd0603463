import { entryFor, identityAccount } from '#populations/identity-account';
import { everyoneIn, identityGroup, names } from '#populations/identity-group';
import { definePopulationRule, fail, notApplicable, pass, z } from '#rule';

const parameters = z.object({
  privileged: z
    .array(z.string().min(1))
    .default(['*admin*'])
    .describe('Groups and roles that give administrative access, by name or key; * stands for any run of letters, case does not matter'),
  roster: z
    .array(
      z.object({
        account: z.string().describe('User name, or key'),
        group: z.string().describe('The group or role, by name or key as above'),
        approvedBy: z.string().min(1),
        reviewBy: z.iso.date().describe('The last day on which the approval holds, UTC'),
      }),
    )
    .default([])
    .describe('Who is approved to hold which of them'),
});

export default definePopulationRule(
  { accounts: identityAccount, groups: identityGroup },
  {
    id: 'idp.privileged-user-authorized',
    title: 'Every holder of administrative access is on the approved roster',
    kind: 'state',
    severity: 'critical',
    within: 'account',
    rationale: 'Administrative access that nobody approved is how an intruder stays, and how a mistake spreads.',
    remediation: 'Take the account out of the group, or have the access approved and put on the roster with the date of its review.',
    inspects: { accounts: ['userName', 'status', 'kind'], groups: ['members'] },
    parameters,
    messages: {
      approved: 'Approved for {groups}.',
      notOnRoster: 'Holds {groups} without an approval in force.',
      shared: 'Holds {groups}, but is shared by several people.',
      inactive: 'Cannot sign in: the account is {status}.',
      unprivileged: 'Is in none of the groups and roles that give administrative access: {groups}.',
      nothingPrivileged: 'No group and no role matches what is configured as administrative.',
    },
    examples: [
      {
        title: 'administrators are approved one by one',
        given: {
          accounts: [
            { key: 'scim:user:1', userName: 'ada@example.com' },
            { key: 'scim:user:2', userName: 'eve@example.com' },
          ],
          groups: [{ key: 'scim:group:1', name: 'Platform admins', members: ['scim:user:1'] }],
        },
        expect: {
          'scim:user:1': { result: 'fail', message: 'notOnRoster' },
          'scim:user:2': { result: 'not-applicable', message: 'unprivileged' },
        },
      },
    ],
    *evaluate({ accounts, groups }, { asOf, parameters }) {
      const byKey = new Map(groups.map((group) => [group.key, group]));
      const privileged = groups
        .filter((group) => parameters.privileged.some((pattern) => names(pattern, group)))
        .map((group) => ({ group, everyone: everyoneIn(group, byKey) }))
        .sort((a, b) => (a.group.key < b.group.key ? -1 : 1));
      for (const { key, userName, status, kind } of accounts) {
        const held = privileged.filter(({ everyone }) => everyone.has(key)).map(({ group }) => group);
        if (held.length === 0) {
          yield {
            key,
            ...(privileged.length === 0
              ? notApplicable('nothingPrivileged')
              : notApplicable('unprivileged', { groups: listed(privileged.map(({ group }) => group)) })),
          };
          continue;
        }
        if (status !== 'active' && status !== 'locked') {
          yield { key, ...notApplicable('inactive', { status }) };
          continue;
        }
        if (kind === 'shared') {
          yield { key, ...fail('shared', { groups: listed(held) }) };
          continue;
        }
        const mine = parameters.roster.filter((entry) => entryFor([entry], { key, userName }));
        const ends = held.map((group) =>
          Math.max(0, ...mine.filter((entry) => names(entry.group, group)).map(({ reviewBy }) => endOf(reviewBy))),
        );
        const unapproved = held.filter((_, i) => ends[i]! <= asOf);
        if (unapproved.length > 0) yield { key, ...fail('notOnRoster', { groups: listed(unapproved) }) };
        else yield { key, ...pass('approved', { groups: listed(held) }, { until: Math.min(...ends) }) };
      }
    },
  },
);

const listed = (groups: readonly { name: string }[]): string => groups.map(({ name }) => name).join(', ');
const endOf = (date: string): number => Date.parse(date) + 86_400_000;
