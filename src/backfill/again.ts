import type { Judgement } from '#src/cycle/evaluate.ts';
import { shelf } from '#src/cycle/items.ts';
import type { BackfilledItem } from '#src/evidence/backfill.ts';
import type { BackfillBody } from '#src/evidence/retell.ts';
import { type EvidenceStore, parseScopeKey, type RuleSet } from '#src/evidence/store.ts';
import { canonical } from '#src/ledger/canonical.ts';
import type { Observed } from '#src/population.ts';
import { programsOf, type RecordedPrograms } from '#src/replay/recorded-programs.ts';
import { type Asked, type Difference, lensOver, type Reperformed, reperform, textOf } from '#src/replay/reperform.ts';
import { judgedBy } from '#src/rule.ts';
import { judgeLooks, purgedAmong } from './judging.ts';
import { knownWorld } from './known-world.ts';

/** Does every recorded judgement again: those of the cycles, and those of the looks that corrections brought. */
export async function reperformAll(store: EvidenceStore, asked: Asked = {}, given?: RecordedPrograms): Promise<Reperformed> {
  using programs = given ?? (await programsOf(store));
  const brought = newTally();
  for (const { index, body } of store.entries('backfill'))
    judgeAgain(store, { index, ...(body as unknown as BackfillBody) }, { asked, programs, tally: brought });
  const recorded = await reperform(store, asked, programs);
  const skipped = new Map(recorded.notReperformed.map(({ reason, judgements }) => [reason, judgements]));
  for (const [reason, judgements] of brought.skipped) skipped.set(reason, (skipped.get(reason) ?? 0) + judgements);
  return {
    ...recorded,
    judgements: recorded.judgements + brought.judgements,
    evaluations: recorded.evaluations + brought.evaluations,
    agree: recorded.agree + brought.agree,
    differ: recorded.differ + brought.differences.length,
    notReperformed: [...skipped].map(([reason, judgements]) => ({ reason, judgements })),
    differences: [...recorded.differences, ...brought.differences],
  };
}

const newTally = () => ({ judgements: 0, evaluations: 0, agree: 0, skipped: new Map<string, number>(), differences: [] as Difference[] });

/**
 * Judges the looks of a correction as it was done when they were brought: with the program recorded last before the leaf, the rule set that it
 * names, and what was known before it.
 */
function judgeAgain(
  store: EvidenceStore,
  { index, scope, from, ruleSet: hash, looks: brought }: BackfillBody & { readonly index: number },
  { asked, programs, tally }: { asked: Asked; programs: RecordedPrograms; tally: ReturnType<typeof newTally> },
): void {
  const { population: type } = parseScopeKey(scope);
  const ruleSet = JSON.parse(store.document(hash)!) as RuleSet;
  const lens = lensOver(ruleSet, hash, programs.at(index), () => tally.evaluations++);
  const order = lens.rulesOf(type);
  const rules = order.flatMap((id) => {
    const own = lens.rule(id);
    return 'rule' in own ? [own.rule] : [];
  });
  const looks = brought.flatMap(({ asOf, hold, items }) => {
    const kept = items === undefined ? null : store.document(items);
    return kept === null ? [] : [{ asOf: Date.parse(asOf), hold, listed: JSON.parse(kept) as BackfilledItem[] }];
  });
  const read = looks.map(({ asOf, hold, listed }) => {
    const items = listed.map(({ snapshot }) => ({ hash: snapshot, text: textOf(store, snapshot) }));
    const whole = items.every(({ text }) => text !== null);
    const add = shelf();
    const seen = items.flatMap(({ hash, text }) => (text === null ? [] : [add(JSON.parse(text) as Observed<object>, text, hash)]));
    return { asOf, hold, calls: [], items: seen, whole };
  });
  const code = lens.program && { ...lens.program.joining, ...lens.program.judging };
  const [first] = rules;
  const judged =
    code && first
      ? judgeLooks(knownWorld(store, index), read, {
          rules,
          ruleSet: { ...ruleSet, byPopulation: { ...ruleSet.byPopulation, [type]: rules.map(({ id }) => id) } },
          population: judgedBy(first),
          scope,
          from: Date.parse(from),
          code,
        })
      : null;

  for (const [i, look] of looks.entries()) {
    if (look.asOf < (asked.from ?? -Infinity) || look.asOf >= (asked.to ?? Infinity)) continue;
    const again = new Map(judged?.[i]!.items?.map(({ key, judgements }) => [key, judgements]));
    const flawless = read[i]!.whole;
    for (const { item, detail } of look.listed) {
      if (asked.item !== undefined && asked.item !== item) continue;
      const kept = store.document(detail);
      const said = kept === null ? null : (JSON.parse(kept) as Judgement[]);
      for (const rule of order) {
        if (asked.rule !== undefined && asked.rule !== rule) continue;
        const own = lens.rule(rule);
        const made = 'why' in own ? own.why : flawless ? again.get(item)!.find((each) => each.rule === rule)! : purged;
        settle(tally, { index, asOf: new Date(look.asOf).toISOString(), scope, item, rule }, said, made);
      }
    }
  }
}

const purged = 'a snapshot was purged';

/** Counts one judgement. `said`: what is recorded of the item, null where it was purged; `made`: what judging gives now, or why it gives none. */
function settle(
  tally: ReturnType<typeof newTally>,
  about: Pick<Difference, 'index' | 'asOf' | 'scope' | 'item' | 'rule'>,
  said: readonly Judgement[] | null,
  made: Judgement | string,
): void {
  tally.judgements++;
  const skip = (reason: string) => void tally.skipped.set(reason, (tally.skipped.get(reason) ?? 0) + 1);
  if (typeof made === 'string') return skip(made);
  if (said === null) return skip('what was said then was purged');
  const recorded = said.find(({ rule }) => rule === about.rule) ?? null;
  if (canonical(recorded) === canonical(made)) tally.agree++;
  else if (made.unread?.detail === purgedAmong) skip(purged);
  else {
    const says = recorded ? 'judged again it is another' : 'there is no such judgement in the record';
    tally.differences.push({ ...about, recorded, again: made, says });
  }
}
