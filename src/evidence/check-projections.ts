import type { Engine } from './engine.ts';
import { type GapRow, keyOfGap, keyOfRun, projectInMemory, type RunRow } from './project-in-memory.ts';
import { numberRules } from './projections.ts';
import type { RuleSet } from './store.ts';

/** The projections as the change log makes them, to be compared with their tables. */
export function rebuilt() {
  const { projection, runs, gaps } = projectInMemory();
  const ruleIds = new Map<string, number>();
  const numbers = numberRules([], (rule, id) => ruleIds.set(rule, id));
  return {
    projection,
    meet: (ruleSet: RuleSet) => numbers.meet(ruleSet),
    *compare(db: Engine): Generator<string> {
      const rules = db.prepare('SELECT id, key FROM rule').all() as unknown as { id: number; key: string }[];
      const numbered = new Map([...ruleIds].map(([key, id]) => [key, { id, key }]));
      yield* differences('rule', rules, ({ key }) => key, numbered);
      const found = runRows(db, new Map(rules.map(({ id, key }) => [id, key])));
      yield* differences('result run', found, keyOfRun, runs);
      const foundGaps = db.prepare('SELECT * FROM gap').iterate() as unknown as Iterable<GapRow>;
      yield* differences('gap', foundGaps, keyOfGap, gaps);
    },
  };
}

function* runRows(db: Engine, rules: ReadonlyMap<number, string>): Generator<RunRow> {
  const rows = db.prepare('SELECT * FROM result_run').iterate() as unknown as Iterable<Omit<RunRow, 'rule'> & { rule: number }>;
  for (const row of rows) yield { ...row, rule: rules.get(row.rule) ?? String(row.rule) };
}

/** Takes out of `expected` what is found. */
function* differences<T extends object>(
  what: string,
  found: Iterable<T>,
  keyOf: (row: T) => string,
  expected: Map<string, T>,
): Generator<string> {
  for (const row of found) {
    const key = keyOf(row);
    const right = expected.get(key);
    if (!right) yield `${what} ${key}: the evidence does not say so`;
    else if (!isSame(row, right)) yield `${what} ${key}: it is not what the evidence says`;
    expected.delete(key);
  }
  for (const key of expected.keys()) yield `${what} ${key}: it is missing`;
}

/** Rows are flat. */
function isSame<T extends object>(a: T, b: T): boolean {
  const names = Object.keys(a) as (keyof T)[];
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
