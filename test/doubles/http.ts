import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}
/** What is answered; `hang` never answers. */
export type Answered = { readonly status?: number; readonly type?: string; readonly body?: string | Buffer } | 'hang';

/** A server on loopback. */
export async function startHttp(answer: (asked: Asked) => Answered | Promise<Answered>): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    // Tests bring a clock of their own.
    outgoing.sendDate = false;
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = '', url: path = '', headers } = incoming;
    const told = await answer({ method, path, headers, body: await buffer(incoming) });
    if (told === 'hang') return;
    const { status = 200, type = 'text/plain', body = '' } = told;
    outgoing.writeHead(status, { 'content-type': type }).end(body);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
