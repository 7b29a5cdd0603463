import { byUtf8 } from '#src/ledger/order.ts';
import type { Blobs } from './blobs.ts';
import type { Engine } from './engine.ts';
import type { RunRow } from './project-in-memory.ts';
import { itemGone, type ResultsRow, signOfRule, type VerdictRow, verdictOf, verdictsIn } from './results.ts';
import { keysById } from './rows.ts';
import { type EvidenceStore, parseScopeKey, type RuleSet } from './store.ts';

/** A run with the keys of its scope and its item. */
export type KeyedRun = Omit<RunRow, 'rule' | 'scope'> & { readonly inScope: string; readonly key: string };
type Lasting = { -readonly [Part in keyof KeyedRun]: KeyedRun[Part] };

type Question = Parameters<EvidenceStore['runs']>[0];
type Row = ResultsRow & { readonly scope: number; readonly key: string };
type Place = { readonly id: number; readonly key: string };

/** The runs of rules as the tables tell them: a rule at a time, so that a year of all rules never lies in memory at once. */
export function openRuns(db: Engine, blobs: Blobs): (question: Question) => Generator<[rule: string, run: KeyedRun]> {
  const ruleRows = db.prepare('SELECT id, key FROM rule');
  const ledgerSize = db.prepare('SELECT coalesce(max(idx), -1) + 1 AS size FROM ledger');
  const placesOf = placesByPopulation(db);
  const timeOf = timesOf(db);
  const populationsOf = populationsByRule(db, blobs);

  /** Without a rule, those of all. */
  const rowsOf = (places: readonly Place[], item: string | undefined, rule?: number): Row[] => {
    const ofRule =
      rule === undefined ? '' : `AND (result_change.results = '${itemGone}' OR result_change.results LIKE '%${signOfRule(rule)}%')`;
    const rows = db.prepare(
      `SELECT item.scope, item.key, result_change.item, result_change.idx, result_change.before, result_change.results
       FROM scope JOIN item ON item.scope = scope.id JOIN result_change ON result_change.item = item.id
       WHERE scope.id IN (${places.map(({ id }) => id).join(', ')}) ${item === undefined ? '' : 'AND item.key = ?'}
         ${ofRule}
       ORDER BY scope.key, item.key, result_change.idx`,
    );
    return rows.all(...(item === undefined ? [] : [item])) as unknown as Row[];
  };

  // Mostly one rule after the other of the same population is asked for: its rows are read once.
  let latest: { readonly populations: string; readonly size: number; readonly rows: Row[] | null } | undefined;
  const rowsOfAll = (rule: number, populations: string, places: readonly Place[], size: number): Row[] => {
    if (latest?.populations !== populations || latest.size !== size) {
      const rows = rowsOf(places, undefined);
      latest = { populations, size, rows: rows.length > mostRemembered ? null : rows };
      return rows;
    }
    return latest.rows ?? rowsOf(places, undefined, rule);
  };

  return function* runs({ from, to, rule, scope, item }) {
    const rules = (ruleRows.all() as unknown as { id: number; key: string }[]).filter(({ key }) => rule === undefined || key === rule);
    const verdicts = new Map(verdictsIn(db).map((verdict) => [verdict.id, verdict]));
    const times = timeOf();
    const { size } = ledgerSize.get() as { size: number };
    for (const { id, key } of rules.sort((a, b) => byUtf8(a.key, b.key))) {
      const populations = [...populationsOf(key)].join('\n');
      const places = [...populationsOf(key)].flatMap(placesOf).filter((place) => scope === undefined || place.key === scope);
      if (places.length === 0) continue;
      const rows = scope === undefined && item === undefined ? rowsOfAll(id, populations, places, size) : rowsOf(places, item, id);
      for (const run of runsIn(rows, { rule: id, places, verdicts, times }))
        if (run.first <= to && (run.ended === null || run.ended >= from)) yield [key, run];
    }
  };
}

/** Rows that are held in memory between two questions. */
const mostRemembered = 50_000;

interface Meaning {
  readonly rule: number;
  readonly places: readonly Place[];
  readonly verdicts: ReadonlyMap<number, VerdictRow>;
  readonly times: ReadonlyMap<number, number>;
}

/** The runs of one rule in rows by item and time. */
function* runsIn(rows: readonly Row[], { rule, places, verdicts, times }: Meaning): Generator<KeyedRun> {
  const keys = keysById(places);
  const at = (index: number | null): number | null => (index === null ? null : times.get(index)!);
  let lasting: Lasting | null = null;
  for (const { scope, key, item, idx, before, results } of rows) {
    if (lasting && lasting.item !== item) {
      yield lasting;
      lasting = null;
    }
    const gone = results === itemGone;
    const verdict = gone ? 0 : verdictOf(rule, results);
    if (verdict === undefined) continue;
    const [asOf, looked] = [at(idx), at(before)];
    if (lasting) {
      lasting.last = looked;
      lasting.ended = asOf;
      lasting.gone = Number(gone);
      yield lasting;
      lasting = null;
    }
    if (verdict === 0) continue;
    const { result, severity, reason } = verdicts.get(verdict) ?? nothing;
    const start = { first: asOf!, before: looked, last: null, ended: null, gone: 0, idx };
    lasting = { inScope: keys.get(scope)!, key, item, ...start, result, severity, reason };
  }
  if (lasting) yield lasting;
}

const nothing = { result: '', severity: '', reason: null };

/** When the cycles were, by their place in the ledger. */
function timesOf(db: Engine): () => ReadonlyMap<number, number> {
  const later = db.prepare('SELECT idx, as_of FROM cycle WHERE idx > ? ORDER BY idx');
  const times = new Map<number, number>();
  let last = -1;
  return () => {
    for (const { idx, as_of } of later.all(last)) times.set((last = Number(idx)), Number(as_of));
    return times;
  };
}

/** The scopes by population. None is ever taken away. */
function placesByPopulation(db: Engine): (population: string) => readonly Place[] {
  const later = db.prepare('SELECT id, key FROM scope WHERE id > ? ORDER BY id');
  const places = new Map<string, Place[]>();
  let last = 0;
  return (population) => {
    for (const { id, key } of later.all(last) as unknown as Place[]) {
      const { population: own } = parseScopeKey(key);
      places.set(own, [...(places.get(own) ?? []), { id, key }]);
      last = id;
    }
    return places.get(population) ?? [];
  };
}

/** The populations that a rule ever judged. */
function populationsByRule(db: Engine, blobs: Blobs): (rule: string) => ReadonlySet<string> {
  const last = db.prepare('SELECT max(idx) AS idx FROM cycle');
  const every = db.prepare('SELECT DISTINCT rule_set FROM cycle');
  const met = new Set<number>();
  const populations = new Map<string, Set<string>>();
  let asFar: unknown;
  const meet = (id: number): void => {
    met.add(id);
    for (const [population, rules] of Object.entries((JSON.parse(blobs.read(id)) as RuleSet).byPopulation))
      for (const rule of rules) populations.set(rule, (populations.get(rule) ?? new Set()).add(population));
  };
  return (rule) => {
    const { idx } = last.get()!;
    if (idx !== asFar) for (const { rule_set } of every.all()) if (!met.has(Number(rule_set))) meet(Number(rule_set));
    asFar = idx;
    return populations.get(rule) ?? new Set();
  };
}
