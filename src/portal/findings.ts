import type { ControlReport, DeviationRow } from '#src/report/types.ts';
import type { Finding } from '#src/window/judge.ts';

/**
 * The deviations that are no stretch of time of an item: failed events, and obligations late or missed. Each once, though several
 * controls rest on its rule.
 */
export function lapses(controls: readonly ControlReport[], known: readonly DeviationRow[]): Finding[] {
  const told = new Set(known.map(({ id }) => id));
  const found = controls
    .flatMap(({ key, supporting }) => [...key, ...supporting])
    .flatMap(({ facts }) => facts?.findings ?? [])
    .filter(({ deviation, id }) => deviation === undefined && !told.has(id));
  return [...new Map(found.map((finding) => [finding.id, finding])).values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
