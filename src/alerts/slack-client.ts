import { type Logger, LogLevel, WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Secret } from '#src/config/secret.ts';
import { slackFault } from './slack-faults.ts';

/** Calls a method of the Web API once, and reads what is needed of its answer. Errors: ChannelFault. */
export type SlackCall = <T>(method: string, args: Readonly<Record<string, unknown>>, shape: z.ZodType<T>) => Promise<T>;

/** Says nothing by itself: what goes wrong is thrown, and told by whoever asked. */
export const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  setName() {},
  getLevel: () => LogLevel.ERROR,
};

/** One attempt, ten seconds at most: whoever sends keeps an outbox that tries again, and knows more than a client does. */
export const once = { logger: silent, timeout: 10_000, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true } as const;

/** The Web API with a token, looked up anew for each call so that a rotated one is used. */
export function slackCall(token: Secret, endpoint: string | undefined): SlackCall {
  let client: { token: string; web: WebClient } | undefined;
  return async (method, args, shape) => {
    try {
      const current = await token.resolve();
      if (client?.token !== current)
        client = { token: current, web: new WebClient(current, { ...once, ...(endpoint !== undefined && { slackApiUrl: endpoint }) }) };
      const parsed = shape.safeParse(await client.web.apiCall(method, args));
      if (parsed.success) return parsed.data;
      throw new TypeError(`the answer lacks ${parsed.error.issues[0]?.path.join('.')}`);
    } catch (error) {
      throw slackFault(method, error);
    }
  };
}

/** The scopes of the token, as Slack tells with each answer. */
export const withScopes = z.object({ response_metadata: z.object({ scopes: z.array(z.string()).default([]) }).default({ scopes: [] }) });
