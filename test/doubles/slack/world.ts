/** A workspace of Slack: who is there, which channels, what the app may do. */
export interface SlackWorld {
  readonly team: { readonly id: string; readonly domain: string };
  readonly app: string;
  /** The bot token, its scopes, and who it is. */
  readonly token: string;
  readonly scopes: readonly string[];
  readonly bot: { readonly id: string; readonly user: string };
  readonly appToken: string;
  /** Scopes of the app token. */
  readonly appScopes: readonly string[];
  readonly socketMode: boolean;
  readonly channels: readonly ChannelOf[];
  readonly users: readonly UserOf[];
  /** Milliseconds after which a message can no longer be edited. */
  readonly editWindow: number;
  /** The channel of the incoming webhook. */
  readonly webhookChannel: string;
}

export interface ChannelOf {
  readonly id: string;
  readonly name: string;
  readonly isPrivate?: boolean;
  /** The bot is in it. */
  readonly member?: boolean;
  readonly archived?: boolean;
}

export interface UserOf {
  readonly id: string;
  readonly name: string;
  readonly email?: string;
  readonly emailConfirmed?: boolean;
  readonly team?: string;
  readonly deleted?: boolean;
  readonly bot?: boolean;
  /** Of another workspace, in a shared channel. */
  readonly stranger?: boolean;
}

/** What docs/slack-app.yaml asks for. */
export const allScopes = [
  'chat:write',
  'channels:read',
  'groups:read',
  'channels:history',
  'groups:history',
  'users:read',
  'users:read.email',
] as const;

export const workspace: SlackWorld = {
  team: { id: 'T0ACME0001', domain: 'acme' },
  app: 'A0HOLD0001',
  token: 'xoxb-1-double-bot',
  scopes: allScopes,
  bot: { id: 'B0HOLD0001', user: 'U0HOLD0001' },
  appToken: 'xapp-1-A0HOLD0001-1-double-app',
  appScopes: ['connections:write'],
  socketMode: true,
  channels: [
    { id: 'C0SECURITY', name: 'security', member: true },
    { id: 'C0PLATFORM', name: 'platform', member: true },
    { id: 'C0GENERAL0', name: 'general' },
    { id: 'C0OLDTIMES', name: 'old-times', member: true, archived: true },
    { id: 'G0PRIVATE1', name: 'audit', isPrivate: true, member: true },
    { id: 'G0PRIVATE2', name: 'board', isPrivate: true },
  ],
  users: [
    { id: 'U0DANA0001', name: 'Dana Owner', email: 'dana@acme.example', emailConfirmed: true },
    { id: 'U0ALEX0001', name: 'Alex Approver', email: 'Alex@acme.example', emailConfirmed: true },
    { id: 'U0NOMAIL01', name: 'Nomail', email: 'nomail@acme.example', emailConfirmed: false },
    { id: 'U0STRANGER', name: 'Stranger', email: 'dana@acme.example', emailConfirmed: true, team: 'T0OTHER001', stranger: true },
    { id: 'U0GONE0001', name: 'Gone', email: 'gone@acme.example', emailConfirmed: true, deleted: true },
  ],
  editWindow: Number.POSITIVE_INFINITY,
  webhookChannel: 'C0SECURITY',
};
