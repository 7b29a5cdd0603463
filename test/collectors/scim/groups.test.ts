import { describe, expect, test } from '@jest/globals';
import collector from '#collectors/scim/groups.ts';
import { itemsOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: 'scim.example/v2', region: 'global' };

testCollector(collector, {
  place,
  recording: 'scim/groups.json',
  expect: [
    { key: 'scim:group:g1', name: 'Platform admins', kind: 'group', members: ['scim:group:g2', 'scim:user:1', 'scim:user:2'] },
    { key: 'scim:group:g2', name: 'Site reliability', kind: 'group', members: ['scim:user:1'] },
    { key: 'scim:group:g3', name: 'Nobody', kind: 'group', members: [] },
    // Who is in a nested group that is not listed cannot be told.
    {
      key: 'scim:group:g4',
      name: 'Outer',
      kind: 'group',
      members: { unread: 'withheld', call: 'GET /Groups', needs: 'scim:read', detail: 'the nested group g9 is not listed' },
    },
  ],
});

describe('a service that never shows members', () => {
  test('has groups with members unread, not with none', async () => {
    const items = itemsOf(await replay(collector, { place, recording: 'scim/groups-that-hide-members.json' }));
    expect(items).toMatchObject([
      { members: { unread: 'withheld', detail: 'no group shows its members' } },
      { members: { unread: 'denied' } },
    ]);
  });
});
