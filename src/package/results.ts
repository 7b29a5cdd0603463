import type { Gap, RuleSet } from '#src/evidence/store.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import { conclusionDocument } from '#src/report/conclusion-document.ts';
import type { Context } from '#src/report/context.ts';
import { controlReports } from '#src/report/control-reports.ts';
import { correctedIn } from '#src/report/corrected.ts';
import { deviationRows } from '#src/report/deviation-rows.ts';
import { observationsUnder } from '#src/report/observations.ts';
import { criteriaReports } from '#src/report/status-report.ts';
import type { ControlReport, ControlRule, DeviationRow } from '#src/report/types.ts';
import { judgedBy } from '#src/rule.ts';
import { equation, within } from '#src/window/events.ts';
import { owedIn } from '#src/window/evidence.ts';
import type { Obligation } from '#src/window/obligations.ts';
import { timeline } from '#src/window/timeline.ts';
import type { Window } from '#src/window/types.ts';
import { type Cell, csv } from './csv.ts';
import type { Spool } from './spool.ts';
import type { BackfillFact } from './trail.ts';

/** What the results are told from. */
export interface Telling {
  readonly spool: Spool;
  readonly context: Context;
  readonly window: Window;
  /** What was brought later or corrected, the oldest leaf first. */
  readonly backfills: readonly BackfillFact[];
  /** The name of an item as the package shows it. */
  readonly nameOf: (scope: string, item: string) => string;
}

/** The rules that a rule set of the log gives a place in a vector, and the populations they judge. */
export function placedRules(ruleSets: Iterable<RuleSet>): Map<string, Set<string>> {
  const placed = new Map<string, Set<string>>();
  for (const { byPopulation } of ruleSets)
    for (const [population, rules] of Object.entries(byPopulation))
      for (const rule of rules) placed.set(rule, (placed.get(rule) ?? new Set()).add(population));
  return new Map([...placed].sort(([a], [b]) => byUtf8(a, b)));
}

/** The segments of each item over the window, rule by rule: of the rules that judge states. */
export async function writeTimelines({ spool, context, window, backfills, nameOf }: Telling, rules: Iterable<string>): Promise<void> {
  const { items } = context.observed(window);
  const rows = function* (rule: string): Generator<Cell[]> {
    for (const { scopeKey, item, runs, scope } of items.get(rule) ?? observationsUnder(rule, { store: context.store, window }))
      for (const { from, to, state, reason } of timeline(runs, scope, window))
        yield [scopeKey, item, nameOf(scopeKey, item), iso(from), iso(to), state, reason, leafOver(backfills, scopeKey, from, to)];
  };
  for (const rule of rules)
    await spool.add(
      `results/timeline/${rule}.csv`,
      csv(['scope', 'item', 'name', 'from', 'to', 'state', 'reason', 'backfilled'], rows(rule)),
    );
}

/** The leaf of the latest correction that touches [from, to) of a scope. */
const leafOver = (backfills: Telling['backfills'], scope: string, from: number, to: number): number | null =>
  correctedIn(backfills, scope, from, to)?.index ?? null;

/** The same document as `conclude --json`, written control by control. Returns what the first page tells of each. */
export async function writeConclusions({ spool, context, window }: Telling): Promise<ControlLine[]> {
  const controls = controlReports(context, window);
  const { controls: documents, ...rest } = conclusionDocument(controls, criteriaReports(context), window, context.timeZone);
  const pieces = function* () {
    yield '{\n  "controls": [';
    for (const [i, document] of documents.entries()) yield `${i > 0 ? ',' : ''}\n${indented(document, 4)}`;
    yield `\n  ],\n${Object.entries(rest)
      .map(([name, value]) => `  ${JSON.stringify(name)}: ${indented(value, 2).trimStart()}`)
      .join(',\n')}\n}\n`;
  };
  await spool.add('results/conclusions.json', pieces());
  return controls.map(({ id, title, criteria, conclusion, says, strip, observed, backfilled, key, supporting }) => ({
    id,
    title,
    criteria,
    conclusion,
    says,
    strip,
    observed,
    backfilled,
    lapses: lapsesOf([...key, ...supporting]),
  }));
}

export type ControlLine = Pick<ControlReport, 'id' | 'title' | 'criteria' | 'conclusion' | 'says' | 'strip' | 'observed' | 'backfilled'> & {
  /** Failed events, and obligations late or missed, by their ids. */
  readonly lapses: readonly string[];
};

const lapsesOf = (rules: readonly ControlRule[]): string[] =>
  rules.flatMap(({ facts }) => (facts?.findings ?? []).flatMap(({ deviation, id }) => (deviation === undefined ? [id] : [])));

const indented = (value: unknown, by: number): string => JSON.stringify(value, null, 2).replaceAll(/^/gm, ' '.repeat(by));

const deviationColumns = [
  'id',
  'count',
  'rule',
  'item',
  'name',
  'scope',
  'severity',
  'message',
  'controls',
  'lastGood',
  'firstBad',
  'lastBad',
  'firstGood',
  'closedBy',
  'atLeast',
  'atMost',
  'due',
  'clock',
  'carriedIn',
  'backfilled',
] as const satisfies readonly (keyof DeviationRow)[];

export async function writeDeviations({ spool, context, window }: Telling): Promise<DeviationRow[]> {
  const rows = deviationRows(context, window);
  await spool.add('results/deviations.csv', csv(deviationColumns, rows.map(deviationCells)));
  return rows;
}

/**
 * The deviations that the cycles recorded and that are not told any more, since a correction stands in place of looks of theirs. `recorded`: what
 * the cycles recorded, without any correction.
 */
export async function writeSetAside(
  { spool, window, backfills }: Telling,
  recorded: Context,
  told: readonly DeviationRow[],
): Promise<SetAside> {
  const corrected = new Set(backfills.map(({ scope }) => scope));
  const all = backfills.length === 0 ? [] : deviationRows(recorded, window);
  const own = all.filter(({ rule, scope }) => corrected.has(scope) && !judgedBy(recorded.byId.get(rule)!).derived);
  const known = new Set(told.map(({ id, scope }) => `${id}\n${scope}`));
  const rows = own.filter(({ id, scope }) => !known.has(`${id}\n${scope}`));
  await spool.add('results/set-aside.csv', csv(deviationColumns, rows.map(deviationCells)));
  return { recorded: own, rows };
}

/**
 * Deviations of corrected scopes as the cycles recorded them, and those of them that are not told any more. What the monitor tells of itself is
 * no record of theirs.
 */
export interface SetAside {
  readonly recorded: readonly DeviationRow[];
  readonly rows: readonly DeviationRow[];
}

const deviationCells = (row: DeviationRow): Cell[] =>
  deviationColumns.map((column): Cell => (column === 'backfilled' ? row.correction?.index : row[column]));

/** The leaf that brought what is known of an event, where no cycle did. */
export function leafThatBrought({
  context,
  backfills,
}: Pick<Telling, 'context' | 'backfills'>): (scope: string, item: string) => number | null {
  const brought = new Set(backfills.map(({ index }) => index));
  const corrected = new Set(backfills.map(({ scope }) => scope));
  return (scope, item) => {
    const latest = corrected.has(scope) ? context.store.history(scope, item).at(-1)?.index : undefined;
    return latest !== undefined && brought.has(latest) ? latest : null;
  };
}

/** The events of the window under each rule that judges events, and the equation of each population. */
export async function writePopulations(
  { spool, context, window, backfills, nameOf }: Telling,
  rules: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<void> {
  const equations: Record<string, unknown> = {};
  const held = [...context.store.held].sort(([a], [b]) => byUtf8(a, b));
  const broughtBy = leafThatBrought({ context, backfills });
  for (const [rule, populations] of rules) {
    const events = held.flatMap(
      ([
        scope,
        {
          scope: { population },
          items,
        },
      ]) =>
        !populations.has(population)
          ? []
          : [...items.entries()]
              .filter(([, { at }]) => at !== null)
              .sort(([a], [b]) => byUtf8(a, b))
              .map(([item, { at, judgements }]) => {
                const own = judgements.find((judgement) => judgement.rule === rule);
                return {
                  scope,
                  item,
                  at: at!,
                  result: own?.result ?? ('unobserved' as const),
                  severity: own?.severity,
                  message: own?.message,
                };
              }),
    );
    const own = within(events, window);
    equations[rule] = equation(own);
    await spool.add(
      `results/populations/${rule}.csv`,
      csv(
        ['scope', 'item', 'name', 'at', 'result', 'severity', 'message', 'backfilled'],
        own.map(({ scope, item, at, result, severity, message }) => {
          return [scope, item, nameOf(scope, item), iso(at), result, severity, message, broughtBy(scope, item)];
        }),
      ),
    );
  }
  await spool.add('results/equations.json', `${JSON.stringify(equations, null, 2)}\n`);
}

/** When nobody looked, or could: each gap that touches the window, with its reason. */
export async function writeGaps({ spool, context, window, backfills }: Telling): Promise<Gap[]> {
  const gaps = context.store.gaps(window.from, Math.min(window.to, window.asOf));
  await spool.add(
    'results/unobserved.csv',
    csv(
      ['scope', 'from', 'to', 'reason', 'call', 'needs', 'detail', 'backfilled'],
      gaps.map(({ scope, from, to, reason, unread }) => [
        scope,
        iso(from),
        to === null ? null : iso(to),
        reason,
        unread?.call,
        unread?.needs,
        unread?.detail,
        leafOver(backfills, scope, from, to ?? Infinity),
      ]),
    ),
  );
  return gaps;
}

/** What was brought later or corrected, of the whole log. */
export async function writeCorrections({ spool, backfills }: Telling): Promise<void> {
  await spool.add(
    'results/corrections.csv',
    csv(
      ['index', 'asOf', 'scope', 'from', 'to', 'looks', 'reason', 'run'],
      backfills.map(({ index, at, scope, from, to, looks, reason, run }) => [
        index,
        iso(at),
        scope,
        iso(from),
        iso(to),
        looks,
        reason,
        run,
      ]),
    ),
  );
}

/** What was owed in the window under the rules with a schedule, and what became of it. */
export async function writeObligations({ spool, context, window }: Telling): Promise<void> {
  const rows = owedBy(context, window).map(({ rule, subject, period, from, to, due, state, done, item, days }): Cell[] => {
    return [rule, subject, period, iso(from), iso(to), iso(due), state, done === null ? null : iso(done), item, days];
  });
  await spool.add(
    'results/obligations.csv',
    csv(['rule', 'subject', 'period', 'from', 'to', 'due', 'state', 'done', 'item', 'days'], rows),
  );
}

export type Owing = Obligation & { readonly rule: string };

/** The obligations of the window, by rule. */
export const owedBy = (context: Context, window: Window): Owing[] =>
  [...context.observed(window).evidence.values()]
    .sort((a, b) => byUtf8(a.rule, b.rule))
    .flatMap((evidence) =>
      evidence.kind !== 'cadence'
        ? []
        : evidence.owed.flatMap((owed) => owedIn(owed, window)).map((one) => ({ ...one, rule: evidence.rule })),
    );

const iso = (instant: number): string => new Date(instant).toISOString();
