import type { Logger } from 'pino';
import type { Actions } from '#src/actions/action.ts';
import { alertOrders } from '#src/alert-orders.ts';
import { type Alerts, openAlerts } from '#src/alerts/alerts.ts';
import { anchorTroubles } from '#src/alerts/anchor-troubles.ts';
import type { Composing } from '#src/alerts/compose.ts';
import { owedNow } from '#src/alerts/owed.ts';
import { checkRoutes, type Router, responsibleAt, router } from '#src/alerts/routes.ts';
import { type SlackActions, slackActions } from '#src/alerts/slack-actions.ts';
import { defaultChannel, openChannel } from '#src/alerts/slack-open.ts';
import type { Reread, Troubles, Waivers } from '#src/alerts/sources.ts';
import { defaultPolicy, type Policy } from '#src/alerts/state.ts';
import type { Collector } from '#src/collector.ts';
import type { AlertSettings, Config } from '#src/config.ts';
import { type Controls, parametersAt } from '#src/controls.ts';
import { hour, parseDuration } from '#src/duration.ts';
import type { EvidenceStore, HeldScope } from '#src/evidence/store.ts';
import type { Operations } from '#src/operations/operations.ts';
import type { OutsideStatus } from '#src/outside.ts';
import { collectors, rules } from '#src/registry.ts';
import { deadlinesOf } from '#src/report/asking.ts';
import type { ConsoleLink, FindActor } from '#src/who/who.ts';

export interface Alerting {
  readonly config: Config;
  readonly controls: Controls;
  readonly store: EvidenceStore;
  readonly operations: Operations;
  readonly findActor: FindActor;
  readonly consoleLink: ConsoleLink;
  readonly outside: (asOf: number) => OutsideStatus;
  readonly waivers?: Waivers;
  /** Beside the anchors. */
  readonly troubles?: readonly Troubles[];
  readonly reread?: Reread;
  readonly delivered?: (seconds: number) => void;
  readonly log: Logger;
  /** Epoch ms. */
  readonly now: () => number;
}

/** The alerts of the agent, put together from the configuration. Errors: ALERT_ROUTE_UNKNOWN. */
export function openAlerting(parts: Alerting): Alerts {
  const { config, controls, store, operations, log, now } = parts;
  checkAlertRoutes(config, controls);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const parametersOf = (rule: string) => parametersAt(controls, rule, now());
  return openAlerts({
    operations,
    store,
    watching: {
      rules: byId,
      deadlines: () => deadlinesOf({ parametersOf }),
      route: routeAt(config.alerts, controls, now),
      periodOf: periodsOf(config),
    },
    composing: { ...composingOf(config, controls), consoleLink: parts.consoleLink },
    channel: openChannel(config.alerts),
    findActor: parts.findActor,
    waivers: parts.waivers ?? (() => noWaivers),
    orders: alertOrders(store),
    troubles: [anchorTroubles(parts.outside), ...(parts.troubles ?? [])],
    owed: (at) => owedNow({ store: store.reading(), rules, parametersOf, timeZone: config.timeZone }, at),
    reread: parts.reread ?? (() => undefined),
    policy: policyOf(config.alerts),
    ...(parts.delivered && { delivered: parts.delivered }),
    log,
    now,
  });
}

const noWaivers: readonly never[] = [];

export const checkAlertRoutes = ({ alerts, connections }: Config, controls: Controls): void =>
  checkRoutes(
    alerts.routes,
    controls,
    rules,
    connections.map(({ id }) => id),
  );

/** What messages say, but for links to consoles, which only the agent has. */
export const composingOf = ({ portal }: Config, controls: Controls): Omit<Composing, 'store' | 'consoleLink'> => ({
  rules: new Map(rules.map((rule) => [rule.id, rule])),
  controls,
  portal: portal.address ?? null,
});

/** Takes what people press in Slack; null where nobody can. */
export function openButtons({
  config: { alerts, people, timeZone },
  ...parts
}: Pick<Alerting, 'config' | 'log' | 'now'> & { readonly actions: Actions; readonly alerts: Alerts }): SlackActions | null {
  const { slack } = alerts;
  if (!slack?.appToken) return null;
  const { token, appToken, endpoint } = slack;
  return slackActions({ token, appToken, ...(endpoint !== undefined && { endpoint }), people, timeZone, ...parts });
}

const policyOf = ({ remind }: AlertSettings): Policy => ({
  ...defaultPolicy,
  remind: { critical: remind.high, high: remind.high, medium: remind.medium, low: null },
});

/** Controls change from day to day at most, so that what they say holds for a while. */
function routeAt(settings: AlertSettings, controls: Controls, now: () => number): Router {
  let known: { readonly until: number; readonly route: Router } | null = null;
  return (routed) => {
    if (known === null || now() >= known.until)
      known = { until: now() + hour, route: router(settings.routes, responsibleAt(controls, now()), defaultChannel(settings)) };
    return known.route(routed);
  };
}

/** How often each scope is looked at: as the configuration says, or the collector asks for. */
function periodsOf({ connections }: Config): (held: HeldScope) => number {
  const everyOf = (connection: string, { id, every }: Collector): number =>
    parseDuration(connections.find((each) => each.id === connection)?.every[id] ?? every)!;
  const known = new Map<string, number>();
  return ({ scope: { connection, population }, hold }) => {
    const key = `${connection} ${population}`;
    const collector = collectors.find((each) => each.population.type === population);
    const period = known.get(key) ?? (collector ? everyOf(connection, collector) : hold);
    known.set(key, period);
    return period;
  };
}
