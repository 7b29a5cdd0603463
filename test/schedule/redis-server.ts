import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

export const redisIsThere = spawnSync('redis-server', ['--version']).status === 0;

export interface RedisServer {
  readonly address: string;
  readonly port: number;
  readonly folder: string;
  /** Asks as an operator would. */
  ask(...command: string[]): Promise<unknown>;
  /** As a power cut does. */
  kill(): Promise<void>;
  /** After `kill`: at the same place, with what was synced. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** A Redis of its own, on a free port of this machine, in a temporary folder. */
export async function startRedis(...options: string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-redis-'));
  const port = await freePort();
  let server: ChildProcess;
  const start = async () => {
    server = spawn(
      'redis-server',
      [
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--dir',
        folder,
        '--save',
        '',
        '--appendonly',
        'yes',
        '--appendfsync',
        'everysec',
        ...options,
      ],
      { stdio: 'ignore' },
    );
    for (;;) {
      try {
        if ((await ask('PING')) === 'PONG') return;
      } catch (error) {
        if (/NOAUTH/.test(String(error))) return;
      }
      if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`);
      await sleep(20);
    }
  };
  const ask = async (...[name = '', ...values]: string[]): Promise<unknown> => {
    const redis = new Redis({ port, lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
    redis.on('error', () => undefined);
    try {
      return await redis.call(name, ...values);
    } finally {
      redis.disconnect();
    }
  };
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  await start();
  return {
    address: `redis://127.0.0.1:${port}`,
    port,
    folder,
    ask,
    kill,
    start,
    async remove() {
      await kill();
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
