import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, ChannelFault, type Letter, type Receipt } from '#src/alerts/channel.ts';

/** A chat on its own port. It remembers whatever reached it, also where the answer is lost on the way. */
export async function startChat(
  chance: () => number,
): Promise<{ url: string; posted: { id: string; is: string; gone: boolean }[]; close(): Promise<void> }> {
  const posted: { id: string; is: string; gone: boolean }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      const { ask, id, is, ts } = JSON.parse(body) as { ask: 'post' | 'find' | 'retract'; id: string; is: string; ts?: string };
      const luck = chance();
      if (luck < 0.05) {
        request.socket.destroy();
        return;
      }
      if (ask === 'post') posted.push({ id, is, gone: false });
      if (ask === 'retract') posted[Number(ts)]!.gone = true;
      const at = ask === 'find' ? posted.findIndex((each) => each.id === id && !each.gone) : posted.length - 1;
      // Some answers come late, and some never.
      if (luck < 0.1) request.socket.destroy();
      else setTimeout(() => response.end(JSON.stringify(at < 0 ? null : { channel: 'C1', ts: String(at) })), luck * 30);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    posted,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A channel to it. `finds`: it can say whether a letter arrived. */
export function chatChannel(url: string, finds: boolean): Channel {
  async function ask(what: 'post' | 'find' | 'retract', about: object): Promise<Receipt | null> {
    try {
      const body = JSON.stringify({ ask: what, ...about });
      const answer = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(2_000) });
      return (await answer.json()) as Receipt | null;
    } catch (error) {
      throw new ChannelFault('the chat did not answer', { uncertain: true, retryAfter: 20, cause: error });
    }
  }
  return {
    name: 'chat',
    threads: true,
    async deliver(letter, still) {
      // As a channel that looks something up before it posts.
      await sleep(Math.random() * 20);
      still?.();
      return ask('post', said(letter));
    },
    ...(finds && { retract: async ({ ts }: Receipt) => void (await ask('retract', { ts })) }),
    find: (letter) => (finds ? ask('find', said(letter)) : Promise.reject(new ChannelFault('it cannot be told', { permanent: true }))),
    close: async () => undefined,
  };
}

const said = ({ id, content: { is } }: Letter) => ({ id, is });
