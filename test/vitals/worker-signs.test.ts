import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { runCycle } from '#src/cycle/cycle.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { ruleSetOf, rules, ruleVersions } from '#src/registry.ts';
import { openBullmq } from '#src/schedule/bullmq.ts';
import type { Counts } from '#src/schedule/queue.ts';
import { redisAddress } from '#src/schedule/redis.ts';
import { collectByWorkers } from '#src/schedule/spread.ts';
import { startWorker } from '#src/schedule/worker.ts';
import { openWorkerSigns } from '#src/vitals/worker-signs.ts';
import { brisk } from '#test/contracts/brisk.ts';
import { accountsCollectors, manyAccounts } from '#test/doubles/accounts.ts';
import { redisIsThere, startRedis } from '#test/schedule/redis-server.ts';
import { read, type Sample, valueOf } from './exposition.ts';

const [minute, hour] = [60_000, 3_600_000];
const build = { version: '0.1.0', revision: 'abc' };
const nothing: Counts = { waiting: 0, underWay: 0, resting: 0, workers: 1, paused: false, pausedSince: null };

async function worker({ counts = async () => nothing } = {}) {
  const state = { running: 0 };
  const stop = new AbortController();
  const signs = await openWorkerSigns({
    queue: { counts },
    build,
    patience: 30 * minute,
    signal: stop.signal,
    running: () => state.running,
  });
  const ask = async (path: string) => (await signs.answer(path))!;
  return { state, stop, signs, ask, samples: async () => read((await ask('/metrics')).text) };
}

describe('a worker', () => {
  test('lives and is ready while its queue answers, and answers nothing else', async () => {
    const { ask, signs } = await worker();
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
    expect(await ask('/readyz')).toMatchObject({ status: 200 });
    expect(await ask('/')).toBeNull();
    expect(signs.url).toBeNull();
  });

  test('is not ready where the queue is away or silent, and says so within the time of a probe; it lives on', async () => {
    const away = await worker({ counts: () => Promise.reject(new Error('redis://redis:6379 does not answer')) });
    expect(await away.ask('/readyz')).toMatchObject({ status: 503, text: 'redis://redis:6379 does not answer' });
    expect(await away.ask('/healthz')).toMatchObject({ status: 200 });
    expect(valueOf(await away.samples(), 'holdfast_worker_ready')).toBe(0);
    const silent = await worker({ counts: () => new Promise(() => undefined) });
    expect(await silent.ask('/readyz')).toMatchObject({ status: 503, text: 'the queue did not answer within 2 s' });
  });

  test('asks the queue once a second, whoever asks it how often', async () => {
    let asked = 0;
    const { state, ask } = await worker({ counts: async () => (asked++, nothing) });
    await Promise.all(Array.from({ length: 20 }, () => ask('/readyz')));
    expect(asked).toBe(1);
    state.running += 1_001;
    await ask('/readyz');
    expect(asked).toBe(2);
  });

  test('is not ready once it was asked to stop', async () => {
    const { stop, ask } = await worker();
    stop.abort();
    expect(await ask('/readyz')).toMatchObject({ status: 503, text: 'it was asked to stop, and takes no more jobs' });
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
  });

  test('is dead where a job hangs for longer than anybody waits for it', async () => {
    const { state, signs, ask } = await worker();
    const ended = signs.took();
    state.running += hour;
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
    state.running += minute;
    expect(await ask('/healthz')).toMatchObject({ status: 503, text: 'a job that was taken 61 min ago has not ended' });
    ended(true);
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
  });

  test('counts what it took and what came of it, and is never taken for the agent', async () => {
    const { state, signs, samples } = await worker();
    const jobs = [signs.took(), signs.took(), signs.took()];
    state.running += 3_000;
    jobs[0]!(false);
    jobs[1]!(true);
    const told = await samples();
    expect(valueOf(told, 'holdfast_worker_jobs_taken_total')).toBe(3);
    expect(valueOf(told, 'holdfast_worker_jobs_total', { outcome: 'done' })).toBe(1);
    expect(valueOf(told, 'holdfast_worker_jobs_total', { outcome: 'failed' })).toBe(1);
    expect(valueOf(told, 'holdfast_worker_jobs_under_way')).toBe(1);
    expect(valueOf(told, 'holdfast_worker_job_duration_seconds_sum')).toBe(6);
    expect(valueOf(told, 'holdfast_build_info', build)).toBe(1);
    expect(valueOf(told, 'process_resident_memory_bytes')).toBeGreaterThan(0);
    // `absent(holdfast_ready)` is the alert that the agent is gone: a worker must not keep it quiet.
    expect(valueOf(told, 'holdfast_ready')).toBeUndefined();
  });
});

(redisIsThere ? describe : describe.skip)('a worker over a real Redis', () => {
  test('counts its jobs and calls, is not ready while Redis is away, and is again once it is back', async () => {
    const redis = await startRedis();
    const queue = openBullmq(redisAddress(redis.address), 'q', brisk);
    const stop = new AbortController();
    const signs = await openWorkerSigns({
      queue,
      build,
      patience: minute,
      signal: stop.signal,
      listenAt: { host: '127.0.0.1', port: 0 },
    });
    // At this tick one account refuses.
    const world = { accounts: 6, groups: 2, volumes: 1, tick: () => 1 };
    const working = startWorker({
      queue,
      name: 'w',
      program: 'p',
      connections: [signs.counting(manyAccounts(world))],
      collectors: accountsCollectors,
      took: signs.took,
    });
    const ask = async (path: string) => {
      const answer = await fetch(new URL(path, signs.url!));
      return { status: answer.status, text: await answer.text() };
    };
    const until = async (status: number) => {
      for (let tries = 0; tries < 100; tries++) {
        if ((await ask('/readyz')).status === status) return true;
        await sleep(100);
      }
      return false;
    };
    const store = openSqlite(':memory:');
    const outcome = await runCycle(manyAccounts(world), store, {
      collectors: accountsCollectors,
      rules,
      ruleSet: ruleSetOf(ruleVersions(), () => ({})),
      declaration: scopeDeclaration({}),
      memory: newMemory(),
      now: Date.now,
      collect: collectByWorkers({ queue, program: 'p', patience: 20_000, poll: 5, warn: () => undefined }),
    });
    // The places themselves were found by the agent.
    const collected = new Set(accountsCollectors.map(({ population }) => population.type));
    const scopes = outcome!.record.scopes.filter(({ scope }) => collected.has(scope.population));
    const places = new Set(scopes.map(({ scope: { account, region } }) => `${account} ${region}`));
    const answered = scopes.flatMap(({ calls }) => calls).length;
    let told: Sample[];
    do told = read((await ask('/metrics')).text);
    while (valueOf(told, 'holdfast_worker_jobs_under_way') !== 0);
    const counted = told.filter(({ name }) => name === 'holdfast_provider_calls_total');
    expect(valueOf(told, 'holdfast_worker_jobs_total', { outcome: 'done' })).toBe(places.size);
    expect(counted.reduce((sum, { value }) => sum + value, 0)).toBe(answered);
    expect(counted.some(({ labels }) => labels['outcome'] === 'denied')).toBe(true);
    expect(await until(200)).toBe(true);
    await redis.kill();
    expect(await until(503)).toBe(true);
    expect((await ask('/healthz')).status).toBe(200);
    await redis.start();
    expect(await until(200)).toBe(true);
    await working.drain(500);
    await signs[Symbol.asyncDispose]();
    await queue[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await redis.remove();
  });
});
