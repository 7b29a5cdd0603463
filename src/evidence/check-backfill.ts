import type { Json } from '#src/ledger/canonical.ts';
import { merkleRoot } from '#src/ledger/tree.ts';
import type { BackfilledItem } from './backfill.ts';
import type { Blobs } from './blobs.ts';
import { itemLeaf } from './documents.ts';
import type { BackfillBody } from './retell.ts';
import { parseScopeKey } from './store.ts';

/** The looks that a backfill brought: each has the root and the number of its items. */
export function* checkBackfill(where: string, body: Json, blobs: Blobs): Generator<string> {
  const { scope, looks } = body as unknown as BackfillBody;
  const { population } = parseScopeKey(scope);
  for (const { asOf, items, n, root } of looks) {
    const id = items === undefined ? null : blobs.find(items);
    if (id === null || blobs.isPurged(id)) continue;
    const seen = JSON.parse(blobs.read(id)) as BackfilledItem[];
    const found = merkleRoot(seen.map((item) => itemLeaf(population, item))).toString('hex');
    if (seen.length !== n || found !== root) yield `${where}: the look of ${asOf} is not what its leaf says`;
  }
}
