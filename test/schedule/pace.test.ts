import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openBullmq } from '#src/schedule/bullmq.ts';
import { reserveAnyway } from '#src/schedule/pace.ts';
import { redisAddress } from '#src/schedule/redis.ts';
import { brisk } from '#test/contracts/brisk.ts';
import { type RedisServer, redisIsThere, startRedis } from './redis-server.ts';

/** So many calls at ten a second, all at once: how many whole seconds each is to wait. */
async function seconds(reserve: ReturnType<typeof reserveAnyway>, calls: number): Promise<number[]> {
  const waits = await Promise.all(Array.from({ length: calls }, () => reserve('aws 1 ec2', 10)));
  return waits.map((wait) => Math.ceil(wait / 1_000)).toSorted((a, b) => a - b);
}
const tenEach = (count: number) => Array.from({ length: count }, (_, i) => Math.floor(i / 10));

describe('quotas that are shared', () => {
  test('are those of all while they answer', async () => {
    expect(await reserveAnyway(async () => 1_234)('aws 1 ec2', 10)).toBe(1_234);
  });

  test.each<[string, () => Promise<number>]>([
    ['refuse', () => Promise.reject(new Error('away'))],
    ['never answer', () => new Promise(() => undefined)],
  ])('are kept by each alone where the others %s: no faster, and each quota by itself', async (_, shared) => {
    const reserve = reserveAnyway(shared, { patience: 20, running: () => 5_000_000 });
    expect(await seconds(reserve, 35)).toEqual(tenEach(35));
    expect(await reserve('aws 2 ec2', 10)).toBe(0);
  });

  test('are not asked for with each call where nobody answers, and again after a while', async () => {
    const state = { at: 0, asked: 0, away: true };
    const shared = async () => {
      state.asked++;
      if (state.away) throw new Error('away');
      return 77;
    };
    const reserve = reserveAnyway(shared, { running: () => state.at });
    for (let i = 0; i < 50; i++) await reserve('aws 1 ec2', 10);
    expect(state.asked).toBe(1);
    state.away = false;
    state.at = 5_001;
    expect(await reserve('aws 1 ec2', 10)).toBe(77);
  });
});

(redisIsThere ? describe : describe.skip)('quotas over a real Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.remove());

  test('go on at the same rates while it is away, and are shared again once it is back', async () => {
    const queue = openBullmq(redisAddress(server.address), 'q', brisk);
    const reserve = reserveAnyway(queue.reserve, { patience: 300, rest: 300 });
    expect(await seconds(reserve, 5)).toEqual(tenEach(5));
    await server.kill();
    expect(await seconds(reserve, 30)).toEqual(tenEach(30));
    await server.start();
    const inRedis = async () => Number(await server.ask('HGET', 'holdfast:quota:aws 9 ec2', 'used'));
    for (let tries = 0; tries < 100 && (await inRedis()) === 0; tries++) {
      await reserve('aws 9 ec2', 10);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await inRedis()).toBeGreaterThan(0);
    await queue[Symbol.asyncDispose]();
  });
});
