import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, text as it is; nothing for null. */
  readonly body: unknown;
}

/** What goes wrong instead of the answer. `hang` never answers, `cut` breaks off within the body. */
export type Mischief = Reply | 'hang' | 'cut' | ((request: IncomingMessage) => Reply);

export interface Double {
  /** Without a trailing slash. */
  readonly endpoint: string;
  /** Every request so far, as `GET /path?query`. */
  readonly calls: string[];
  /** The next `times` requests that match (without `times` all of them) meet the mischief instead. Later ones come first. */
  disturb(match: RegExp, mischief: Mischief, times?: number): void;
  close(): Promise<void>;
}

/** A provider on this machine: answers by `answer`, counts its calls, and misbehaves on demand. */
export async function startDouble(contentType: string, answer: (request: IncomingMessage, url: URL) => Reply): Promise<Double> {
  const calls: string[] = [];
  const disturbances: { match: RegExp; mischief: Mischief; left: number }[] = [];
  const server = createServer((request, response) => {
    // Tests bring a clock of their own.
    response.sendDate = false;
    const call = `${request.method} ${request.url}`;
    calls.push(call);
    const found = disturbances.find(({ match, left }) => left > 0 && match.test(call));
    if (found) found.left--;
    const mischief = found?.mischief;
    if (mischief === 'hang') return;
    const reply =
      typeof mischief === 'function'
        ? mischief(request)
        : typeof mischief === 'object'
          ? mischief
          : answer(request, new URL(request.url!, 'http://double'));
    send(response, contentType, reply, mischief === 'cut');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    disturb: (match, mischief, times = Number.POSITIVE_INFINITY) => void disturbances.unshift({ match, mischief, left: times }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, contentType: string, { status = 200, headers = {}, body }: Reply, cut: boolean): void {
  const text = body === null ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const type: Record<string, string> =
    text === ''
      ? {}
      : {
          'content-type': typeof body === 'string' ? 'text/html; charset=utf-8' : contentType,
          'content-length': String(Buffer.byteLength(text)),
        };
  response.writeHead(status, { ...type, ...headers });
  if (!cut) {
    response.end(text);
    return;
  }
  response.write(text.slice(0, text.length / 2));
  setTimeout(() => response.destroy(), 5);
}

/** A clock that only moves when someone sleeps: waits cost no time, and can be counted. */
export function standingClock(start = Date.parse('2026-01-15T00:00:00Z')) {
  const sleeps: number[] = [];
  let now = start;
  return {
    sleeps,
    now: () => now,
    sleep: async (duration: number) => {
      sleeps.push(duration);
      now += duration;
    },
  };
}
