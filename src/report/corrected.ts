import type { Backfill } from '#src/evidence/store.ts';

/** What something rests on that was brought later or corrected: the leaf since which it is known, and why it came. */
export interface Corrected {
  readonly index: number;
  readonly reason: string;
}

/** The latest correction of a scope that touches [from, to); null where none does. Epoch ms. */
export function correctedIn(backfills: readonly Backfill[], scope: string, from: number, to: number): Corrected | null {
  const found = backfills.findLast((each) => each.scope === scope && each.from < to && each.to > from);
  return found ? { index: found.index, reason: found.reason } : null;
}
