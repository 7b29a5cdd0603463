import { parseScopeKey } from '#src/evidence/store.ts';
import { measure, ratios } from '#src/window/measure.ts';
import { timeline } from '#src/window/timeline.ts';
import type { Context } from './context.ts';
import { deviationRows, nameIn } from './deviation-rows.ts';
import { goneRow } from './rule-report.ts';
import type { ItemReport } from './types.ts';

/** One item under one rule; null where the evidence knows neither. */
export function itemReport(context: Context, id: string, scope: string, item: string): ItemReport | null {
  const { byId, store, observed, shownWindow, asOf, current: currentRows } = context;
  const rule = byId.get(id);
  const held = store.held.get(scope);
  if (!rule || !held) return null;
  const observation = observed(shownWindow)
    .items.get(id)
    ?.find((each) => each.item === item && each.scopeKey === scope);
  const log = store.history(scope, item);
  if (!observation && log.length === 0) return null;
  const records = log.map((record) => {
    const judgement = record.judgements.find((each) => each.rule === id);
    return {
      ...record,
      result: record.snapshotHash === null ? ('gone' as const) : (judgement?.result ?? ('unobserved' as const)),
      message: record.snapshotHash === null ? 'No longer in the population.' : (judgement?.message ?? 'Not judged by this rule then.'),
    };
  });
  const changed = records.filter(
    (record, i) => i === 0 || record.result !== records[i - 1]!.result || record.snapshotHash !== records[i - 1]!.snapshotHash,
  );
  const segments = observation ? timeline(observation.runs, observation.scope, shownWindow) : [];
  const time = measure(segments);
  const latest = store.lastLookIndex(scope);
  const row = currentRows().find((each) => each.rule === id && each.scope === scope && each.item === item);
  const name = row?.name ?? nameIn(log) ?? item;
  return {
    rule,
    scope: parseScopeKey(scope),
    item,
    name,
    segments,
    measure: time,
    records: changed,
    result: row ?? goneRow(rule, held, item, name, changed.at(-1)?.message ?? 'No longer in the population.'),
    ratios: segments.length > 0 ? ratios(time) : null,
    gaps: store.gaps(shownWindow.from, asOf).filter((gap) => gap.scope === scope),
    corrections: store.backfills().filter((each) => each.scope === scope && each.from < shownWindow.to && each.to > shownWindow.from),
    deviations: deviationRows(context, shownWindow).filter((each) => each.rule === id && each.scope === scope && each.item === item),
    calls:
      latest === null
        ? []
        : store.calls(latest, scope, held.lastLook ?? undefined).map(({ operation, parameters, page, status, requestId, failure }) => ({
            operation,
            parameters,
            page,
            status,
            requestId,
            failure: failure ? `${failure.reason} ${failure.code}` : null,
          })),
  };
}
