import type { Looks } from '#src/evidence/documents.ts';
import { contentOf } from '#src/evidence/salted.ts';
import type { EvidenceReading, EvidenceStore, Gap, RuleSet } from '#src/evidence/store.ts';
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
  writeTimelines,
} from './results.ts';
import { writeEntities, writeNames } from './scope.ts';
import type { Spool } from './spool.ts';
import { type Entity, storyOf } from './story.ts';
import type { BackfillFact, CycleFact } from './trail.ts';

/** What the rest of the package needs of the results. */
export interface Told {
  readonly deviations: readonly DeviationRow[];
  readonly gaps: readonly Gap[];
  readonly controls: readonly ControlLine[];
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
  const shown = changesShown(context.store, deviations, window);
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
  await writeCorrections(telling);
  const gaps = await writeGaps(telling);
  await writeObligations(telling);
  const controls = await writeConclusions(telling);
  const { observed } = coverageOfScopes(context.observed(window), context.store, window);
  return { deviations, gaps, controls, observed, entities, referred, isNeeded };
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
function changesShown(store: EvidenceReading, deviations: readonly DeviationRow[], { from, to, asOf }: Window): Set<string> {
  const shown = new Set<string>();
  const listed = new Map<string, Set<number>>();
  for (const { rule, scope, item, firstBad } of deviations) {
    const key = `${rule}\n${scope}\n${item}`;
    listed.set(key, (listed.get(key) ?? new Set()).add(Date.parse(firstBad)));
  }
  const latest = new Map<string, string>();
  let before: { of: string; last: number; silence: string | null } = { of: '', last: -Infinity, silence: null };
  const endSilence = (at: number) => {
    if (before.silence !== null && at >= from) shown.add(before.silence);
  };
  for (const { rule, scope, item, first, last, index, result } of store.runs({ from: 0, to: asOf })) {
    const change = `${index}\n${scope}\n${item}`;
    const of = `${rule}\n${scope}\n${item}`;
    const same = before.of === of;
    endSilence(same ? first : Infinity);
    const isSilence = result === 'unobserved' && (same ? before.last : -Infinity) <= to;
    before = { of, last: last ?? Infinity, silence: isSilence ? change : null };
    const began = listed.get(`${rule}\n${scope}\n${item}`);
    if (began) latest.set(`${rule}\n${scope}\n${item}`, change);
    if (began?.has(first)) shown.add(change);
  }
  endSilence(Infinity);
  for (const change of latest.values()) shown.add(change);
  return shown;
}
