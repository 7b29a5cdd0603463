import type { Logger } from 'pino';

/** How a process that works for good is asked to end. */
export interface Stopping extends Disposable {
  /** Aborts with the first SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
}

type Name = keyof typeof exits;

/** What sends the signals, and ends the process. */
interface Asked {
  on(signal: Name, listener: (signal: Name) => void): unknown;
  off(signal: Name, listener: (signal: Name) => void): unknown;
  exit(code: number): void;
}

const names = ['SIGTERM', 'SIGINT'] as const;
const exits = { SIGINT: 130, SIGTERM: 143 } as const;

/** Ten seconds pass between the question and the kill where nothing else is set (Docker; ECS and Kubernetes wait for thirty). */
const within = 9_000;

/**
 * Asked once, the process gives up what it does and closes; asked again, or after nine seconds, it ends as it is. Whatever was acknowledged is
 * durable by then.
 */
export function stopWhenAsked(log: Pick<Logger, 'info' | 'warn'>, asked: Asked = process): Stopping {
  process.off('SIGTERM', endAtOnce);
  const stop = new AbortController();
  let late: NodeJS.Timeout | undefined;
  const listener = (name: Name): void => {
    if (stop.signal.aborted) return asked.exit(exits[name]);
    log.info({ signal: name }, 'asked to stop');
    stop.abort(new Error(`asked to stop by ${name}`));
    late = setTimeout(() => {
      log.warn({ afterMs: within }, 'stopped without waiting any longer: what was not finished is done again at the next start');
      asked.exit(1);
    }, within);
    late.unref();
  };
  for (const name of names) asked.on(name, listener);
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      for (const name of names) asked.off(name, listener);
      clearTimeout(late);
      // A call that was given up may leave a timer or a socket behind; nothing waits for those.
      if (stop.signal.aborted) setTimeout(() => asked.exit(Number(process.exitCode ?? 0)), 250).unref();
    },
  };
}

/** The first process of a container ignores what it has no listener for: until a command listens, being asked ends it. */
export function endWhenAsked(): void {
  if (process.pid === 1) process.on('SIGTERM', endAtOnce);
}

const endAtOnce = (): void => process.exit(exits.SIGTERM);
