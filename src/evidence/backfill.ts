import type { CallRecord } from '#src/cycle/collect.ts';
import { HoldfastError } from '#src/errors.ts';
import { canonical, type Json, sha256 } from '#src/ledger/canonical.ts';
import { merkleRoot } from '#src/ledger/tree.ts';
import type { Blobs } from './blobs.ts';
import { itemLeaf } from './documents.ts';
import type { Engine } from './engine.ts';
import { type Claimed, historiesBefore, type ScopeHistory, unfit } from './fit.ts';
import { prepareLook } from './prepare.ts';
import { type BackfillRecord, scopeKey } from './store.ts';

/** One item of a look that was brought later, as its document lists it. Hashes in hex. */
export interface BackfilledItem {
  readonly item: string;
  readonly at: number | null;
  readonly snapshot: string;
  readonly detail: string;
  readonly vector: string;
}

/** What the log has of the scope of a record that would be its next leaf. `personal`: the populations of people. */
export function backfillable(
  db: Engine,
  blobs: Blobs,
  { scope: of }: BackfillRecord,
  personal: ReadonlySet<string> = new Set(),
): ScopeHistory {
  const before = historiesBefore(db, blobs, [{ index: Infinity, scope: scopeKey(of) }]).get(Infinity)!;
  return { ...before, personal: before.personal || personal.has(of.population) };
}

/**
 * The body of the leaf of a backfill, and the documents it names. BACKFILL_REFUSED where it reaches into what has not passed, is of a scope
 * that never was, covers the end of one, vouches for longer than its looks did, or is not in order; STORE_INVARIANT where an item breaks a promise.
 */
export function backfillEntry(record: BackfillRecord, before: ScopeHistory): { body: Json; texts: string[] } {
  const scope = scopeKey(record.scope);
  for (const reason of unfit(claimedBy(record), before)) throw new HoldfastError('BACKFILL_REFUSED', { scope, reason });
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

const claimedBy = ({ looks, ...record }: BackfillRecord): Claimed => ({
  ...record,
  looks: looks.map(({ asOf, hold, calls, items }) => ({
    asOf,
    hold,
    calls: calls.length,
    saw: items ? { items: items.length, events: items.filter(({ at }) => at !== null).length } : null,
  })),
});

const iso = (instant: number): string => new Date(instant).toISOString();
