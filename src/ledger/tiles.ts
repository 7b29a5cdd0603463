import type { NodeAt } from './proof.ts';
import type { Hash } from './tree.ts';

/** A tile of a log: 256 nodes side by side, or as many as there are yet. Source: C2SP tlog-tiles v0.1.0. */
export interface Tile {
  /** Its nodes are those of level 8 * level of the tree. */
  readonly level: number;
  readonly n: number;
  /** 1 to 256. */
  readonly width: number;
}

/** The most nodes or entries that one file has. */
export const tileWidth = 256;
/** The most bytes that an entry has: its length is written in two. */
export const longestEntry = 65_535;

/** `tile/0/x001/x234/067`, with `.p/W` where the tile is not full. */
export const tilePath = (level: number, n: number, width: number): string => `tile/${countOf(level, 0, 7)}/${placeOf(n, width)}`;

/** `tile/entries/x001/x234/067`, with `.p/W` where the bundle is not full. */
export const bundlePath = (n: number, width: number): string => `tile/entries/${placeOf(n, width)}`;

/** All tiles of a log of this size, level by level. Those of level 0 are also its bundles of entries. No tile is empty. */
export function tilesOf(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (
    let [level, nodes] = [0, countOf(size, 0, Number.MAX_SAFE_INTEGER)];
    nodes > 0;
    [level, nodes] = [level + 1, Math.floor(nodes / tileWidth)]
  ) {
    for (let n = 0; n * tileWidth < nodes; n++) tiles.push({ level, n, width: Math.min(tileWidth, nodes - n * tileWidth) });
  }
  return tiles;
}

/** The bytes of a tile: its nodes, 32 bytes each. */
export const tileOf = ({ level, n, width }: Tile, nodeAt: NodeAt): Buffer =>
  Buffer.concat(Array.from({ length: width }, (_, i): Hash => nodeAt(8 * level, n * tileWidth + i)));

/** The bytes of a bundle: before each entry its length, two bytes, big-endian. Entries are hashed without it. */
export function bundleOf(entries: readonly (string | Uint8Array)[]): Buffer {
  countOf(entries.length, 1, tileWidth);
  return Buffer.concat(
    entries.flatMap((entry) => {
      const bytes = typeof entry === 'string' ? Buffer.from(entry) : entry;
      if (bytes.length > longestEntry) throw new RangeError(`an entry has ${bytes.length} bytes, and ${longestEntry} at most fit`);
      return [Buffer.of(bytes.length >> 8, bytes.length & 255), bytes];
    }),
  );
}

/** The entries of a bundle. Throws RangeError where it is cut off, empty, or has more than fit. */
export function entriesOf(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length; ) {
    const end = at + 2 > bundle.length ? Number.POSITIVE_INFINITY : at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) throw new RangeError(`entry ${entries.length} of the bundle is cut off`);
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  countOf(entries.length, 1, tileWidth);
  return entries;
}

function placeOf(n: number, width: number): string {
  const digits = String(countOf(n, 0, Number.MAX_SAFE_INTEGER));
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g)!;
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
  return countOf(width, 1, tileWidth) === tileWidth ? path : `${path}.p/${width}`;
}

function countOf(value: number, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) throw new RangeError(`${value} is not between ${least} and ${most}`);
  return value;
}
