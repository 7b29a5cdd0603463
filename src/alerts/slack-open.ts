import type { Secret } from '#src/config/secret.ts';
import { type Channel, ChannelFault, Overtaken } from './channel.ts';
import { slackChannel } from './slack.ts';
import { webhookChannel } from './slack-webhook.ts';

export interface SlackPlaces {
  readonly slack?: { readonly token: Secret; readonly appToken?: Secret; readonly channel: string; readonly endpoint?: string };
  readonly webhook?: Secret;
}

/** Where messages go that no route sends elsewhere: a channel of Slack, or the one that a webhook has. Null: nowhere. */
export const defaultChannel = ({ slack, webhook }: SlackPlaces): string | null => slack?.channel ?? (webhook ? 'webhook' : null);

/** The channel that the configuration asks for; null where it asks for none. */
export function openChannel({ slack, webhook }: SlackPlaces): Channel | null {
  const bot =
    slack &&
    slackChannel({
      token: slack.token,
      interactive: slack.appToken !== undefined,
      ...(slack.endpoint !== undefined && { endpoint: slack.endpoint }),
    });
  const hook = webhook && webhookChannel({ address: webhook });
  if (bot && hook) return withFallback(bot, hook);
  return bot ?? hook ?? null;
}

/** Where the bot is refused for good, the webhook tells it, but for edits: what it tells can neither be edited nor answered. */
function withFallback(bot: Channel, hook: Channel): Channel {
  return {
    ...bot,
    async deliver(letter, still) {
      try {
        return await bot.deliver(letter, still);
      } catch (error) {
        if (!(error instanceof ChannelFault) || !error.permanent || letter.content.is === 'edit') throw error;
        await hook.deliver(letter, still).catch((second: unknown) => {
          if (second instanceof Overtaken) throw second;
          throw new ChannelFault(`${error.message}; and ${second instanceof ChannelFault ? second.message : String(second)}`, {
            permanent: second instanceof ChannelFault && second.permanent,
            uncertain: second instanceof ChannelFault && second.uncertain,
            retryAfter: second instanceof ChannelFault ? second.retryAfter : null,
            mend: error.mend,
            cause: second,
          });
        });
        return null;
      }
    },
    async close() {
      await Promise.all([bot.close(), hook.close()]);
    },
  };
}
