import { readBlocks, readView, type SeenBlock, type View } from './block-kit.ts';
import type { ChannelOf, SlackWorld, UserOf } from './world.ts';

export interface Posted {
  readonly channel: string;
  readonly ts: string;
  readonly thread: string | null;
  readonly broadcast: boolean;
  readonly user: string;
  readonly metadata: { readonly event_type: string; readonly event_payload: Readonly<Record<string, unknown>> } | null;
  text: string;
  blocks: SeenBlock[];
  parse: string;
  edits: number;
}

export interface State {
  readonly world: SlackWorld;
  readonly now: () => number;
  readonly posted: Posted[];
  readonly ephemerals: {
    readonly channel: string;
    readonly user: string;
    readonly thread: string | null;
    readonly text: string;
    readonly blocks: SeenBlock[];
  }[];
  readonly views: { readonly id: string; readonly view: View; readonly user: string }[];
  /** Trigger ids that were handed out: whose, and when. */
  readonly triggers: Map<string, { readonly user: string; readonly at: number }>;
}

type Args = Readonly<Record<string, string | undefined>>;
export type Answer = { readonly ok: boolean; readonly error?: string } & Readonly<Record<string, unknown>>;

const failed = (error: string, more: object = {}): Answer => ({ ok: false, error, ...more });
const needs = (state: State, scope: string): Answer | null =>
  state.world.scopes.includes(scope) ? null : failed('missing_scope', { needed: scope, provided: state.world.scopes.join(',') });

const channelNamed = (state: State, name: string): ChannelOf | undefined =>
  state.world.channels.find(
    ({ id, name: own, isPrivate, member }) => (id === name || own === name.replace(/^#/, '')) && (!isPrivate || member),
  );

let serial = 0;
const newTs = (state: State): string => `${Math.floor(state.now() / 1000)}.${String(++serial % 1_000_000).padStart(6, '0')}`;

export function post(state: State, channel: string, args: Args, user: string): Posted | Answer {
  const read = args['blocks'] === undefined ? { blocks: [] } : readBlocks(args['blocks']);
  if ('error' in read) return failed(read.error, { response_metadata: { messages: read.messages } });
  if (read.blocks.length === 0 && !args['text']) return failed('no_text');
  const metadata = args['metadata'] === undefined ? null : (JSON.parse(args['metadata']) as Posted['metadata']);
  if (metadata && (typeof metadata.event_type !== 'string' || typeof metadata.event_payload !== 'object'))
    return failed('invalid_metadata_format');
  if (JSON.stringify(metadata).length > 8000) return failed('metadata_too_large');
  const thread = args['thread_ts'] ?? null;
  if (thread !== null && !state.posted.some((each) => each.channel === channel && each.ts === thread)) return failed('thread_not_found');
  const message: Posted = {
    channel,
    ts: newTs(state),
    thread,
    broadcast: args['reply_broadcast'] === 'true',
    user,
    metadata,
    text: (args['text'] ?? '').slice(0, 40_000),
    blocks: read.blocks,
    parse: args['parse'] ?? 'default',
    edits: 0,
  };
  state.posted.push(message);
  return message;
}

const shown = (message: Posted, withMetadata: boolean): object => ({
  type: 'message',
  user: message.user,
  text: message.text,
  ts: message.ts,
  ...(message.blocks.length > 0 && { blocks: message.blocks }),
  ...(message.thread !== null && { thread_ts: message.thread }),
  ...(withMetadata && message.metadata && { metadata: message.metadata }),
});

const conversation = ({ id, name, isPrivate = false, member = false, archived = false }: ChannelOf): object => ({
  id,
  name,
  name_normalized: name,
  created: 1_700_000_000,
  creator: 'U0DANA0001',
  is_archived: archived,
  is_channel: !isPrivate,
  is_group: isPrivate,
  is_general: name === 'general',
  is_im: false,
  is_mpim: false,
  is_member: member,
  is_private: isPrivate,
  is_org_shared: false,
  is_shared: false,
  is_ext_shared: false,
  unlinked: 0,
  topic: { creator: '', last_set: 0, value: '' },
  purpose: { creator: '', last_set: 0, value: '' },
});

const person = (
  state: State,
  { id, name, email, emailConfirmed = false, team, deleted = false, bot = false, stranger }: UserOf,
): object => ({
  id,
  team_id: team ?? state.world.team.id,
  name: name.toLowerCase().replaceAll(' ', '.'),
  real_name: name,
  deleted,
  is_bot: bot,
  is_app_user: false,
  updated: 1_700_000_000,
  is_email_confirmed: emailConfirmed,
  ...(stranger !== undefined && { is_stranger: stranger }),
  profile: {
    real_name: name,
    real_name_normalized: name,
    display_name: name,
    display_name_normalized: name,
    avatar_hash: 'g0',
    status_text: '',
    status_emoji: '',
    team: team ?? state.world.team.id,
    ...(email !== undefined && state.world.scopes.includes('users:read.email') && { email }),
  },
});

/** The place where a list goes on: Slack's cursors are opaque. */
function page<T>(rows: readonly T[], args: Args, most: number): { rows: readonly T[]; next: string } {
  const start = args['cursor'] ? Number(Buffer.from(args['cursor'], 'base64url').toString()) : 0;
  const end = start + Math.min(most, Number(args['limit'] ?? 100));
  return { rows: rows.slice(start, end), next: end < rows.length ? Buffer.from(String(end)).toString('base64url') : '' };
}

function history(state: State, args: Args): Answer {
  const channel = channelNamed(state, args['channel'] ?? '');
  if (!channel) return failed('channel_not_found');
  const refused = needs(state, channel.isPrivate ? 'groups:history' : 'channels:history');
  if (refused) return refused;
  if (!channel.member) return failed('not_in_channel');
  const metadata = args['include_all_metadata'] === 'true';
  const inTime = ({ ts }: Posted): boolean => Number(ts) > Number(args['oldest'] ?? 0);
  const thread = args['ts'];
  const all = state.posted.filter((each) => each.channel === channel.id);
  if (thread !== undefined && !all.some(({ ts }) => ts === thread)) return failed('thread_not_found');
  const found =
    thread === undefined
      ? all.filter((each) => inTime(each) && (each.thread === null || each.broadcast)).toReversed()
      : all.filter((each) => each.ts === thread || (each.thread === thread && inTime(each)));
  const { rows, next } = page(found, args, 999);
  return { ok: true, messages: rows.map((each) => shown(each, metadata)), has_more: next !== '', response_metadata: { next_cursor: next } };
}

/** The methods, by name. Authentication and rates come before. */
export const methods: Readonly<Record<string, (state: State, args: Args) => Answer>> = {
  'auth.test': ({ world }) => ({
    ok: true,
    url: `https://${world.team.domain}.slack.com/`,
    team: world.team.domain,
    team_id: world.team.id,
    user: 'holdfast',
    user_id: world.bot.user,
    bot_id: world.bot.id,
    app_id: world.app,
    is_enterprise_install: false,
  }),

  'chat.postMessage'(state, args) {
    const channel = channelNamed(state, args['channel'] ?? '');
    const refused = needs(state, 'chat:write');
    if (refused) return refused;
    if (!channel) return failed('channel_not_found');
    if (channel.archived) return failed('is_archived');
    if (!channel.member && !state.world.scopes.includes('chat:write.public')) return failed('not_in_channel');
    const message = post(state, channel.id, args, state.world.bot.user);
    return 'ok' in message ? message : { ok: true, channel: channel.id, ts: message.ts, message: shown(message, true) };
  },

  'chat.update'(state, args) {
    const refused = needs(state, 'chat:write');
    if (refused) return refused;
    if (!channelNamed(state, args['channel'] ?? '')) return failed('channel_not_found');
    const message = state.posted.find(({ channel, ts }) => channel === args['channel'] && ts === args['ts']);
    if (!message) return failed('message_not_found');
    if (message.user !== state.world.bot.user) return failed('cant_update_message');
    if (state.now() - Number(message.ts) * 1000 > state.world.editWindow) return failed('edit_window_closed');
    const read = args['blocks'] === undefined ? null : readBlocks(args['blocks']);
    if (read && 'error' in read) return failed(read.error, { response_metadata: { messages: read.messages } });
    if (!read && !args['text']) return failed('no_text');
    message.blocks = read ? read.blocks : [];
    message.text = args['text'] ?? message.text;
    message.parse = args['parse'] ?? 'client';
    message.edits++;
    return { ok: true, channel: message.channel, ts: message.ts, text: message.text, message: { text: message.text, user: message.user } };
  },

  'chat.delete'(state, args) {
    const refused = needs(state, 'chat:write');
    if (refused) return refused;
    const at = state.posted.findIndex(({ channel, ts }) => channel === args['channel'] && ts === args['ts']);
    if (at < 0) return failed('message_not_found');
    if (state.posted[at]!.user !== state.world.bot.user) return failed('cant_delete_message');
    state.posted.splice(at, 1);
    return { ok: true, channel: args['channel'], ts: args['ts'] };
  },

  'chat.postEphemeral'(state, args) {
    const channel = channelNamed(state, args['channel'] ?? '');
    if (!channel) return failed('channel_not_found');
    if (!channel.member) return failed('user_not_in_channel');
    const read = args['blocks'] === undefined ? { blocks: [] } : readBlocks(args['blocks']);
    if ('error' in read) return failed(read.error);
    if (!args['text'] && read.blocks.length === 0) return failed('no_text');
    state.ephemerals.push({
      channel: channel.id,
      user: args['user'] ?? '',
      thread: args['thread_ts'] ?? null,
      text: args['text'] ?? '',
      blocks: read.blocks,
    });
    return { ok: true, message_ts: newTs(state) };
  },

  'chat.getPermalink'(state, args) {
    if (!state.posted.some(({ channel, ts }) => channel === args['channel'] && ts === args['message_ts']))
      return failed('message_not_found');
    return {
      ok: true,
      channel: args['channel'],
      permalink: `https://${state.world.team.domain}.slack.com/archives/${args['channel']}/p${args['message_ts']?.replace('.', '')}`,
    };
  },

  'conversations.list'(state, args) {
    const types = (args['types'] ?? 'public_channel').split(',');
    const refused =
      (types.includes('public_channel') && needs(state, 'channels:read')) ||
      (types.includes('private_channel') && needs(state, 'groups:read'));
    if (refused) return refused;
    const found = state.world.channels.filter(
      ({ isPrivate, member, archived }) =>
        types.includes(isPrivate ? 'private_channel' : 'public_channel') &&
        (!isPrivate || member) &&
        !(archived && args['exclude_archived'] === 'true'),
    );
    const { rows, next } = page(found, args, 2);
    return { ok: true, channels: rows.map(conversation), response_metadata: { next_cursor: next } };
  },

  'conversations.info'(state, args) {
    const channel = channelNamed(state, args['channel'] ?? '');
    if (!channel || channel.id !== args['channel']) return failed('channel_not_found');
    return needs(state, channel.isPrivate ? 'groups:read' : 'channels:read') ?? { ok: true, channel: conversation(channel) };
  },

  'conversations.history': history,
  'conversations.replies': history,

  'users.info'(state, args) {
    const refused = needs(state, 'users:read');
    if (refused) return refused;
    const user = state.world.users.find(({ id }) => id === args['user']);
    return user ? { ok: true, user: person(state, user) } : failed('user_not_found');
  },

  'users.lookupByEmail'(state, args) {
    const refused = needs(state, 'users:read.email');
    if (refused) return refused;
    const user = state.world.users.find(({ email }) => email?.toLowerCase() === args['email']?.toLowerCase());
    return user ? { ok: true, user: person(state, user) } : failed('users_not_found');
  },

  'views.open'(state, args) {
    const trigger = state.triggers.get(args['trigger_id'] ?? '');
    if (!trigger) return failed('exchanged_trigger_id');
    if (state.now() - trigger.at > 3000) return failed('expired_trigger_id');
    const read = readView(args['view'] ?? '');
    if ('error' in read) return failed(read.error, { response_metadata: { messages: read.messages } });
    state.triggers.delete(args['trigger_id']!);
    const id = `V${String(state.views.length + 1).padStart(9, '0')}`;
    state.views.push({ id, view: read.view, user: trigger.user });
    return { ok: true, view: { id, ...read.view } };
  },
};
