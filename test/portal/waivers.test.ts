import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import waiverRule from '#rules/meta/waiver-approved-and-unexpired.ts';
import { portalServer } from '#src/portal/server.ts';
import { day, doors, openHouse, people, request, start } from '#test/actions/house.ts';
import { toyRules } from '#test/cycle/world.ts';
import { textOf } from './reading.ts';

const address = 'https://holdfast.example.com';
const hostile = '<script>alert(1)</script>" onload="x\u202e';
let house: Awaited<ReturnType<typeof openHouse>>;
let server: FastifyInstance;
let taking: NodeJS.Timeout;

beforeEach(async () => {
  house = await openHouse({ rules: [...toyRules, waiverRule] });
  const desk = house.deskWith();
  taking = setInterval(() => void desk.take(), 20);
  server = portalServer({
    report: house.report,
    ledgerSize: () => house.store.head().size,
    company: 'House',
    example: false,
    now: house.now,
    listen: { host: '127.0.0.1' },
    acting: {
      actions: house.inbox,
      people,
      longestDays: 90,
      address,
      timeZone: 'UTC',
      header: 'x-email',
      proof: 'x-proof',
      secret: 'the proxy alone knows',
    },
  });
});
afterEach(async () => {
  clearInterval(taking);
  await server.close();
  await house[Symbol.asyncDispose]();
});

const as = (who: string) => ({ host: 'holdfast.example.com', 'x-email': who, 'x-proof': 'the proxy alone knows' });
const get = (url: string, headers: Record<string, string> = {}) =>
  server.inject({ url, headers: { host: 'holdfast.example.com', ...headers } });
const ask = `/waivers/ask?${new URLSearchParams({ rule: 'toy.door-shut', scope: doors, item: 'door:n2' }).toString()}`;
const hidden = (page: string): Record<string, string> =>
  Object.fromEntries(
    [...page.matchAll(/<input type="hidden" name="([a-z]+)" value="([^"]*)">/g)].map(([, name, value]) => [name!, value!]),
  );
const post = (url: string, form: Record<string, string>, headers: Record<string, string>) =>
  server.inject({
    method: 'POST',
    url,
    headers: { origin: address, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(form).toString(),
  });
const reasons = { reason: `The hinge is broken. ${hostile}`, compensating: 'A guard stands before it.', until: '2026-03-20' };

describe('over the pages', () => {
  test('a signed-in owner asks, somebody else approves; all of it is in the ledger and on the pages, as text', async () => {
    const form = await get(ask, as('CY@house.example'));
    expect(form.headers['content-security-policy']).toContain("form-action 'self'");
    expect(form.headers['referrer-policy']).toBe('same-origin');
    const fields = hidden(form.payload);
    const asked = await post('/waivers', { ...fields, ...reasons }, as('cy@house.example'));
    expect([asked.statusCode, asked.headers.location]).toEqual([303, expect.stringMatching(/^\/waivers\/W-[0-9A-Z]{6}$/)]);
    const again = await post('/waivers', { ...fields, ...reasons }, as('cy@house.example'));
    expect(again.headers.location).toBe(asked.headers.location);
    expect(house.store.entries('waiver')).toHaveLength(1);

    const url = String(asked.headers.location);
    expect(textOf((await get(url, as('cy@house.example'))).payload)).not.toContain('Approve');
    const page = await get(url, as('bo@house.example'));
    expect(page.payload).not.toContain('<script>');
    expect(textOf(page.payload)).toContain('<script>alert(1)</script>" onload="x\\u{202e}');
    const done = await post(url, { ...hidden(page.payload), what: 'approve', reason: 'Until the smith comes.' }, as('bo@house.example'));
    expect(done.statusCode).toBe(303);
    expect(house.store.entries('waiver').at(-1)!.body).toMatchObject({
      step: 'approved',
      by: 'bo@house.example',
      via: { way: 'page', remote: '127.0.0.1' },
    });
    expect(house.waivers()[0]!.inForce).toEqual({ from: start, to: start + 20 * day });
    const told = textOf((await get(url)).payload);
    for (const words of ['In force', 'asked for by Cy Moss', 'Bo Lind', 'bo@house.example, by these pages', 'n2'])
      expect(told).toContain(words);
    expect(textOf((await get('/waivers')).payload)).toContain('1 in force · 0 requests to decide');
    expect(textOf((await get('/deviations')).payload)).toMatch(/Under waiver W-\w+ until .* approved by Bo Lind/);
    expect(textOf((await get('/')).payload)).toContain('open now, 1 under waiver');
  });

  test.each([
    ['nobody is signed in', {}, 403, 'did not come through the sign-in'],
    ['the proof is wrong', { 'x-proof': 'guessed' }, 403, 'did not come through the sign-in'],
    ['who is signed in may not act', { 'x-email': 'eve@house.example' }, 403, 'eve@house.example is none of the people who may act.'],
    ['two addresses are claimed', { 'x-email': 'bo@house.example, cy@house.example' }, 403, 'is none of the people'],
    ['it comes from another site', { origin: 'https://evil.example' }, 403, 'did not come from these pages'],
    ['it comes from nowhere', { origin: 'null' }, 403, 'did not come from these pages'],
    ['the browser says that another site sends it', { 'sec-fetch-site': 'cross-site' }, 403, 'did not come from these pages'],
  ])('refused where %s', async (_, over, status, says) => {
    const fields = hidden((await get(ask, as('cy@house.example'))).payload);
    const headers: Record<string, string> = { ...as('cy@house.example'), ...over };
    if (Object.keys(over).length === 0) delete headers['x-proof'];
    const answer = await post('/waivers', { ...fields, ...reasons }, headers);
    expect([answer.statusCode, textOf(answer.payload)]).toEqual([status, expect.stringContaining(says)]);
    expect(house.store.entries('waiver')).toEqual([]);
  });

  test('refused with another’s form, a form of yesterday, without one, or an odd one; and nothing else takes orders', async () => {
    const fields = hidden((await get(ask, as('cy@house.example'))).payload);
    const send = async (form: Record<string, string>, who = 'cy@house.example') => (await post('/waivers', form, as(who))).statusCode;
    expect(await send({ ...fields, ...reasons }, 'bo@house.example')).toBe(403);
    expect(await send({ ...reasons })).toBe(403);
    expect(await send({ ...fields, ...reasons, until: 'soon' })).toBe(400);
    expect(await send({ ...fields, ...reasons, reason: 'x' })).toBe(409);
    expect(await send({ ...fields, ...reasons, item: 'door:n1' })).toBe(409);
    house.clock.hours = 30;
    expect(await send({ ...fields, ...reasons })).toBe(403);
    expect((await post('/waivers/W-000000', { ...fields, what: 'destroy', reason: 'x' }, as('bo@house.example'))).statusCode).toBe(403);
    for (const url of ['/', '/deviations', '/waiversx', '/nowhere'])
      expect((await post(url, fields, as('cy@house.example'))).statusCode).toBe(405);
    expect((await server.inject({ method: 'PUT', url: '/waivers', headers: as('cy@house.example') })).statusCode).toBe(405);
    expect(house.store.entries('waiver')).toEqual([]);
  });

  test('who is not signed in reads how it is done elsewhere', async () => {
    await house.act(request());
    for (const url of ['/waivers', ask, `/waivers/${house.waivers()[0]!.id}`]) {
      const { payload, statusCode } = await get(url);
      expect([statusCode, payload.includes('<form')]).toEqual([200, false]);
      expect(textOf(payload)).toContain('holdfast waive request');
    }
    expect((await get('/waivers/W-NOPE')).statusCode).toBe(404);
    expect((await get('/waivers/ask?rule=x')).statusCode).toBe(404);
  });
});

test('without a sign-in in the configuration the pages only read', async () => {
  const bare = portalServer({ report: house.report, company: 'House', example: false, now: house.now, listen: { host: '127.0.0.1' } });
  const { payload, headers } = await bare.inject({ url: ask, headers: { host: 'localhost', 'x-email': 'cy@house.example' } });
  expect(textOf(payload)).toContain('These pages have no sign-in of their own, so they only read.');
  expect(headers['content-security-policy']).toContain("form-action 'none'");
  const answer = await bare.inject({
    method: 'POST',
    url: '/waivers',
    headers: { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'a=b',
  });
  expect(answer.statusCode).toBe(405);
  await bare.close();
});
