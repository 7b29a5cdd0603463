import { contextOf, type Reporting } from './context.ts';
import { controlReports } from './control-reports.ts';
import { deviationRows } from './deviation-rows.ts';
import { itemReport } from './item-report.ts';
import { resultRows } from './results.ts';
import { ruleReport } from './rule-report.ts';
import { statusReport } from './status-report.ts';
import type { Report } from './types.ts';
import { waiverOfResult } from './waived.ts';
import { waiverRows } from './waiver-rows.ts';

/** Reads the evidence as it stands. Nothing is written through it. */
export function openReport(reporting: Reporting): Report {
  const context = contextOf(reporting);
  const { store, rules, parametersAt, declaredWindow, shownWindow } = context;
  return {
    status: () => statusReport(context),
    results({ rule, item, at } = {}) {
      const past = (instant: number) =>
        resultRows(store, rules, (id) => parametersAt(id, instant), instant).map((row) => ({
          ...row,
          ...waiverOfResult(context.waivers().waivers, row, instant),
        }));
      const rows = at === undefined ? context.current() : past(at);
      return rows.filter((row) => (rule === undefined || row.rule === rule) && (item === undefined || row.item === item));
    },
    controls(window = declaredWindow ?? undefined) {
      return window ? controlReports(context, window) : [];
    },
    waivers: () => waiverRows(context),
    deviations: (window = shownWindow) => deviationRows(context, window),
    rule: (id) => ruleReport(context, id),
    item: (rule, scope, item) => itemReport(context, rule, scope, item),
  };
}
