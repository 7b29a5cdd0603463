import { afterEach, describe, expect, test } from '@jest/globals';
import { type CallFailure, type Collector, isUnread } from '#collector';
import type { HttpDependencies } from '#collectors/http.ts';
import scimAccounts from '#collectors/scim/accounts.ts';
import { connectScim } from '#collectors/scim/client.ts';
import scimGroups from '#collectors/scim/groups.ts';
import { collectScope } from '#src/cycle/collect.ts';
import { itemsOf } from '#test/collector-replayer.ts';
import { type Double, type Mischief, standingClock } from '#test/doubles/double.ts';
import { type ScimWorld, scimError, startScim } from '#test/doubles/scim.ts';

const user = (i: number) => ({ id: `u${i}`, userName: `user${i}@example.com`, active: true });
const world: ScimWorld = {
  users: Array.from({ length: 250 }, (_, i) => user(i)),
  groups: [
    { id: 'g1', displayName: 'Admins', members: [{ value: 'u1' }, { value: 'g2' }] },
    { id: 'g2', displayName: 'Operators', members: [{ value: 'u2' }] },
  ],
};

let scim: Double;
afterEach(() => scim.close());

async function open(given: Partial<ScimWorld> = {}, token = async () => 'token', dependencies: HttpDependencies = {}) {
  scim = await startScim({ ...world, ...given });
  const clock = standingClock();
  const connection = connectScim(
    { id: 'directory', endpoint: `${scim.endpoint}/scim/v2/`, token },
    { ...clock, timeout: 300, ...dependencies },
  );
  const place = { account: new URL(scim.endpoint).host, region: 'global' };
  const transport = connection.open(place);
  return { clock, connection, transport, place, collect: (collector: Collector) => collectScope(collector, place, transport) };
}

type Opened = Awaited<ReturnType<typeof open>>;
async function failure({ transport }: Opened): Promise<CallFailure> {
  try {
    await Array.fromAsync(transport.call('GET /Users', {}, true));
  } catch (error) {
    return error as CallFailure;
  }
  throw new Error('the call did not fail');
}

describe('a list', () => {
  test('is asked for with startIndex and count, and read on by what came', async () => {
    const { collect } = await open({ cap: 60 });
    expect(itemsOf(await collect(scimAccounts))).toHaveLength(250);
    expect(scim.calls).toEqual([1, 61, 121, 181, 241, 251].map((start) => `GET /scim/v2/Users?startIndex=${start}&count=100`));
  });

  test('is asked for once by the collectors of one cycle', async () => {
    const { collect } = await open();
    await Promise.all([collect(scimAccounts), collect(scimAccounts)]);
    expect(scim.calls).toHaveLength(4);
  });

  test.each([100, 260, 0])('is partial where the service claims %d', async (claims) => {
    const { collect } = await open({ claims });
    expect(await collect(scimAccounts)).toMatchObject({ status: 'failed', unread: { unread: 'partial' } });
  });

  test('that always gives its first page is malformed, not endless', async () => {
    const { collect } = await open({ ignoresStartIndex: true });
    expect(await collect(scimAccounts)).toMatchObject({
      status: 'failed',
      unread: { unread: 'malformed', detail: expect.stringContaining('startIndex') },
    });
    expect(scim.calls).toHaveLength(2);
  });

  test('that ignores paging but gives all there is, is whole', async () => {
    const { collect } = await open({ ignoresStartIndex: true, users: [user(1), user(2)] });
    expect(itemsOf(await collect(scimAccounts))).toHaveLength(2);
  });

  test('may refuse to look beyond its end, but not within', async () => {
    const { collect } = await open();
    scim.disturb(/startIndex=251/, scimError(400, 'startIndex is out of range'));
    expect(itemsOf(await collect(scimAccounts))).toHaveLength(250);
    await scim.close();
    const within = await open();
    scim.disturb(/startIndex=201/, scimError(400, 'startIndex is out of range'));
    expect(await within.collect(scimAccounts)).toMatchObject({ status: 'failed', unread: { unread: 'denied' } });
  });

  test('whose page beyond its own count cannot be read is malformed, not at its end', async () => {
    const { collect } = await open({ claims: 100 });
    scim.disturb(/startIndex=101/, { body: { totalResults: 250, Resources: [{ userName: 'without an id' }] } });
    expect(await collect(scimAccounts)).toMatchObject({ status: 'failed', unread: { unread: 'malformed' } });
  });

  test('shows members of groups in the list, or of each group alone', async () => {
    const { collect } = await open();
    const [admins] = itemsOf(await collect(scimGroups));
    expect(admins).toMatchObject({ members: ['scim:group:g2', 'scim:user:u1'] });
    expect(scim.calls.filter((call) => call.includes('Groups/'))).toHaveLength(0);
    await scim.close();
    const apart = await open({ membersApart: true });
    expect(itemsOf(await apart.collect(scimGroups))[0]).toEqual(admins);
    expect(scim.calls.filter((call) => call.includes('Groups/'))).toHaveLength(2);
    await scim.close();
    const hidden = await open({ membersHidden: true });
    for (const item of itemsOf(await hidden.collect(scimGroups))) expect(isUnread((item as { members: unknown }).members)).toBe(true);
  });
});

describe('a refusal', () => {
  const cases: [string, Mischief, object][] = [
    ['a rejected token', scimError(401, 'Token expired'), { reason: 'credential-rejected', message: 'Token expired' }],
    ['forbidden', scimError(403, 'Not allowed to list users'), { reason: 'denied', message: 'Not allowed to list users' }],
    ['not found', scimError(404, 'No such endpoint'), { reason: 'denied' }],
    ['not implemented', scimError(501, 'Not implemented'), { reason: 'not-offered' }],
    ['a web page', { body: '<!doctype html><title>Sign in</title>' }, { reason: 'malformed', message: 'a web page instead of SCIM' }],
    ['no body', { body: null }, { reason: 'malformed' }],
    [
      'another host',
      { status: 302, headers: { location: 'https://login.example/' }, body: null },
      { reason: 'unavailable', code: 'other-host' },
    ],
    ['a circle', { status: 302, headers: { location: '/scim/v2/Users' }, body: null }, { reason: 'unavailable', code: 'redirects' }],
  ];
  test.each(cases)('%s', async (_, mischief, expected) => {
    const opened = await open();
    scim.disturb(/Users/, mischief);
    expect(await failure(opened)).toMatchObject(expected);
  });

  test('a token that cannot be had is a rejected credential, told without the call', async () => {
    const opened = await open({}, () => Promise.reject(new Error('SCIM_TOKEN is not set')));
    expect(await failure(opened)).toMatchObject({ reason: 'credential-rejected', message: 'SCIM_TOKEN is not set' });
    expect(scim.calls).toEqual([]);
  });

  test('a rejected token is not tried again in the cycle', async () => {
    const opened = await open({ token: 'other' });
    await failure(opened);
    expect(await opened.collect(scimGroups)).toMatchObject({ status: 'failed', unread: { unread: 'credential-rejected' } });
    expect(scim.calls).toHaveLength(1);
  });
});

describe('quota and faults', () => {
  test('the wait that the service asks for is kept, as seconds or as a date', async () => {
    const opened = await open();
    const date = new Date(opened.clock.now() + 20_000).toUTCString();
    scim.disturb(/startIndex=1&/, scimError(429, 'slow', { 'retry-after': '15' }), 1);
    scim.disturb(/startIndex=101&/, scimError(429, 'slow', { 'retry-after': date }), 1);
    expect(itemsOf(await opened.collect(scimAccounts))).toHaveLength(250);
    expect(opened.clock.sleeps).toEqual([15_000, 5_000]);
  });

  test('beyond the longest wait it is throttled', async () => {
    const opened = await open({}, undefined, { maximumWait: 20_000 });
    scim.disturb(/Users/, scimError(429, 'slow', { 'retry-after': '3600' }));
    expect(await failure(opened)).toMatchObject({ reason: 'throttled' });
    expect(opened.clock.sleeps).toEqual([]);
  });

  test.each([
    ['a fault of the service', scimError(503, 'down') as Mischief],
    ['an answer that never comes', 'hang' as const],
    ['an answer that breaks off', 'cut' as const],
  ])('%s is asked again, and is unavailable when it stays', async (_, mischief) => {
    const opened = await open({}, undefined, { timeout: 250 });
    scim.disturb(/Users/, mischief, 1);
    expect(itemsOf(await opened.collect(scimAccounts))).toHaveLength(250);
    scim.disturb(/Groups/, mischief);
    expect(await opened.collect(scimGroups)).toMatchObject({ status: 'failed', unread: { unread: 'unavailable' } });
    expect(opened.clock.sleeps).toEqual([1_000, 1_000, 2_000, 4_000, 8_000]);
  });
});

describe('places', () => {
  test('the tenant is the one place, named by host and path', async () => {
    const { connection } = await open();
    expect(await connection.places()).toEqual([{ account: `${new URL(scim.endpoint).host}~scim~v2`, region: 'global' }]);
  });

  test('a service that does not describe itself is a place all the same', async () => {
    const { connection } = await open();
    scim.disturb(/ServiceProviderConfig/, scimError(404, 'No such endpoint'));
    expect(await connection.places()).toEqual([{ account: `${new URL(scim.endpoint).host}~scim~v2`, region: 'global' }]);
  });

  test('refused: the place is there, unread', async () => {
    const { connection } = await open({ token: 'other' });
    expect(await connection.places()).toMatchObject([
      { region: 'global', unread: { unread: 'credential-rejected', call: 'GET /ServiceProviderConfig' } },
    ]);
  });
});
