import { expect, test } from '@jest/globals';
import { killAgainAndAgain } from '#test/evidence/killing.ts';

test('killed at random moments, no acknowledged leaf is lost and none is there by half', async () => {
  const { kills, acknowledged, unacknowledged, faults } = await killAgainAndAgain(20);
  expect(faults).toEqual([]);
  expect(unacknowledged).toBeLessThanOrEqual(kills);
  expect(acknowledged).toBeGreaterThanOrEqual(kills / 2);
}, 120_000);
