import { type EvidenceReading, parseScopeKey } from '#src/evidence/store.ts';
import type { Report } from '#src/report/types.ts';
import { isSeen, lastSeen, lasts } from '#src/window/last-seen.ts';

/** Whether an item fails a rule now. `unobserved`: it failed when it was last seen, and cannot be seen at present. */
export type Failing = 'fails' | 'passes' | 'unknown-item' | 'not-judged';

/** What the evidence says, as it is held; what follows only from the whole of it is asked of the report. */
export function failingIn(store: EvidenceReading, report: () => Report) {
  return (rule: string, scope: string, item: string): Failing => {
    const held = store.held.get(scope)?.items.get(item);
    const judged = held?.judgements.find((judgement) => judgement.rule === rule);
    if (judged)
      return lasts(judged.result, () => lastSeen([...store.runs({ from: 0, to: Number.MAX_SAFE_INTEGER, rule, scope, item })]))
        ? 'fails'
        : 'passes';
    const row = report()
      .results({ rule, item })
      .find((each) => each.scope === scope);
    if (row) return row.result === 'fail' ? 'fails' : isSeen(row.result) ? 'passes' : 'not-judged';
    const known = held !== undefined || (item === scope && parseScopeKey(scope).population !== '' && store.held.has(scope));
    return known ? 'not-judged' : 'unknown-item';
  };
}
