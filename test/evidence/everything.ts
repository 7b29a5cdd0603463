import { createPrivateKey } from 'node:crypto';
import fc from 'fast-check';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import { localSigner, type NoteSigner } from '#src/ledger/note.ts';
import { recordOf, steps, worldOf } from '#test/evidence/world.ts';

/** A key that is the same each time: 32 bytes of one value, in the frame that PKCS #8 gives them. */
export const testSigner = (name: string, value: number): NoteSigner =>
  localSigner(
    name,
    createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, value)]),
      format: 'der',
      type: 'pkcs8',
    }),
  );

const origin = 'example.com/evidence';
export const signers = [testSigner(origin, 1), testSigner(origin, 2)];

/** Makes a store with something in every table: its first leaves are not signed, its last with a key and then with another. */
export async function makeStoreOfEverything(file: string, leaves: number): Promise<void> {
  const options = { synchronous: 'OFF', requestIdDays: 10_000, personal: new Set(['example.bucket']) } as const;
  {
    await using store = openSqlite(file, options);
    await store.append('controls', 0, { a: 1 });
    await store.append('program', 0, { documents: { 'a.ts': sha256('a'), 'b.ts': sha256('b') } }, ['a', 'b']);
    const [world] = fc.sample(fc.array(steps, { minLength: 12, maxLength: 12 }), { seed: 11, numRuns: 1 });
    for (const observation of worldOf(world!.flat().slice(0, 40))) await store.commit(recordOf(observation, store.held));
    for (let n = 0; store.head().size < leaves - 8; n++) await store.append('schedule', 0, { n });
  }
  for (const [i, signer] of signers.entries()) {
    await using store = openSqlite(file, { ...options, signers: [signer] });
    await store.append('key', i, { vkey: signer.vkey });
    const { size } = await store.append('register', i, { i });
    for (const name of ['elsewhere', 'nearby'])
      await store.addAnchor({ name, kind: 'file', size, at: i, receipt: Buffer.from(`receipt ${i} of ${name}`) });
  }
}
