import { afterAll, describe, expect, test } from '@jest/globals';
import { openPostgres } from '#src/evidence/postgres.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { openBullmq } from '#src/schedule/bullmq.ts';
import { redisAddress } from '#src/schedule/redis.ts';
import { collectByWorkers } from '#src/schedule/spread.ts';
import { postgresIsThere, startPostgres } from '#test/evidence/postgres-server.ts';
import { redisIsThere, startRedis } from '#test/schedule/redis-server.ts';
import { agentOf, hour, roots, salt, start, workersAt } from './many-accounts.ts';

const size = { accounts: 200, groups: 3, volumes: 2 };

(redisIsThere && postgresIsThere ? describe : describe.skip)('two hundred accounts and four workers', () => {
  const closing: (() => unknown)[] = [];
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
  });

  test('over Redis and PostgreSQL they come to the state of one process over a file, with as many calls; Redis emptied, work resumes', async () => {
    const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    closing.push(
      () => redis.remove(),
      () => postgres.remove(),
    );
    const workers = workersAt(redis.address, 'q', size);
    closing.push(() => workers.stop());
    await Promise.all([1, 2, 3, 4].map(() => workers.start()));
    const queue = openBullmq(redisAddress(redis.address), 'q');
    closing.push(() => queue[Symbol.asyncDispose]());
    const collect = collectByWorkers({ queue, program: 'p', patience: 60_000, warn: () => undefined });

    let calls = 0;
    await using here = openSqlite(':memory:', { salt });
    await using spread = openPostgres(postgres.address('spread'), { salt });
    const one = agentOf(here, size, workers.tick, { called: () => calls++ });
    let half: (() => void) | undefined;
    const many = agentOf(spread, size, workers.tick, { collect, progress: (done) => done === 300 && half?.() });
    for (const [i, tick] of [0, 1].entries()) {
      workers.set(tick);
      await one(start + i * hour);
      await many(start + i * hour);
    }
    expect(roots(spread)).toEqual(roots(here));
    expect(spread.held.size).toBe(200 * 4 + 1);
    expect(spread.check()).toEqual([]);

    workers.set(2);
    const asked = calls;
    // In the middle of a cycle everything is gone: what waits, what is under way, what was told and not fetched.
    const emptied = new Promise<unknown>((resolve) => {
      half = () => resolve(redis.ask('FLUSHALL'));
    });
    const { record } = await many(start + 2 * hour);
    expect(await emptied).toBe('OK');
    await one(start + 2 * hour);
    expect(record.scopes.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(roots(spread)).toEqual(roots(here));

    const stopped = await workers.stop();
    const made = stopped.reduce((sum, each) => sum + each.made, 0);
    expect(stopped).toHaveLength(4);
    expect(Math.min(...stopped.map((each) => each.made))).toBeGreaterThan(0);
    expect(made).toBeGreaterThanOrEqual(asked);
  }, 120_000);
});
