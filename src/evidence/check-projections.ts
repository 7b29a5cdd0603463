import type { Engine } from './engine.ts';
import { type GapRow, keyOfGap, projectInMemory } from './project-in-memory.ts';
import { numberRules } from './projections.ts';
import { keyOfVerdict, numberVerdicts, type ResultsRow, readResults, toldResults, type VerdictNumbers, verdictsIn } from './results.ts';
import type { Projection } from './state.ts';
import type { RuleSet } from './store.ts';

/** The projections as the change log makes them, to be compared with their tables. Which number a verdict has is left to the table. */
export function rebuilt(db: Engine) {
  const { projection: inMemory, gaps } = projectInMemory();
  const ruleIds = new Map<string, number>();
  const rules = numberRules([], (rule, id) => ruleIds.set(rule, id));
  const verdicts = verdictsUsed(db);
  const changes = new Map<string, ResultsRow>();
  let told: (() => void)[] = [];
  const projection: Projection = {
    ...inMemory,
    resultsChange(_, item, change) {
      const row = { item, idx: change.index, before: change.last?.index ?? null };
      // What was said is looked up at once, so that a fault says where it is; the rules have their numbers only later.
      const begun = change.begun.map(({ rule, letter, judgement }) => {
        const { severity, unread, ...said } = judgement();
        return { rule, letter, judgement: () => ({ ...said, severity, ...(unread && { unread }) }) };
      });
      told.push(() => void changes.set(keyOfChange(row), { ...row, results: toldResults({ ...change, begun }, rules, verdicts) }));
    },
  };
  return {
    projection,
    /** The rules of the cycle that was told last. */
    meet(ruleSet: RuleSet) {
      rules.meet(ruleSet);
      for (const keep of told) keep();
      told = [];
    },
    *compare(): Generator<string> {
      const found = db.prepare('SELECT id, key FROM rule').all() as unknown as { id: number; key: string }[];
      const numbered = new Map([...ruleIds].map(([key, id]) => [key, { id, key }]));
      yield* differences('rule', found, ({ key }) => key, numbered);
      yield* verdicts.faults();
      const rows = db.prepare('SELECT item, idx, before, results FROM result_change').iterate() as unknown as Iterable<ResultsRow>;
      yield* differences('results', rows, keyOfChange, changes, verdictsOf);
      const foundGaps = db.prepare('SELECT * FROM gap').iterate() as unknown as Iterable<GapRow>;
      yield* differences('gap', foundGaps, keyOfGap, gaps);
    },
  };
}

const keyOfChange = ({ item, idx }: Pick<ResultsRow, 'item' | 'idx'>): string => `of item ${item} in cycle ${idx}`;

const verdictsOf = ({ results }: ResultsRow): string => {
  const numbers = new Set(Array.from(readResults(results), ([, verdict]) => verdict).filter((verdict) => verdict !== 0));
  return numbers.size === 0 ? '' : ` (${Array.from(numbers, (verdict) => `verdict ${verdict}`).join(', ')})`;
};

/** The verdicts of the table: those that nothing uses do not belong there, and those that are used and are not there are missing. */
function verdictsUsed(db: Engine): VerdictNumbers & { faults(): Generator<string> } {
  const kept = verdictsIn(db);
  const used = new Set<number>();
  const missing: string[] = [];
  const numbers = numberVerdicts(
    kept.map((verdict) => [keyOfVerdict(verdict), verdict.id] as const),
    (verdict) => void missing.push(keyOfVerdict(verdict)),
  );
  return {
    of(verdict) {
      const id = numbers.of(verdict);
      used.add(id);
      return id;
    },
    *faults() {
      for (const key of missing) yield `verdict ${key}: it is missing`;
      for (const verdict of kept)
        if (!used.has(verdict.id)) yield `verdict ${verdict.id}, ${keyOfVerdict(verdict)}: the evidence does not say so`;
    },
  };
}

/** Takes out of `expected` what is found. */
function* differences<T extends object>(
  what: string,
  found: Iterable<T>,
  keyOf: (row: T) => string,
  expected: Map<string, T>,
  more: (row: T) => string = () => '',
): Generator<string> {
  for (const row of found) {
    const key = keyOf(row);
    const right = expected.get(key);
    if (!right) yield `${what} ${key}: the evidence does not say so${more(row)}`;
    else if (!isSame(row, right)) yield `${what} ${key}: it is not what the evidence says${more(row)}`;
    expected.delete(key);
  }
  for (const key of expected.keys()) yield `${what} ${key}: it is missing`;
}

/** Rows are flat. */
function isSame<T extends object>(a: T, b: T): boolean {
  const names = Object.keys(a) as (keyof T)[];
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
