import type { Looks } from '#src/evidence/documents.ts';
import { contentOf } from '#src/evidence/salted.ts';
import type { EvidenceReading, EvidenceStore, Gap, ResultRun, RuleSet } from '#src/evidence/store.ts';
import { contextOf, type Reporting } from '#src/report/context.ts';
import { coverageOfScopes } from '#src/report/status-report.ts';
import type { DeviationRow } from '#src/report/types.ts';
import type { Window } from '#src/window/types.ts';
import {
  type ControlLine,
  placedRules,
  type Telling,
  writeConclusions,
  writeCorrections,
  writeDeviations,
  writeGaps,
  writeObligations,
  writePopulations,
  writeSetAside,
  writeTimelines,
} from './results.ts';
import { writeEntities, writeNames } from './scope.ts';
import { type LapsesSetAside, writeLapsesSetAside } from './set-aside.ts';
import type { Spool } from './spool.ts';
import { type Entity, storyOf } from './story.ts';
import type { BackfillFact, CycleFact } from './trail.ts';
import { type WaiversTold, writeWaivers } from './waivers.ts';

/** What the rest of the package needs of the results. */
export interface Told {
  readonly deviations: readonly DeviationRow[];
  /** Deviations that the cycles recorded and that are not told any more. */
  readonly setAside: readonly DeviationRow[];
  /** Failed events and obligations of the same kind. */
  readonly lapsesSetAside: LapsesSetAside;
  readonly gaps: readonly Gap[];
  readonly controls: readonly ControlLine[];
  readonly waivers: WaiversTold;
  /** Of scope-time in the window; null where there is no scope. */
  readonly observed: number | null;
  readonly entities: Iterable<Entity>;
  /** Everything that the change log refers to. */
  readonly referred: Iterable<Entity>;
  /** Whether the window rests on this snapshot or detail. */
  readonly isNeeded: (hash: string) => boolean;
}

/**
 * The change log, and all that follows from it. What the window's arithmetic holds in memory is held only here, so that the documents, which
 * come afterwards, have the room.
 */
export async function tellWindow(
  spool: Spool,
  {
    store,
    reporting,
    window,
    cycles,
    backfills,
    ruleSets,
    progress,
  }: {
    store: EvidenceStore;
    reporting: Reporting;
    window: Window;
    cycles: readonly CycleFact[];
    backfills: readonly BackfillFact[];
    ruleSets: Iterable<RuleSet>;
    progress: (what: string) => void;
  },
): Promise<Told> {
  const context = contextOf(reporting);
  const names = new Map<string, string>();
  const telling: Telling = { spool, context, window, backfills, nameOf: (scope, item) => names.get(`${scope}\n${item}`) ?? item };
  progress('deviations');
  const deviations = await writeDeviations(telling);
  progress('the change log');
  const recorded = contextOf({ ...reporting, store });
  const setAside = await writeSetAside(telling, recorded, deviations);
  const shown = changesShown(context.store, deviations, window).union(wordsOf(store, setAside.recorded, window));
  const { entities, referred, isNeeded } = await writeStory(spool, store, { cycles, window, shown });
  for (const entity of entities) {
    const name = nameOf(store, entity, isNeeded);
    if (name !== null) names.set(`${entity.scope}\n${entity.item}`, name);
  }
  await writeEntities(telling, entities);
  await writeNames(spool, entities);

  progress('results');
  const placed = placedRules(ruleSets);
  const events = new Map([...placed].filter(([rule]) => context.byId.get(rule)?.kind === 'event'));
  await writeTimelines(
    telling,
    [...placed.keys()].filter((rule) => !events.has(rule)),
  );
  await writePopulations(telling, events);
  const lapsesSetAside = await writeLapsesSetAside(telling, recorded, events);
  await writeCorrections(telling);
  const gaps = await writeGaps(telling);
  await writeObligations(telling);
  const controls = await writeConclusions(telling);
  const waivers = await writeWaivers(telling, deviations);
  const { observed } = coverageOfScopes(context.observed(window), context.store, window);
  return { deviations, setAside: setAside.rows, lapsesSetAside, gaps, controls, waivers, observed, entities, referred, isNeeded };
}

async function writeStory(
  spool: Spool,
  store: EvidenceStore,
  { cycles, window, shown }: { cycles: readonly CycleFact[]; window: Window; shown: ReadonlySet<string> },
): Promise<Pick<Told, 'isNeeded' | 'referred'> & { entities: readonly Entity[] }> {
  const looks = new Map<string, Looks>();
  const needed = new Set<string>();
  const story = storyOf({
    cycles,
    changes: store.changes(),
    corrected: store.corrected(),
    looksOf: (document) => looks.get(document) ?? looks.set(document, JSON.parse(store.document(document)!) as Looks).get(document)!,
    window,
    needs: (...hashes) => hashes.forEach((each) => needed.add(each)),
    isShown: ({ index, scope, key }) => shown.has(`${index}\n${scope}\n${key}`),
  });
  await spool.add('ledger/changes.ndjson', story.lines());
  return { entities: [...story.entities()], referred: story.referred(), isNeeded: (each) => needed.has(each) };
}

/** The name in the latest snapshot of an item that is in the package. */
function nameOf(store: EvidenceStore, { snapshots }: Entity, isNeeded: (hash: string) => boolean): string | null {
  for (const hash of snapshots.toReversed()) {
    const text = isNeeded(hash) ? store.document(hash) : null;
    if (text !== null) return (JSON.parse(contentOf(text)) as { name: string }).name;
  }
  return null;
}

/**
 * The changes whose words the results show although they may lie before the window, or after: that began a listed deviation, the latest run
 * of the same rule and item, or a run of `unobserved` that touches the window, reckoned from the run before to the next: its reason stands there.
 */
const changesShown = (store: EvidenceReading, deviations: readonly DeviationRow[], window: Window): Set<string> =>
  wordsOf(store, deviations, window).union(silencesIn(store, window));

const changeIn = ({ index, scope, item }: ResultRun): string => `${index}\n${scope}\n${item}`;
const pairOf = ({ rule, scope, item }: Pick<ResultRun, 'rule' | 'scope' | 'item'>): string => `${rule}\n${scope}\n${item}`;

/** The changes that began some deviations, and those with which the latest run of the same rule and item began. */
function wordsOf(store: EvidenceReading, deviations: readonly DeviationRow[], { asOf }: Window): Set<string> {
  const shown = new Set<string>();
  if (deviations.length === 0) return shown;
  const listed = Map.groupBy(deviations, pairOf);
  const latest = new Map<string, string>();
  for (const run of store.runs({ from: 0, to: asOf })) {
    const own = listed.get(pairOf(run));
    if (!own) continue;
    latest.set(pairOf(run), changeIn(run));
    if (own.some(({ firstBad }) => Date.parse(firstBad) === run.first)) shown.add(changeIn(run));
  }
  return shown.union(new Set(latest.values()));
}

function silencesIn(store: EvidenceReading, { from, to, asOf }: Window): Set<string> {
  const shown = new Set<string>();
  let before: { of: string; last: number; silence: string | null } = { of: '', last: -Infinity, silence: null };
  const end = (at: number) => {
    if (before.silence !== null && at >= from) shown.add(before.silence);
  };
  for (const run of store.runs({ from: 0, to: asOf })) {
    const same = before.of === pairOf(run);
    end(same ? run.first : Infinity);
    const isSilence = run.result === 'unobserved' && (same ? before.last : -Infinity) <= to;
    before = { of: pairOf(run), last: run.last ?? Infinity, silence: isSilence ? changeIn(run) : null };
  }
  end(Infinity);
  return shown;
}
