import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

/** A member of a GitHub organization. Outside collaborators are not members. */
export const githubMember = definePopulation('github.member', {
  title: 'Members of GitHub organizations',
  kind: 'state',
  personal: true,
  fields: z.object({
    kind: z.enum(['human', 'bot']),
    role: z.enum(['owner', 'member']),
    twoFactor: z.boolean().describe('A second factor is set up. Only owners are told.'),
  }),
  example: { key: 'github:member:501', name: 'octavia', kind: 'human', role: 'member', twoFactor: true },
});
