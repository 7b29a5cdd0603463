import { checkAlertRoutes } from '#src/alerting.ts';
import { deadRoutes, responsibleAt } from '#src/alerts/routes.ts';
import type { Config } from '#src/config.ts';
import type { Controls } from '#src/controls.ts';
import { HoldfastError } from '#src/errors.ts';
import { rules } from '#src/registry.ts';
import type { Found } from './check-found.ts';

/** A route that never decides sends nobody anything, whatever its author believes. */
export function checkRoutes(config: Config, controls: Controls, now: number): Found[] {
  const about = { outside: 'alerts.routes', kind: 'slack', ok: false } as const;
  try {
    checkAlertRoutes(config, controls);
  } catch (error) {
    if (error instanceof HoldfastError) return [{ ...about, says: error.message, mend: error.remedy }];
    throw error;
  }
  return deadRoutes(config.alerts.routes, responsibleAt(controls, now), rules).map(({ index, by }) => ({
    ...about,
    says:
      by.length > 0
        ? `number ${index} never decides: number ${by.join(' and ')} ${by.length === 1 ? 'takes' : 'take'} everything that it would`
        : `number ${index} never decides: no rule is of any such control, owner and name`,
    mend: by.length > 0 ? 'Put it before them, or remove it.' : 'Widen it, or remove it.',
  }));
}
