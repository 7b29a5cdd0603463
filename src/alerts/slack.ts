import { z } from 'zod';
import type { Secret } from '#src/config/secret.ts';
import type { Drawn } from './block-kit.ts';
import { drawAlert, drawReply } from './blocks.ts';
import { type Channel, ChannelFault, type Letter, type Receipt } from './channel.ts';
import { findChannel, isChannelId } from './slack-channels.ts';
import { type SlackCall, slackCall } from './slack-client.ts';
import { refused, SlackFault } from './slack-faults.ts';

export interface SlackOptions {
  /** The bot token. */
  readonly token: Secret;
  /** Somebody listens for what is pressed: messages get buttons. */
  readonly interactive: boolean;
  readonly endpoint?: string;
}

/** A letter, and the question whether it is still ours to bring. */
interface Sending {
  readonly letter: Letter;
  readonly still: () => void;
}

const landed = z.object({ channel: z.string(), ts: z.string() });
const identity = z.object({ user_id: z.string() });
const messages = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      user: z.string().default(''),
      metadata: z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) }).optional(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().default('') }).default({ next_cursor: '' }),
});

const eventType = 'holdfast_alert';
/** Clocks differ, and a letter may have been on its way for a while. */
const leeway = 10 * 60_000;
const layoutRefused = ['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long'];

/** Slack by the Web API: threads, edits, and each message with the id of its letter, by which it is found again. */
export function slackChannel({ token, interactive, endpoint }: SlackOptions): Channel {
  const call = slackCall(token, endpoint);
  const ids = new Map<string, string>();
  let self: string | null = null;

  /** The id behind a name. A name stays where the app may not list channels: Slack takes both. */
  async function idOf(name: string): Promise<string> {
    const known = isChannelId(name) ? name : ids.get(name);
    if (known !== undefined) return known;
    try {
      const found = await findChannel(call, name);
      if (!found) throw refused(name, 'channel_not_found');
      ids.set(name, found.id);
      return found.id;
    } catch (error) {
      if (error instanceof SlackFault && error.code === 'missing_scope') return name;
      throw error;
    }
  }

  async function post({ letter, still }: Sending, channel: string, drawn: Drawn, thread: object = {}): Promise<Receipt> {
    const common = {
      channel,
      metadata: { event_type: eventType, event_payload: { letter: letter.id } },
      unfurl_links: false,
      unfurl_media: false,
      link_names: false,
      parse: 'none',
      ...thread,
    };
    const receipt = await laidOut(drawn, (content) => {
      still();
      return call('chat.postMessage', { ...common, mrkdwn: false, ...content }, landed);
    });
    if (!isChannelId(letter.channel)) ids.set(letter.channel, receipt.channel);
    return receipt;
  }

  async function edit(sending: Sending, drawn: Drawn, of: Receipt): Promise<Receipt> {
    try {
      return await laidOut(drawn, (content) => {
        sending.still();
        return call('chat.update', { channel: of.channel, ts: of.ts, link_names: false, parse: 'none', ...content }, landed);
      });
    } catch (error) {
      if (codeOf(error) === 'message_not_found') return post(sending, of.channel, drawn);
      if (['edit_window_closed', 'cant_update_message'].includes(codeOf(error)))
        return post(sending, of.channel, drawn, { thread_ts: of.ts });
      throw error;
    }
  }

  return {
    name: 'slack',
    threads: true,

    async deliver(letter, still = () => undefined) {
      const { content, channel } = letter;
      const sending = { letter, still };
      try {
        switch (content.is) {
          case 'alert':
            return await post(sending, await idOf(channel), drawAlert(content.message, { interactive }));
          case 'edit':
            return await edit(sending, drawAlert(content.message, { interactive }), content.of);
          case 'reply':
            if (content.to === null) return await post(sending, await idOf(channel), drawReply(content.message, { apart: true }));
            return await post(sending, content.to.channel, drawReply(content.message), {
              thread_ts: content.to.ts,
              reply_broadcast: content.broadcast,
            });
        }
      } catch (error) {
        if (
          content.is === 'reply' &&
          content.to &&
          ['thread_not_found', 'message_not_found', 'cannot_reply_to_message'].includes(codeOf(error))
        )
          return post(sending, content.to.channel, drawReply(content.message, { apart: true }));
        // The name may have become that of another channel.
        if (codeOf(error) === 'channel_not_found') ids.delete(channel);
        throw error;
      }
    },

    async find(letter, since) {
      self ??= (await call('auth.test', {}, identity)).user_id;
      const { content } = letter;
      const place = content.is === 'alert' ? null : content.is === 'edit' ? content.of : content.to;
      const channel = place?.channel ?? (await idOf(letter.channel));
      if (!isChannelId(channel)) throw cannotTell('channels:read is not granted');
      if (place) {
        const found = await search(call, 'conversations.replies', { channel, ts: place.ts }, letter.id, since, self);
        if (found !== null) return { channel, ts: found };
      }
      const found = await search(call, 'conversations.history', { channel }, letter.id, since, self);
      return found === null ? null : { channel, ts: found };
    },

    async retract({ channel, ts }) {
      try {
        await call('chat.delete', { channel, ts }, z.object({}));
      } catch (error) {
        if (codeOf(error) !== 'message_not_found') throw error;
      }
    },

    async close() {},
  };
}

/** Where the layout is refused, which none should be, the text alone still tells what matters. */
async function laidOut(drawn: Drawn, send: (content: { text: string; blocks?: Drawn['blocks'] }) => Promise<Receipt>): Promise<Receipt> {
  try {
    return await send({ text: drawn.text, blocks: drawn.blocks });
  } catch (error) {
    if (!layoutRefused.includes(codeOf(error))) throw error;
    return send({ text: `${drawn.text} (Slack refused the layout of this message: see its page in Holdfast.)`, blocks: [] });
  }
}

/** The time stamp of our message that carries a letter, among what was written since an instant. */
async function search(call: SlackCall, method: string, where: object, letter: string, since: number, self: string): Promise<string | null> {
  const oldest = String((since - leeway) / 1000);
  let cursor = '';
  try {
    for (let page = 0; page < 30; page++) {
      const answer = await call(
        method,
        { ...where, oldest, include_all_metadata: true, limit: 200, ...(cursor !== '' && { cursor }) },
        messages,
      );
      const found = answer.messages.find(
        ({ user, metadata }) => user === self && metadata?.event_type === eventType && metadata.event_payload['letter'] === letter,
      );
      if (found) return found.ts;
      cursor = answer.response_metadata.next_cursor;
      if (cursor === '') return null;
    }
  } catch (error) {
    if (codeOf(error) === 'thread_not_found') return null;
    if (error instanceof SlackFault && error.code === 'missing_scope') throw cannotTell(`${error.needed} is not granted`, error);
    throw error;
  }
  throw cannotTell('too much was written since');
}

const codeOf = (error: unknown): string => (error instanceof SlackFault ? error.code : '');
const cannotTell = (why: string, cause?: unknown): ChannelFault =>
  new ChannelFault(`whether a message arrived cannot be told: ${why}`, {
    permanent: true,
    mend: 'Give the app the scopes of docs/slack-app.yaml, and install it again.',
    cause,
  });
