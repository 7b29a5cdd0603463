import { expect, test } from '@jest/globals';
import { kill, seeded } from './killing.ts';

test('killed at any instant, what a channel can find is there exactly once', async () => {
  const { delivered, posted, waiting, astray, first } = await kill({ times: 4, finds: true, chance: seeded(11) });
  expect(waiting).toBe(0);
  expect(astray).toEqual([]);
  expect(first.length).toBeGreaterThan(0);
  expect(delivered.filter((id) => posted.get(id) !== 1)).toEqual([]);
}, 60_000);
