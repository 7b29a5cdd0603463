import { type BackfillBody, backfillsIn } from '#src/evidence/retell.ts';
import type { Backfill, EvidenceStore, LedgerEntry } from '#src/evidence/store.ts';

/** What the leaf of a cycle says, and names by hash. Instants are epoch ms. */
export interface CycleFact {
  readonly index: number;
  readonly connection: string;
  readonly asOf: number;
  readonly ended: number;
  readonly ruleSet: string;
  readonly looks: string;
  readonly manifest: string;
  readonly scopes: number;
  readonly failed: number;
  readonly changes: number;
  readonly calls: number;
  readonly requests: number;
}

interface CycleLeaf {
  readonly kind: 'cycle';
  readonly connection: string;
  readonly asOf: string;
  readonly ended: string;
  readonly ruleSet: string;
  readonly scopes: { readonly total: number; readonly looks: string; readonly failed: readonly unknown[] | { readonly n: number } };
  readonly changes: { readonly n: number };
  readonly manifest: { readonly sha256: string; readonly calls: number; readonly ids: number };
}

/** A backfill, with the hash of the rule set that judged it. */
export type BackfillFact = Backfill & { readonly ruleSet: string };

/** What the leaves of kind `backfill` say, the oldest first. */
export function backfillsOf(entries: readonly LedgerEntry[]): BackfillFact[] {
  const own = entries.filter(({ kind }) => kind === 'backfill');
  const bodies = own.map(({ body }) => body as unknown as BackfillBody);
  return backfillsIn(own).map((backfill, i) => ({ ...backfill, ruleSet: bodies[i]!.ruleSet }));
}

/** The rule sets that cycles and backfills were judged by, in the order of first use. */
export const ruleSetsIn = (cycles: readonly CycleFact[], backfills: readonly BackfillFact[]): Set<string> =>
  new Set([...cycles, ...backfills].toSorted((a, b) => a.index - b.index).map(({ ruleSet }) => ruleSet));

/** Every cycle of the log up to a size, oldest first. */
export function cyclesIn(store: EvidenceStore, size: number): CycleFact[] {
  const cycles: CycleFact[] = [];
  for (let index = 0; index < size; index++) {
    const leaf = JSON.parse(store.leaf(index)) as CycleLeaf | { readonly kind: string };
    if (leaf.kind !== 'cycle') continue;
    const { connection, asOf, ended, ruleSet, scopes, changes, manifest } = leaf as CycleLeaf;
    cycles.push({
      index,
      connection,
      asOf: Date.parse(asOf),
      ended: Date.parse(ended),
      ruleSet,
      looks: scopes.looks,
      manifest: manifest.sha256,
      scopes: scopes.total,
      failed: 'n' in scopes.failed ? scopes.failed.n : scopes.failed.length,
      changes: changes.n,
      calls: manifest.calls,
      requests: manifest.ids,
    });
  }
  return cycles;
}
