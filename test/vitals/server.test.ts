import { request } from 'node:http';
import { expect, test } from '@jest/globals';
import { plain } from '#src/vitals/answers.ts';
import { listen } from '#src/vitals/server.ts';

const answering = {
  answer: async (path: string) => {
    if (path === '/broken') throw new Error('Sup3rS3cret');
    return path === '/readyz' ? plain(503, 'aws was not looked at yet') : null;
  },
};

const ask = (url: string, path: string, { host, method = 'GET' }: { host?: string; method?: string } = {}) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asking = request(new URL(path, url), { method, ...(host !== undefined && { headers: { host } }) }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode!, text: Buffer.concat(parts).toString() }));
    });
    asking.on('error', reject).end();
  });

test('it answers what it is asked, nothing else, and never why it broke', async () => {
  const listener = await listen(answering, { host: '127.0.0.1', port: 0 });
  expect(await ask(listener.url, '/readyz')).toEqual({ status: 503, text: 'aws was not looked at yet' });
  expect(await ask(listener.url, '/readyz?verbose')).toMatchObject({ status: 503 });
  expect(await ask(listener.url, '/readyz', { method: 'HEAD' })).toEqual({ status: 503, text: '' });
  expect(await ask(listener.url, '/')).toMatchObject({ status: 404 });
  expect(await ask(listener.url, '/readyz', { method: 'POST' })).toMatchObject({ status: 405 });
  expect(await ask(listener.url, '/broken')).toEqual({ status: 500, text: 'Holdfast met a fault of its own.' });
  expect(await ask(listener.url, '/readyz', { host: 'evil.example' })).toMatchObject({ status: 421 });
  expect(await ask(listener.url, '/readyz', { host: 'localhost:9321' })).toMatchObject({ status: 503 });
  await listener.close();
});

test('beyond this machine any name is answered, as a probe asks by address', async () => {
  const listener = await listen(answering, { host: '0.0.0.0', port: 0 });
  expect(await ask(listener.url.replace('0.0.0.0', '127.0.0.1'), '/readyz', { host: '10.1.2.3:9321' })).toMatchObject({ status: 503 });
  await listener.close();
});

test('a port that is taken is told as such', async () => {
  const listener = await listen(answering, { host: '127.0.0.1', port: 0 });
  const port = Number(new URL(listener.url).port);
  await expect(listen(answering, { host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  await listener.close();
});
