import { z } from 'zod';
import { definePopulation } from '#src/population.ts';

const users = z.array(z.object({ key: z.string(), login: z.string() }));

/** A GitHub organization and what it allows its members. */
export const githubOrganization = definePopulation('github.organization', {
  title: 'GitHub organizations and their member settings',
  kind: 'state',
  fields: z.object({
    twoFactorRequired: z.boolean().describe('The organization requires a second factor of everyone in it. Only owners are told.'),
    membersWithoutTwoFactor: users.describe('Sorted by key. Only owners are told.'),
    outsideCollaboratorsWithoutTwoFactor: users.describe('Sorted by key. Only owners are told.'),
    basePermission: z.enum(['none', 'read', 'write', 'admin']).describe('What every member may do in every repository'),
    membersCanCreatePublicRepositories: z.boolean(),
    membersCanDeleteRepositories: z.boolean().describe('Deletes and transfers, by members who administer a repository'),
    membersCanChangeVisibility: z.boolean().describe('By members who administer a repository'),
  }),
  example: {
    key: 'github:organization:7001',
    name: 'acme',
    twoFactorRequired: true,
    membersWithoutTwoFactor: [],
    outsideCollaboratorsWithoutTwoFactor: [],
    basePermission: 'read',
    membersCanCreatePublicRepositories: false,
    membersCanDeleteRepositories: false,
    membersCanChangeVisibility: false,
  },
});
