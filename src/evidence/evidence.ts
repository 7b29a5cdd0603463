import { HoldfastError } from '#src/errors.ts';
import type { NoteSigner } from '#src/ledger/note.ts';
import { backfillable, backfillEntry } from './backfill.ts';
import { openBlobs } from './blobs.ts';
import { changeLog } from './change-log.ts';
import { check } from './check.ts';
import { openCheckpoints } from './checkpoints.ts';
import type { CycleManifest } from './documents.ts';
import type { Engine } from './engine.ts';
import { holdNothing } from './held.ts';
import { correctedLooks, knownAt, sizeKnownAt, writtenAt } from './known.ts';
import { openLog } from './log.ts';
import { openManifests } from './manifests.ts';
import { openPast } from './past.ts';
import { refuse } from './prepare.ts';
import { projectTo, rulesInTable } from './projections.ts';
import { prove } from './prove.ts';
import { queries } from './queries.ts';
import { replay, tell } from './replay.ts';
import { documentNumbers } from './rows.ts';
import { createState, type Projection } from './state.ts';
import type { BackfillRecord, EvidenceReading, EvidenceStore } from './store.ts';
import { type WriterOptions, writer } from './writer.ts';

export interface EvidenceOptions extends WriterOptions {
  readonly readOnly?: boolean;
  /** The keys that sign each head, the one that names the origin first. None: the ledger is not signed. */
  readonly signers?: readonly NoteSigner[];
}

/** The evidence kept by an engine. Closes it where the evidence cannot be opened, and with the store. */
export function openEvidence(db: Engine, faultOf: (error: unknown) => HoldfastError, options: EvidenceOptions): EvidenceStore {
  try {
    return evidenceIn(db, faultOf, options);
  } catch (error) {
    db.close();
    throw saidByEngine(error)
      ? faultOf(error)
      : new HoldfastError(
          'STORE_DAMAGED',
          { file: db.name, reason: Error.isError(error) ? error.message : String(error) },
          { cause: error },
        );
  }
}

/** Anything else was found in what the engine gave back: a document that is missing, or does not unpack. */
const saidByEngine = (error: unknown): boolean => error instanceof HoldfastError || /^(?!Z)/.test((error as { code?: string }).code ?? 'Z');

function evidenceIn(db: Engine, faultOf: (error: unknown) => HoldfastError, options: EvidenceOptions): EvidenceStore {
  const numbers = documentNumbers(db);
  const blobs = openBlobs(db, { salt: options.salt, numbers });
  const log = openLog(db, numbers);
  const checkpoints = openCheckpoints(db, options.signers ?? [], (size) => log.rootAt(size));
  if (!options.readOnly && !options.signers?.length && checkpoints.sizes().length > 0)
    throw new HoldfastError('LEDGER_KEY_MISSING', { file: db.name });
  const rules = rulesInTable(db);
  const tables = projectTo(db, rules);
  let projecting = false;
  const whileWriting = (project: () => void): void => (projecting ? project() : undefined);
  const projection: Projection = {
    resultsChange: (...of) => whileWriting(() => tables.resultsChange(...of)),
    gapOpens: (...of) => whileWriting(() => tables.gapOpens(...of)),
    gapCloses: (...of) => whileWriting(() => tables.gapCloses(...of)),
  };
  const state = createState(projection);
  for (const _ of replay(db, blobs, state));
  projecting = true;

  const held = holdNothing(blobs);
  for (const scope of state.scopes.values()) held.load(scope);

  const manifestAt = db.prepare('SELECT manifest FROM cycle WHERE idx = ?');
  const latestManifest = (scope: string): string | null => {
    const index = state.scope(scope)?.lastTryIndex ?? null;
    const row = index === null ? undefined : (manifestAt.get(index) as { manifest: number } | undefined);
    return row ? ((JSON.parse(blobs.read(row.manifest)) as CycleManifest).find(([key]) => key === scope)?.[3] ?? null) : null;
  };
  const manifests = openManifests(blobs, latestManifest, options.personal);
  const past = openPast(db);
  const writing = () => {
    const write = writer({ db, faultOf, blobs, log, checkpoints, rules, state, held, manifests }, options);
    const backfill = async (record: BackfillRecord) => {
      const { body, texts } = backfillEntry(record, backfillable(db, blobs, record, options.personal));
      return write.append('backfill', record.at, body, texts);
    };
    const erase: typeof write.erase = (order) => write.erase(order).finally(() => past.forget());
    return { ...write, backfill, erase };
  };
  const write = options.readOnly
    ? {
        commit: refuseWriting,
        append: refuseWriting,
        addAnchor: refuseWriting,
        sign: refuseWriting,
        purge: refuseWriting,
        erase: refuseWriting,
        backfill: refuseWriting,
        unfinished: () => null,
      }
    : writing();

  const { unfinished: _, ...writes } = write;
  let known: { size: number; reading: EvidenceReading } | undefined;
  const store: EvidenceStore = {
    held: held.scopes,
    ...writes,
    head: () => log.head(),
    checkpoint: (size) => checkpoints.at(size ?? checkpoints.sizes().at(-1) ?? -1),
    vkeys: () => checkpoints.vkeys(),
    checkpointSizes: () => checkpoints.sizes(),
    leaf: (index) => log.read(index),
    leafHash: (index) => log.hashAt(index),
    rootAt: (size) => log.rootAt(size),
    nodeAt: log.nodeAt,
    ...queries(db, blobs, (manifest) => manifests.read(manifest)),
    changes: () => changeLog(db, log.head().size),
    lastLookIndex: (scope) => state.scope(scope)?.lastLookIndex ?? null,
    told: (size) => tell(db, blobs, size),
    reading() {
      if (store.backfills().length === 0) return store;
      const { size } = log.head();
      if (known?.size !== size) known = { size, reading: knownAt(db, past, size) };
      return known.reading;
    },
    foreseen(record) {
      const { size: index } = log.head();
      const { body, texts } = backfillEntry(record, backfillable(db, blobs, record, options.personal));
      return knownAt(db, past, index, { entry: { index, kind: 'backfill', asOf: record.at, body }, texts });
    },
    corrected: (size) => [...correctedLooks(db, size ?? log.head().size)],
    knownAt: (size) => knownAt(db, past, size),
    sizeKnownAt: (instant) => sizeKnownAt(db, instant, log.head().size),
    writtenAt: (size) => writtenAt(db, size),
    prove: (questions) => prove(db, past, questions),
    check: () => check(db),
    async [Symbol.asyncDispose]() {
      const unfinished = write.unfinished();
      if (unfinished) await unfinished;
      db.close();
    },
  };
  return store;
}

const refuseWriting = async (): Promise<never> => refuse('it was opened for reading only');
