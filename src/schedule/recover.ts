import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError, originOf } from '#src/errors.ts';

interface Recovery {
  readonly signal: AbortSignal;
  readonly log: { error(data: object, message: string): void };
  /** Milliseconds to wait before the attempt after so many failures in a row. */
  readonly pause?: (failures: number) => number;
}

/**
 * Does work that lasts, and begins it anew where something outside of it failed that comes back by itself: a database that restarts, a disk
 * that is full, keys that are silent, a clock that is set right. Whatever was acknowledged is durable by then, and what was not is looked at
 * again. Before the work has said once that it `works`, such a fault ends it like any other: then it is the set-up that is wrong.
 */
export async function recovering(
  work: (works: () => void) => Promise<void>,
  { signal, log, pause = (failures) => Math.min(1_000 * 2 ** (failures - 1), 60_000) }: Recovery,
): Promise<void> {
  let worked = false;
  for (let failures = 0; ; ) {
    try {
      return await work(() => {
        worked = true;
        failures = 0;
      });
    } catch (caught) {
      const error = originOf(caught);
      if (signal.aborted || !worked || !comesBack(error)) throw caught;
      failures++;
      const wait = pause(failures);
      log.error({ code: error.code, reason: error.message, attempts: failures, waitMs: wait }, 'work was interrupted and begins anew');
      await sleep(wait, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  }
}

/** STORE_LOCKED: after a connection was lost the server may take a while to let go of its lock. */
const passing: ReadonlySet<string> = new Set(['STORE_UNREACHABLE', 'STORE_UNWRITABLE', 'STORE_LOCKED', 'KMS_SILENT', 'CLOCK_BACKWARDS']);

const comesBack = (error: unknown): error is HoldfastError => error instanceof HoldfastError && passing.has(error.code);
