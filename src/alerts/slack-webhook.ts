import type { Secret } from '#src/config/secret.ts';
import type { Drawn } from './block-kit.ts';
import { drawAlert, drawReply } from './blocks.ts';
import { type Channel, ChannelFault, type Letter, Overtaken } from './channel.ts';
import { byStatus, refused, slackFault } from './slack-faults.ts';

const asked = 'the webhook';

/** An incoming webhook: it only notifies. Replies come as messages of their own, edits not at all, and nothing can be looked up. */
export function webhookChannel({ address }: { readonly address: Secret }): Channel {
  return {
    name: 'webhook',
    threads: false,

    async deliver({ content }, still = () => undefined) {
      const drawn =
        content.is === 'reply' ? drawReply(content.message, { apart: true }) : drawAlert(content.message, { interactive: false });
      await post(address, { ...drawn, unfurl_links: false, unfurl_media: false, link_names: false, parse: 'none' }, still);
      return null;
    },

    async find(_letter: Letter) {
      throw new ChannelFault('whether a message arrived cannot be told of a webhook', { permanent: true });
    },

    async close() {},
  };
}

async function post(address: Secret, message: Drawn & Readonly<Record<string, unknown>>, still: () => void): Promise<void> {
  try {
    const target = await webhookAddress(address);
    still();
    const response = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      redirect: 'error',
      signal: AbortSignal.timeout(10_000),
    });
    const said = (await response.text()).trim();
    if (response.ok && said === 'ok') return;
    const wait = Number(response.headers.get('retry-after'));
    if (response.status === 429) throw new ChannelFault(`${asked}: Slack asks to wait`, { retryAfter: (wait > 0 ? wait : 30) * 1000 });
    throw /^[a-z_]{2,80}$/.test(said) ? refused(asked, said) : byStatus(asked, response.status, said.slice(0, 200));
  } catch (error) {
    throw error instanceof Overtaken ? error : slackFault(asked, error);
  }
}

/** Errors: ChannelFault where it is no address of a webhook. Its path is the secret, so it is never repeated. */
export async function webhookAddress(address: Secret): Promise<string> {
  const text = await address.resolve();
  const url = URL.parse(text);
  const nearby = url?.hostname === '127.0.0.1' || url?.hostname === '[::1]';
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && nearby)) && url.pathname.length > 1) return text;
  throw new ChannelFault(`${asked}: the secret ${address.ref} is no address of a webhook`, {
    permanent: true,
    mend: 'Copy it from the app’s page Incoming Webhooks: https://hooks.slack.com/services/…',
  });
}
