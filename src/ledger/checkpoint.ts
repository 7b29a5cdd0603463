import { fromBase64, fromDecimal } from './base64.ts';
import { NoteError } from './note.ts';
import { digest, type Hash } from './tree.ts';

/** What a log says of itself: at this size it has this root. The origin names the log. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
}

/** The text of a checkpoint: origin, size and root, a line each and nothing more. Source: C2SP tlog-checkpoint v1.0.0. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
  parseCheckpoint(text);
  return text;
}

/** Throws NoteError on anything that `checkpointText` would not write, extension lines included: nobody would have checked them. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  if (lines.length !== 4 || lines[3] !== '') throw new NoteError('a checkpoint has three lines: origin, size and root');
  const [origin, decimal, encoded] = lines as [string, string, string];
  if (origin === '' || !origin.isWellFormed() || /\p{Cc}/u.test(origin)) throw new NoteError('the checkpoint has no origin');
  const size = fromDecimal(decimal);
  if (size === null) throw new NoteError(`the size of the checkpoint is not a number: ${JSON.stringify(decimal)}`);
  const root = fromBase64(encoded);
  if (root?.length !== 32) throw new NoteError(`the root of the checkpoint is not 32 bytes of base64: ${JSON.stringify(encoded)}`);
  if (size === 0 && !root.equals(digest(''))) throw new NoteError('the checkpoint has no entries, but not the root of no entries');
  return { origin, size, root };
}
