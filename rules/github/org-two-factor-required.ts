import { githubOrganization } from '#populations/github-organization';
import { defineRule, fail, pass, z } from '#rule';

const signOnInstead = z
  .boolean()
  .default(false)
  .describe('Every member signs in through an identity provider in scope that requires a second factor. Outside collaborators do not');

export default defineRule(githubOrganization, {
  id: 'github.org-two-factor-required',
  title: 'The organization requires two-factor authentication',
  kind: 'state',
  severity: 'critical',
  rationale: 'A stolen password alone must not open the source code.',
  remediation: 'Require two-factor authentication in the security settings of the organization, and remove or enroll the people named.',
  inspects: ['twoFactorRequired', 'membersWithoutTwoFactor', 'outsideCollaboratorsWithoutTwoFactor'],
  parameters: z.object({ signOnInstead }),
  messages: {
    required: 'A second factor is required, and everyone has one.',
    signOn: 'Members sign in through the identity provider, and every outside collaborator has a second factor.',
    notRequired: 'The organization does not require a second factor.',
    without: 'Without a second factor: {people}.',
  },
  examples: {
    pass: [{}],
    fail: [{ twoFactorRequired: false }, { membersWithoutTwoFactor: [{ key: 'github:member:502', login: 'hubot' }] }],
  },
  evaluate({ twoFactorRequired, membersWithoutTwoFactor, outsideCollaboratorsWithoutTwoFactor }, { parameters }) {
    const members = parameters.signOnInstead ? [] : membersWithoutTwoFactor;
    if (!twoFactorRequired && !parameters.signOnInstead) return fail('notRequired');
    const people = [...members, ...outsideCollaboratorsWithoutTwoFactor].map(({ login }) => login);
    if (people.length > 0) return fail('without', { people: people.join(', ') });
    return pass(parameters.signOnInstead ? 'signOn' : 'required');
  },
});
