import { z } from 'zod';
import type { Secret } from '#src/config/secret.ts';
import { HoldfastError } from '#src/errors.ts';
import { ChannelFault } from './channel.ts';
import { type Conversation, findChannel } from './slack-channels.ts';
import { type SlackCall, slackCall, withScopes } from './slack-client.ts';
import { SlackFault, slackFault } from './slack-faults.ts';
import { openSocket } from './slack-socket.ts';
import { oneLine } from './slack-text.ts';
import { webhookAddress } from './slack-webhook.ts';

/** What was found of a part of Slack's side; `mend` is empty where nothing is to be done. */
export interface SlackReading {
  readonly part: string;
  readonly ok: boolean;
  readonly says: string;
  readonly mend: string;
}

export interface SlackChecked {
  readonly slack?: { readonly token: Secret; readonly appToken?: Secret; readonly endpoint?: string };
  readonly webhook?: Secret;
  /** Every channel that messages may go to. */
  readonly channels: readonly string[];
}

/** Tries everything that alerts need of Slack, without posting anything. */
export async function checkSlack({ slack, webhook, channels }: SlackChecked): Promise<SlackReading[]> {
  const readings: SlackReading[] = [];
  if (slack) {
    const call = slackCall(slack.token, slack.endpoint);
    const bot = await reading('Slack, bot token', () => checkBot(slack, call));
    readings.push(bot.told);
    if (bot.found)
      for (const channel of new Set(channels))
        readings.push((await reading(`Slack, ${channel}`, () => checkChannel(call, channel, bot.found!))).told);
    if (slack.appToken)
      readings.push((await reading('Slack, app token', () => checkApp(slack.appToken!, slack.endpoint, bot.found?.app ?? ''))).told);
  }
  if (webhook)
    readings.push(
      (
        await reading('Slack, webhook', async () => [
          'it is an address; whether it is taken shows `holdfast alerts --test`',
          '',
          await webhookAddress(webhook),
        ])
      ).told,
    );
  return readings;
}

type Found<T> = readonly [says: string, mend: string, found: T];

/** Where something is to be mended, it is not well, whatever works besides. */
async function reading<T>(part: string, look: () => Promise<Found<T>>): Promise<{ told: SlackReading; found: T | null }> {
  try {
    const [says, mend, found] = await look();
    return { told: { part, ok: mend === '', says: oneLine(says), mend }, found };
  } catch (error) {
    const { message, mend } = error instanceof HoldfastError ? { message: error.message, mend: error.remedy } : slackFault(part, error);
    return { told: { part, ok: false, says: oneLine(message), mend: mend || 'Try again in a minute.' }, found: null };
  }
}

const identity = withScopes.extend({ team: z.string(), user: z.string(), app_id: z.string().default('') });

interface Bot {
  readonly scopes: readonly string[];
  readonly app: string;
}

const kinds: readonly [RegExp, string, string][] = [
  [/^xapp-/, 'it is an app-level token', 'Put it into the secret of `alerts.slack.appToken`, and the bot token, xoxb-, here.'],
  [/^xoxp-/, 'it is the token of a user', 'Copy the bot token, xoxb-, from the page OAuth & Permissions.'],
  [/^xoxe[.-]/, 'it is a token that expires', 'Turn token rotation off for the app, and copy its bot token, xoxb-.'],
  [/^https:/, 'it is an address', 'The address of a webhook belongs into the secret of `alerts.webhook`; here goes the bot token, xoxb-.'],
];

async function checkBot({ token, appToken }: NonNullable<SlackChecked['slack']>, call: SlackCall): Promise<Found<Bot>> {
  const text = await token.resolve();
  const wrong = kinds.find(([kind]) => kind.test(text));
  if (wrong) throw new ChannelFault(`the secret ${token.ref} is no bot token: ${wrong[1]}`, { permanent: true, mend: wrong[2] });
  if (!text.startsWith('xoxb-'))
    throw new ChannelFault(`the secret ${token.ref} is no bot token`, {
      permanent: true,
      mend: 'Copy the bot token, xoxb-, from the page OAuth & Permissions.',
    });
  const {
    team,
    user,
    app_id: app,
    response_metadata: { scopes },
  } = await call('auth.test', {}, identity);
  const lost = [...needed, ...(appToken ? neededForButtons : [])].filter(([scope]) => !scopes.includes(scope));
  return [
    `it posts into ${team} as ${user}${lost.map(([scope, without]) => `; without ${scope}, ${without}`).join('')}`,
    lost.length === 0
      ? ''
      : `Add ${lost.map(([scope]) => scope).join(', ')} under OAuth & Permissions, as docs/slack-app.yaml has it, and install the app again.`,
    { scopes, app },
  ];
}

/** Each with what is lost without it. History is asked for where the kind of the channel is known. */
const needed: readonly [string, string][] = [
  ['chat:write', 'nothing is told'],
  ['channels:read', 'a channel is not found by its name'],
];
const neededForButtons: readonly [string, string][] = [
  ['users:read', 'nobody is known who presses a button'],
  ['users:read.email', 'nobody is known who presses a button'],
];

async function checkChannel(call: SlackCall, name: string, { scopes }: Bot): Promise<Found<Conversation>> {
  const channel = await findChannel(call, name).catch((error: unknown) => {
    if (error instanceof SlackFault && error.code === 'missing_scope')
      throw new ChannelFault(`it cannot be looked up: ${error.needed} is not granted`, { mend: error.mend });
    throw error;
  });
  if (!channel)
    throw new ChannelFault('there is no such channel, or it is private and the app is not in it', {
      mend: `Mend its name in holdfast.yaml${scopes.includes('groups:read') ? '' : ', add groups:read if it is private'}, or write \`/invite @holdfast\` in it.`,
    });
  if (channel.is_archived) throw new ChannelFault('it is archived', { mend: 'Name another channel, or bring it back.' });
  if (!channel.is_member) throw new ChannelFault('the app is not in it', { mend: 'Write `/invite @holdfast` in the channel.' });
  const history = channel.is_private ? 'groups:history' : 'channels:history';
  return scopes.includes(history)
    ? [`the app is in it (${channel.id})`, '', channel]
    : [
        `the app is in it (${channel.id}); without ${history}, a message may come twice after a crash`,
        `Add ${history} under OAuth & Permissions, and install the app again.`,
        channel,
      ];
}

const opened = z.object({ url: z.string() });

/** Connects as the agent will, and waits to be greeted. */
async function checkApp(token: Secret, endpoint: string | undefined, app: string): Promise<Found<null>> {
  const text = await token.resolve();
  if (!text.startsWith('xapp-'))
    throw new ChannelFault(`the secret ${token.ref} is no app-level token`, {
      mend: text.startsWith('xoxb-')
        ? 'It is a bot token: put it into the secret of `alerts.slack.token`, and the app-level token, xapp-, here.'
        : 'Generate an app-level token, xapp-, with the scope connections:write, on the page Basic Information.',
    });
  const own = text.split('-')[2] ?? '';
  if (app !== '' && /^A[A-Z0-9]+$/.test(own) && own !== app)
    throw new ChannelFault(`it belongs to another app (${own}) than the bot token (${app})`, {
      mend: 'Take both tokens from the same app.',
    });
  try {
    await slackCall(token, endpoint)('apps.connections.open', {}, opened);
  } catch (error) {
    if (error instanceof SlackFault && error.code === 'missing_scope')
      throw new ChannelFault('it lacks the scope connections:write', { mend: 'Generate one with it on the page Basic Information.' });
    if (error instanceof SlackFault && ['invalid_auth', 'not_allowed_token_type'].includes(error.code))
      throw new ChannelFault('Slack does not know it', {
        mend: 'Generate another on the page Basic Information, and put it into the secret of `alerts.slack.appToken`.',
      });
    throw error;
  }
  const socket = openSocket(text, endpoint, () => undefined);
  await socket.greeted;
  await socket.close();
  return ['Socket Mode answers: buttons work', '', null];
}
