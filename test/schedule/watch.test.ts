import { expect, test } from '@jest/globals';
import type { Counts } from '#src/schedule/queue.ts';
import { watchQueue } from '#src/schedule/watch.ts';

const minute = 60_000;
const calm: Counts = { waiting: 0, underWay: 0, resting: 0, workers: 2, paused: false, pausedSince: null };

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

test('a pause is told at once and with its beginning, in place of what follows from it; once it ends nothing of it is left', async () => {
  let now = 1_800_000_000_000;
  let counts: Counts = calm;
  const watch = watchQueue({ name: 'q', counts: async () => counts }, 30 * minute, () => now, null);
  const says = async (next: Counts) => {
    counts = next;
    await watch.sample();
    return [watch.troubles(now).map(({ key, since }) => [key, since]), watch.problems().length];
  };
  const [start, begun] = [now, now - 5 * minute];
  const paused = { ...calm, waiting: 9, paused: true, pausedSince: begun };
  expect(await says({ ...calm, waiting: 9 })).toEqual([[], 0]);
  now += minute;
  expect(await says(paused)).toEqual([[['queue paused', begun]], 1]);
  expect(watch.troubles(now)[0]).toMatchObject({
    headline: `The queue is paused since ${new Date(begun).toISOString()}: nothing is collected.`,
  });
  expect(await says({ ...paused, pausedSince: null })).toEqual([[['queue paused', begun]], 1]);
  now += 60 * minute;
  expect(await says({ ...calm, waiting: 9 })).toEqual([[], 0]);
  expect(await says({ ...paused, pausedSince: null })).toEqual([[['queue paused', start + 61 * minute]], 1]);
  expect((await watch.measures()).find(({ name }) => name === 'holdfast_queue_paused')).toMatchObject({ value: 1 });
});

test('its metrics say what waits, and that it is away', async () => {
  let away = false;
  const watch = watchQueue(
    {
      name: 'q',
      counts: async () => (away ? Promise.reject(new Error('away')) : { ...calm, waiting: 4, underWay: 2, resting: 1, workers: 3 }),
    },
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
    'holdfast_queue_paused  0',
  ]);
  away = true;
  expect(await values()).toEqual(['holdfast_queue_up  0']);
});
