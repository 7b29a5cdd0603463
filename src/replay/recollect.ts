import type { Place } from '#src/collector.ts';
import type { CallRecord } from '#src/cycle/collect.ts';
import type { BackfilledItem } from '#src/evidence/backfill.ts';
import type { ToldCycle } from '#src/evidence/replay.ts';
import type { BackfillBody } from '#src/evidence/retell.ts';
import { contentOf } from '#src/evidence/salted.ts';
import type { ScopeState } from '#src/evidence/state.ts';
import { type EvidenceStore, parseScopeKey, type Scope } from '#src/evidence/store.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import type { Program } from './program.ts';
import { programsOf, type RecordedPrograms } from './recorded-programs.ts';

export interface LookDifference {
  readonly index: number;
  readonly asOf: string;
  readonly scope: string;
  readonly says: string;
}

/** What came of running the recorded collectors over the stored replies again. */
export interface Recollected {
  readonly looks: number;
  /** Of looks with the same replies, only the first runs its collector. */
  readonly collections: number;
  readonly agree: number;
  readonly differ: number;
  readonly notReperformed: readonly { readonly reason: string; readonly looks: number }[];
  readonly differences: readonly LookDifference[];
}

/** What a collector made of some replies: the hashes of the items by key, or the reason why it failed. */
type Made = { readonly items: ReadonlyMap<string, string> } | { readonly unread: string } | { readonly why: string };

/** Makes the snapshots of every look again from the replies that were kept, with the collector recorded for it, and compares their hashes. */
export async function recollect(
  store: EvidenceStore,
  { from = -Infinity, to = Infinity }: { from?: number; to?: number } = {},
  given?: RecordedPrograms,
): Promise<Recollected> {
  using programs = given ?? (await programsOf(store));
  const contentHash = contentHashes(store);
  const made = new Map<string, { key: string; made: Made }>();
  const tally = { looks: 0, collections: 0, agree: 0 };
  const differences: LookDifference[] = [];
  const skipped = new Map<string, number>();
  for (const cycle of store.told()) {
    if (cycle.asOf >= to) break;
    if (cycle.asOf < from) continue;
    const program = programs.at(cycle.index);
    for (const [key, , listed, manifest] of cycle.manifest()) {
      tally.looks++;
      const scope = cycle.scopes.get(key)!;
      const slot = `${typeof program === 'string' ? program : program.hash} ${manifest}`;
      let known = made.get(key);
      if (known?.key !== slot) {
        known = { key: slot, made: typeof program === 'string' ? { why: program } : await make(program, scope, store, cycle) };
        made.set(key, known);
        if (!('why' in known.made)) tally.collections++;
      }
      if ('why' in known.made) {
        skipped.set(known.made.why, (skipped.get(known.made.why) ?? 0) + 1);
        continue;
      }
      const says = flawIn(known.made, scope, cycle, listed, contentHash);
      if (says === null) tally.agree++;
      else differences.push({ index: cycle.index, asOf: new Date(cycle.asOf).toISOString(), scope: key, says });
    }
  }
  for (const { index, body } of store.entries('backfill')) {
    const { scope: key, looks } = body as unknown as BackfillBody;
    const program = programs.at(index);
    for (const look of looks) {
      if (Date.parse(look.asOf) < from || Date.parse(look.asOf) >= to) continue;
      tally.looks++;
      const scope = parseScopeKey(key);
      const own =
        typeof program === 'string' ? { why: program } : await makeFrom(program, scope, store.held.values(), callsIn(store, look.manifest));
      if ('why' in own) {
        skipped.set(own.why, (skipped.get(own.why) ?? 0) + 1);
        continue;
      }
      tally.collections++;
      const says = flawInBrought(own, look, store);
      if (says === null) tally.agree++;
      else differences.push({ index, asOf: look.asOf, scope: key, says });
    }
  }
  const notReperformed = [...skipped].map(([reason, looks]) => ({ reason, looks }));
  return { ...tally, differ: differences.length, notReperformed, differences };
}

const make = (program: Program, { key, scope }: ScopeState, store: EvidenceStore, cycle: ToldCycle): Promise<Made> =>
  makeFrom(program, scope, cycle.scopes.values(), callsOf(store, cycle.index, key));

async function makeFrom(
  program: Program,
  scope: Scope,
  scopes: Iterable<{ readonly scope: Scope }>,
  calls: readonly CallRecord[] | string,
): Promise<Made> {
  if (typeof calls === 'string') return { why: calls };
  if (calls.length === 0) return { why: 'no call was made: it was found out by looking for places, or its place could not be reached' };
  const collector = program.collectors.find(
    ({ population, reads }) =>
      population.type === scope.population && calls.every(({ operation }) => Object.hasOwn(reads as object, operation)),
  );
  if (!collector) return { why: 'the recorded program has no collector that makes these calls' };
  const { collectScope, replayTransport } = program.collecting;
  const collected = await collectScope(collector, placeOf(scope, scopes), replayTransport(calls));
  if (collected.status === 'failed') return { unread: collected.unread.unread };
  return { items: new Map(collected.items.map(({ item, hash }) => [item.key, hash])) };
}

/** The calls with their replies, or why they are not there. */
function callsOf(store: EvidenceStore, index: number, scope: string): readonly CallRecord[] | string {
  try {
    const calls = store.calls(index, scope);
    return calls.some(({ reply, failure }) => reply === null && !failure) ? 'a reply was purged' : calls;
  } catch {
    return 'a reply was purged';
  }
}

/** The calls of a look that a correction brought, with their replies, or why they are not there. */
function callsIn(store: EvidenceStore, manifest: string): readonly CallRecord[] | string {
  const kept = store.document(manifest);
  if (kept === null) return 'the calls were purged';
  const calls = (JSON.parse(kept) as CallRecord[]).map((call) => ({
    ...call,
    reply: call.reply === null ? null : store.document(call.reply),
  }));
  return calls.some(({ reply, failure }) => reply === null && !failure) ? 'a reply was purged' : calls;
}

/** What a correction says that it saw, against what the replies say that it brought. */
function flawInBrought(
  made: Exclude<Made, { why: string }>,
  { unread, items }: BackfillBody['looks'][number],
  store: EvidenceStore,
): string | null {
  if ('unread' in made)
    return unread?.unread === made.unread ? null : `the replies say ${made.unread}, the leaf says ${unread?.unread ?? 'complete'}`;
  if (unread) return `the replies are complete, the leaf says ${unread.unread}`;
  const listed = JSON.parse(store.document(items!) ?? '[]') as BackfilledItem[];
  if (made.items.size !== listed.length) return `the replies give ${made.items.size} items, the leaf says ${listed.length}`;
  const wrong = listed.find(({ item, snapshot }) => made.items.get(item) !== snapshot);
  return wrong ? `${wrong.item}: its snapshot is not what the replies give` : null;
}

/** The place of a scope. AWS has three partitions, told apart by the names of their regions. */
export function placeOf({ connection, account, region, population }: Scope, scopes: Iterable<{ readonly scope: Scope }>): Place {
  if (!population.startsWith('aws.')) return { account, region };
  const regions = [region, ...Iterator.from(scopes).flatMap(({ scope }) => (scope.connection === connection ? [scope.region] : []))];
  const telling = regions.find((name) => name !== 'global' && name !== 'unknown') ?? '';
  return { account, region, partition: telling.startsWith('cn-') ? 'aws-cn' : telling.startsWith('us-gov-') ? 'aws-us-gov' : 'aws' };
}

/** What is recorded of the look against what its replies say. Events of former looks stay, also when they are no longer listed. */
function flawIn(
  made: Exclude<Made, { why: string }>,
  scope: ScopeState,
  { asOf }: ToldCycle,
  listed: number | null,
  contentHash: (hash: string) => string,
): string | null {
  const failed = scope.failing?.unread.unread ?? null;
  if ('unread' in made) return failed === made.unread ? null : `the replies say ${made.unread}, the record says ${failed ?? 'complete'}`;
  if (failed !== null || scope.lastLook !== asOf) return `the replies are complete, the record says ${failed ?? 'nothing'}`;
  if (made.items.size !== listed) return `the replies give ${made.items.size} items, the record says ${listed}`;
  const wrong = made.items.entries().find(([key, hash]) => !isOf(scope.items.get(key)?.snapshot.hash, hash, contentHash));
  return wrong ? `${wrong[0]}: its snapshot is not what the replies give` : null;
}

/** Whether a snapshot is the one of a hash. What is known of people is kept with a salt. */
const isOf = (snapshot: string | undefined, hash: string, contentHash: (hash: string) => string): boolean =>
  snapshot !== undefined && (snapshot === hash || contentHash(snapshot) === hash);

/** The hash of what a document says. */
function contentHashes(store: EvidenceStore): (hash: string) => string {
  const known = new Map<string, string>();
  const hashAnew = (hash: string): string => {
    const text = store.document(hash);
    return text === null ? 'purged' : sha256(contentOf(text));
  };
  return (hash) => known.get(hash) ?? known.set(hash, hashAnew(hash)).get(hash)!;
}
