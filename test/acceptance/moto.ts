import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where moto_server is, if it is installed. */
export const motoServer = (process.env.PATH ?? '')
  .split(delimiter)
  .concat('/root/.pyenv/shims')
  .map((folder) => join(folder, 'moto_server'))
  .find((path) => existsSync(path));

/** A call as it passes the proxy: `ec2:DescribeVolumes`, or for REST services the method and path. */
export interface Passing {
  readonly service: string;
  readonly region: string;
  readonly operation: string;
  /** The body, or the query. */
  readonly said: string;
}
/** What the proxy does to a call: lets it pass, breaks it off, answers itself, or changes the answer. */
export type Meddling =
  | 'reset'
  | { readonly status: number; readonly type: string; readonly body: string }
  | ((answer: string) => string)
  | undefined;

export interface Moto {
  readonly endpoint: string;
  /** Through which the agent asks. */
  readonly proxy: string;
  /** Every call that passed. */
  readonly passed: Passing[];
  meddle: (call: Passing) => Meddling;
  close(): Promise<void>;
}

/** Starts moto_server on a free port, and a proxy in front of it. */
export async function startMoto(path: string): Promise<Moto> {
  const port = await freePort();
  const server = spawn(path, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', detached: true });
  const endpoint = `http://127.0.0.1:${port}`;
  for (let left = 300; ; left--) {
    if (
      await fetch(`${endpoint}/moto-api/`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    if (left === 0) throw new Error('moto_server does not answer');
    await sleep(100);
  }

  const passed: Passing[] = [];
  const proxy = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await buffer(incoming);
      const call = passing(incoming.method!, incoming.url!, incoming.headers, body.toString());
      passed.push(call);
      const meddling = moto.meddle(call);
      if (meddling === 'reset') return void incoming.socket.resetAndDestroy();
      if (typeof meddling === 'object') {
        outgoing.writeHead(meddling.status, { 'content-type': meddling.type, 'x-amzn-requestid': 'meddled' }).end(meddling.body);
        return;
      }
      const passedOn = request({ host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers: incoming.headers });
      passedOn.end(body);
      const [answer] = (await once(passedOn, 'response')) as [IncomingMessage];
      const told = await buffer(answer);
      const { 'transfer-encoding': _, ...headers } = answer.headers;
      const changed = typeof meddling === 'function' ? Buffer.from(meddling(told.toString())) : told;
      outgoing.writeHead(answer.statusCode!, { ...headers, 'content-length': changed.length }).end(changed);
    })().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));

  const moto: Moto = {
    endpoint,
    proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    passed,
    meddle: () => undefined,
    async close() {
      proxy.close();
      proxy.closeAllConnections();
      const ended = once(server, 'exit');
      process.kill(-server.pid!);
      await ended;
    },
  };
  return moto;
}

function passing(method: string, url: string, headers: IncomingHttpHeaders, body: string): Passing {
  const [, region = '', service = ''] = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '') ?? [];
  const action =
    new URLSearchParams(body).get('Action') ??
    String(headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1)!;
  return { service, region, operation: action ? `${service}:${action}` : `${method} ${url}`, said: body || url };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
