import type { Engine } from './engine.ts';
import type { RuleNumbers } from './projections.ts';
import type { ResultsChange } from './state.ts';

/** How a result was judged: its letter, and what goes with it. */
export interface Verdict {
  readonly result: string;
  readonly severity: string;
  readonly reason: string | null;
}

/** A row of `result_change`. `idx` and `before` are cycles; `results` a sign for each rule with the sign of its verdict after it, by the rules' numbers. */
export interface ResultsRow {
  readonly item: number;
  readonly idx: number;
  readonly before: number | null;
  readonly results: string;
}

/** The numbers of the verdicts, in the order in which they were met. */
export interface VerdictNumbers {
  of(verdict: Verdict): number;
}

export const keyOfVerdict = ({ result, severity, reason }: Verdict): string => `${result} ${severity} ${reason ?? ''}`;

export function numberVerdicts(known: Iterable<readonly [string, number]>, add: (verdict: Verdict, id: number) => void): VerdictNumbers {
  const numbers = new Map<string, number>();
  for (const [key, id] of known) if (!numbers.has(key)) numbers.set(key, id);
  return {
    of(verdict) {
      const key = keyOfVerdict(verdict);
      const found = numbers.get(key);
      if (found !== undefined) return found;
      const id = Math.max(0, ...numbers.values()) + 1;
      numbers.set(key, id);
      add(verdict, id);
      return id;
    },
  };
}

export type VerdictRow = Verdict & { readonly id: number };

export const verdictsIn = (db: Engine): VerdictRow[] =>
  db.prepare('SELECT id, result, severity, reason FROM verdict ORDER BY id').all() as unknown as VerdictRow[];

export function verdictsInTable(db: Engine): VerdictNumbers {
  const add = db.prepare('INSERT INTO verdict (id, result, severity, reason) VALUES (?, ?, ?, ?)');
  const known = verdictsIn(db).map((verdict) => [keyOfVerdict(verdict), verdict.id] as const);
  return numberVerdicts(known, ({ result, severity, reason }, id) => void add.run(id, result, severity, reason));
}

/** In place of a verdict: the rule no longer judges the item. In place of all signs: the item is gone. */
const over = 0;
export const itemGone = '-';

export const signOfRule = (rule: number): string => String.fromCharCode(256 + rule);
const signOfVerdict = (verdict: number): string => String.fromCharCode(32 + verdict);

export function toldResults({ gone, begun, ended }: ResultsChange, rules: RuleNumbers, verdicts: VerdictNumbers): string {
  if (gone) return itemGone;
  const found = new Map(ended.map((rule) => [rules.of(rule), over]));
  for (const { rule, letter, judgement } of begun) {
    const { severity, unread } = judgement();
    found.set(rules.of(rule), verdicts.of({ result: letter, severity, reason: unread?.unread ?? null }));
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([rule, verdict]) => signOfRule(rule) + signOfVerdict(verdict))
    .join('');
}

/** The rules with the verdicts that begin, 0 where none does, by their numbers. */
export function* readResults(results: string): Generator<[rule: number, verdict: number]> {
  for (let at = 0; at + 1 < results.length; at += 2) yield [results.charCodeAt(at) - 256, results.charCodeAt(at + 1) - 32];
}

/** The number of the verdict that begins for a rule: 0 where none does, undefined where nothing changes. */
export function verdictOf(rule: number, results: string): number | undefined {
  const sign = signOfRule(rule);
  for (let at = results.indexOf(sign); at !== -1; at = results.indexOf(sign, at + 1))
    if (at % 2 === 0) return results.charCodeAt(at + 1) - 32;
  return undefined;
}
