import { expect, test } from '@jest/globals';
import { killRepeatedly } from './kill.ts';

/** A short trial; `node test/acceptance/kill.ts 200` is the long one. */
test('killed at any moment, the agent loses nothing it acknowledged, keeps no half, and goes on', async () => {
  const trial = await killRepeatedly(5, Math.random);
  expect(trial.broken).toEqual([]);
  expect(trial).toMatchObject({ kills: 5, acknowledged: expect.any(Number), outages: expect.any(Number) });
  expect(trial.acknowledged).toBeGreaterThan(0);
  expect(trial.outages).toBeGreaterThan(0);
}, 120_000);
