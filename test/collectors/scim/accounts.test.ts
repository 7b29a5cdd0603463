import { describe, expect, test } from '@jest/globals';
import collector from '#collectors/scim/accounts.ts';
import dormantAccountDisabled from '#rules/idp/dormant-account-disabled.ts';
import userMfaEnrolled from '#rules/idp/user-mfa-enrolled.ts';
import { judge } from '#src/cycle/evaluate.ts';
import { itemsOf, recordingOf, replay, testCollector } from '#test/collector-replayer.ts';

const place = { account: 'scim.example/v2', region: 'global' };
const unread = (reason: string, detail: string) => ({ unread: reason, call: 'GET /Users', needs: 'scim:read', detail });
const always = {
  factors: unread('not-offered', 'SCIM does not carry second factors'),
  lastSignIn: unread('not-offered', 'SCIM does not carry sign-ins'),
  createdAt: '2024-03-01T09:00:00.000Z',
  modifiedAt: '2025-11-02T09:00:00.000Z',
};
const noRoles = unread('withheld', 'roles is left out, which may mean none or not supported');

testCollector(collector, {
  place,
  recording: 'scim/accounts.json',
  expect: [
    {
      ...always,
      key: 'scim:user:1',
      name: 'ada@example.com',
      userName: 'ada@example.com',
      displayName: 'Ada',
      externalId: 'P-1',
      status: 'active',
      kind: 'human',
      roles: ['admin', 'auditor'],
    },
    {
      ...always,
      key: 'scim:user:2',
      name: 'eve@example.com',
      userName: 'eve@example.com',
      displayName: 'Eve',
      externalId: null,
      status: 'suspended',
      kind: 'unknown',
      roles: [],
    },
    {
      ...always,
      key: 'scim:user:3',
      name: 'backup@example.com',
      userName: 'backup@example.com',
      displayName: null,
      externalId: 'P-3',
      status: 'active',
      kind: 'service',
      roles: noRoles,
      createdAt: unread('withheld', 'meta.created is left out'),
      modifiedAt: unread('withheld', 'meta.lastModified is left out'),
    },
    {
      ...always,
      key: 'scim:user:4',
      name: 'odd@example.com',
      userName: 'odd@example.com',
      displayName: 'Odd',
      externalId: 'P-4',
      status: unread('withheld', 'active is left out'),
      kind: 'unknown',
      roles: noRoles,
    },
  ],
});

describe('the population', () => {
  const [{ call, pages }] = recordingOf('scim/accounts.json') as [{ call: string; pages: { totalResults: number; Resources: object[] }[] }];
  const collect = (bodies: object[]) => replay(collector, { place, recording: [{ call, pages: bodies }] });

  test.each([3, 5])('is partial where the service counts %d and gives 4', async (totalResults) => {
    expect(await collect(pages.map((page) => ({ ...page, totalResults })))).toMatchObject({
      status: 'failed',
      unread: { unread: 'partial' },
    });
  });

  test('of nobody is empty, and a page without Resources is none', async () => {
    expect(await collect([{ totalResults: 0 }])).toMatchObject({ status: 'complete', items: [] });
    expect(await collect([{ totalResults: 4 }])).toMatchObject({ status: 'failed', unread: { unread: 'malformed' } });
  });

  test('counts an account that two pages list once', async () => {
    const [first, second] = pages;
    const overlap = { ...second!, Resources: [first!.Resources[1]!, ...second!.Resources] };
    expect(await collect([first!, overlap])).toMatchObject({ status: 'complete', items: { length: 4 } });
  });

  test('keeps no telephone number, address or e-mail', async () => {
    const kept = JSON.stringify((await collect(pages)).calls);
    for (const text of ['555-0100', 'Main St', 'emails', 'familyName']) expect(kept).not.toContain(text);
  });
});

describe('what SCIM does not carry', () => {
  test.each([userMfaEnrolled, dormantAccountDisabled])('leaves every account unobserved, and says why: %#', async (rule) => {
    const asOf = Date.parse('2026-01-15T00:00:00Z');
    const items = itemsOf(await replay(collector, { place, recording: 'scim/accounts.json' }));
    const judgements = items.map((item) => judge(rule, { item: item as never, firstSeen: asOf }, asOf, rule.parameters.parse({})));
    expect(judgements.map(({ result }) => result)).toEqual(['unobserved', 'unobserved', 'unobserved', 'unobserved']);
    expect(judgements[0]!.message).toMatch(/^GET \/Users \(needs scim:read\): not-offered, SCIM does not carry/);
  });
});
