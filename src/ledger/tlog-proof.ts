import { fromBase64, fromDecimal } from './base64.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { NoteError, openNote } from './note.ts';
import { ProofError, rootOfPath } from './proof.ts';
import { type Hash, leafHash } from './tree.ts';

/** A file that shows, without the log, that an entry is in it. Source: C2SP tlog-proof. */
export interface TlogProof {
  /** Place of the entry in the log, from 0. */
  readonly index: number;
  readonly path: readonly Hash[];
  /** The signed checkpoint that the path leads to. */
  readonly note: string;
  /** What the log's own rules add; ours adds nothing. */
  readonly extra?: Buffer;
}

const first = 'c2sp.org/tlog-proof@v1';
/** A tree of fewer than 2^63 leaves has no longer path. */
const longestPath = 63;

export function formatProof({ index, path, note, extra }: TlogProof): string {
  const lines = [
    first,
    ...(extra ? [`extra ${extra.toString('base64')}`] : []),
    `index ${index}`,
    ...path.map((hash) => hash.toString('base64')),
  ];
  const text = `${lines.join('\n')}\n\n${note}`;
  parseProof(text);
  return text;
}

/** Throws NoteError on anything that `formatProof` would not write. The note is taken as it is: open it with the keys one trusts. */
export function parseProof(text: string): TlogProof {
  const end = text.indexOf('\n\n');
  if (end < 0) throw new NoteError('the proof has no empty line before its checkpoint');
  const lines = text.slice(0, end).split('\n');
  if (lines.shift() !== first) throw new NoteError(`the proof does not begin with ${first}`);
  const extra = lines[0]?.startsWith('extra ') ? fromBase64(lines.shift()!.slice('extra '.length)) : undefined;
  if (extra === null) throw new NoteError('the extra data of the proof is not base64');
  const place = lines.shift();
  const index = place?.startsWith('index ') ? fromDecimal(place.slice('index '.length)) : null;
  if (index === null) throw new NoteError(`the proof does not say its index: ${JSON.stringify(place ?? '')}`);
  if (lines.length > longestPath) throw new NoteError(`the path of the proof has more than ${longestPath} hashes`);
  return { index, path: lines.map(hashIn), note: text.slice(end + 2), ...(extra && { extra }) };
}

/** A path in a file of its own, such as one that shows consistency: its hashes in base64, a line each. */
export const formatPath = (path: readonly Hash[]): string => path.map((hash) => `${hash.toString('base64')}\n`).join('');

/** Throws NoteError on anything that `formatPath` would not write. */
export function parsePath(text: string): Hash[] {
  if (text !== '' && !text.endsWith('\n')) throw new NoteError('the path does not end with a newline');
  return text.split('\n').slice(0, -1).map(hashIn);
}

/** Where an entry stands, when the proof shows that it is in the log of these keys. Throws NoteError or ProofError, which say what is wrong. */
export function checkProof(
  text: string,
  entry: string | Uint8Array,
  vkeys: readonly string[],
): { index: number; size: number; origin: string } {
  const { index, path, note } = parseProof(text);
  const { origin, size, root } = parseCheckpoint(openNote(note, vkeys).text);
  if (!rootOfPath(leafHash(entry), index, size, path).equals(root))
    throw new ProofError(`the entry is not entry ${index} of the log of ${size}`);
  return { index, size, origin };
}

function hashIn(line: string): Hash {
  const hash = fromBase64(line);
  if (hash?.length !== 32) throw new NoteError(`a hash of the proof is not 32 bytes of base64: ${JSON.stringify(line)}`);
  return hash;
}
