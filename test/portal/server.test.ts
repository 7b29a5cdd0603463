import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, jest, test } from '@jest/globals';
import { guard } from '#src/portal/guard.ts';
import { startPortal } from '#src/portal/server.ts';
import type { Report } from '#src/report/types.ts';
import { asOf } from './company.ts';
import { fixture, links } from './fixture.ts';
import { portalOf, textOf } from './reading.ts';

describe('what is answered', () => {
  test.each(['/', links.rule, '/portal.css', '/healthz', '/nowhere', '/%zz'])('%s carries the headers that protect it', async (url) => {
    const { headers } = await portalOf(fixture).inject(url);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
    expect(headers).not.toHaveProperty('set-cookie');
  });

  test('HEAD gives the headers of GET and no body', async () => {
    const server = portalOf(fixture);
    const [get, head] = [await server.inject('/'), await server.inject({ method: 'HEAD', url: '/' })];
    expect(head.statusCode).toBe(200);
    expect(head.payload).toBe('');
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'] as const)('%s is refused with 405', async (method) => {
    for (const url of ['/', '/nowhere', '/healthz']) {
      const answer = await portalOf(fixture).inject({
        method: method as 'POST',
        url,
        headers: { 'content-type': 'application/x-strange' },
        payload: 'x',
      });
      expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD']);
    }
  });

  test.each([
    ['/nowhere', 'There is no such page.'],
    ['/controls/NW-03', 'There is no control "NW-03". Did you mean "NW-0'],
    ['/rules/aws.nothing', 'There is no rule "aws.nothing", or it is not available yet.'],
    ['/items', 'An item is found by its rule, its scope and its key.'],
    ['/items?rule=a&rule=b&scope=s&item=i', 'An item is found by its rule, its scope and its key.'],
  ])('%s is not found, and says what to do', async (url, says) => {
    const answer = await portalOf(fixture).inject(url);
    expect(answer.statusCode).toBe(404);
    expect(textOf(answer.payload)).toContain(says);
    expect(textOf(answer.payload)).toContain('Follow the links from the status page.');
  });

  test('a fault of ours says what to do and nothing of the fault, which the log has', async () => {
    const error = jest.fn();
    const broken: Report = {
      ...fixture,
      status: () => {
        throw new Error('secret detail');
      },
    };
    const answer = await portalOf(broken, { log: { error } }).inject('/');
    expect(answer.statusCode).toBe(500);
    expect(textOf(answer.payload)).toContain('Report this with the log around request');
    expect(answer.payload).not.toContain('secret detail');
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ url: '/' }), 'a page could not be made');
    expect((await portalOf(broken).inject('/healthz')).payload).toBe('ok');
  });
});

describe('the host that is asked for', () => {
  test.each(['localhost', 'localhost:8321', '127.0.0.1:9000', '[::1]:8321', '127.9.9.9'])('%s is this machine', async (host) => {
    expect((await portalOf(fixture).inject({ url: '/', headers: { host } })).statusCode).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:8321',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '0.0.0.0',
    'localhost@evil.example',
    '[::2]',
  ])('%s is refused where only this machine is served', async (host) => {
    const answer = await portalOf(fixture).inject({ url: '/', headers: { host } });
    expect(answer.statusCode).toBe(421);
    expect(answer.payload).not.toContain('Acme Health');
  });

  test.each([undefined, '', ' ', ':8321', 'localhost:'])('%j names none', (host) => {
    expect(guard.isOurs(host, '127.0.0.1')).toBe(false);
  });

  test('any is answered where others are served', async () => {
    const server = portalOf(fixture, { listen: { host: '0.0.0.0' } });
    expect((await server.inject({ url: '/', headers: { host: 'holdfast.internal' } })).statusCode).toBe(200);
  });
});

describe('the report', () => {
  test('is opened once per size of the ledger and minute, and asked each thing once', async () => {
    const status = jest.fn(() => fixture.status());
    const report = jest.fn(() => ({ ...fixture, status }));
    let [size, now] = [1, asOf];
    const server = portalOf(fixture, { report, ledgerSize: () => size, now: () => now });
    const visit = async () => {
      for (const url of ['/', '/deviations', '/', '/criteria']) await server.inject(url);
      return [report.mock.calls.length, status.mock.calls.length];
    };
    expect(await visit()).toEqual([1, 1]);
    size = 2;
    expect(await visit()).toEqual([2, 2]);
    now += 60_000;
    expect(await visit()).toEqual([3, 3]);
  });

  test('is asked again after it has failed', async () => {
    const status = jest
      .fn(() => fixture.status())
      .mockImplementationOnce(() => {
        throw new Error('busy');
      });
    const server = portalOf({ ...fixture, status });
    expect((await server.inject('/')).statusCode).toBe(500);
    expect((await server.inject('/')).statusCode).toBe(200);
  });
});

describe('listening', () => {
  const options = { report: () => fixture, ledgerSize: () => 1, company: 'Acme Health', example: true, now: () => asOf };

  test('serves until closed', async () => {
    const portal = await startPortal({ ...options, listen: { host: '127.0.0.1', port: 0 } });
    expect(await (await fetch(`${portal.url}/healthz`)).text()).toBe('ok');
    await portal.close();
    await expect(fetch(`${portal.url}/healthz`)).rejects.toThrow('fetch failed');
  });

  test('says that the port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(startPortal({ ...options, listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `Nothing can listen on 127.0.0.1:${port}: the port is in use.`,
    });
    await new Promise((resolve) => other.close(resolve));
  });

  test('says that the address is not one of this machine', async () => {
    await expect(startPortal({ ...options, listen: { host: '192.0.2.1', port: 0 } })).rejects.toMatchObject({
      code: 'ADDRESS_UNAVAILABLE',
    });
  });
});
