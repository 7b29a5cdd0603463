import { SocketModeClient } from '@slack/socket-mode';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Secret } from '#src/config/secret.ts';
import { ChannelFault } from './channel.ts';
import { once, silent } from './slack-client.ts';
import { slackFault } from './slack-faults.ts';

export interface SocketOptions {
  /** The app-level token. */
  readonly appToken: Secret;
  readonly endpoint: string | undefined;
  /** What somebody did. `acknowledge` must be called within three seconds, else they are shown a warning; it never throws. */
  readonly onInteraction: (payload: unknown, acknowledge: (answer?: object) => Promise<void>) => void;
  readonly log: Logger;
  readonly now: () => number;
}

export interface KeptSocket {
  /** Why nobody listens, and since when; null while somebody does. */
  trouble(): Deaf | null;
  close(): Promise<void>;
}

export interface Deaf {
  readonly says: string;
  readonly mend: string;
  /** Epoch ms. */
  readonly since: number;
}

const greeting = 30_000;
const longestPause = 60_000;
const disconnect = z.object({ type: z.literal('disconnect'), reason: z.string() });

/**
 * Keeps one connection of Socket Mode open, and opens the next whenever Slack, as it does every few hours, ends one. The client's own way of
 * doing so is not used: when Slack cannot be reached meanwhile, it ends the process by a rejection that nobody handles.
 */
export function keepSocket({ appToken, endpoint, onInteraction, log, now }: SocketOptions): KeptSocket {
  const closing = new AbortController();
  const { signal } = closing;
  let trouble: Deaf | null = { says: 'not connected yet', mend: '', since: now() };
  let open: OpenSocket | null = null;

  /** Resolves when a connection that was greeted has ended. Errors: ChannelFault where none came to be. */
  async function connection(): Promise<void> {
    const token = await appToken.resolve();
    if (signal.aborted) return;
    open = openSocket(token, endpoint, (payload, acknowledge) =>
      onInteraction(payload, (answer) =>
        acknowledge(answer).catch((error: unknown) => log.warn({ error: String(error) }, 'Slack was not answered')),
      ),
    );
    await open.greeted;
    log.info('listening to Slack');
    trouble = null;
    await open.ended;
  }

  async function keep(): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await connection();
        failures = 0;
        trouble = { says: 'connecting anew', mend: '', since: now() };
      } catch (error) {
        const { message, mend, permanent } = slackFault('apps.connections.open', error);
        if (trouble?.says !== message) log.warn({ mend }, `buttons in Slack do not work: ${message}`);
        trouble = { says: message, mend, since: trouble?.since ?? now() };
        failures = permanent ? 7 : failures + 1;
      }
      await pause(failures === 0 ? 0 : Math.min(longestPause, 1000 * 2 ** (failures - 1)), signal);
    }
  }

  const kept = keep();
  return {
    trouble: () => trouble,
    async close() {
      closing.abort();
      await open?.close();
      await Promise.race([kept, pause(500)]);
    },
  };
}

export const socketModeOff = new ChannelFault('Socket Mode is turned off for the app', {
  permanent: true,
  mend: 'Turn it on in the app’s settings, on the page Socket Mode.',
});

interface OpenSocket {
  /** Errors: ChannelFault where Slack does not greet within half a minute. */
  readonly greeted: Promise<void>;
  /** Errors: ChannelFault where Socket Mode was turned off. */
  readonly ended: Promise<void>;
  /** Asks for the end, and a second later ends it. */
  close(): Promise<void>;
}

/** One connection of Socket Mode. */
export function openSocket(
  appToken: string,
  endpoint: string | undefined,
  onInteraction: (payload: unknown, acknowledge: (answer?: object) => Promise<void>) => void,
): OpenSocket {
  let reason = '';
  const client = new SocketModeClient({
    appToken,
    autoReconnectEnabled: false,
    logger: silent,
    clientOptions: { ...once, ...(endpoint !== undefined && { slackApiUrl: endpoint }) },
  });
  client.on('ws_message', (data: unknown) => {
    reason = disconnect.safeParse(parse(data)).data?.reason ?? reason;
  });
  client.on('interactive', ({ body, ack }: { body: unknown; ack: (answer?: object) => Promise<void> }) => onInteraction(body, ack));
  const ended = new Promise<void>((resolve, reject) =>
    client.on('disconnected', () => (reason === 'link_disabled' ? reject(socketModeOff) : resolve())),
  );
  ended.catch(() => undefined);
  const close = async (): Promise<void> => {
    await Promise.race([client.disconnect(), pause(1000).then(() => client.disconnect())]);
  };
  const greet = async (): Promise<void> => {
    const guard = setTimeout(() => void close(), greeting);
    try {
      await client.start();
    } catch (error) {
      throw reason === 'link_disabled' ? socketModeOff : slackFault('apps.connections.open', error ?? new Error('no greeting'));
    } finally {
      clearTimeout(guard);
    }
  };
  return { greeted: greet(), ended, close };
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    timer.unref();
    signal?.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}

function parse(data: unknown): unknown {
  try {
    return typeof data === 'string' ? (JSON.parse(data) as unknown) : null;
  } catch {
    return null;
  }
}
