import type { Control } from '#src/controls.ts';
import { criteriaIn, defaultCategories } from '#src/criteria.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import type { Reporting } from '#src/report/context.ts';
import { openReport } from '#src/report/report.ts';
import type { ControlReport } from '#src/report/types.ts';
import type { ItemRule } from '#src/rule.ts';
import type { Window } from '#src/window/types.ts';
import { rules } from './rules.ts';
import { hourMs, start } from './world.ts';

const rulesOfControl = 5;
export const year = { from: start, to: start + 365 * 24 * hourMs };

/** How many controls there are, of five rules each. */
export const controlsSimulated = Math.floor(rules.length / rulesOfControl);

/** What one control of five rules is concluded to be over twelve months, asked as `conclude` and the portal ask it. */
export function conclude(store: EvidenceStore, which: number): ControlReport {
  const own = rules.slice(which * rulesOfControl, (which + 1) * rulesOfControl);
  const [report] = openReport({
    store,
    rules: own,
    controls: { timeZone: 'UTC', versions: [versionOf(`SIM-${which}`, own)] },
    criteria: criteriaIn(defaultCategories),
    company: 'Fleet',
    example: false,
    timeZone: 'UTC',
    declared: { from: '2026-01-01', to: '2026-12-31', timeZone: 'UTC', start: year.from, end: year.to },
    thresholds: { coverage: 0.95, gap: 72 * hourMs },
    asOf: Math.min(year.to, (store.lastCycle()?.asOf ?? start) + 1),
    parametersAt: () => ({}),
  }).controls();
  return report!;
}

/** What a package of all of it is made from. */
export const reportingOf = ({ asOf }: Window): Omit<Reporting, 'store'> => ({
  rules,
  controls: {
    timeZone: 'UTC',
    versions: Array.from({ length: controlsSimulated }, (_, which) =>
      versionOf(`SIM-${which}`, rules.slice(which * rulesOfControl, (which + 1) * rulesOfControl)),
    ),
  },
  criteria: criteriaIn(defaultCategories),
  company: 'Fleet',
  example: false,
  declared: null,
  timeZone: 'UTC',
  thresholds: { coverage: 0.95, gap: 72 * hourMs },
  asOf,
  parametersAt: () => ({}),
});

function versionOf(id: string, own: readonly ItemRule[]) {
  const control: Control = {
    id,
    title: 'Simulated',
    statement: 'The settings are on.',
    owner: 'Nobody',
    type: ['preventive', 'automated'],
    frequency: 'continuous',
    criteria: ['CC6.1'],
    key: own.map((rule) => rule.id),
    supporting: [],
    parameters: {},
  };
  return { id, version: 1, from: null, start: -Infinity, control, places: new Map() };
}
