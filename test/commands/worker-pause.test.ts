import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openAgent } from '#src/agent.ts';
import { shapes } from '#src/commands/shapes.ts';
import { loadConfig } from '#src/config.ts';
import { openLog } from '#src/log.ts';
import { openSigns } from '#src/vitals/signs.ts';
import { redisIsThere, startRedis } from '#test/schedule/redis-server.ts';
import { holdfast } from './cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-pause-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const configured = (more: string): void =>
  writeFileSync(join(folder, 'holdfast.yaml'), `company: Acme\nconnections: [{ id: aws, provider: aws }]\n${more}\n`);

const said = async (order: string, env: Record<string, string> = {}) => {
  const { code, out, err } = await holdfast(folder, `worker --${order} --json`, { env });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return shapes['worker --pause'].parse(JSON.parse(out));
};

async function twiceEach(env: Record<string, string> = {}): Promise<void> {
  expect(await said('resume', env)).toMatchObject({ paused: false, changed: false, since: null });
  const first = await said('pause', env);
  expect(first).toMatchObject({ paused: true, changed: true, waiting: 0, underWay: 0, workers: 0 });
  expect(first.since).not.toBeNull();
  expect(await said('pause', env)).toEqual({ ...first, changed: false });
  const { out } = await holdfast(folder, 'worker --pause', { env });
  expect(out).toContain(`The queue was paused already, since ${first.since}.`);
  expect(out).toContain('holdfast worker --resume');
  expect(await said('resume', env)).toEqual({ ...first, paused: false, changed: true });
  expect((await holdfast(folder, 'worker --resume', { env })).out).toContain('nothing changed');
}

test('a queue beside the evidence is paused and let go on, each as often as one likes', async () => {
  configured('queue: {}');
  await twiceEach();
});

test('an agent whose queue is paused says so to whoever probes it, until it goes on', async () => {
  configured('queue: {}');
  const common = { config: loadConfig(join(folder, 'holdfast.yaml'), {}), log: openLog('silent'), now: Date.now };
  await using signs = await openSigns({ ...common, build: { version: '0', revision: '0' } });
  await using agent = await openAgent({ ...common, connections: [], operating: true, signs });
  const asked = async () => {
    const metrics = (await signs.answer('/metrics'))!.text;
    return [/^holdfast_queue_paused (.)$/m.exec(metrics)?.[1], /the queue is paused since/.test((await signs.answer('/readyz'))!.text)];
  };
  expect(agent.config.queue).not.toBeNull();
  expect(await asked()).toEqual(['0', false]);
  await said('pause');
  expect(await asked()).toEqual(['1', true]);
  await said('resume');
  expect(await asked()).toEqual(['0', false]);
});

(redisIsThere ? test : test.skip)('in Redis the same; and one that is away is told, not taken for done', async () => {
  configured("queue: { redis: '${env:REDIS_URL}' }");
  const { address, remove } = await startRedis();
  const env = { REDIS_URL: address };
  await twiceEach(env);
  await remove();
  const { code, out, err } = await holdfast(folder, 'worker --pause', { env });
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain('The queue');
});

test.each([
  ['', '--pause', 'no `queue`'],
  ['queue: {}', '--pause --resume', 'exclude each other'],
  ['queue: {}', '--pause --name w', 'none is started'],
])('with %j, %s is refused: %s', async (more, options, words) => {
  configured(more);
  const { code, out, err } = await holdfast(folder, `worker ${options}`);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(words);
});
