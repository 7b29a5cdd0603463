import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { limitCalls } from '#collectors/aws/limits.ts';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

const at = { account: '1', region: 'eu-central-1', operation: 'cloudtrail:LookupEvents' } as const;

test.each([
  ['alone', undefined],
  ['with others, whose shared quota lets all of them through at once', async () => 0],
])('no more than two look into the trail within a second: %s', async (_, reserve) => {
  const limited = limitCalls(reserve);
  const started: number[] = [];
  const all = Promise.all(Array.from({ length: 6 }, () => limited(at, async () => void started.push(Date.now()))));
  await jest.advanceTimersByTimeAsync(10_000);
  await all;
  expect(started).toHaveLength(6);
  for (const [i, instant] of started.entries())
    expect(started.slice(0, i).filter((before) => instant - before < 1_000).length).toBeLessThan(2);
});

test('what is shared is asked for by account, region and service, and calls go once it says so', async () => {
  const asked: [string, number][] = [];
  const limited = limitCalls(async (...quota) => {
    asked.push(quota);
    return 0;
  });
  const answers = await Promise.all([
    limited({ ...at, operation: 'ec2:DescribeVpcs' }, async () => 'a'),
    limited({ ...at, operation: 'iam:GetAccountSummary' }, async () => 'b'),
    limited(at, async () => 'c'),
  ]);
  expect(answers).toEqual(['a', 'b', 'c']);
  expect(asked).toEqual([
    ['aws 1 eu-central-1 ec2', 10],
    ['aws 1 global iam', 10],
    ['aws 1 eu-central-1 cloudtrail:LookupEvents', 2],
  ]);
});
