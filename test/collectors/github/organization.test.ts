import { describe, expect, test } from '@jest/globals';
import collector from '#collectors/github/organization.ts';
import { itemsOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: 'acme', region: 'global' };

testCollector(collector, {
  place,
  recording: 'github/organization.json',
  expect: [
    {
      key: 'github:organization:7001',
      name: 'acme',
      twoFactorRequired: true,
      membersWithoutTwoFactor: [
        { key: 'github:member:30', login: 'ada' },
        { key: 'github:member:502', login: 'hubot' },
      ],
      outsideCollaboratorsWithoutTwoFactor: [],
      basePermission: 'read',
      membersCanCreatePublicRepositories: false,
      membersCanDeleteRepositories: false,
      membersCanChangeVisibility: true,
    },
  ],
});

describe('for whoever is no owner', () => {
  test('null, left out and refused are all unread, never false and never nobody', async () => {
    const [item] = itemsOf(await replay(collector, { place, recording: 'github/organization-of-a-stranger.json' })) as Record<
      string,
      unknown
    >[];
    const reasons = Object.entries(item!).map(([field, value]) => [field, (value as { unread?: string }).unread]);
    expect(Object.fromEntries(reasons)).toEqual({
      key: undefined,
      name: undefined,
      twoFactorRequired: 'withheld',
      membersWithoutTwoFactor: 'denied',
      outsideCollaboratorsWithoutTwoFactor: 'denied',
      basePermission: 'withheld',
      membersCanCreatePublicRepositories: 'withheld',
      membersCanDeleteRepositories: 'withheld',
      membersCanChangeVisibility: 'withheld',
    });
  });
});
