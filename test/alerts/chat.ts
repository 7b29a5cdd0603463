import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Channel, ChannelFault, type Letter, type Receipt } from '#src/alerts/channel.ts';

/** A chat on its own port. It remembers whatever reached it, also where the answer is lost on the way. */
export async function startChat(
  chance: () => number,
): Promise<{ url: string; posted: { id: string; is: string }[]; close(): Promise<void> }> {
  const posted: { id: string; is: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      const { ask, id, is } = JSON.parse(body) as { ask: 'post' | 'find'; id: string; is: string };
      const luck = chance();
      if (luck < 0.05) {
        request.socket.destroy();
        return;
      }
      if (ask === 'post') posted.push({ id, is });
      const at = ask === 'find' ? posted.findIndex((each) => each.id === id) : posted.length - 1;
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
  async function ask(what: 'post' | 'find', letter: Letter): Promise<Receipt | null> {
    try {
      const body = JSON.stringify({ ask: what, id: letter.id, is: letter.content.is });
      const answer = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(2_000) });
      return (await answer.json()) as Receipt | null;
    } catch (error) {
      throw new ChannelFault('the chat did not answer', { uncertain: true, retryAfter: 20, cause: error });
    }
  }
  return {
    name: 'chat',
    threads: true,
    deliver: (letter) => ask('post', letter),
    find: (letter) => (finds ? ask('find', letter) : Promise.reject(new ChannelFault('it cannot be told', { permanent: true }))),
    close: async () => undefined,
  };
}
