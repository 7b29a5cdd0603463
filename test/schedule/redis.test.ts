import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HoldfastError } from '#src/errors.ts';
import { openBullmq } from '#src/schedule/bullmq.ts';
import { connectRedis, examine, redisAddress } from '#src/schedule/redis.ts';
import { brisk } from '#test/contracts/brisk.ts';
import { type RedisServer, redisIsThere, startRedis } from './redis-server.ts';

describe('the address of a Redis', () => {
  test('is taken apart, and named without what opens it', () => {
    expect(redisAddress('redis://redis')).toEqual({ name: 'redis://redis:6379', options: { host: 'redis', port: 6379 } });
    expect(redisAddress(' rediss://user:p%40ss@cache.example.com:6380/2 ')).toEqual({
      name: 'rediss://cache.example.com:6380/2',
      options: {
        host: 'cache.example.com',
        port: 6380,
        username: 'user',
        password: 'p@ss',
        db: 2,
        tls: { servername: 'cache.example.com' },
      },
    });
    expect(redisAddress('redis://:x@127.0.0.1:1').options).toEqual({ host: '127.0.0.1', port: 1, password: 'x' });
    expect(redisAddress('redis://[::1]').name).toBe('redis://[::1]:6379');
    expect(redisAddress('redis://cache.example.com?tls=off').name).toBe('redis://cache.example.com:6379');
  });

  test.each([
    ['cache.example.com:6379', 'it does not begin with'],
    ['http://cache.example.com', 'it does not begin with'],
    ['redis://:Sup3rS3cret@cache.example.com', 'in clear'],
    ['redis://10.0.0.7', 'in clear'],
    ['rediss://:Sup3rS3cret@cache.example.com/jobs', 'not the number of a database'],
    ['rediss://:Sup3rS3cret@cache.example.com?password=Sup3rS3cret', 'the parameter "password" is not known'],
    ['rediss://:Sup3r%ZZS3cret@cache.example.com', 'does not begin a %xx'],
  ])('%s is refused in words that do not repeat it', (text, words) => {
    const error = (() => {
      try {
        return redisAddress(text);
      } catch (fault) {
        return fault;
      }
    })();
    expect(error).toMatchObject({ code: 'QUEUE_ADDRESS', message: expect.stringContaining(words) });
    expect(JSON.stringify(error)).not.toContain('S3cret');
  });
});

(redisIsThere ? describe : describe.skip)('a Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.remove());

  async function examined(address = server.address): Promise<unknown> {
    const at = redisAddress(address);
    const redis = connectRedis(at, 'told');
    try {
      return await examine(redis, at.name);
    } catch (error) {
      return error;
    } finally {
      redis.disconnect();
    }
  }

  test('that keeps its jobs is taken; one that forgets them at a restart is known as such', async () => {
    expect(await examined()).toMatchObject({ keeps: true, version: expect.stringMatching(/^\d+\.\d+/) });
    await server.ask('CONFIG', 'SET', 'appendonly', 'no');
    expect(await examined()).toMatchObject({ keeps: false });
    await server.ask('CONFIG', 'SET', 'appendonly', 'yes');
  });

  test('that throws keys away when it is full is refused', async () => {
    await server.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await examined()).toMatchObject({ code: 'QUEUE_EVICTS', data: { policy: 'allkeys-lru' } });
    await server.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  });

  test('that does not let us in, or is not there, is told within seconds and without the password', async () => {
    const refused = await examined(server.address.replace('redis://', 'redis://nobody:Sup3rS3cret@'));
    expect(refused).toMatchObject({ code: 'QUEUE_UNREACHABLE', data: { reason: 'it does not accept the user and password' } });
    const away = await examined('redis://:Sup3rS3cret@127.0.0.1:1');
    expect(away).toMatchObject({ code: 'QUEUE_UNREACHABLE', data: { reason: 'it does not answer' } });
    for (const error of [refused, away]) {
      expect(error).toBeInstanceOf(HoldfastError);
      expect(JSON.stringify(error)).not.toContain('S3cret');
    }
    const queue = openBullmq(redisAddress('redis://127.0.0.1:1'), 'q', brisk);
    await expect(queue.add([{ key: 'a', group: 'g', payload: '' }])).rejects.toMatchObject({ code: 'QUEUE_UNREACHABLE' });
    await expect(queue.told('g')).rejects.toMatchObject({ code: 'QUEUE_UNREACHABLE' });
    await queue[Symbol.asyncDispose]();
  });

  test('shares a quota among all who ask: never more in a second than it allows', async () => {
    const queues = [1, 2, 3].map(() => openBullmq(redisAddress(server.address), 'q', brisk));
    const waits = (await Promise.all(Array.from({ length: 50 }, (_, i) => queues[i % 3]!.reserve('aws 1 ec2', 10)))).toSorted(
      (a, b) => a - b,
    );
    for (const queue of queues) await queue[Symbol.asyncDispose]();
    // Ten in each second from the first on, so that the last may go after four.
    for (const [i, wait] of waits.entries()) expect(Math.ceil(wait / 1_000)).toBe(Math.floor(i / 10));
  });
});
