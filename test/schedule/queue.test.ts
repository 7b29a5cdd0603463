import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openOperations } from '#src/operations/operations.ts';
import { openBullmq } from '#src/schedule/bullmq.ts';
import { openEmbedded, queuePart } from '#src/schedule/embedded.ts';
import type { Queue } from '#src/schedule/queue.ts';
import { redisAddress } from '#src/schedule/redis.ts';
import { brisk } from '#test/contracts/brisk.ts';
import { queueContract } from '#test/contracts/queue.ts';
import { postgresIsThere, startPostgres } from '#test/evidence/postgres-server.ts';
import { redisIsThere, startRedis } from './redis-server.ts';

/** A process that takes the next job and is killed with it. */
async function lose(address: string, name: string, key: string): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', new URL('lost-process.ts', import.meta.url).pathname, address, name],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const exited = once(child, 'exit');
  const [taken] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGKILL');
  await exited;
  expect(String(taken).trim()).toBe(key);
}

/** Closing the queue closes what it lies in. */
function embedded(address: string): Queue {
  const operations = openOperations(address, [queuePart]);
  const queue = openEmbedded(operations, Date.now, brisk);
  return { ...queue, [Symbol.asyncDispose]: async () => operations[Symbol.dispose]() };
}

let places = 0;

describe('in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-queue-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  queueContract(async () => {
    const file = join(folder, `${++places}.db`);
    return { open: () => embedded(file), lose: (key) => lose(file, '', key) };
  });

  test('a clock that jumps ahead or back loses nothing and holds nothing up', async () => {
    using operations = openOperations(':memory:', [queuePart]);
    let now = Date.parse('2026-03-01T10:00:00Z');
    const queue = openEmbedded(operations, () => now, brisk);
    const done: string[] = [];
    const held = queue.work({ name: 'silent', atOnce: 1 }, () => new Promise(() => undefined));
    await queue.add([{ key: 'a', group: 'g', payload: '' }]);
    while ((await queue.counts()).underWay === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await held.drain(10);
    now -= 3_600_000;
    const worker = queue.work({ name: 'w', atOnce: 1 }, async ({ key }) => void done.push(key));
    while (done.length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
    now += 7_200_000;
    await queue.add([{ key: 'b', group: 'g', payload: '' }]);
    while (done.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(done).toEqual(['a', 'b']);
    await worker.drain(100);
  });
});

/** Started by the first test that needs it: those that run beside each other do not wait for `beforeAll`. */
function shared<T extends { remove(): Promise<unknown> }>(start: () => Promise<T>): () => Promise<T> {
  let server: Promise<T> | undefined;
  afterAll(async () => (await server)?.remove());
  return () => (server ??= start());
}

(postgresIsThere ? describe : describe.skip)('in PostgreSQL', () => {
  const server = shared(startPostgres);
  const only = /done once|tried again|never ended|taken back/;
  queueContract(
    async () => {
      const address = (await server()).address(`queue${++places}`);
      return { open: () => embedded(address), lose: (key) => lose(address, '', key) };
    },
    { only },
  );
});

(redisIsThere ? describe : describe.skip)('in Redis', () => {
  const server = shared(startRedis);
  queueContract(
    async () => {
      const [{ address }, name] = [await server(), `queue${++places}`];
      return { open: () => openBullmq(redisAddress(address), name, brisk), lose: (key) => lose(address, name, key) };
    },
    { beside: true },
  );
});
