import fc from 'fast-check';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import type { NoteSigner } from '#src/ledger/note.ts';
import { signers } from '#test/evidence/signers.ts';
import { hour, recordOf, start, steps, worldOf } from '#test/evidence/world.ts';

/** Makes a store with something in every table, and documents that were purged: its first leaves are not signed, its last with a key and then with another. */
export async function makeStoreOfEverything(file: string, leaves: number): Promise<void> {
  const options = { synchronous: 'OFF', requestIdDays: 10_000, personal: new Set(['example.bucket']) } as const;
  {
    await using store = openSqlite(file, options);
    await store.append('controls', 0, { a: 1 });
    await store.append('program', 0, { documents: { 'a.ts': sha256('a'), 'b.ts': sha256('b') } }, ['a', 'b']);
    const [world] = fc.sample(fc.array(steps, { minLength: 12, maxLength: 12 }), { seed: 11, numRuns: 1 });
    for (const observation of worldOf(world!.flat().slice(0, 40))) await store.commit(recordOf(observation, store.held));
    const before = { replies: start + 24 * hour, snapshots: start + 24 * hour };
    await store.purge({ at: start + 48 * hour, by: 'the owner', policy: 'a day is kept', before });
    for (let n = 0; store.head().size < leaves - 9; n++) await store.append('schedule', 0, { n });
  }
  const [first, next] = signers;
  for (const [i, [inForce, retired]] of (
    [
      [[first], []],
      [[next, first], []],
      [[next], [first]],
    ] as const
  ).entries()) {
    await using store = openSqlite(file, { ...options, signers: inForce });
    const vkeys = (of: readonly NoteSigner[]) => of.map(({ vkey }) => vkey);
    await store.append('key', i, { inForce: vkeys(inForce), new: i === 2 ? [] : [inForce[0].vkey], retired: vkeys(retired) });
    const { size } = await store.append('register', i, { i });
    await store.addAnchor({ name: 'elsewhere', kind: 'file', size, at: i, receipt: Buffer.from(`receipt ${i}`) });
  }
}
