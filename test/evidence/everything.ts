import fc from 'fast-check';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { NoteSigner } from '#src/ledger/note.ts';
import { signers } from '#test/evidence/signers.ts';
import { hour, recordOf, start, steps, worldOf } from '#test/evidence/world.ts';

/** A look at a scope that no cycle had, and one that failed. */
async function correctOne(store: EvidenceStore): Promise<void> {
  const { scope } = store.held.values().find(({ scope, retired }) => scope.population === 'example.change' && !retired)!;
  const call = { operation: 'List', parameters: '{}', page: 0, status: 200, requestId: 'late', reply: '{"late":true}' };
  const judgement = { rule: 'example.event', result: 'pass', message: 'It came late.', severity: 'low' } as const;
  const item = { key: 'late', name: 'late', at: start, snapshot: canonical({ key: 'late', name: 'late' }), judgements: [judgement] };
  const unread = { unread: 'denied', call: 'List', needs: 'List', detail: '' } as const;
  await store.backfill({
    at: store.lastCycle()!.asOf,
    scope,
    from: start,
    to: start + 2,
    reason: 'an export',
    run: 'import-7',
    ruleSet: { rules: {}, byPopulation: { 'example.change': ['example.event'] } },
    looks: [
      { asOf: start, hold: hour, calls: [call], items: [item] },
      { asOf: start + 1, hold: hour, calls: [], unread },
    ],
  });
}

/** Makes a store with something in every table, and documents that were purged: its first leaves are not signed, its last with a key and then with another. */
export async function makeStoreOfEverything(file: string, leaves: number): Promise<void> {
  const options = { synchronous: 'OFF', requestIdDays: 10_000, personal: new Set(['example.bucket']) } as const;
  {
    await using store = openSqlite(file, options);
    await store.append('controls', 0, { a: 1 });
    await store.append('program', 0, { documents: { 'a.ts': sha256('a'), 'b.ts': sha256('b') } }, ['a', 'b']);
    const [world] = fc.sample(fc.array(steps, { minLength: 12, maxLength: 12 }), { seed: 11, numRuns: 1 });
    for (const observation of worldOf(world!.flat().slice(0, 40))) await store.commit(recordOf(observation, store.held));
    await correctOne(store);
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
