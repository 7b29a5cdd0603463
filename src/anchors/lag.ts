import type { AnchorKind } from './anchor.ts';
import type { Fault } from './faults.ts';

/** What is outside, and what is not yet. */
export interface AnchorLag {
  readonly name: string;
  readonly kind: AnchorKind;
  /** Size of the last checkpoint published there, and when. Null before the first. */
  readonly size: number | null;
  readonly at: number | null;
  /** Leaves that no publication there covers; receipts of anchors are not counted. */
  readonly leavesBehind: number;
  /** Instant of the oldest of them. */
  readonly behindSince: number | null;
  /** The next publication should have come by now. */
  readonly late: boolean;
  readonly fault: Fault | null;
}

/** What the store knows of a place. */
export interface Published {
  readonly name: string;
  readonly kind: string;
  readonly size: number;
  /** Epoch ms. */
  readonly at: number;
  readonly receipt: Uint8Array;
}

/** How far a ledger has been published, kept while it grows. */
export interface Progress {
  last(anchor: string): { readonly size: number; readonly at: number } | null;
  has(anchor: string, size: number): boolean;
  /** A receipt was recorded, in the leaf at this index. */
  published(row: Omit<Published, 'receipt'>, index: number): void;
  /** Leaves from a size on that are more than receipts, and the index of the first. */
  since(size: number, ledgerSize: number): { readonly count: number; readonly first: number | null };
}

export function progressOf(rows: readonly Published[], anchorLeaves: readonly number[]): Progress {
  const newest = new Map<string, { size: number; at: number }>();
  const known = new Set<string>();
  const receipts = new Set(anchorLeaves);
  const meet = ({ name, size, at }: Omit<Published, 'receipt'>) => {
    known.add(`${name} ${size}`);
    if (size >= (newest.get(name)?.size ?? 0)) newest.set(name, { size, at });
  };
  for (const row of rows) meet(row);
  return {
    last: (anchor) => newest.get(anchor) ?? null,
    has: (anchor, size) => known.has(`${anchor} ${size}`),
    published(row, index) {
      meet(row);
      receipts.add(index);
    },
    since(size, ledgerSize) {
      let first: number | null = null;
      let count = 0;
      for (let index = ledgerSize - 1; index >= size; index--)
        if (!receipts.has(index)) {
          first = index;
          count++;
        }
      return { count, first };
    },
  };
}

/** A place is late an hour after its next publication was due. */
const grace = 3_600_000;

export function lagOf(
  { name, kind, every }: { readonly name: string; readonly kind: AnchorKind; readonly every: number },
  {
    progress,
    ledgerSize,
    instantOf,
    fault,
    asOf,
  }: { progress: Progress; ledgerSize: number; instantOf: (index: number) => number; fault: Fault | null; asOf: number },
): AnchorLag {
  const last = progress.last(name);
  const { count, first } = progress.since(last?.size ?? 0, ledgerSize);
  const behindSince = first === null ? null : instantOf(first);
  return {
    name,
    kind,
    size: last?.size ?? null,
    at: last?.at ?? null,
    leavesBehind: count,
    behindSince,
    late: behindSince !== null && asOf - behindSince > every + grace,
    fault,
  };
}
