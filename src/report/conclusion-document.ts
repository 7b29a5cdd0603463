import type { Window } from '#src/window/types.ts';
import type { ControlReport, StatusReport } from './types.ts';

/** What `conclude --json` writes, and the package under results/conclusions.json. */
export function conclusionDocument(
  controls: readonly ControlReport[],
  criteria: StatusReport['criteria'],
  { from, to, asOf }: Window,
  timeZone: string,
): { window: object; controls: object[]; criteria: StatusReport['criteria'] } {
  return {
    window: { from: iso(from), to: iso(to), asOf: iso(asOf), timeZone },
    controls: controls.map(({ strip: _, key, supporting, ...control }) => ({
      ...control,
      rules: [...key.map((rule) => ({ role: 'key', ...rule })), ...supporting.map((rule) => ({ role: 'supporting', ...rule }))].map(
        ({ strip: _drawn, ...rule }) => rule,
      ),
    })),
    criteria,
  };
}

const iso = (instant: number): string => new Date(instant).toISOString();
