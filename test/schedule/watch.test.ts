import { expect, test } from '@jest/globals';
import type { Counts } from '#src/schedule/queue.ts';
import { watchQueue } from '#src/schedule/watch.ts';

const minute = 60_000;
const calm: Counts = { waiting: 0, underWay: 0, resting: 0, workers: 2 };

test('a queue that is away, that nobody works on, or that never empties is told after a while, and no longer once it is well', async () => {
  let now = 1_800_000_000_000;
  let counts: Counts | null = calm;
  const watch = watchQueue(
    { name: 'redis://redis:6379', counts: async () => counts ?? Promise.reject(new Error('The queue cannot be reached.')) },
    30 * minute,
    () => now,
    null,
  );
  const keys = () => watch.troubles(now).map(({ key }) => key);
  const after = async (minutes: number, next: Counts | null) => {
    counts = next;
    await watch.sample();
    now += minutes * minute;
    await watch.sample();
    return keys();
  };
  expect(await after(60, calm)).toEqual([]);
  expect(await after(0.5, null)).toEqual([]);
  expect(await after(1, null)).toEqual(['queue away']);
  expect(await after(0, calm)).toEqual([]);
  expect(await after(1, { ...calm, waiting: 9, workers: 0 })).toEqual([]);
  expect(await after(1, { ...calm, waiting: 9, workers: 0 })).toEqual(['queue idle']);
  expect(await after(5, { ...calm, waiting: 9, underWay: 3 })).toEqual([]);
  expect(await after(10, { ...calm, waiting: 9, underWay: 3 })).toEqual(['queue slow']);
  expect(watch.troubles(now)[0]).toMatchObject({ says: '9 places wait; 2 workers are connected.', since: now - 17 * minute });
  expect(await after(0, calm)).toEqual([]);
});

test('its metrics say what waits, and that it is away', async () => {
  let away = false;
  const watch = watchQueue(
    { name: 'q', counts: async () => (away ? Promise.reject(new Error('away')) : { waiting: 4, underWay: 2, resting: 1, workers: 3 }) },
    30 * minute,
    () => 0,
    null,
  );
  const values = async () => (await watch.measures()).map(({ name, labels, value }) => `${name} ${labels?.['state'] ?? ''} ${value}`);
  expect(await values()).toEqual([
    'holdfast_queue_up  1',
    'holdfast_queue_jobs waiting 4',
    'holdfast_queue_jobs under-way 2',
    'holdfast_queue_jobs resting 1',
    'holdfast_queue_workers  3',
  ]);
  away = true;
  expect(await values()).toEqual(['holdfast_queue_up  0']);
});
