import type { Judgement } from '#src/cycle/evaluate.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import type { Unread } from '#src/population.ts';
import type { Severity } from '#src/rule.ts';
import { resultOf } from './documents.ts';
import type { Engine } from './engine.ts';
import { itemGone, readResults, type Verdict, verdictsIn } from './results.ts';
import { keysById } from './rows.ts';

/** Stands for the words of a judgement that was purged. */
export const purgedWords = 'What was said of it was purged.';

/** What the projections keep of judgements whose document was purged: all but their words. Of an item by its number, at an instant. */
export function openWordless(db: Engine): (item: number, at: number) => Judgement[] {
  const rows = db.prepare(
    'SELECT result_change.results FROM result_change JOIN cycle ON cycle.idx = result_change.idx WHERE result_change.item = ? AND cycle.as_of <= ? ORDER BY result_change.idx',
  );
  const ruleKeys = db.prepare('SELECT id, key FROM rule');
  return (item, at) => {
    const lasting = new Map<number, number>();
    for (const { results } of rows.all(item, at)) {
      if (results === itemGone) lasting.clear();
      else for (const [rule, verdict] of readResults(String(results))) lasting.set(rule, verdict);
    }
    const keys = keysById(ruleKeys.all());
    const verdicts = new Map(verdictsIn(db).map((verdict) => [verdict.id, verdict]));
    const judgements = [...lasting].flatMap(([rule, number]): Judgement[] => {
      const [key, verdict] = [keys.get(rule), verdicts.get(number)];
      return key === undefined || verdict === undefined ? [] : [judgementOf(key, verdict)];
    });
    return judgements.sort((a, b) => byUtf8(a.rule, b.rule));
  };
}

const judgementOf = (rule: string, { result, severity, reason }: Verdict): Judgement => ({
  rule,
  result: resultOf(result),
  message: purgedWords,
  severity: severity as Severity,
  ...(reason !== null && { unread: { unread: reason as Unread['unread'], call: '', needs: '', detail: 'purged' } }),
});
