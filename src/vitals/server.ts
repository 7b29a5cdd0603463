import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { addressText, listenError } from '#src/listening.ts';
import { guard, isLoopback } from '#src/portal/guard.ts';
import { type Answering, plain, type Told } from './answers.ts';

export interface Listener {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves /healthz, /readyz and /metrics, and nothing else. On an address of this machine only the names of this machine are answered, as the
 * pages do. Errors: PORT_IN_USE, ADDRESS_UNAVAILABLE.
 */
export async function listen(answering: Answering, { host, port }: { readonly host: string; readonly port: number }): Promise<Listener> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => void serve(request, response));
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, text } = await toldTo(request).catch(() => fault);
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    response.end(request.method === 'HEAD' ? undefined : text);
  }
  async function toldTo(request: IncomingMessage): Promise<Told> {
    if (isLoopback(host) && !guard.isOurs(request.headers.host, host)) return plain(421, 'Only this machine is answered here.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'Only GET and HEAD are answered here.');
    return (await answering.answer((request.url ?? '').split('?')[0]!)) ?? plain(404, 'There are /healthz, /readyz and /metrics.');
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, addressText(host, port))));
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
  const bound = server.address() as { port: number };
  return {
    url: `http://${addressText(host, bound.port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const fault = plain(500, 'Holdfast met a fault of its own.');
