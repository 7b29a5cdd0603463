import type { Judgement } from '#src/cycle/evaluate.ts';
import type { Unread } from '#src/population.ts';
import type { Severity } from '#src/rule.ts';
import { resultOf } from './documents.ts';
import type { Engine } from './engine.ts';

/** Stands for the words of a judgement that was purged. */
export const purgedWords = 'What was said of it was purged.';

/** What the projections keep of judgements whose document was purged: all but their words. Of an item by its number, at an instant. */
export function openWordless(db: Engine): (item: number, at: number) => Judgement[] {
  const runs = db.prepare(
    'SELECT rule.key AS rule, result, severity, reason FROM result_run JOIN rule ON rule.id = result_run.rule WHERE item = ? AND first <= ? AND (ended IS NULL OR ended > ?) ORDER BY rule.key',
  );
  return (item, at) =>
    runs.all(item, at, at).map(
      ({ rule, result, severity, reason }): Judgement => ({
        rule: String(rule),
        result: resultOf(String(result)),
        message: purgedWords,
        severity: severity as Severity,
        ...(reason !== null && { unread: { unread: reason as Unread['unread'], call: '', needs: '', detail: 'purged' } }),
      }),
    );
}
