import { expect, test } from '@jest/globals';
import { stopRepeatedly } from './stop.ts';

/** A short trial; `node test/acceptance/stop.ts 50` is the long one. */
test('asked to stop in the middle of a cycle, the agent ends by itself and leaves no half of one', async () => {
  const trial = await stopRepeatedly(2, () => 0.3);
  expect(trial.broken).toEqual([]);
  expect(trial).toMatchObject({ stops: 2, within: expect.any(Number) });
  expect(trial.within).toBeGreaterThan(0);
}, 60_000);
