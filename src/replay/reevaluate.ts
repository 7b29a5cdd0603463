import type { EvidenceReading, EvidenceStore, LedgerHead, ResultRun, RuleSet } from '#src/evidence/store.ts';
import { canonical, type Json, sha256 } from '#src/ledger/canonical.ts';
import { leafHash, merkleRoot } from '#src/ledger/tree.ts';
import type { ControlReport } from '#src/report/types.ts';
import type { Window } from '#src/window/types.ts';
import { judgeAgain, type Lane } from './lane.ts';
import { ownProgram } from './program.ts';
import { lensOver } from './reperform.ts';

/** What one control says, concluded from the recorded results and from those of today's rules. */
export interface ControlPair {
  readonly id: string;
  readonly title: string;
  readonly recorded: Concluded;
  readonly today: Concluded;
  readonly differs: boolean;
}

interface Concluded {
  readonly conclusion: string;
  readonly grade: string | null;
  readonly says: string;
}

/** An item of which a rule says something else today. */
export interface ItemPair {
  readonly rule: string;
  readonly scope: string;
  readonly item: string;
  readonly recorded: readonly Interval[];
  readonly today: readonly Interval[];
}

interface Interval {
  readonly result: string;
  readonly first: string;
  /** Null while it goes on. */
  readonly ended: string | null;
}

/** A window judged again, beside what was recorded. */
export interface Reevaluation {
  readonly ledger: LedgerHead;
  readonly window: { readonly from: string; readonly to: string; readonly asOf: string };
  readonly program: string;
  readonly ruleSets: { readonly recorded: readonly string[]; readonly today: string };
  /** Runs of a rule; what every item at every look would have taken; and what could not be judged because its snapshot was purged. */
  readonly evaluations: number;
  readonly naive: number;
  readonly notJudged: number;
  /** Looks that were brought later or corrected: judged like all others, in place of those of their time. */
  readonly broughtLooks: number;
  readonly intervals: { readonly n: number; readonly root: string };
  readonly controls: readonly ControlPair[];
  readonly rules: readonly { readonly rule: string; readonly items: number }[];
  readonly items: readonly ItemPair[];
}

/**
 * Judges what was recorded again with the rules and parameters of today, in a lane of its own. Both are concluded by the same report:
 * `conclude` is handed the evidence to conclude from. Nothing recorded is touched.
 */
export function reevaluate(
  store: EvidenceStore,
  ruleSet: RuleSet,
  window: Window,
  conclude: (evidence: EvidenceReading) => readonly ControlReport[],
): Reevaluation {
  let evaluations = 0;
  const program = ownProgram();
  const today = sha256(canonical(ruleSet));
  const lane = judgeAgain(
    store,
    lensOver(ruleSet, today, program, () => evaluations++),
  );
  const known = store.reading();
  const items = differing(known, lane, window);
  const intervals = intervalsOf(lane, window);
  const counts = Map.groupBy(items, ({ rule }) => rule);
  return {
    ledger: store.head(),
    window: { from: iso(window.from), to: iso(window.to), asOf: iso(window.asOf) },
    program: program.hash,
    ruleSets: { recorded: [...lane.ruleSets], today },
    evaluations,
    naive: lane.naive,
    notJudged: lane.notJudged,
    broughtLooks: store.backfills().reduce((sum, { looks }) => sum + looks, 0),
    intervals: { n: intervals.length, root: merkleRoot(intervals.map((text) => leafHash(text))).toString('hex') },
    controls: paired(conclude(known), conclude(lane.reading)),
    rules: [...counts].map(([rule, own]) => ({ rule, items: own.length })),
    items,
  };
}

/** The body of the leaf that records it. */
export const reevaluationBody = ({
  ledger,
  window,
  program,
  ruleSets,
  intervals,
  evaluations,
  items,
  rules,
  controls,
}: Reevaluation): Json => ({
  from: window.from,
  to: window.to,
  size: ledger.size,
  root: ledger.root,
  program,
  ruleSets: { old: ruleSets.recorded, new: ruleSets.today },
  intervals: { ...intervals },
  evaluations,
  differing: {
    items: items.length,
    rules: rules.map(({ rule }) => rule),
    controls: controls.filter(({ differs }) => differs).map(({ id }) => id),
  },
});

function paired(recorded: readonly ControlReport[], today: readonly ControlReport[]): ControlPair[] {
  const concluded = ({ conclusion, grade, says }: ControlReport): Concluded => ({ conclusion, grade, says });
  return recorded.map((control, i): ControlPair => {
    const [a, b] = [concluded(control), concluded(today[i]!)];
    return { id: control.id, title: control.title, recorded: a, today: b, differs: canonical({ ...a }) !== canonical({ ...b }) };
  });
}

/** Items of which a rule says something else in the window: over its course, or of an event. */
function differing(store: EvidenceReading, { reading }: Lane, window: Window): ItemPair[] {
  const [a, b] = [statesAndEvents(store, window), statesAndEvents(reading, window)];
  const keys = [...new Set([...a.keys(), ...b.keys()])].sort();
  return keys.flatMap((key): ItemPair[] => {
    const [recorded, today] = [a.get(key) ?? [], b.get(key) ?? []];
    if (canonical(recorded) === canonical(today)) return [];
    const [rule, scope, item] = key.split('\n') as [string, string, string];
    return [{ rule, scope, item, recorded, today }];
  });
}

function statesAndEvents(evidence: EvidenceReading, window: Window): Map<string, Interval[]> {
  const found = new Map<string, Interval[]>();
  const add = (rule: string, scope: string, item: string, interval: Interval) => {
    const key = `${rule}\n${scope}\n${item}`;
    found.set(key, [...(found.get(key) ?? []), interval]);
  };
  for (const { rule, scope, item, result, first, ended } of runsIn(evidence, window))
    add(rule, scope, item, { result, first: iso(first), ended: ended === null ? null : iso(ended) });
  for (const [scope, { items }] of evidence.held)
    for (const [item, { at, judgements }] of items)
      if (at !== null && at >= window.from && at < window.to)
        for (const { rule, result } of judgements) add(rule, scope, item, { result, first: iso(at), ended: iso(at) });
  return found;
}

const runsIn = (evidence: EvidenceReading, { from, to }: Window): Iterable<ResultRun> => evidence.runs({ from, to });

/** The leaves over which the root of the produced intervals is made: canonical JSON, by rule, scope, item and time. */
const intervalsOf = ({ reading, nameOf }: Lane, window: Window): string[] =>
  Array.from(runsIn(reading, window), ({ rule, scope, item, result, first, last, ended, gone }) =>
    canonical({
      t: 'run/1',
      rule,
      scope,
      item: nameOf(scope, item),
      result,
      first: iso(first),
      last: last === null ? null : iso(last),
      ended: ended === null ? null : iso(ended),
      gone,
    }),
  );

const iso = (instant: number): string => new Date(instant).toISOString();
