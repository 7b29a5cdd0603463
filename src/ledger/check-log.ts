import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { NoteError, openNote } from './note.ts';
import { nodesOf, rootOf } from './proof.ts';
import { bundlePath, entriesOf, tileOf, tilePath, tilesOf, tileWidth } from './tiles.ts';
import { type Hash, leafHash } from './tree.ts';

/**
 * Holds the files of a whole log against the keys one trusts: its checkpoint, its entries, its tiles, and that there is no other file.
 * Each line names what is wrong, and where; of a log that is right there is none. Returns the checkpoint, where it could be opened: whether
 * it is the latest is for others to say.
 */
export function* checkLog(files: ReadonlyMap<string, Buffer>, vkeys: readonly string[]): Generator<string, Checkpoint | null> {
  const checkpoint = checkpointIn(files.get('checkpoint'), vkeys);
  if (typeof checkpoint === 'string') {
    yield `checkpoint: ${checkpoint}`;
    return null;
  }
  yield* checkFiles(files, checkpoint);
  return checkpoint;
}

function* checkFiles(files: ReadonlyMap<string, Buffer>, { size, root }: Checkpoint): Generator<string> {
  const tiles = tilesOf(size).map((tile) => ({ path: tilePath(tile.level, tile.n, tile.width), tile }));
  const bundles = tilesOf(size)
    .filter(({ level }) => level === 0)
    .map(({ n, width }) => ({ path: bundlePath(n, width), width }));

  const known = new Set(['checkpoint', ...tiles.map(({ path }) => path), ...bundles.map(({ path }) => path)]);
  for (const path of files.keys()) if (!known.has(path)) yield `${path}: it does not belong to a log of ${size}`;
  for (const path of known) if (!files.has(path)) yield `${path}: it is missing`;

  const leaves: Hash[] = [];
  for (const { path, width } of bundles) {
    const bytes = files.get(path);
    if (!bytes) return;
    const entries = entriesIn(bytes);
    if (typeof entries === 'string') return yield `${path}: ${entries}`;
    if (entries.length !== width) return yield `${path}: it has ${entries.length} entries, not ${width}`;
    leaves.push(...entries.map((entry) => leafHash(entry)));
  }
  const nodeAt = nodesOf(leaves);
  const differing = tiles.filter(({ path, tile }) => files.has(path) && !tileOf(tile, nodeAt).equals(files.get(path)!));
  if (rootOf(size, nodeAt).equals(root)) {
    for (const { path } of differing) yield `${path}: it is not what the entries give`;
    return;
  }
  yield 'checkpoint: its root is not that of the entries';
  for (const { path, tile } of differing) {
    const hashes = files.get(path)!;
    const first = tile.n * tileWidth;
    const at = leaves.findIndex(
      (leaf, i) => i >= first && i < first + tile.width && !leaf.equals(hashes.subarray(32 * (i - first), 32 * (i - first + 1))),
    );
    if (tile.level > 0 || at < 0) yield `${path}: it is not what the entries give`;
    else yield `${bundlePath(tile.n, tile.width)}: entry ${at} does not have the hash that ${path} gives it`;
  }
}

function checkpointIn(bytes: Buffer | undefined, vkeys: readonly string[]): Checkpoint | string {
  try {
    return bytes ? parseCheckpoint(openNote(bytes.toString(), vkeys).text) : 'it is missing';
  } catch (error) {
    if (error instanceof NoteError) return error.message;
    throw error;
  }
}

function entriesIn(bytes: Buffer): Buffer[] | string {
  try {
    return entriesOf(bytes);
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
