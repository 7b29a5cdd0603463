import { readFileSync, writeFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';

/**
 * Stores that earlier versions of the program wrote, with the head that they had. `v1` has the first migration only.
 * `random-world` is test/evidence/world.ts with a full tile of leaves; `example` the first days of the example company.
 */
export const formerStores = [
  { name: 'v1.random-world', size: 258, root: '61200f46a43993e39faaff2068b883f6965bc11861c8568969998bb0f93ee776' },
  { name: 'v1.example', size: 136, root: '472c52bdf27cc8b2826d95cff530456fd0713b263be7db09953abe6690cebdfb' },
] as const;

export function unpackStore(name: string, file: string): void {
  writeFileSync(file, zstdDecompressSync(readFileSync(new URL(`../fixtures/stores/${name}.db.zst`, import.meta.url))));
}
