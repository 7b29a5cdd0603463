import { canonical } from '#src/ledger/canonical.ts';
import { resultOf } from './documents.ts';
import type { Engine } from './engine.ts';
import { numberRules } from './projections.ts';
import type { Projection } from './state.ts';
import type { RuleSet } from './store.ts';

/** The projections as the change log makes them, to be compared with their tables. */
export function rebuilt() {
  const runs = new Map<string, Run>();
  const goingOn = new Map<string, Run>();
  const gaps = new Map<string, Gap>();
  const ruleIds = new Map<string, number>();
  const numbers = numberRules([], (rule, id) => ruleIds.set(rule, id));

  const projection: Projection = {
    runStarts(scope, item, { rule, first, before, index, letter, judgement }) {
      const { severity, unread } = judgement();
      const reason = unread?.unread ?? null;
      const run: Run = { rule, scope, item, first, before, last: null, ended: null, gone: 0, idx: index, result: letter, severity, reason };
      runs.set(keyOfRun(run), run);
      goingOn.set(`${rule} ${scope} ${item}`, run);
    },
    runEnds(scope, item, { rule, last, ended, gone }) {
      const run = goingOn.get(`${rule} ${scope} ${item}`)!;
      Object.assign(run, { last, ended, gone: Number(gone) });
      goingOn.delete(`${rule} ${scope} ${item}`);
    },
    gapOpens: (scope, { since, until, reason, unread }) =>
      void gaps.set(`${scope} ${since}`, { scope, since, until, reason, unread: unread && canonical(unread) }),
    gapCloses(scope, since, until) {
      if (until === null) gaps.delete(`${scope} ${since}`);
      else Object.assign(gaps.get(`${scope} ${since}`)!, { until });
    },
  };
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
      const rows = db.prepare('SELECT * FROM result_run').all() as unknown as (Omit<Run, 'rule'> & { rule: number })[];
      const found = rows.map((row): Run => ({ ...row, rule: keys.get(row.rule) ?? String(row.rule) }));
      yield* differences('result run', new Map(found.map((run) => [keyOfRun(run), run])), runs);
      const foundGaps = db.prepare('SELECT * FROM gap').all() as unknown as Gap[];
      yield* differences('gap', new Map(foundGaps.map((gap) => [`${gap.scope} ${gap.since}`, gap])), gaps);
      for (const { result } of found) if (resultOf(result) === undefined) yield `result run: ${result} is no result`;
    },
  };
}

interface Run {
  readonly rule: string;
  readonly scope: number;
  readonly item: number;
  readonly first: number;
  readonly before: number | null;
  readonly last: number | null;
  readonly ended: number | null;
  readonly gone: number;
  readonly idx: number;
  readonly result: string;
  readonly severity: string;
  readonly reason: string | null;
}

interface Gap {
  readonly scope: number;
  readonly since: number;
  readonly until: number | null;
  readonly reason: string;
  readonly unread: string | null;
}

const keyOfRun = ({ rule, scope, item, first }: Run): string => `${rule}, scope ${scope}, item ${item}, from ${first}`;

function* differences(what: string, found: ReadonlyMap<string, object>, expected: ReadonlyMap<string, object>): Generator<string> {
  for (const [key, row] of expected) {
    const other = found.get(key);
    if (!other) yield `${what} ${key}: it is missing`;
    else if (canonical(other) !== canonical(row)) yield `${what} ${key}: it is not what the evidence says`;
  }
  for (const key of found.keys()) if (!expected.has(key)) yield `${what} ${key}: the evidence does not say so`;
}
