import { readFileSync, writeFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { sha256 } from '#src/ledger/canonical.ts';

/**
 * Stores that earlier versions of the program wrote, with the head that they had, and the SHA-256 of all their runs and of all histories of
 * what they held. `v1` has the first migration only, `v2` the first two. `random-world` is test/evidence/world.ts with a full tile of leaves;
 * `example` the first days of the example company; `everything` test/evidence/everything.ts, with documents that were purged.
 */
export const formerStores = [
  {
    name: 'v1.random-world',
    size: 258,
    root: '61200f46a43993e39faaff2068b883f6965bc11861c8568969998bb0f93ee776',
    runs: '0c3bef9b614220a37e006378e64bd4a5321c0a0aac8fda7b32a4ba5c7677d5ec',
    histories: '77e9569d9edbbad898638f2f02ab5292dbb7590d385349f17cdfa7e084bab220',
  },
  {
    name: 'v1.example',
    size: 136,
    root: '472c52bdf27cc8b2826d95cff530456fd0713b263be7db09953abe6690cebdfb',
    runs: 'c6ee6371c4ef600582b754c3c8cf6fcbcf926a8046406a8bd760894188813683',
    histories: '101d4cecf6683f7e6cb5b2ce191d194d87e7785344e83901f9517fe3befed173',
  },
  {
    name: 'v2.everything',
    size: 258,
    root: '8f446e1176d742432241b9e814d43e74b62480123dce3d1cb8f226ab3619bc76',
    runs: 'cecd46280ff03372908859b645eeb72fd952a2d1cd61ecdacf9d0ce7cd06a0c0',
    histories: 'a245e5db6483d54a2fd471e28552ca1d82c779f9daeeee90a685fc0c32575933',
  },
] as const;

/** What stands beside a former store of what it answers. */
export function answersOf(store: EvidenceStore) {
  const histories = [...store.held].flatMap(([scope, { items }]) => [...items.keys()].map((item) => store.history(scope, item)));
  const runs = [...store.runs({ from: 0, to: 9e15 })];
  return { ...store.head(), runs: sha256(JSON.stringify(runs)), histories: sha256(JSON.stringify(histories)) };
}

export function unpackStore(name: string, file: string): void {
  writeFileSync(file, zstdDecompressSync(readFileSync(new URL(`../fixtures/stores/${name}.db.zst`, import.meta.url))));
}
