import { checkSlack } from '#src/alerts/slack-check.ts';
import type { Config } from '#src/config.ts';
import type { Found } from './check-found.ts';

/** Slack is asked for everything that telling people needs; nothing is posted. */
export async function checkAlerts({ alerts: { slack, webhook, routes } }: Config): Promise<Found[]> {
  const channels = [...(slack ? [slack.channel] : []), ...routes.map(({ channel }) => channel)];
  const readings = await checkSlack({ channels, ...(slack && { slack }), ...(webhook && { webhook }) });
  return readings.map(({ part, ...told }) => ({ outside: part, kind: 'slack', ...told }));
}
