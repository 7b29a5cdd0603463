import { canonical } from '#src/ledger/canonical.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import type { Engine } from './engine.ts';
import { toldResults, verdictsInTable } from './results.ts';
import type { Projection } from './state.ts';
import type { RuleSet } from './store.ts';

/** The numbers of the rules, in the order in which the rule sets named them first. */
export interface RuleNumbers {
  /** Numbers the rules of a rule set that have none yet. */
  meet(ruleSet: RuleSet): void;
  of(rule: string): number;
}

export function numberRules(known: Iterable<readonly [string, number]>, add: (rule: string, id: number) => void): RuleNumbers {
  const numbers = new Map(known);
  let met: RuleSet | undefined;
  return {
    meet(ruleSet) {
      if (ruleSet === met) return;
      met = ruleSet;
      const { byPopulation } = ruleSet;
      for (const rule of new Set(Object.values(byPopulation).flat().sort(byUtf8))) {
        if (numbers.has(rule)) continue;
        numbers.set(rule, numbers.size + 1);
        add(rule, numbers.size);
      }
    },
    of: (rule) => numbers.get(rule)!,
  };
}

export function rulesInTable(db: Engine): RuleNumbers {
  const known = db.prepare('SELECT key, id FROM rule').all() as unknown as { key: string; id: number }[];
  const add = db.prepare('INSERT INTO rule (key, id) VALUES (?, ?)');
  return numberRules(
    known.map(({ key, id }) => [key, id] as const),
    (rule, id) => void add.run(rule, id),
  );
}

/** Writes the projections to their tables. */
export function projectTo(db: Engine, rules: RuleNumbers): Projection {
  const verdicts = verdictsInTable(db);
  const addChange = db.prepare('INSERT INTO result_change (item, idx, before, results) VALUES (?, ?, ?, ?)');
  const openGap = db.prepare('INSERT INTO gap (scope, since, until, reason, unread) VALUES (?, ?, ?, ?, ?)');
  const closeGap = db.prepare('UPDATE gap SET until = ? WHERE scope = ? AND since = ?');
  const dropGap = db.prepare('DELETE FROM gap WHERE scope = ? AND since = ?');
  return {
    resultsChange: (_, item, change) =>
      void addChange.run(item, change.index, change.last?.index ?? null, toldResults(change, rules, verdicts)),
    gapOpens: (scope, { since, until, reason, unread }) => void openGap.run(scope, since, until, reason, unread && canonical(unread)),
    gapCloses: (scope, since, until) => void (until === null ? dropGap.run(scope, since) : closeGap.run(until, scope, since)),
  };
}
