import type { Config } from '#src/config.ts';
import { openOperations } from '#src/operations/operations.ts';
import type { Disk, UnknownDisk } from '#src/vitals/disk.ts';
import { openVitals, vitalsPart } from '#src/vitals/vitals.ts';
import type { Watched } from '#src/vitals/watched.ts';

export const start = Date.parse('2026-03-02T10:00:00Z');
export const [second, minute, hour] = [1_000, 60_000, 3_600_000];

/** An agent as its vitals see it, over which a test disposes. */
export function patient() {
  const state = {
    wall: start,
    running: 0,
    leaves: 10,
    signed: 10,
    ended: { aws: start, github: start } as Record<string, number | null>,
    disk: { free: 100 * 2 ** 30, size: 200 * 2 ** 30 } as Disk | UnknownDisk,
    broken: false,
    away: false,
    held: new Map() as Watched['store']['held'],
  };
  const operations = openOperations(':memory:', [vitalsPart]);
  const watched: Watched = {
    store: {
      get held() {
        return state.held;
      },
      head: () => ({ size: state.leaves, root: '' }),
      checkpoint: () => {
        if (state.away) throw new Error('The database db:5432 does not answer.\nSee that it runs.');
        return { size: state.signed };
      },
      lastCycle: (connection = '') => {
        if (state.away) throw new Error('The database db:5432 does not answer.');
        const ended = state.ended[connection] ?? null;
        return ended === null ? null : { ended };
      },
    } as unknown as Watched['store'],
    signs: true,
    outside: () => ({ signed: null, keyBesideEvidence: false, anchors: [] }),
    operations: {
      ...operations,
      transaction: (work) => {
        if (state.broken) throw new Error('disk I/O error');
        return operations.transaction(work);
      },
    },
    periods: new Map([
      ['aws', hour],
      ['github', 6 * hour],
    ]),
  };
  const vitals = openVitals({
    config: { store: ':memory:', folder: '/nowhere' } as Config,
    now: () => state.wall,
    running: () => state.running,
    diskOf: () => state.disk,
    every: null,
  });
  return {
    state,
    vitals,
    watched,
    /** Time passes, and the vitals look at what there is. */
    pass(ms: number) {
      state.wall += ms;
      state.running += ms;
      vitals.sample();
      return vitals.problems(state.wall).map(({ says }) => says);
    },
  };
}
