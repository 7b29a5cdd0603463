import { setTimeout as sleep } from 'node:timers/promises';
import type { HeartbeatSettings } from '#src/config.ts';
import { milliseconds } from '#src/duration.ts';
import type { Problem } from './problems.ts';

interface Parts {
  readonly settings: HeartbeatSettings;
  readonly problems: () => readonly Problem[];
  readonly log: Record<'info' | 'warn', (data: object, message: string) => void>;
  readonly fetch?: typeof globalThis.fetch;
}

export interface Heartbeat {
  /** One sign of life, or none. Never throws. */
  beat(): Promise<void>;
  /** When the service outside last took one, and how many in a row it did not. */
  state(): { readonly taken: number | null; readonly failures: number };
  close(): Promise<void>;
}

/** Nobody waits longer for an answer. */
const patience = 10_000;

/**
 * Calls the address while all is well. Where it is not the address stays silent, or hears of it under its `fail`: a sign of life from an agent
 * that does not look is worse than none. Each problem is told by its key: what providers say goes to nobody.
 */
export function startHeartbeat({ settings, problems, log, fetch = globalThis.fetch }: Parts, now: () => number): Heartbeat {
  const stop = new AbortController();
  let taken: number | null = null;
  let failures = 0;
  let silent = '';

  async function beat(): Promise<void> {
    try {
      const found = problems();
      const keys = found.map(({ key }) => key).join(', ');
      if (keys !== silent) {
        if (keys === '') log.info({}, 'heartbeat: all is well');
        else log.warn({ problems: found.map(({ says }) => says) }, 'heartbeat: not well');
      }
      silent = keys;
      if (found.length > 0 && settings.fail === undefined) return;
      const address = URL.parse(await settings.url.resolve());
      if (address === null) throw new Error('what its reference names is not an address');
      if (found.length > 0) address.pathname = address.pathname.replace(/\/$/, '') + settings.fail;
      const answer = await fetch(address, {
        method: 'POST',
        body: keys,
        headers: { 'content-type': 'text/plain; charset=utf-8', 'user-agent': 'holdfast' },
        redirect: 'manual',
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(patience)]),
      });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`it answered ${answer.status}`);
      [taken, failures] = [now(), 0];
    } catch (error) {
      if (stop.signal.aborted) return;
      failures++;
      // The address is a secret: it is not in what is told.
      log.warn({ attempts: failures, reason: reasonOf(error) }, 'heartbeat was not taken');
    }
  }

  const beating = (async () => {
    while (!stop.signal.aborted) {
      await sleep(firstAfter(taken, failures, milliseconds(settings.every)), undefined, { signal: stop.signal, ref: false }).catch(
        () => undefined,
      );
      if (!stop.signal.aborted) await beat();
    }
  })();
  return {
    beat,
    state: () => ({ taken, failures }),
    async close() {
      stop.abort();
      await beating;
    },
  };
}

/** The first comes soon after the start; one that was not taken is tried again within a minute. */
const firstAfter = (taken: number | null, failures: number, every: number): number =>
  failures > 0 || taken === null ? Math.min(every, 60_000) : every;

function reasonOf(error: unknown): string {
  if (!Error.isError(error)) return 'unknown';
  if (error.name === 'TimeoutError') return 'no answer in time';
  if (error instanceof TypeError) return (error.cause as { code?: string } | undefined)?.code ?? 'it cannot be reached';
  return error.message;
}
