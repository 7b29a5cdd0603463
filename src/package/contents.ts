import { hash } from 'node:crypto';
import type { Config } from '#src/config.ts';
import type { EvidenceStore, RuleSet } from '#src/evidence/store.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { parseVkey } from '#src/ledger/note.ts';
import { explainUnread } from '#src/population.ts';
import { contextOf, type Reporting } from '#src/report/context.ts';
import { judgedBeside } from '#src/report/corrected.ts';
import { criteriaReports } from '#src/report/status-report.ts';
import type { SigningKey } from '#src/signing/key.ts';
import type { Window } from '#src/window/types.ts';
import { writeCatalogue } from './catalogue.ts';
import { newReferences, refer, referToItems, writeDocuments } from './evidence.ts';
import { writeReconciliations, writeStatements } from './ipe.ts';
import { writeAnchors, writeKeys, writeRegisters, writeVerifiers } from './keys.ts';
import { writeLines, writeLog } from './log.ts';
import { writeProofs } from './proofs.ts';
import { firstPage } from './readme.ts';
import { writeRuns, writeScope } from './scope.ts';
import type { Spool } from './spool.ts';
import { tellWindow } from './tell.ts';
import { backfillsOf, cyclesIn, ruleSetsIn } from './trail.ts';

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
  const declared = { start: window.from, end: window.to, from: days.firstDay, to: days.lastDay, timeZone };
  const known = store.reading();
  const asked = { ...reporting, store: known, asOf: window.asOf, declared };

  progress('the ledger');
  const cycles = cyclesIn(store, size);
  const entries = store.entries();
  const backfills = backfillsOf(entries);
  const documentIn = (document: string): unknown => JSON.parse(store.document(document)!);
  const ruleSets = new Map([...ruleSetsIn(cycles, backfills)].map((document) => [document, documentIn(document) as RuleSet]));
  const looks = new Set(cycles.map((cycle) => cycle.looks));
  await writeLog(spool, store, size);
  await writeLines(spool, 'ledger/rulesets.ndjson', store, ruleSets.keys());
  await writeLines(spool, 'ledger/looks.ndjson', store, looks);
  await writeRuns(spool, cycles);
  const told = await tellWindow(spool, { store, reporting: asked, window, cycles, backfills, ruleSets: ruleSets.values(), progress });
  const { deviations, setAside, lapsesSetAside, gaps, controls, waivers } = told;

  const references = newReferences();
  const calls = refer(references, { store, cycles, entries, window });
  referToItems(references, told.referred, told.isNeeded);
  const documents = await writeDocuments(spool, references, {
    store,
    entries,
    progress: (done, of) => progress(`documents: ${done} of ${of}`),
  });

  progress('the catalogue');
  const context = contextOf(asked);
  const telling = { spool, context, window, backfills };
  await writeScope(telling, config, days);
  await writeCatalogue(telling, { cycles, entries, ruleSets });
  await writeStatements(telling, { asked: calls, entries, config });
  await writeReconciliations(telling, store);

  const origin = store.checkpoint(size)?.origin ?? null;
  const ledger = { origin, size, root, signed: origin !== null };
  const about = { company, from: iso(window.from), to: iso(window.to), asOf: iso(window.asOf) };
  const id = hash('sha256', canonical({ ...about, origin, size, root })).slice(0, 16);
  await writeProofs(spool, store, { cycles, deviations, backfills, size });
  const vkeys = await writeKeys(spool, store, origin);
  const anchors = await writeAnchors(spool, store, { window, timeZone, size });
  await writeRegisters(spool);
  const sumsSigned = key !== undefined && vkeys.some((vkey) => parseVkey(vkey).publicKey.equals(key.publicKey));
  const verifiers = await writeVerifiers(spool);
  const held = [...known.held];
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
      waivers,
      gaps,
      backfills,
      setAside,
      lapsesSetAside,
      beside: judgedBeside(known, reporting.rules),
      neverRead: held.flatMap(([scope, { lastLook, failing, retired }]) =>
        lastLook === null && !retired ? [{ scope, reason: failing ? explainUnread(failing.unread) : 'not read yet' }] : [],
      ),
      retired: held.flatMap(([scope, { retired }]) => (retired && retired.at >= window.from ? [{ scope, ...retired }] : [])),
      seen: {
        cycles: cycles.filter(({ asOf }) => asOf >= window.from && asOf < window.to).length,
        scopes: held.filter(([, { retired }]) => !retired).length,
        items: held.reduce((total, [, { retired, items }]) => total + (retired ? 0 : items.size), 0),
        observed: told.observed,
      },
      documents,
      verifiers,
    }),
  );
  return { about: { export: { id, ...about, timeZone, example }, ledger }, sumsSigned };
}

const iso = (instant: number): string => new Date(instant).toISOString();
