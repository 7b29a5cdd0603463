import { HoldfastError } from '#src/errors.ts';
import { ChannelFault } from './channel.ts';

/* What Slack answers when it does not do what it was asked, in words, with what to do. */

interface Kind {
  readonly says: string;
  readonly mend?: string;
  /** Part of it may have been done. */
  readonly uncertain?: true;
  /** Trying again is of use without anybody mending anything. */
  readonly passing?: true;
}

const newToken = 'Copy the bot token, xoxb-, from the app’s page OAuth & Permissions into the secret of `alerts.slack.token`.';
const invite = 'Invite the app: write `/invite @holdfast` in the channel.';
const ours = 'Report this: a message of Holdfast does not fit.';

const kinds: Readonly<Record<string, Kind>> = {
  invalid_auth: { says: 'Slack does not know the token', mend: newToken },
  not_authed: { says: 'Slack was given no token', mend: newToken },
  account_inactive: { says: 'the app was removed from the workspace', mend: 'Install the app again, and copy the new bot token.' },
  token_revoked: { says: 'the token was revoked', mend: 'Install the app again, and copy the new bot token.' },
  token_expired: { says: 'the token has expired', mend: 'Turn token rotation off for the app, and copy the new bot token.' },
  not_allowed_token_type: { says: 'the token is of another kind', mend: newToken },
  org_login_required: { says: 'the workspace was moved to an organization', mend: 'Install the app again, and copy the new bot token.' },
  team_access_not_granted: {
    says: 'the app may not use this workspace',
    mend: 'Have an administrator of the organization add the app to it.',
  },
  missing_scope: { says: 'the app lacks a permission', mend: 'Add it under OAuth & Permissions, and install the app again.' },
  channel_not_found: { says: 'there is no such channel, or it is private and the app is not in it', mend: `Mend its name. ${invite}` },
  not_in_channel: { says: 'the app is not in the channel', mend: invite },
  is_archived: { says: 'the channel is archived', mend: 'Name another channel, or bring it back.' },
  restricted_action: { says: 'the workspace does not let the app post there', mend: 'Let it post there, or name another channel.' },
  posting_to_general_channel_denied: { says: 'the app may not post into the general channel', mend: 'Name another channel.' },
  msg_too_long: { says: 'the message is too long', mend: ours },
  msg_blocks_too_long: { says: 'the message is too long', mend: ours },
  invalid_blocks: { says: 'the layout of the message was refused', mend: ours },
  invalid_blocks_format: { says: 'the layout of the message was refused', mend: ours },
  no_text: { says: 'the message was empty', mend: ours },
  metadata_too_large: { says: 'the message’s metadata was refused', mend: ours },
  invalid_metadata_format: { says: 'the message’s metadata was refused', mend: ours },
  message_not_found: { says: 'the message is gone' },
  thread_not_found: { says: 'the message is gone' },
  cannot_reply_to_message: { says: 'the message takes no replies' },
  edit_window_closed: { says: 'the message can no longer be edited' },
  cant_update_message: { says: 'the message belongs to somebody else' },
  no_service: {
    says: 'there is no such webhook any more',
    mend: 'Make a new incoming webhook, and put its address into the secret of `alerts.webhook`.',
  },
  invalid_token: {
    says: 'the webhook was revoked',
    mend: 'Make a new incoming webhook, and put its address into the secret of `alerts.webhook`.',
  },
  channel_is_archived: { says: 'the channel of the webhook is archived', mend: 'Make a webhook for another channel.' },
  action_prohibited: { says: 'the workspace does not let the webhook post', mend: 'Ask an administrator of the workspace.' },
  fatal_error: { says: 'Slack had a fault of its own', uncertain: true, passing: true },
  internal_error: { says: 'Slack had a fault of its own', uncertain: true, passing: true },
  request_timeout: { says: 'Slack did not take in the request', passing: true },
  service_unavailable: { says: 'Slack is not available', uncertain: true, passing: true },
  team_added_to_org: { says: 'the workspace is being moved to an organization', passing: true },
  rollup_error: { says: 'Slack had a fault of its own', uncertain: true, passing: true },
};

/** A fault with the code that Slack gave it, where it gave one. */
export class SlackFault extends ChannelFault {
  readonly code: string;
  /** The scope that is missing. */
  readonly needed: string;
  constructor(message: string, how: ConstructorParameters<typeof ChannelFault>[1], { code = '', needed = '' } = {}) {
    super(message, how);
    this.code = code;
    this.needed = needed;
  }
}

/** A refusal by its code. `asked` is what it was about: `chat.postMessage`. */
export function refused(
  asked: string,
  code: string,
  { needed = '', cause }: { readonly needed?: string; readonly cause?: unknown } = {},
): SlackFault {
  if (['ratelimited', 'rate_limited', 'message_limit_exceeded'].includes(code)) return waits(asked, 30_000, cause);
  // What is no code is a page that something between us and Slack made up.
  if (!/^[a-z][a-z_]{2,80}$/.test(code))
    return new SlackFault(`${asked}: what came back is not Slack's`, { uncertain: true, mend: proxy, cause });
  const { says, mend = '', uncertain = false, passing = false } = kinds[code] ?? { says: 'Slack refused it' };
  const what = needed === '' ? says : `${says}: ${needed}`;
  return new SlackFault(`${asked}: ${what} (${code})`, { permanent: !passing && code in kinds, uncertain, mend, cause }, { code, needed });
}

const proxy = 'See what stands between this machine and Slack: a proxy, a firewall, a login page.';
const waits = (asked: string, retryAfter: number, cause?: unknown): SlackFault =>
  new SlackFault(`${asked}: Slack asks to wait`, { retryAfter, cause }, { code: 'ratelimited' });

/** Codes of connections that were never made, so that nothing was sent. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** What went wrong in a call of Slack's client, or in a fetch. */
export function slackFault(asked: string, error: unknown): ChannelFault {
  if (error instanceof ChannelFault) return error;
  if (error instanceof HoldfastError) return new SlackFault(error.message, { permanent: true, mend: error.remedy, cause: error });
  const { code, data, retryAfter, statusCode } = error as Record<string, unknown>;
  if (code === 'slack_webapi_platform_error') {
    const { error: said = '', needed = '' } = data as { error?: unknown; needed?: unknown };
    return refused(asked, String(said), { needed: String(needed), cause: error });
  }
  if (code === 'slack_webapi_rate_limited_error') return waits(asked, Number(retryAfter) * 1000, error);
  if (code === 'slack_webapi_http_error') return byStatus(asked, Number(statusCode), error);
  // The client says so in words only where a 429 does not say how long.
  if (Error.isError(error) && error.message.startsWith('Retry header')) return waits(asked, 30_000, error);
  return unreachable(asked, error);
}

export function byStatus(asked: string, status: number, cause: unknown): SlackFault {
  if (status === 429) return waits(asked, 30_000, cause);
  return new SlackFault(`${asked}: it was answered with ${status}`, { uncertain: status >= 500 || status < 400, mend: proxy, cause });
}

function unreachable(asked: string, cause: unknown): SlackFault {
  const reasons: string[] = [];
  for (let each: unknown = cause; Error.isError(each) && reasons.length < 4; each = each.cause) {
    const { code } = each as NodeJS.ErrnoException;
    reasons.push(typeof code === 'string' && !code.startsWith('slack_') ? code : each.name);
  }
  const reason = reasons.find((each) => /^[A-Z_]{4,}$/.test(each)) ?? reasons.at(-1) ?? 'unknown fault';
  const uncertain = !neverSent.has(reason) && !/CERT|SSL|TLS/.test(reason);
  return new SlackFault(`${asked}: Slack was not reached (${reason})`, {
    uncertain,
    mend: 'Let this machine reach slack.com on port 443.',
    cause,
  });
}
