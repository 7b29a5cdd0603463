import type { EvidenceStore } from '#src/evidence/store.ts';
import { bundleOf, bundlePath, tileOf, tilePath, tilesOf, tileWidth } from '#src/ledger/tiles.ts';
import type { Spool } from './spool.ts';

/** The log itself as C2SP tiles, with every leaf; and its checkpoint where it is signed. */
export async function writeLog(spool: Spool, store: EvidenceStore, size: number): Promise<void> {
  for (const tile of tilesOf(size)) {
    const { level, n, width } = tile;
    await spool.add(`log/${tilePath(level, n, width)}`, tileOf(tile, store.nodeAt));
    if (level > 0) continue;
    const leaves = Array.from({ length: width }, (_, i) => store.leaf(n * tileWidth + i));
    await spool.add(`log/${bundlePath(n, width)}`, bundleOf(leaves));
  }
  const checkpoint = store.checkpoint(size);
  if (checkpoint) await spool.add('log/checkpoint', checkpoint.note);
}

/** Documents of the whole log, one a line: each hashes to what the leaves name. */
export async function writeLines(spool: Spool, path: string, store: EvidenceStore, hashes: Iterable<string>): Promise<void> {
  const lines = function* () {
    for (const hash of hashes) {
      const text = store.document(hash);
      if (text === null) throw new Error(`the document ${hash} is not there`);
      yield `${text}\n`;
    }
  };
  await spool.add(path, lines());
}
