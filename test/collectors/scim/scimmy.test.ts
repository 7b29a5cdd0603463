import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
// @ts-expect-error: express brings no types
import express from 'express';
import SCIMMY from 'scimmy';
import ScimRouter from 'scimmy-routers';
import type { Collector } from '#collector';
import scimAccounts from '#collectors/scim/accounts.ts';
import { connectScim } from '#collectors/scim/client.ts';
import scimGroups from '#collectors/scim/groups.ts';
import { collectScope } from '#src/cycle/collect.ts';
import { itemsOf } from '#test/collector-replayer.ts';

// A SCIM service that others wrote, to check our reading of the protocol against theirs.
const meta = { created: new Date('2024-03-01T09:00:00Z'), lastModified: new Date('2025-11-02T09:00:00Z') };
const users = Array.from({ length: 130 }, (_, i) => ({
  id: `u${i}`,
  userName: `user${i}@example.com`,
  displayName: `User ${i}`,
  active: i % 2 === 0,
  ...(i === 0 && { userType: 'Employee', roles: [{ value: 'owner' }] }),
  meta,
}));
const groups = [
  { id: 'g1', displayName: 'Admins', members: [{ value: 'u1' }, { value: 'g2' }], meta },
  { id: 'g2', displayName: 'Operators', members: [{ value: 'u2', type: 'User' }], meta },
  { id: 'g3', displayName: 'Nobody', meta },
];

let server: Server;
let base: string;

beforeAll(async () => {
  const serve = (rows: readonly { id: string }[]) => (resource: { id?: string }) => {
    if (resource.id === undefined) return rows;
    const found = rows.find(({ id }) => id === resource.id);
    if (!found) throw new SCIMMY.Types.Error(404, null as never, `Resource ${resource.id} not found`);
    return found;
  };
  SCIMMY.Resources.declare(SCIMMY.Resources.User, { egress: serve(users) } as never);
  SCIMMY.Resources.declare(SCIMMY.Resources.Group, { egress: serve(groups) } as never);
  const handler = (request: { header(name: string): string | undefined }) => {
    if (request.header('authorization') !== 'Bearer token') throw new Error('not authorized');
    return 'reader';
  };
  const scimmy = new ScimRouter({ type: 'bearer', handler } as never) as never;
  // Express 5 parses the query anew at each look, which loses what scimmy writes into it: without this it ignores startIndex and count.
  const keepQuery = (request: { query: object }, _: unknown, next: () => void) => {
    Object.defineProperty(request, 'query', { value: request.query, writable: true });
    next();
  };
  server = createServer(express().use('/scim', keepQuery, scimmy).use('/forgetful', scimmy));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

const connect = (token: string, path = '/scim') => connectScim({ id: 'directory', endpoint: `${base}${path}`, token: async () => token });

async function collect(collector: Collector, path?: string) {
  const connection = connect('token', path);
  const [place] = await connection.places();
  expect(place).not.toHaveProperty('unread');
  return collectScope(collector, place!, connection.open(place!));
}

test('accounts are read whole', async () => {
  const items = itemsOf(await collect(scimAccounts)) as Record<string, unknown>[];
  expect(items).toHaveLength(130);
  expect(items[0]).toMatchObject({
    key: 'scim:user:u0',
    status: 'active',
    kind: 'human',
    roles: ['owner'],
    factors: { unread: 'not-offered' },
    lastSignIn: { unread: 'not-offered' },
    createdAt: '2024-03-01T09:00:00.000Z',
  });
  expect(items.filter(({ status }) => status === 'suspended')).toHaveLength(65);
});

test('groups are read whole, with their members', async () => {
  expect(itemsOf(await collect(scimGroups))).toMatchObject([
    { key: 'scim:group:g1', name: 'Admins', members: ['scim:group:g2', 'scim:user:u1'] },
    { key: 'scim:group:g2', members: ['scim:user:u2'] },
    { key: 'scim:group:g3', members: [] },
  ]);
});

test('a service that forgets startIndex is malformed, never twenty accounts', async () => {
  expect(await collect(scimAccounts, '/forgetful')).toMatchObject({ status: 'failed', unread: { unread: 'malformed' } });
});

test('a wrong token is a rejected credential', async () => {
  expect(await connect('other').places()).toMatchObject([{ unread: { unread: 'credential-rejected' } }]);
});
