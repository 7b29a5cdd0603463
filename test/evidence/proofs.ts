import { generateKeyPairSync } from 'node:crypto';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { StateQuestion } from '#src/evidence/store.ts';
import { checkpointText } from '#src/ledger/checkpoint.ts';
import { localSigner, noteOf, signatureLine } from '#src/ledger/note.ts';
import { inclusionPath, nodesOf, rootOf } from '#src/ledger/proof.ts';
import type { Absence, LeafProof, StateProof } from '#src/ledger/state-proof.ts';
import { formatProof } from '#src/ledger/tlog-proof.ts';
import { leafHash } from '#src/ledger/tree.ts';
import { type Observation, recordOf, type Steps, steps, worldOf } from './world.ts';

export const places = ['111111111111/global/example.bucket', '222222222222/global/example.bucket', '111111111111/global/example.change'];
export const items = ['item-', 'item-0', 'item-00', 'item-1', 'item-2', 'item-3'];
export const signer = localSigner('log.example', generateKeyPairSync('ed25519').privateKey);

export interface Told {
  readonly world: readonly Observation[];
  readonly questions: readonly StateQuestion[];
  readonly proofs: readonly StateProof[];
  /** The proof file of each cycle. */
  readonly files: ReadonlyMap<number, string>;
}

/** Every question of every cycle of a world, with the answers. */
export async function told(given: Steps): Promise<Told> {
  const world = worldOf(given);
  await using store = openSqlite(':memory:', { synchronous: 'OFF' });
  for (const observation of world) await store.commit(recordOf(observation, store.held));
  const questions = world.flatMap(({ connection }, cycle) =>
    places.flatMap((place) => items.map((item) => ({ cycle, scope: `${connection}/${place}`, item }))),
  );
  const proofs = store.prove(questions);
  const leaves = new Map(proofs.map(({ cycle }) => [cycle.index, leafHash(cycle.leaf)]));
  const nodeAt = nodesOf([...leaves.values()]);
  const root = rootOf(world.length, nodeAt);
  expect(root.toString('hex')).toBe(store.head().root);
  const text = checkpointText({ origin: signer.name, size: world.length, root });
  const note = noteOf(text, [signatureLine(signer.vkey, await signer.sign(text))]);
  const file = (index: number) => formatProof({ index, path: inclusionPath(index, world.length, nodeAt), note });
  return { world, questions, proofs, files: new Map([...leaves.keys()].map((index) => [index, file(index)])) };
}

/** A world of at least so many cycles. */
export const toldOf = (seed: number, cycles = 20): Promise<Told> =>
  told(
    fc
      .sample(fc.array(steps, { minLength: cycles, maxLength: cycles }), { seed, numRuns: 1 })[0]!
      .flat()
      .slice(0, cycles),
  );

/** Every proof with one of its parts put another way, taken away, or taken from another proof. */
export function* alterations(proof: StateProof, other: StateProof): Generator<StateProof> {
  yield { ...proof, cycle: other.cycle };
  yield { ...proof, cycle: { ...proof.cycle, index: other.cycle.index } };
  yield { ...proof, cycle: { ...proof.cycle, leaf: other.cycle.leaf } };
  for (const part of ['item', 'noItem', 'scope', 'noScope'] as const) {
    const { [part]: gone, ...rest } = proof;
    if (gone) yield rest;
    const { [part]: foreign } = other;
    if (foreign) yield { ...proof, [part]: foreign };
    if (foreign) yield { [part]: foreign, cycle: proof.cycle };
  }
  for (const part of ['item', 'scope'] as const) for (const altered of moved(proof[part])) yield { ...proof, [part]: altered };
  for (const part of ['noItem', 'noScope'] as const) {
    const absence = proof[part];
    if (!absence) continue;
    const { before, after } = absence;
    const names = [...items, ...places.map((place) => `first/${place}`), 'first', ''];
    for (const name of names) yield { ...proof, [part]: { ...absence, name } };
    yield { ...proof, [part]: { ...absence, before: null } };
    yield { ...proof, [part]: { ...absence, after: null } };
    yield { ...proof, [part]: { ...absence, before: null, after: null } };
    yield { ...proof, [part]: { ...absence, before: after, after: before } };
    for (const altered of moved(before)) yield { ...proof, [part]: { ...absence, before: altered } };
    for (const altered of moved(after)) yield { ...proof, [part]: { ...absence, after: altered } };
  }
}

/** The leaf at another place of a tree of another size. */
function* moved(of: LeafProof | null | undefined): Generator<LeafProof> {
  if (!of) return;
  const { index, size, path } = of;
  for (const by of [-1, 1]) {
    yield { ...of, index: index + by };
    yield { ...of, size: size + by };
    yield { ...of, index: index + by, size: size + by };
  }
  yield { ...of, path: path.toReversed() };
}

/** Another character in a leaf or a path; a path longer or shorter. None of it hashes to the same root. */
export function* damages(proof: StateProof, seed: number): Generator<StateProof> {
  const character = (text: string) => {
    const at = seed % text.length;
    return text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
  };
  function* damaged(of: LeafProof | null | undefined): Generator<LeafProof> {
    if (!of) return;
    const { leaf, path } = of;
    for (const altered of [character(leaf), leaf.replace(':', ': '), `${leaf}\n`, leaf.slice(0, -1), '', 'null', '{}'])
      yield { ...of, leaf: altered };
    for (const [i, hash] of path.entries()) {
      for (const altered of [character(hash), hash.toUpperCase().replace(/[A-F]|$/, 'A'), hash.slice(2), ''])
        yield { ...of, path: path.with(i, altered) };
      yield { ...of, path: path.toSpliced(i, 1) };
    }
    yield { ...of, path: [...path, 'ab'.repeat(32)] };
  }
  yield { ...proof, cycle: { ...proof.cycle, leaf: character(proof.cycle.leaf) } };
  for (const part of ['item', 'scope'] as const) for (const altered of damaged(proof[part])) yield { ...proof, [part]: altered };
  for (const part of ['noItem', 'noScope'] as const) {
    const absence: Absence | undefined = proof[part];
    for (const side of ['before', 'after'] as const)
      for (const altered of damaged(absence?.[side])) yield { ...proof, [part]: { ...absence!, [side]: altered } };
  }
}
