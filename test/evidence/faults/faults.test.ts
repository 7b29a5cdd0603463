import { describe, expect, test } from '@jest/globals';
import { losePower } from './power.ts';
import { seeded } from './random.ts';
import { newStore } from './scenes.ts';
import { canTrace } from './strace.ts';
import { injectEverywhere } from './syscalls.ts';

/** A sample; `npm run test:long` takes them all. */
(canTrace ? describe : describe.skip)(canTrace ? 'a writer whose system calls fail' : 'strace cannot trace here', () => {
  test('killed, with a broken or a full disk: what was acknowledged stays, and nothing is acknowledged after', async () => {
    const { injections, killed, refused, faults } = await injectEverywhere({ scenes: [newStore], every: 97 });
    expect(faults).toEqual([]);
    expect(Math.min(injections, killed, refused)).toBeGreaterThan(0);
  }, 120_000);

  test('a loss of power takes nothing that was acknowledged', async () => {
    const { images, lost, broken } = await losePower({ scenes: [newStore], synchronous: 'FULL', density: 0.08, random: seeded(1) });
    expect([lost, broken]).toEqual([[], []]);
    expect(images).toBeGreaterThan(10);
  }, 120_000);

  test('and would, were the store not flushed before it acknowledges', async () => {
    const { losing, broken } = await losePower({ scenes: [newStore], synchronous: 'NORMAL', density: 0.08, random: seeded(2) });
    expect(broken).toEqual([]);
    expect(losing).toBeGreaterThan(0);
  }, 120_000);
});
