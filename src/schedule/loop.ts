import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Calls `tick` at once and then every `period` ms, never two at a time, until the signal aborts; a tick that is running then is waited for.
 * A tick that throws ends the loop: whatever a provider does is data by then, so what is left is a fault that must be seen.
 */
export async function repeat(tick: () => Promise<unknown>, period: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const started = performance.now();
    await tick();
    const rest = Math.max(0, period - (performance.now() - started));
    try {
      await sleep(rest, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
