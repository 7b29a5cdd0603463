import { windowAfter } from './embedded.ts';
import type { Reserve } from './queue.ts';

interface Pace {
  /** The longest that the others are waited for, in ms. */
  readonly patience?: number;
  /** How long they are not asked again once they did not answer, in ms. */
  readonly rest?: number;
  /** Milliseconds of a clock that nobody sets. */
  readonly running?: () => number;
}

/**
 * Shares quotas with others for as long as they answer. Where they do not, calls are let through at the same rates in this process alone: it
 * goes on, and no faster.
 */
export function reserveAnyway(shared: Reserve, { patience = 1_000, rest = 5_000, running = () => performance.now() }: Pace = {}): Reserve {
  const windows = new Map<string, readonly [began: number, used: number]>();
  let awayUntil = -Infinity;
  const alone = (name: string, perSecond: number): number => {
    const at = running();
    const [began, used] = windows.get(name) ?? [at, 0];
    const next = windowAfter(began, used, perSecond, at);
    windows.set(name, next);
    return Math.max(0, next[0] - at);
  };
  return async (name, perSecond) => {
    if (running() < awayUntil) return alone(name, perSecond);
    const wait = await within(shared(name, perSecond), patience);
    if (wait !== null) return wait;
    awayUntil = running() + rest;
    return alone(name, perSecond);
  };
}

/** What is answered within so many ms; null where nothing is, or a fault. */
async function within(answer: Promise<number>, ms: number): Promise<number | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), ms);
  try {
    return await Promise.race([answer.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}
