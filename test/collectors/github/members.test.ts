import { describe, expect, test } from '@jest/globals';
import collector from '#collectors/github/members.ts';
import { recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: 'acme', region: 'global' };

testCollector(collector, {
  place,
  recording: 'github/members.json',
  expect: [
    { key: 'github:member:501', name: 'octavia', kind: 'human', role: 'owner', twoFactor: true },
    { key: 'github:member:502', name: 'hubot', kind: 'human', role: 'member', twoFactor: true },
    { key: 'github:member:503', name: 'build-bot', kind: 'bot', role: 'member', twoFactor: false },
  ],
});

describe('for a stranger', () => {
  test('the list may lack concealed members, so it is no population', async () => {
    const [, ...others] = recordingOf('github/members.json');
    const stranger = { call: 'GET /orgs/{org}', pages: [{ id: 7001, login: 'acme', public_repos: 1 }] };
    expect(await replay(collector, { place, recording: [stranger, ...others] })).toMatchObject({
      status: 'failed',
      unread: { unread: 'withheld', needs: 'members:read' },
    });
  });
});

describe('the population', () => {
  test('is partial where it lacks one of its own owners', async () => {
    const recording = recordingOf('github/members.json').map((entry, index) =>
      index === 3 ? { ...entry, pages: [entry.pages![1]] } : entry,
    );
    expect(await replay(collector, { place, recording })).toMatchObject({
      status: 'failed',
      unread: { unread: 'partial', call: 'GET /orgs/{org}/members' },
    });
  });
});
