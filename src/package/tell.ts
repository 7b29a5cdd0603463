import type { Looks } from '#src/evidence/documents.ts';
import { contentOf } from '#src/evidence/salted.ts';
import type { EvidenceStore, Gap, RuleSet } from '#src/evidence/store.ts';
import { contextOf, type Reporting } from '#src/report/context.ts';
import { coverageOfScopes } from '#src/report/status-report.ts';
import type { DeviationRow } from '#src/report/types.ts';
import type { Window } from '#src/window/types.ts';
import {
  type ControlLine,
  placedRules,
  type Telling,
  writeConclusions,
  writeDeviations,
  writeGaps,
  writeObligations,
  writePopulations,
  writeTimelines,
} from './results.ts';
import { writeEntities, writeNames } from './scope.ts';
import type { Spool } from './spool.ts';
import { type Entity, storyOf } from './story.ts';
import type { CycleFact } from './trail.ts';

/** What the rest of the package needs of the results. */
export interface Told {
  readonly deviations: readonly DeviationRow[];
  readonly gaps: readonly Gap[];
  readonly controls: readonly ControlLine[];
  /** Of scope-time in the window; null where there is no scope. */
  readonly observed: number | null;
  readonly entities: Iterable<Entity>;
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
    ruleSets,
    progress,
  }: {
    store: EvidenceStore;
    reporting: Reporting;
    window: Window;
    cycles: readonly CycleFact[];
    ruleSets: Iterable<RuleSet>;
    progress: (what: string) => void;
  },
): Promise<Told> {
  const context = contextOf(reporting);
  const names = new Map<string, string>();
  const telling: Telling = { spool, context, window, nameOf: (scope, item) => names.get(`${scope}\n${item}`) ?? item };
  progress('deviations');
  const deviations = await writeDeviations(telling);
  progress('the change log');
  const { entities, isNeeded } = await writeStory(spool, store, { cycles, window, shown: changesShown(store, deviations, window) });
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
  const gaps = await writeGaps(telling);
  await writeObligations(telling);
  const controls = await writeConclusions(telling);
  const { observed } = coverageOfScopes(context.observed(window), store, window);
  return { deviations, gaps, controls, observed, entities, isNeeded };
}

async function writeStory(
  spool: Spool,
  store: EvidenceStore,
  { cycles, window, shown }: { cycles: readonly CycleFact[]; window: Window; shown: ReadonlySet<string> },
): Promise<Pick<Told, 'isNeeded'> & { entities: readonly Entity[] }> {
  const looks = new Map<string, Looks>();
  const needed = new Set<string>();
  const story = storyOf({
    cycles,
    changes: store.changes(),
    looksOf: (document) => looks.get(document) ?? looks.set(document, JSON.parse(store.document(document)!) as Looks).get(document)!,
    window,
    needs: (...hashes) => hashes.forEach((each) => needed.add(each)),
    isShown: ({ index, scope, key }) => shown.has(`${index}\n${scope}\n${key}`),
  });
  await spool.add('ledger/changes.ndjson', story.lines());
  return { entities: [...story.entities()], isNeeded: (each) => needed.has(each) };
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
 * of the same rule and item, or a run of `unobserved` that touches the window.
 */
function changesShown(store: EvidenceStore, deviations: readonly DeviationRow[], { from, to, asOf }: Window): Set<string> {
  const shown = new Set<string>();
  const listed = new Map<string, Set<number>>();
  for (const { rule, scope, item, firstBad } of deviations) {
    const key = `${rule}\n${scope}\n${item}`;
    listed.set(key, (listed.get(key) ?? new Set()).add(Date.parse(firstBad)));
  }
  const latest = new Map<string, string>();
  for (const { rule, scope, item, first, ended, index, result } of store.runs({ from: 0, to: asOf })) {
    const change = `${index}\n${scope}\n${item}`;
    const began = listed.get(`${rule}\n${scope}\n${item}`);
    if (began) latest.set(`${rule}\n${scope}\n${item}`, change);
    if (began?.has(first) || (result === 'unobserved' && first <= to && (ended ?? Infinity) >= from)) shown.add(change);
  }
  for (const change of latest.values()) shown.add(change);
  return shown;
}
