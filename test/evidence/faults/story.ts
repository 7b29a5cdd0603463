import type { EvidenceStore, LedgerHead } from '#src/evidence/store.ts';
import { hour, recordOf, type Steps, worldOf } from '#test/evidence/world.ts';

/**
 * What a store of these trials is told, one leaf after the other: cycles that change something, that change nothing, in which a scope fails or
 * retires, and now and then another leaf. The leaf that is next follows from the size alone, so that whoever opens the store can go on.
 */
export async function tellNext(store: EvidenceStore): Promise<LedgerHead> {
  const n = store.head().size;
  if (n % every === every - 1) return store.append('controls', n, { n });
  return store.commit(recordOf(worldOf(Array.from({ length: n + 1 }, (_, i) => step(i))).at(-1)!, store.held));
}

/** The parts of a round: first, changing, quiet, failing, changing, retiring cycle, and a leaf of another kind. */
const every = 7;
const acts = ['look', 'look', 'look', 'fail', 'look', 'retire', 'look'] as const;

function step(n: number): Steps[number] {
  const quiet = n % every === 2;
  const version = quiet ? n - 1 : n;
  return {
    after: hour,
    connection: 0,
    ruleSet: 0,
    places: [0, 1, 2].map((place) => ({
      act: place === 1 ? acts[n % every]! : 'look',
      reason: 'denied' as const,
      hold: hour,
      items: [0, 1, 2].map((i) => ({
        listed: (version + i) % 5 !== 0,
        value: version * 3 + i,
        results: [version % 5, (version + i) % 5, 0],
      })),
    })),
  };
}

/** What a writer says, line by line. */
export interface Said {
  /** The head after a leaf that it was told is durable. */
  readonly acknowledged?: LedgerHead;
  /** It as it was signed. */
  readonly note?: string;
  /** A write was acknowledged though one before had failed: this must not be. */
  readonly afterRefusal?: true;
  readonly refused?: 'opening' | 'writing' | 'writing again' | 'closing';
  readonly code?: string;
  readonly message?: string;
  readonly closed?: true;
  /** What the writer does next. */
  readonly begins?: 'opening' | 'writing' | 'writing back' | 'closing';
}
