/** How far the clock was set since it was last asked, and when; null where it runs. Milliseconds. */
export interface Jump {
  readonly by: number;
  readonly at: number;
}

/** A jump is told for an hour. */
const toldFor = 3_600_000;
/** A machine that slept, or a clock that is steered, is a little off too. */
const tolerated = 60_000;

/** Compares the clock of the wall with one that only runs on. To be asked every few seconds. */
export function watchClock(wall: () => number, running: () => number): { jump(): Jump | null } {
  let before = { wall: wall(), running: running() };
  let last: Jump | null = null;
  return {
    jump() {
      const now = { wall: wall(), running: running() };
      const by = now.wall - before.wall - (now.running - before.running);
      before = now;
      if (Math.abs(by) > tolerated) last = { by, at: now.wall };
      else if (last !== null && Math.abs(now.wall - last.at) > toldFor) last = null;
      return last;
    },
  };
}
