import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { HeartbeatSettings } from '#src/config.ts';
import { startHeartbeat } from '#src/vitals/heartbeat.ts';
import type { Problem } from '#src/vitals/problems.ts';

const heard: string[] = [];
let answer: number | 'hang' | 'away' = 200;
const server = createServer((request, response) => {
  void (async () => {
    heard.push(`${request.method} ${request.url} ${await text(request)}`.trim());
    if (answer === 'hang') return;
    response.writeHead(answer === 'away' ? 302 : answer, answer === 'away' ? { location: '/elsewhere' } : {}).end();
  })();
});
let address = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/Sup3rS3cret`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  heard.length = 0;
  answer = 200;
});

function heartbeat({ problems = [], fail, url = address }: { problems?: Problem[]; fail?: string; url?: string } = {}) {
  const said: string[] = [];
  const tell = (data: object, message: string) => void said.push(`${message} ${JSON.stringify(data)}`);
  const settings = {
    url: { resolve: async () => url } as HeartbeatSettings['url'],
    every: '5m' as const,
    ...(fail !== undefined && { fail }),
  };
  const beating = startHeartbeat({ settings, problems: () => problems, log: { info: tell, warn: tell } }, () => 1_000);
  return { ...beating, said, problems };
}

test('while all is well the address is called, and that it was taken is known', async () => {
  const { beat, close, state, said } = heartbeat();
  await beat();
  expect(heard).toEqual(['POST /ping/Sup3rS3cret']);
  expect(state()).toEqual({ taken: 1_000, failures: 0 });
  expect(said).toEqual([]);
  await close();
});

test('where it is not, the address stays silent, which is told once, and again when all is well', async () => {
  const { beat, close, problems, said } = heartbeat({ problems: [{ key: 'store', says: 'nothing can be written' }] });
  await beat();
  await beat();
  problems.length = 0;
  await beat();
  expect(heard).toEqual(['POST /ping/Sup3rS3cret']);
  expect(said).toEqual(['heartbeat: not well {"problems":["nothing can be written"]}', 'heartbeat: all is well {}']);
  await close();
});

test('where it cannot be told whether all is well, no sign goes out, and the agent goes on', async () => {
  const { beat, close, state, problems, said } = heartbeat();
  problems.map = () => {
    throw new Error('the database does not answer');
  };
  await beat();
  expect(heard).toEqual([]);
  expect(state()).toEqual({ taken: null, failures: 1 });
  expect(said).toEqual([expect.stringContaining('the database does not answer')]);
  await close();
});

test('a service that takes failures hears of them by their keys, not by what a provider said', async () => {
  const { beat, close } = heartbeat({
    problems: [
      { key: 'connection aws', says: '<b>private</b>' },
      { key: 'disk', says: 'full' },
    ],
    fail: '/fail',
  });
  await beat();
  expect(heard).toEqual(['POST /ping/Sup3rS3cret/fail connection aws, disk']);
  await close();
});

test.each([
  ['refuses', 500, 'it answered 500'],
  ['sends on', 'away', 'it answered 302'],
] as const)('a service that %s did not take it; the address is never told', async (_, how, reason) => {
  answer = how;
  const { beat, close, state, said } = heartbeat();
  await beat();
  await beat();
  expect(state()).toEqual({ taken: null, failures: 2 });
  expect(said[0]).toContain(reason);
  expect(said.join()).not.toContain('Sup3rS3cret');
  expect(heard).toHaveLength(2);
  await close();
});

test.each(['http://127.0.0.1:1/Sup3rS3cret', 'Sup3rS3cret'])(
  'an address that nobody answers, or that is none, stops nothing: %s',
  async (url) => {
    const { beat, close, state, said } = heartbeat({ url });
    await beat();
    expect(state().failures).toBe(1);
    expect(said.join()).not.toContain('Sup3rS3cret');
    await close();
  },
);

test('one that hangs holds up neither the agent nor its end', async () => {
  answer = 'hang';
  const { beat, close, state } = heartbeat();
  const beating = beat();
  while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await close();
  await beating;
  expect(state()).toEqual({ taken: null, failures: 0 });
});
