import { z } from 'zod';
import type { SlackCall } from './slack-client.ts';
import { refused, SlackFault } from './slack-faults.ts';

const conversation = z.object({
  id: z.string(),
  name: z.string(),
  is_private: z.boolean().default(false),
  is_member: z.boolean().default(false),
  is_archived: z.boolean().default(false),
});
export type Conversation = z.output<typeof conversation>;
const conversations = z.object({
  channels: z.array(conversation),
  response_metadata: z.object({ next_cursor: z.string().default('') }).default({ next_cursor: '' }),
});

export const isChannelId = (channel: string): boolean => /^[CG][A-Z0-9]{8,}$/.test(channel);

/** A channel by its name or id; null where the app sees none. Errors: ChannelFault, `missing_scope` where it may not look. */
export async function findChannel(call: SlackCall, channel: string): Promise<Conversation | null> {
  if (isChannelId(channel)) {
    try {
      return (await call('conversations.info', { channel }, z.object({ channel: conversation }))).channel;
    } catch (error) {
      if (error instanceof SlackFault && error.code === 'channel_not_found') return null;
      throw error;
    }
  }
  try {
    return await search(call, channel.slice(1), 'public_channel,private_channel');
  } catch (error) {
    // The app may be allowed public channels alone.
    if (!(error instanceof SlackFault) || error.needed !== 'groups:read') throw error;
    return search(call, channel.slice(1), 'public_channel');
  }
}

async function search(call: SlackCall, name: string, types: string): Promise<Conversation | null> {
  let cursor = '';
  for (let page = 0; page < 100; page++) {
    const { channels, response_metadata: more } = await call(
      'conversations.list',
      { types, limit: 999, ...(cursor !== '' && { cursor }) },
      conversations,
    );
    const found = channels.filter((each) => each.name === name);
    // A name may be taken again once a channel of that name is archived.
    const best = found.find(({ is_archived: archived }) => !archived) ?? found[0];
    if (best) return best;
    if (more.next_cursor === '') return null;
    cursor = more.next_cursor;
  }
  throw refused('conversations.list', 'ratelimited');
}
