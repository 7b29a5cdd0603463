import { hash } from 'node:crypto';
import type { Config } from '#src/config.ts';
import type { Looks } from '#src/evidence/documents.ts';
import type { EvidenceStore, RuleSet } from '#src/evidence/store.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { parseVkey } from '#src/ledger/note.ts';
import { explainUnread } from '#src/population.ts';
import { contextOf, type Reporting } from '#src/report/context.ts';
import { coverageOfScopes, criteriaReports } from '#src/report/status-report.ts';
import type { DeviationRow } from '#src/report/types.ts';
import type { SigningKey } from '#src/signing/key.ts';
import type { Window } from '#src/window/types.ts';
import { writeCatalogue } from './catalogue.ts';
import { newReferences, refer, referToItems, writeDocuments } from './evidence.ts';
import { writeReconciliations, writeStatements } from './ipe.ts';
import { writeAnchors, writeKeys, writeRegisters, writeVerifiers } from './keys.ts';
import { writeLines, writeLog } from './log.ts';
import { writeProofs } from './proofs.ts';
import { firstPage } from './readme.ts';
import {
  placedRules,
  type Telling,
  writeConclusions,
  writeDeviations,
  writeGaps,
  writeObligations,
  writePopulations,
  writeTimelines,
} from './results.ts';
import { writeEntities, writeNames, writeRuns, writeScope } from './scope.ts';
import type { Spool } from './spool.ts';
import { storyOf } from './story.ts';
import { cyclesIn } from './trail.ts';

/** What a package is made from. */
export interface Source {
  readonly store: EvidenceStore;
  /** What the reports are made from, as of `asOf` of the window. */
  readonly reporting: Omit<Reporting, 'store'>;
  readonly window: Window;
  /** First and last day, as asked. */
  readonly days: { readonly firstDay: string; readonly lastDay: string };
  readonly config: Pick<Config, 'connections' | 'scope' | 'categories'>;
  /** The ledger’s key, to sign the list of the files with; only where the ledger itself is signed with it. */
  readonly key?: SigningKey;
  readonly progress?: (what: string) => void;
}

/** What manifest.json says of the package as a whole. */
export interface About {
  readonly export: {
    readonly id: string;
    readonly company: string;
    readonly from: string;
    readonly to: string;
    readonly asOf: string;
    readonly timeZone: string;
    readonly example: boolean;
  };
  readonly ledger: { readonly origin: string | null; readonly size: number; readonly root: string; readonly signed: boolean };
}

/** Everything in a package but the sums over it. */
export async function fill(
  spool: Spool,
  { store, reporting, window, days, config, key, progress = () => undefined }: Source,
): Promise<{ about: About; sumsSigned: boolean }> {
  const { company, timeZone, example } = reporting;
  const { size, root } = store.head();
  const from = { start: window.from, end: window.to, from: '', to: '', timeZone };
  const context = contextOf({ ...reporting, store, asOf: window.asOf, declared: from });
  const telling: Telling = { spool, context, window, nameOf: (scope, item) => names.get(`${scope}\n${item}`) ?? item };
  const names = new Map<string, string>();

  progress('the ledger');
  const cycles = cyclesIn(store, size);
  const entries = store.entries();
  const distinct = (pick: (cycle: (typeof cycles)[number]) => string) => new Set(cycles.map(pick));
  const ruleSets = distinct(({ ruleSet }) => ruleSet);
  await writeLog(spool, store, size);
  await writeLines(spool, 'ledger/rulesets.ndjson', store, ruleSets);
  await writeLines(
    spool,
    'ledger/looks.ndjson',
    store,
    distinct(({ looks }) => looks),
  );

  progress('deviations');
  const deviations = await writeDeviations(telling);
  const shown = changesShown(store, deviations, window);
  const references = newReferences();
  const asked = refer(references, { store, cycles, entries, window });
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
  referToItems(references, story.entities(), (each) => needed.has(each));
  const documents = await writeDocuments(spool, references, {
    store,
    entries,
    progress: (done, of) => progress(`documents: ${done} of ${of}`),
  });
  for (const { scope, item, snapshots } of story.entities()) {
    const name = snapshots.findLast((snapshot) => documents.nameIn(snapshot) !== undefined);
    if (name !== undefined) names.set(`${scope}\n${item}`, documents.nameIn(name)!);
  }
  await writeEntities(telling, story.entities());
  await writeNames(spool, story.entities());
  await writeRuns(spool, cycles);

  progress('results');
  const ruleSetOf = new Map([...ruleSets].map((document) => [document, JSON.parse(store.document(document)!) as RuleSet]));
  const placed = placedRules(ruleSetOf.values());
  const events = new Map([...placed].filter(([rule]) => context.byId.get(rule)?.kind === 'event'));
  await writeTimelines(
    telling,
    [...placed.keys()].filter((rule) => !events.has(rule)),
  );
  await writePopulations(telling, events);
  const gaps = await writeGaps(telling);
  await writeObligations(telling);
  const controls = await writeConclusions(telling);
  await writeScope(telling, config, days);
  await writeCatalogue(telling, { cycles, entries, ruleSets: ruleSetOf });
  await writeStatements(telling, { asked, entries, config });
  await writeReconciliations(telling, store);

  const origin = store.checkpoint(size)?.origin ?? null;
  const ledger = { origin, size, root, signed: origin !== null };
  const about = { company, from: iso(window.from), to: iso(window.to), asOf: iso(window.asOf) };
  const id = hash('sha256', canonical({ ...about, origin, size, root })).slice(0, 16);
  await writeProofs(spool, store, { cycles, deviations, size });
  const vkeys = await writeKeys(spool, store, origin);
  const anchors = await writeAnchors(spool, store, { window, timeZone, size });
  await writeRegisters(spool);
  const sumsSigned = key !== undefined && vkeys.some((vkey) => parseVkey(vkey).publicKey.equals(key.publicKey));
  const verifiers = await writeVerifiers(spool);
  const held = [...store.held];
  await spool.add(
    '00_README.html',
    firstPage({
      id,
      company,
      example,
      timeZone,
      window,
      days,
      ledger,
      vkeys,
      anchors,
      sumsSigned,
      controls,
      criteria: criteriaReports(context),
      deviations,
      gaps,
      neverRead: held.flatMap(([scope, { lastLook, failing, retired }]) =>
        lastLook === null && !retired ? [{ scope, reason: failing ? explainUnread(failing.unread) : 'not read yet' }] : [],
      ),
      retired: held.flatMap(([scope, { retired }]) => (retired && retired.at >= window.from ? [{ scope, ...retired }] : [])),
      seen: {
        cycles: cycles.filter(({ asOf }) => asOf >= window.from && asOf < window.to).length,
        scopes: held.filter(([, { retired }]) => !retired).length,
        items: held.reduce((total, [, { retired, items }]) => total + (retired ? 0 : items.size), 0),
        observed: coverageOfScopes(context.observed(window), store, window).observed,
      },
      documents,
      verifiers,
    }),
  );
  return { about: { export: { id, ...about, timeZone, example }, ledger }, sumsSigned };
}

const iso = (instant: number): string => new Date(instant).toISOString();

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
