import { openAgent } from '#src/agent.ts';
import { labelOf, scopeDeclaration } from '#src/cycle/declared.ts';
import { openLog } from '#src/log.ts';
import { checkAlerts } from './check-alerts.ts';
import { watchClocks } from './check-clock.ts';
import { type Found, foundLine } from './check-found.ts';
import { checkOutside } from './check-outside.ts';
import { checkQueue } from './check-queue.ts';
import { type Reading, readAll, readingLine } from './check-readings.ts';
import { checkRoutes } from './check-routes.ts';
import { checkWho } from './check-who.ts';
import type { Command } from './command.ts';

export const check: Command = {
  summary: 'Connects to everything, read-only, and lists what each collector may and may not read, and which rules stay unobserved for it.',
  usage: 'check',
  run: async ({ config, now, answer, stderr }) => {
    const settings = config();
    const agent = await openAgent({ config: { ...settings, store: ':memory:' }, log: openLog('silent'), now });
    try {
      const clocks = watchClocks(now);
      const declaration = scopeDeclaration(settings.scope);
      const progress = (text: string) => stderr.isTTY && stderr.write(text);
      const readings: Reading[] = [];
      const found: Found[] = [];
      for (const connection of agent.connections) {
        const without = settings.connections.find(({ id }) => id === connection.id)?.without ?? [];
        const places = (await connection.places()).filter((place) => declaration.of(labelOf(connection.provider, place)).is !== 'out');
        const watch = (transport: Parameters<typeof clocks.watch>[1]) => clocks.watch(connection.id, transport);
        readings.push(...(await readAll(connection, places, { without, progress, watch })));
        const entered = places.filter(({ region, unread }) => region === 'global' && !unread);
        found.push(...(await checkWho(connection, entered, { without, now })));
      }
      const { slack } = settings.alerts;
      if (slack) await clocks.ask('Slack', new URL('api.test', slack.endpoint ?? 'https://slack.com/api/').href);
      found.push(
        ...clocks.found(),
        ...(await checkOutside(settings, now)),
        ...(await checkQueue(settings)),
        ...(await checkAlerts(settings)),
        ...checkRoutes(settings, agent.controls, now()),
      );
      answer(
        [...readings, ...found],
        () => (readings.map(readingLine).join('') || 'There is no connection in the configuration.\n') + found.map(foundLine).join(''),
      );
      const lost = agent.connections.some(({ id }) => readings.every(({ connection, items }) => connection !== id || items === null));
      if (lost) return 3;
      return found.every(({ ok }) => ok) ? 0 : 2;
    } finally {
      await agent[Symbol.asyncDispose]();
    }
  },
};
