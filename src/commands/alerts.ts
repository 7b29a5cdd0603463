import { composingOf } from '#src/alerting.ts';
import { ChannelFault } from '#src/alerts/channel.ts';
import { type AlertList, listAlerts } from '#src/alerts/list.ts';
import { isChannelId } from '#src/alerts/slack-channels.ts';
import { defaultChannel, openChannel } from '#src/alerts/slack-open.ts';
import { trialLetter } from '#src/alerts/trial.ts';
import type { Config } from '#src/config.ts';
import { HoldfastError } from '#src/errors.ts';
import { openIfKept } from './beside.ts';
import type { Command, Invocation } from './command.ts';
import { printable, shorten, table } from './text.ts';

export const alerts: Command = {
  summary: 'What is told as wrong at present, since when, who was told where, and which messages were not delivered, and why.',
  usage: 'alerts [--resolved] | alerts --test [--channel NAME]',
  options: {
    resolved: { type: 'boolean', means: 'Also those that were resolved in the last 30 days' },
    test: { type: 'boolean', means: 'Send one message that says that it is a trial, and tell what became of it' },
    channel: { type: 'string', means: 'With --test: where to, in place of the channel of the configuration' },
  },
  run: async (invocation) => {
    const { config, reading, options, now, answer } = invocation;
    const settings = config();
    if (options['test'] === true) return sendTrial(settings, invocation);
    if (options['channel'] !== undefined)
      throw new HoldfastError('USAGE', {
        problem: '--channel says where a trial goes.',
        mend: 'Use: holdfast alerts --test --channel NAME',
      });
    return reading(async (_report, { store, controls }) => {
      let list: AlertList = { known: false, alerts: [], undelivered: [] };
      using operations = await openIfKept(settings);
      if (operations) {
        const composing = { ...composingOf(settings, controls), store, consoleLink: () => null };
        list = listAlerts(operations, composing, now(), options['resolved'] === true ? now() - 30 * 86_400_000 : now());
      }
      answer(documentOf(list), () => textOf(list));
      return 0;
    });
  },
};

/** Errors: ALERTS_NOT_CONFIGURED, ALERT_NOT_DELIVERED. */
async function sendTrial({ alerts: places, portal }: Config, { options, now, answer }: Invocation): Promise<number> {
  const given = typeof options['channel'] === 'string' ? options['channel'] : null;
  const name = given === null || isChannelId(given) || given.startsWith('#') ? (given ?? defaultChannel(places)) : `#${given}`;
  const channel = openChannel(places);
  if (channel === null || name === null) throw new HoldfastError('ALERTS_NOT_CONFIGURED', {});
  try {
    const receipt = await channel.deliver(trialLetter(name, now(), portal.address ?? null));
    const where = places.slack && receipt ? name : 'the channel of the webhook';
    answer(
      { channel: receipt ? name : null, by: receipt ? 'bot' : 'webhook', ts: receipt?.ts ?? null },
      () => `It was delivered to ${printable(where)}: look whether it is there.\n`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof ChannelFault)) throw error;
    throw new HoldfastError(
      'ALERT_NOT_DELIVERED',
      { channel: name, reason: error.message, mend: error.mend || 'Try again in a minute.' },
      { cause: error },
    );
  } finally {
    await channel.close();
  }
}

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

const documentOf = ({ known, alerts: open, undelivered }: AlertList) => ({
  known,
  alerts: open.map(({ since, told, due, acknowledged, resolved, ...alert }) => ({
    ...alert,
    since: iso(since),
    told: isoOrNull(told),
    due: isoOrNull(due),
    acknowledged: acknowledged && { by: acknowledged.by, until: iso(acknowledged.until) },
    resolved: resolved && { at: iso(resolved.at), how: resolved.how },
  })),
  undelivered: undelivered.map(({ created, ...letter }) => ({ ...letter, created: iso(created) })),
});

function textOf({ known, alerts: open, undelivered }: AlertList): string {
  const lines =
    open.length === 0
      ? known
        ? 'No alert is open.\n'
        : 'Not known yet: alerts are worked out by an agent that runs, and none did here.\n'
      : table(
          ['ALERT', 'SEVERITY', 'STATE', 'SINCE', 'ITEMS', 'TOLD', 'SAYS'],
          open.map(({ alert, severity, state, since, count, told, channel, headline }) => [
            alert,
            severity,
            state,
            iso(since).slice(0, 16),
            String(count),
            channel === null ? 'nobody' : told === null ? `not yet: ${channel}` : `${iso(told).slice(0, 16)} ${channel}`,
            headline,
          ]),
        );
  if (undelivered.length === 0) return lines;
  const letters = table(
    ['LETTER', 'CHANNEL', 'SINCE', 'ATTEMPTS', 'WHY', 'WHAT TO DO'],
    undelivered
      .slice(0, 50)
      .map(({ id, channel, created, attempts, state, fault, mend }) => [
        id,
        channel,
        iso(created).slice(0, 16),
        String(attempts),
        shorten(fault ?? (state === 'waiting' ? 'its turn has not come' : ''), 80),
        mend ?? '',
      ]),
  );
  return `${lines}\nNot delivered: ${undelivered.length}\n${letters}`;
}
