import { resultOf } from './documents.ts';
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
      yield* differences(
        'rule',
        new Map(rules.map(({ id, key }) => [key, { id }])),
        new Map([...ruleIds].map(([key, id]) => [key, { id }])),
      );
      const keys = new Map(rules.map(({ id, key }) => [id, key]));
      const rows = db.prepare('SELECT * FROM result_run').all() as unknown as (Omit<RunRow, 'rule'> & { rule: number })[];
      const found = rows.map((row): RunRow => ({ ...row, rule: keys.get(row.rule) ?? String(row.rule) }));
      yield* differences('result run', new Map(found.map((run) => [keyOfRun(run), run])), runs);
      const foundGaps = db.prepare('SELECT * FROM gap').all() as unknown as GapRow[];
      yield* differences('gap', new Map(foundGaps.map((gap) => [keyOfGap(gap), gap])), gaps);
      for (const { result } of found) if (resultOf(result) === undefined) yield `result run: ${result} is no result`;
    },
  };
}

function* differences<T extends object>(what: string, found: ReadonlyMap<string, T>, expected: ReadonlyMap<string, T>): Generator<string> {
  for (const [key, row] of expected) {
    const other = found.get(key);
    if (!other) yield `${what} ${key}: it is missing`;
    else if (!isSame(other, row)) yield `${what} ${key}: it is not what the evidence says`;
  }
  for (const key of found.keys()) if (!expected.has(key)) yield `${what} ${key}: the evidence does not say so`;
}

/** Rows are flat. */
function isSame<T extends object>(a: T, b: T): boolean {
  const names = Object.keys(a) as (keyof T)[];
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
