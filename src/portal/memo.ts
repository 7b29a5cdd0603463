import type { Report, RuleReport } from '#src/report/types.ts';

/**
 * The report, opened again when the ledger has grown or another minute has begun, and asked each thing once until then.
 * At most `most` answers about single rules and items are kept.
 */
export function memoized(open: () => Report, ledgerSize: () => number, now: () => number, most = 100): () => Report {
  let kept: { key: string; report: Report } | null = null;
  return () => {
    const key = `${ledgerSize()} ${Math.floor(now() / 60_000)}`;
    if (kept?.key !== key) kept = { key, report: remembering(open(), most) };
    return kept.report;
  };
}

function remembering(report: Report, most: number): Report {
  const answers = new Map<string, unknown>();
  const once = <T>(question: readonly unknown[], answer: () => T): T => {
    const key = JSON.stringify(question);
    if (!answers.has(key)) {
      if (answers.size >= most) answers.delete(answers.keys().next().value as string);
      answers.set(key, answer());
    }
    return answers.get(key) as T;
  };
  return {
    status: () => once(['status'], () => report.status()),
    results: (filter) => once(['results', filter], () => report.results(filter)),
    controls: (window) => once(['controls', window], () => report.controls(window)),
    deviations: (window) => once(['deviations', window], () => report.deviations(window)),
    waivers: () => once(['waivers'], () => report.waivers()),
    rule: (id) => once(['rule', id], (): RuleReport | null => report.rule(id)),
    item: (rule, scope, item) => once(['item', rule, scope, item], () => report.item(rule, scope, item)),
  };
}
