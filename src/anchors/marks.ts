import { HoldfastError } from '#src/errors.ts';
import { parseCheckpoint } from '#src/ledger/checkpoint.ts';
import { NoteError, openNote } from '#src/ledger/note.ts';
import type { Hash } from '#src/ledger/tree.ts';
import { type Anchor, AnchorFault, OtherCheckpoint } from './anchor.ts';

/** The ledger that is held against what is outside. */
export interface Own {
  readonly origin: string;
  /** The keys that sign for this origin, or did. */
  readonly vkeys: readonly string[];
  size(): number;
  rootAt(size: number): Hash;
}

/**
 * Holds a checkpoint that an anchor keeps against our ledger. Only one that our own keys signed counts: a place that lies is a faulty anchor,
 * and stops nothing. Gives its size. Errors: STORE_ROLLED_BACK, STORE_FORKED; AnchorFault where the note is not one of ours.
 */
export function judgeMark({ name }: Anchor, note: string, own: Own): number {
  const { origin, size, root } = opened(note, own);
  if (origin !== own.origin) throw new AnchorFault(`what it keeps is a checkpoint of ${origin}`);
  if (size > own.size()) throw new HoldfastError('STORE_ROLLED_BACK', { anchor: name, outside: size, own: own.size() });
  if (!own.rootAt(size).equals(root)) throw forked(name, size, own);
  return size;
}

/**
 * What it means that a place would not take our checkpoint, because it keeps another. Where it shows the note, that is judged; where it only
 * says so, as a witness does, it is believed: whoever chose it as a witness asked to be stopped by it.
 */
export function judgeRefusal(anchor: Anchor, refused: OtherCheckpoint, own: Own): HoldfastError | AnchorFault {
  if (refused.note === null)
    return refused.size > own.size()
      ? new HoldfastError('STORE_ROLLED_BACK', { anchor: anchor.name, outside: refused.size, own: own.size() })
      : forked(anchor.name, refused.size, own);
  try {
    judgeMark(anchor, refused.note, own);
    return refused;
  } catch (error) {
    if (error instanceof HoldfastError || error instanceof AnchorFault) return error;
    throw error;
  }
}

/** What keeps a ledger from being signed, for good, whatever was seen of other anchors. */
export const isConflict = (error: unknown): error is HoldfastError =>
  error instanceof HoldfastError && (error.code === 'STORE_ROLLED_BACK' || error.code === 'STORE_FORKED');

function opened(note: string, { vkeys }: Own) {
  try {
    return parseCheckpoint(openNote(note, vkeys).text);
  } catch (cause) {
    if (!(cause instanceof NoteError)) throw cause;
    throw new AnchorFault(`what it keeps is not a checkpoint that our keys signed: ${cause.message}`, { cause });
  }
}

const forked = (anchor: string, size: number, own: Own): HoldfastError =>
  new HoldfastError('STORE_FORKED', { anchor, outside: size, own: own.size() });
