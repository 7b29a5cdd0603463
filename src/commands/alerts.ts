import { existsSync } from 'node:fs';
import { openBeside } from '#src/agent.ts';
import { composingOf } from '#src/alerting.ts';
import { type AlertList, listAlerts } from '#src/alerts/list.ts';
import { besideEvidence } from '#src/config.ts';
import type { Command } from './command.ts';
import { shorten, table } from './text.ts';

export const alerts: Command = {
  summary: 'What is told as wrong at present, since when, who was told where, and which messages were not delivered, and why.',
  usage: 'alerts [--resolved]',
  options: { resolved: { type: 'boolean', means: 'Also those that were resolved in the last 30 days' } },
  run: async ({ config, reading, options, now, answer }) => {
    const settings = config();
    return reading(async (_report, { store, controls }) => {
      const kept = typeof settings.store !== 'string' || existsSync(besideEvidence(settings, 'operations.db'));
      let list: AlertList = { alerts: [], undelivered: [] };
      if (kept) {
        using operations = await openBeside(settings);
        const composing = { ...composingOf(settings, controls), store, consoleLink: () => null };
        list = listAlerts(operations, composing, now(), options['resolved'] === true ? now() - 30 * 86_400_000 : now());
      }
      answer(documentOf(list), () => textOf(list));
      return 0;
    });
  },
};

const iso = (at: number): string => new Date(at).toISOString();
const isoOrNull = (at: number | null): string | null => (at === null ? null : iso(at));

const documentOf = ({ alerts: open, undelivered }: AlertList) => ({
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

function textOf({ alerts: open, undelivered }: AlertList): string {
  const lines =
    open.length === 0
      ? 'No alert is open.\n'
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
