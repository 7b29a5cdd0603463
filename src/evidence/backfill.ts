import type { CallRecord } from '#src/cycle/collect.ts';
import { HoldfastError } from '#src/errors.ts';
import { canonical, type Json, sha256 } from '#src/ledger/canonical.ts';
import { merkleRoot } from '#src/ledger/tree.ts';
import type { Blobs } from './blobs.ts';
import { itemLeaf } from './documents.ts';
import type { Engine } from './engine.ts';
import { prepareLook } from './prepare.ts';
import { tell } from './replay.ts';
import type { ScopeState, State } from './state.ts';
import { type BackfillRecord, scopeKey } from './store.ts';

/** One item of a look that was brought later, as its document lists it. Hashes in hex. */
export interface BackfilledItem {
  readonly item: string;
  readonly at: number | null;
  readonly snapshot: string;
  readonly detail: string;
  readonly vector: string;
}

/** What a backfill must fit into. */
interface Backfillable {
  readonly scope: ScopeState | undefined;
  /** When the scope was retired, each time. */
  readonly ends: readonly number[];
  readonly lastAsOf: number | null;
  readonly personal: boolean;
}

export function backfillable(
  db: Engine,
  blobs: Blobs,
  state: State,
  { scope: of }: BackfillRecord,
  personal: ReadonlySet<string> = new Set(),
): Backfillable {
  const key = scopeKey(of);
  const ends: number[] = [];
  let lastAsOf: number | null = null;
  for (const { asOf, looks } of tell(db, blobs)) {
    lastAsOf = asOf;
    if (looks.retired.some(({ scope }) => scope === key)) ends.push(asOf);
  }
  return { scope: state.scope(key), ends, lastAsOf, personal: personal.has(of.population) };
}

/**
 * The body of the leaf of a backfill, and the documents it names. BACKFILL_REFUSED where it reaches into what has not passed, is of a scope
 * that never was, covers the end of one, or is not in order; STORE_INVARIANT where an item breaks a promise.
 */
export function backfillEntry(record: BackfillRecord, known: Backfillable): { body: Json; texts: string[] } {
  const scope = scopeKey(record.scope);
  refuseUnfit(record, scope, known);
  const { from, to, reason, run, ruleSet } = record;
  const { population } = record.scope;
  const rules = ruleSet.byPopulation[population] ?? [];
  const documents = new Map<string, string>();
  const keep = (kind: string, text: string): string => {
    const hash = sha256(text);
    documents.set(`${kind}/${hash}`, text);
    return hash;
  };
  const manifestOf = (calls: readonly CallRecord[]): string =>
    keep('manifest', canonical(calls.map(({ reply, replyHash: _, ...call }) => ({ ...call, reply: reply && keep('reply', reply) }))));
  const looks = record.looks.map((look) => {
    const when = { asOf: iso(look.asOf), hold: look.hold, manifest: manifestOf(look.calls) };
    if (look.unread) return { ...when, unread: { ...look.unread } };
    const { changes } = prepareLook(
      { scope: record.scope, hold: look.hold, calls: [], status: 'complete', items: look.items.length, changes: look.items },
      rules,
    );
    const items = changes.map(({ key: item, at, seen }): BackfilledItem => {
      return { item, at, snapshot: keep('snapshot', seen!.snapshot), detail: keep('detail', seen!.detail), vector: seen!.vector };
    });
    const root = merkleRoot(items.map((item) => itemLeaf(population, item))).toString('hex');
    return { ...when, items: keep('items', canonical(items)), n: items.length, root };
  });
  const body = {
    scope,
    from: iso(from),
    to: iso(to),
    reason,
    run,
    ruleSet: keep('rule-set', canonical(ruleSet)),
    looks,
    documents: Object.fromEntries([...documents].map(([name]) => [name, name.slice(name.indexOf('/') + 1)])),
  };
  return { body: body as unknown as Json, texts: [...documents.values()] };
}

function refuseUnfit(
  { at, from, to, looks, reason, run }: BackfillRecord,
  scope: string,
  { scope: known, ends, lastAsOf, personal }: Backfillable,
): void {
  const refuse = (why: string): never => {
    throw new HoldfastError('BACKFILL_REFUSED', { scope, reason: why });
  };
  if (!known) return refuse('no cycle ever looked at this scope');
  if (personal) refuse('what is known of people is kept with a salt, which a backfill does not have');
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from >= to) refuse('it ends before it begins');
  if (lastAsOf === null || to > lastAsOf || at < lastAsOf)
    refuse('it reaches past the last cycle, and what has not passed cannot be corrected');
  if (ends.some((end) => end >= from && end < to) || (known.retired && to > known.retired.at))
    refuse('the scope ceased to exist in that time');
  if (reason.trim() === '' || run.trim() === '') refuse('it gives no reason, or no run that brought the data');
  if (looks.some((look) => !look.unread && look.calls.length === 0)) refuse('it says what was seen, and none of the calls that saw it');
  const events = looks.some((look) => !look.unread && look.items.some(({ at }) => at !== null));
  if (known.items.size > 0 && looks.some((look) => !look.unread && look.items.length > 0) && events !== known.events > 0)
    refuse('its items are events where those of the scope are states, or the other way round');
  let last = from - 1;
  for (const { asOf, hold } of looks) {
    if (!Number.isSafeInteger(asOf) || asOf <= last || asOf >= to) refuse('its looks are not in order, or not within its time');
    if (!Number.isSafeInteger(hold) || hold <= 0) refuse('a look has no hold');
    last = asOf;
  }
}

const iso = (instant: number): string => new Date(instant).toISOString();
