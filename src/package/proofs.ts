import type { EvidenceStore, StateQuestion } from '#src/evidence/store.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import { inclusionPath } from '#src/ledger/proof.ts';
import { formatStateProof } from '#src/ledger/state-proof.ts';
import { formatProof } from '#src/ledger/tlog-proof.ts';
import { digest } from '#src/ledger/tree.ts';
import { correctedIn } from '#src/report/corrected.ts';
import type { DeviationRow } from '#src/report/types.ts';
import { csv } from './csv.ts';
import type { Spool } from './spool.ts';
import type { BackfillFact, CycleFact } from './trail.ts';

/** One result to prove: what it is, and the cycle that recorded it. */
interface Claim extends StateQuestion {
  readonly about: 'deviation' | 'sample';
  readonly rule: string;
  readonly result: string;
}

const sampled = 25;

/** A proof of the look that first saw each deviation, and of a sample of what holds: from the item to the signed head. */
export async function writeProofs(
  spool: Spool,
  store: EvidenceStore,
  {
    cycles,
    deviations,
    backfills,
    size,
  }: { cycles: readonly CycleFact[]; deviations: readonly DeviationRow[]; backfills: readonly BackfillFact[]; size: number },
): Promise<void> {
  const checkpoint = store.checkpoint(size);
  if (!checkpoint) return;
  const cycleAt = new Map(cycles.map(({ asOf, index }) => [asOf, index]));
  const claims = [
    ...deviations.flatMap(({ rule, scope, item, firstBad }): Claim[] => {
      const cycle = cycleAt.get(Date.parse(firstBad));
      // The state of the cycle is what it recorded; what was brought in its place is proven by the documents of its own leaf.
      const brought = correctedIn(backfills, scope, Date.parse(firstBad), Date.parse(firstBad) + 1) !== null;
      const known = cycle !== undefined && store.held.has(scope) && !rule.startsWith('meta.') && !brought;
      return known ? [{ about: 'deviation', rule, scope, item, cycle, result: 'fail' }] : [];
    }),
    ...sampleOf(store, Buffer.from(checkpoint.root, 'hex')),
  ];
  const proofs = store.prove(claims);
  for (const [i, proof] of proofs.entries()) {
    const { cycle } = claims[i]!;
    await spool.add(`proofs/${i + 1}.json`, formatStateProof({ ...proof, tlogProof: `${i + 1}.tlog-proof` }));
    const path = inclusionPath(cycle, size, store.nodeAt);
    await spool.add(`proofs/${i + 1}.tlog-proof`, formatProof({ index: cycle, path, note: checkpoint.note }));
  }
  await spool.add(
    'proofs/index.csv',
    csv(
      ['n', 'about', 'rule', 'scope', 'key', 'cycle', 'result'],
      claims.map(({ about, rule, scope, item, cycle, result }, i) => [i + 1, about, rule, scope, item, cycle, result]),
    ),
  );
}

/**
 * Results of the latest complete looks, which the root chooses and not who exports: of all n of them by scope, item and rule, for k = 0, 1, …
 * the one whose place is the first six bytes of SHA-256(root || k as four bytes), big-endian, modulo n.
 */
function sampleOf({ held, lastLookIndex }: EvidenceStore, root: Buffer): Claim[] {
  const scopes = [...held]
    .filter(([scope, { retired }]) => retired === null && lastLookIndex(scope) !== null)
    .sort(([a], [b]) => byUtf8(a, b));
  const results = scopes.flatMap(([scope, { items }]) =>
    [...items.keys()].sort(byUtf8).flatMap((item) => items.get(item)!.judgements.map((judgement) => ({ scope, item, judgement }))),
  );
  const chosen = new Set<number>();
  for (let k = 0; chosen.size < Math.min(sampled, results.length); k++) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(k);
    chosen.add(digest(Buffer.concat([root, counter])).readUIntBE(0, 6) % results.length);
  }
  return [...chosen]
    .sort((a, b) => a - b)
    .map((place) => {
      const { scope, item, judgement } = results[place]!;
      return { about: 'sample', rule: judgement.rule, scope, item, cycle: lastLookIndex(scope)!, result: judgement.result };
    });
}
