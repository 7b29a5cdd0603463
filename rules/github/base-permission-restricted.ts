import { githubOrganization } from '#populations/github-organization';
import { defineRule, fail, pass, z } from '#rule';

const permissions = ['none', 'read', 'write', 'admin'] as const;

export default defineRule(githubOrganization, {
  id: 'github.base-permission-restricted',
  title: 'Membership alone gives little access',
  kind: 'state',
  severity: 'medium',
  rationale: 'What every member may do everywhere, no team grant and no access review can take back.',
  remediation: 'Lower the base permission, and keep publishing, deleting and transferring repositories to owners.',
  inspects: ['basePermission', 'membersCanCreatePublicRepositories', 'membersCanDeleteRepositories', 'membersCanChangeVisibility'],
  parameters: z.object({ highest: z.enum(permissions).default('read').describe('The highest base permission allowed') }),
  messages: {
    restricted: 'The base permission is {permission}; publishing and deleting repositories is left to owners.',
    wide: 'Open to every member: {grants}.',
  },
  examples: {
    pass: [{}, { basePermission: 'none' }],
    fail: [{ basePermission: 'write' }, { membersCanCreatePublicRepositories: true }],
  },
  evaluate(organization, { parameters }) {
    const { basePermission: permission } = organization;
    const grants = [
      ...(permissions.indexOf(permission) > permissions.indexOf(parameters.highest) ? [`base permission ${permission}`] : []),
      ...(organization.membersCanCreatePublicRepositories ? ['creating public repositories'] : []),
      ...(organization.membersCanDeleteRepositories ? ['deleting and transferring repositories'] : []),
      ...(organization.membersCanChangeVisibility ? ['changing the visibility of repositories'] : []),
    ];
    return grants.length > 0 ? fail('wide', { grants: grants.join(', ') }) : pass('restricted', { permission });
  },
});
