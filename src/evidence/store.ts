import type { CallRecord } from '#src/cycle/collect.ts';
import type { Judgement, Result } from '#src/cycle/evaluate.ts';
import type { CollectedItem } from '#src/cycle/items.ts';
import type { Json } from '#src/ledger/canonical.ts';
import type { NodeAt } from '#src/ledger/proof.ts';
import type { StateProof } from '#src/ledger/state-proof.ts';
import type { Hash } from '#src/ledger/tree.ts';
import type { Unread } from '#src/population.ts';
import type { Severity } from '#src/rule.ts';
import type { EntryKind } from './entries.ts';
import type { ToldCycle } from './replay.ts';

/** The unit of coverage: one population in one account and region of a connection. It is collected whole, or it has failed. */
export interface Scope {
  readonly connection: string;
  readonly account: string;
  readonly region: string;
  readonly population: string;
}

export const scopeKey = ({ connection, account, region, population }: Scope): string => `${connection}/${account}/${region}/${population}`;

export function parseScopeKey(key: string): Scope {
  const [connection = '', account = '', region = '', ...population] = key.split('/');
  return { connection, account, region, population: population.join('/') };
}

/** The rules in force, as the ledger records them. `byPopulation` gives the order of the vector of results of each population. */
export interface RuleSet {
  readonly rules: Readonly<Record<string, { readonly version: string; readonly parameters: Json }>>;
  readonly byPopulation: Readonly<Record<string, readonly string[]>>;
}

/** What a cycle saw of an item that is new, changed, judged differently, or gone (`snapshot` null: state populations only). */
export interface ItemChange {
  readonly key: string;
  readonly name: string;
  /** Events: the instant that decides the window. */
  readonly at: number | null;
  /** Canonical JSON. It is asked for more than once, and may be made each time. */
  readonly snapshot: string | null;
  readonly judgements: readonly Judgement[] | null;
}

export type ScopeRecord = {
  readonly scope: Scope;
  /** The horizon H: two looks further apart than this do not vouch for the time between them. Milliseconds. */
  readonly hold: number;
  readonly calls: readonly CallRecord[];
} & (
  | { readonly status: 'complete'; readonly items: number; readonly changes: readonly ItemChange[] }
  | { readonly status: 'failed'; readonly unread: Unread }
);

/** One pass over the due collectors of a connection, as it is committed: whole, or not at all. */
export interface CycleRecord {
  readonly connection: string;
  /** Instant of the look, epoch ms; later than that of every cycle before. */
  readonly asOf: number;
  readonly ended: number;
  readonly ruleSet: RuleSet;
  readonly scopes: readonly ScopeRecord[];
  /** Scopes that ceased to exist by declaration or by a fact of the provider. Their items end; they are no gap. */
  readonly retired: readonly { readonly scope: Scope; readonly reason: string }[];
}

/** An item as it was seen last. What is long of it is read from its documents when it is asked for. */
export interface HeldItem extends CollectedItem {
  /** SHA-256 of the document that keeps it: its own hash, or another where it is salted. */
  readonly document: string;
  readonly judgements: readonly Judgement[];
  /** The rules that judged it, and the first instant, epoch ms, at which one of them may say otherwise of the same item: Infinity where none does. */
  readonly rules: readonly string[];
  readonly until: number;
  readonly firstSeen: number;
  readonly at: number | null;
  /** Ledger index of the change that brought this snapshot. */
  readonly snapshotIndex: number;
}

/** What is held of a scope now: the last complete look, and whether looking fails at present. */
export interface HeldScope {
  readonly scope: Scope;
  readonly hold: number;
  readonly firstLook: number | null;
  readonly lastLook: number | null;
  /** First failed attempt since the last complete look, and why the latest one failed. */
  readonly failing: { readonly since: number; readonly unread: Unread } | null;
  readonly retired: { readonly at: number; readonly reason: string } | null;
  readonly items: ReadonlyMap<string, HeldItem>;
}

/** A maximal run of consecutive looks at an item with the same result of a rule. */
export interface ResultRun {
  readonly rule: string;
  readonly scope: string;
  readonly item: string;
  readonly result: Result;
  /** The scope's last complete look before the run; null where there was none. */
  readonly before: number | null;
  /** First look of the run, and last; null while it goes on (then it reaches to the last look of the scope). */
  readonly first: number;
  readonly last: number | null;
  /** First look after the run: of the next run, or without the item. Null while it goes on. */
  readonly ended: number | null;
  /** The run ended because a complete look no longer showed the item. */
  readonly gone: boolean;
  /** Ledger index of the change that began it. */
  readonly index: number;
  /** As judged when the run began; and, where it is `unobserved`, the reason of `Unread`, else null. */
  readonly severity: Severity;
  readonly reason: string | null;
}

/** Between two complete looks further apart than the hold; `to` is null while it lasts. `from` is the last complete look, or the first attempt. */
export interface Gap {
  readonly scope: string;
  readonly from: number;
  readonly to: number | null;
  /** A reason of src/population.ts, or `monitor-down` where nothing was even tried. */
  readonly reason: string;
  readonly unread: Unread | null;
}

/** One entry of an item's change log. */
export interface ItemRecord {
  readonly index: number;
  readonly asOf: number;
  /** Null where the item is gone (then so is the hash), or where the document was purged. */
  readonly snapshot: string | null;
  readonly snapshotHash: string | null;
  /** Empty where the item is gone; without their words where the document was purged. */
  readonly judgements: readonly Judgement[];
  /** Hex. The item's leaf in the state tree, whose root stands in the ledger leaf at `index`. */
  readonly leafHash: string;
}

/** What did the cycle at this ledger index hold to be so of an item of a scope? The item is named by its key. */
export interface StateQuestion {
  readonly cycle: number;
  readonly scope: string;
  readonly item: string;
}

/** One line of the change log, as the leaf of its cycle commits to it. Hashes in hex; `seen` is null when the item is gone. */
export interface ChangeRecord {
  readonly index: number;
  readonly scope: string;
  /** The name by which the trees know it: its key or, of a person, what the salt (hex) makes of it. */
  readonly item: string;
  readonly key: string;
  readonly salt: string | null;
  readonly seen: { readonly snapshot: string; readonly detail: string; readonly vector: string; readonly at: number | null } | null;
}

export interface LedgerHead {
  readonly size: number;
  /** Hex. RFC 6962 root over all leaves. */
  readonly root: string;
}

/** A head that was signed, as a C2SP signed note. */
export interface SignedCheckpoint extends LedgerHead {
  /** The name of the log, and of the keys that sign it. */
  readonly origin: string;
  readonly note: string;
}

/** A leaf that is not a cycle, with its body. */
export interface LedgerEntry {
  readonly index: number;
  readonly kind: EntryKind;
  readonly asOf: number;
  readonly body: Json;
}

/** What an outside place answered when it was handed a checkpoint. */
export interface AnchorRow {
  readonly name: string;
  readonly kind: string;
  readonly size: number;
  readonly at: number;
  readonly receipt: Uint8Array;
}

interface Order {
  /** The policy, or the request, in the words of who ordered it. */
  readonly policy: string;
  readonly by: string;
  readonly at: number;
  readonly dryRun?: boolean;
}

export interface PurgeOrder extends Order {
  /** Instants before which each kind of document is no longer kept. */
  readonly before: { readonly replies?: number; readonly snapshots?: number };
}

export interface ErasureOrder extends Order {
  readonly scope: string;
  readonly item: string;
}

export interface Purged {
  /** Documents whose data is gone, and how many bytes they had. */
  readonly documents: number;
  readonly bytes: number;
  /** The texts by which an erased person was looked for. */
  readonly words: readonly string[];
  /** Documents that still name the person: of the present, or kept without salt. */
  readonly remaining: { readonly living: number; readonly unsalted: number };
  readonly head: LedgerHead;
}

/** Looks at a scope that were brought later, or corrected: they stand in place of those of [from, to). Instants in epoch ms. */
export interface BackfillRecord {
  readonly at: number;
  readonly scope: Scope;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** What brought the data: the id of the run of that time, or of the import. */
  readonly run: string;
  readonly ruleSet: RuleSet;
  /** In order of time. Each has its calls with their replies, and says every item that it saw; what it does not say was not there. Events stay. */
  readonly looks: readonly ({ readonly asOf: number; readonly hold: number; readonly calls: readonly CallRecord[] } & (
    | { readonly unread: Unread; readonly items?: never }
    | { readonly unread?: never; readonly items: readonly ItemChange[] }
  ))[];
}

/** A backfill, as a report tells it. */
export interface Backfill {
  readonly index: number;
  readonly at: number;
  readonly scope: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly run: string;
  readonly looks: number;
}

/**
 * A look at a scope that was corrected, or the end of the scope, as it is known now; or the events of a look in whose place others stand, which
 * those do not list.
 */
export interface CorrectedLook {
  readonly scope: string;
  /** Ledger index of the cycle that recorded it, or of the backfill that brought it. */
  readonly index: number;
  readonly asOf: number;
  readonly is: 'complete' | 'failed' | 'end' | 'events';
  readonly hold: number;
  readonly unread: Unread | null;
  /** What became other with it, by key. */
  readonly changes: readonly Pick<ChangeRecord, 'key' | 'seen'>[];
}

export interface CycleSummary {
  readonly index: number;
  readonly connection: string;
  readonly asOf: number;
  readonly ended: number;
  readonly scopes: number;
  readonly failed: number;
  readonly changes: number;
}

/** What is asked of the evidence: as it is known now, or as it was known when the ledger had fewer leaves. */
export interface EvidenceReading {
  /** What is held, by scope key. Of a store: live, it changes with each commit. */
  readonly held: ReadonlyMap<string, HeldScope>;
  head(): LedgerHead;
  /** The leaves that are no cycles, oldest first. */
  entries(kind?: EntryKind): LedgerEntry[];
  lastCycle(connection?: string): CycleSummary | null;
  cycles(from: number, to: number): CycleSummary[];
  /** Runs that touch [from, to], ordered by rule, scope, item, first. State populations only. */
  runs(query: { from: number; to: number; rule?: string; scope?: string; item?: string }): Iterable<ResultRun>;
  /** Gaps that touch [from, to], closed and open, ordered by scope and time. */
  gaps(from: number, to: number): Gap[];
  /** The change log of an item, oldest first. */
  history(scope: string, item: string): ItemRecord[];
  /**
   * The calls of a scope in the cycle at a ledger index, with the kept replies. A backfill may have brought several looks: `asOf` says which is
   * meant, without it the last.
   */
  calls(index: number, scope: string, asOf?: number): CallRecord[];
  /** What was brought later or corrected, the oldest leaf first. */
  backfills(): Backfill[];
  /** The latest ledger index in which the scope was looked at. */
  lastLookIndex(scope: string): number | null;
  /** When the last of so many leaves was written, epoch ms; null where there is none. */
  writtenAt(size: number): number | null;
  /** The name by which the trees know an item: its key, but where items are people. And the key of such a name, or the name where it was erased. */
  nameOf(scope: string, key: string): string;
  keyOf(scope: string, name: string): string;
}

/**
 * Keeps the evidence. Insert-only beneath; what answers questions is rebuilt from it and compared.
 * One writer. Durable, then signed, before `commit` resolves: a kill at any instant loses no acknowledged cycle and leaves no half of one.
 * After any error from `commit` or `append` the store must be closed and opened again.
 */
export interface EvidenceStore extends EvidenceReading, AsyncDisposable {
  /**
   * Errors: CLOCK_BACKWARDS (asOf not later than the last cycle's), STORE_INVARIANT (the record breaks a promise), LEDGER_MOVED (another
   * writer), STORE_UNWRITABLE, STORE_DAMAGED.
   */
  commit(cycle: CycleRecord): Promise<LedgerHead>;
  /**
   * Appends a leaf of another kind, with its body and the texts of the documents that the body names. Does nothing when the latest leaf of
   * that kind has the same body. STORE_INVARIANT where the body is not of its kind, or a document is missing or not named.
   */
  append(kind: EntryKind, asOf: number, body: Json, attachments?: readonly string[]): Promise<LedgerHead>;
  /**
   * Signs the head unless it is signed. `commit` and `append` do so before they resolve; a store that was killed between the two is signed
   * by this, once the outside has been asked whether it may be.
   */
  sign(): Promise<LedgerHead>;
  /** Records a receipt, and a leaf of kind `anchor` that names it. */
  addAnchor(anchor: AnchorRow): Promise<LedgerHead>;
  /** The signed head of a size, the latest by default; null where it is not signed. */
  checkpoint(size?: number): SignedCheckpoint | null;
  /** The sizes that were signed, ascending. */
  checkpointSizes(): number[];
  /** The keys that signed, as verifier keys, the latest first. */
  vkeys(): string[];
  /** Receipts, the oldest first. */
  anchors(): AnchorRow[];
  /** The leaf at an index: canonical JSON, and its hash. */
  leaf(index: number): string;
  leafHash(index: number): Hash;
  rootAt(size: number): Hash;
  /** The complete subtrees of the log, for proofs. */
  readonly nodeAt: NodeAt;
  /** The whole change log up to the head: by cycle, scope and item. */
  changes(): Iterable<ChangeRecord>;
  /** A document by its SHA-256 (hex), as it was hashed; null where there is none, or where it was purged. */
  document(sha256: string): string | null;
  /**
   * Takes the data of documents away that a policy no longer keeps; what is held now, and the latest look, always stay. Appends a leaf of
   * kind `tombstone`. With `dryRun` nothing is taken.
   */
  purge(order: PurgeOrder): Promise<Purged>;
  /**
   * Erases a person: every document of the item and every other that names it, and the name itself. Only what is salted can be erased, and
   * only what is gone: ITEM_NOT_ERASABLE otherwise. Appends a leaf of kind `tombstone`.
   */
  erase(order: ErasureOrder): Promise<Purged>;
  /**
   * Brings looks late, or corrects them: a leaf of kind `backfill`. What was known before stays what it was; `reading` has it from now on. Not
   * for populations of people. Errors: BACKFILL_REFUSED, STORE_INVARIANT.
   */
  backfill(record: BackfillRecord): Promise<LedgerHead>;
  /** What is known now, corrections included. The store's own answers are what its cycles saw. */
  reading(): EvidenceReading;
  /** What would be known with a backfill that is not recorded. Errors: as of `backfill`. */
  foreseen(record: BackfillRecord): EvidenceReading;
  /** The scopes that were corrected, look after look, by scope and time: as known to a ledger of `size` leaves. */
  corrected(size?: number): CorrectedLook[];
  /** Every cycle again, the oldest first, as far as a ledger of `size` leaves. */
  told(size?: number): Iterable<ToldCycle>;
  /** What was known when the ledger had so many leaves: every question has the answer that it had then. */
  knownAt(size: number): EvidenceReading;
  /** How many leaves the ledger had at an instant. */
  sizeKnownAt(instant: number): number;
  /**
   * Proofs of what was held of items, in the order of the questions, which should come together: the history is told once for all of them.
   * Throws RangeError where a question names a ledger index that is no cycle of the scope's connection.
   */
  prove(questions: readonly StateQuestion[]): StateProof[];
  /** Recomputes everything that can be recomputed and says what disagrees; empty when nothing does. */
  check(): string[];
}
