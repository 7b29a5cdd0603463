import type { Hash } from '#src/ledger/tree.ts';
import { withoutSecrets } from '#src/redaction.ts';

/** A signed head of the ledger, as it is published. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** The signed note. */
  readonly note: string;
}

export const anchorKinds = ['file', 's3', 'git', 'rfc3161', 'witness'] as const;
export type AnchorKind = (typeof anchorKinds)[number];

/**
 * A place outside of the company's reach, or at least outside of this machine's, that keeps what it was handed. Every call is bounded in
 * time, and what was written is read back before it counts. Errors: AnchorFault, OtherCheckpoint.
 */
export interface Anchor {
  readonly name: string;
  readonly kind: AnchorKind;
  /** How long after a publication the next is due. Milliseconds. */
  readonly every: number;
  /** The largest checkpoint that it keeps of this ledger, a signed note; null where it keeps none, or where it is not one that can be asked. */
  latest(): Promise<string | null>;
  /**
   * Hands over a checkpoint. Doing so again with the same one changes nothing there. `proofFrom` proves that it continues an earlier size.
   * The receipt is what the place answered, and what it is found by there.
   */
  publish(checkpoint: Checkpoint, proofFrom: (old: number) => Hash[]): Promise<{ receipt: Buffer }>;
  /** Tries what `publish` needs without publishing, as far as the place allows. Says in one line what was found. */
  check(): Promise<string>;
}

/** What an anchor could not do, in one line: shown as it is, so never with a secret. `mend` says what to do about it, where that is known. */
export class AnchorFault extends Error {
  override readonly name: string = 'AnchorFault';
  readonly mend: string;
  constructor(reason: string, { mend = '', cause }: { mend?: string; cause?: unknown } = {}) {
    super(withoutSecrets(reason), cause === undefined ? {} : { cause });
    this.mend = mend;
  }
}

/** The place already keeps another checkpoint of that size, or one that ours does not continue. */
export class OtherCheckpoint extends AnchorFault {
  override readonly name = 'OtherCheckpoint';
  /** The note that it keeps; null where it only says so. */
  readonly note: string | null;
  /** The size that it says it keeps. */
  readonly size: number;
  constructor(reason: string, { note = null, size }: { note?: string | null; size: number }) {
    super(reason);
    this.note = note;
    this.size = size;
  }
}

/** Milliseconds that a call of an anchor may take before it is given up. */
export const patience = 20_000;

/** The origin as the name of a file or a branch: origins have no underscores. */
export const slugOf = (origin: string): string => origin.replaceAll('/', '_');

/** Two notes over the same text: the keys that signed may differ. */
export const sameText = (a: string, b: string): boolean => textOf(a) === textOf(b);
const textOf = (note: string): string => note.slice(0, note.lastIndexOf('\n\n') + 1);
