import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { type StateQuestion, scopeKey } from '#src/evidence/store.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import { checkpointText } from '#src/ledger/checkpoint.ts';
import { localSigner, NoteError, noteOf, signatureLine } from '#src/ledger/note.ts';
import { inclusionPath, nodesOf, ProofError, rootOf } from '#src/ledger/proof.ts';
import { type Absence, checkStateInLog, type LeafProof, type Shown, type StateProof } from '#src/ledger/state-proof.ts';
import { formatProof } from '#src/ledger/tlog-proof.ts';
import { leafHash } from '#src/ledger/tree.ts';
import { type Observation, recordOf, type Steps, start, steps, worldOf } from './world.ts';

/** What was held of every scope after each cycle: its items, why it could not be read, or nothing where it was not there. */
type Held = ReadonlyMap<string, { readonly items: ReadonlyMap<string, string>; readonly failing: string | null }>;

function heldAfter(world: readonly Observation[]): Held[] {
  const held = new Map<string, { items: ReadonlyMap<string, string>; failing: string | null }>();
  return world.map(({ scopes, retired }) => {
    for (const { scope, unread, items } of scopes) {
      const before = held.get(scopeKey(scope))?.items ?? new Map();
      const now = unread ? before : new Map(items.map(({ key, snapshot }) => [key, sha256(snapshot)]));
      held.set(scopeKey(scope), { items: now, failing: unread?.unread ?? null });
    }
    for (const scope of retired) held.delete(scopeKey(scope));
    return new Map(held);
  });
}

const places = ['111111111111/global/example.bucket', '222222222222/global/example.bucket', '111111111111/global/example.change'];
const items = ['item-', 'item-0', 'item-00', 'item-1', 'item-2', 'item-3'];
const signer = localSigner('log.example', generateKeyPairSync('ed25519').privateKey);

interface Told {
  readonly world: readonly Observation[];
  readonly questions: readonly StateQuestion[];
  readonly proofs: readonly StateProof[];
  /** The proof file of each cycle. */
  readonly files: ReadonlyMap<number, string>;
}

/** Every question of every cycle of a world, with the answers. */
async function told(given: Steps): Promise<Told> {
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

function shown(proof: StateProof, files: Told['files']): Shown | null {
  try {
    return checkStateInLog(proof, files.get(proof.cycle.index) ?? '', [signer.vkey]);
  } catch (error) {
    if (error instanceof ProofError || error instanceof NoteError) return null;
    throw error;
  }
}

/** Whether the world was so. */
function holds(found: Shown, world: readonly Observation[], held: readonly Held[]): boolean {
  const { asOf, connection } = world[found.cycle]!;
  const truth = held[found.cycle]!.get(found.scope);
  if (found.asOf !== new Date(asOf).toISOString() || !found.scope.startsWith(`${connection}/`)) return false;
  if (found.shows === 'no scope' || !truth) return found.shows === 'no scope' && !truth;
  if (found.shows === 'failed' || truth.failing !== null) return found.shows === 'failed' && found.reason === truth.failing;
  if (found.shows === 'no item') return !truth.items.has(found.name);
  return truth.items.get(found.item.item) === found.item.snapshot;
}

test('every question is answered, and the answer shows what was held', async () => {
  const kinds = new Set<string>();
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const { world, questions, proofs, files } = await told(given);
      const held = heldAfter(world);
      for (const [i, { cycle, scope, item }] of questions.entries()) {
        const found = checkStateInLog(proofs[i]!, files.get(cycle)!, [signer.vkey]);
        kinds.add(found.shows);
        expect({ ...found, held: holds(found, world, held) }).toMatchObject({ cycle, scope, held: true, origin: 'log.example' });
        if (found.shows === 'item') expect(found.item.item).toBe(item);
        if (found.shows === 'no item') expect(found.name).toBe(item);
      }
    }),
    { numRuns: 8 },
  );
  expect([...kinds].sort()).toEqual(['failed', 'item', 'no item', 'no scope']);
});

describe('a proof that was altered', () => {
  test('shows nothing, or what was so as well', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (given, seed) => {
        const { world, proofs, files } = await told(given);
        const held = heldAfter(world);
        for (let n = 0; n < 8; n++) {
          const other = proofs[(seed + 11 * n + 5) % proofs.length]!;
          for (const altered of alterations(proofs[(seed + 7 * n) % proofs.length]!, other)) {
            const found = shown(altered, files);
            if (found && !holds(found, world, held)) throw new Error(`it shows ${JSON.stringify(found)}: ${JSON.stringify(altered)}`);
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  test('shows nothing where a leaf or a hash is another', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (given, seed) => {
        const { proofs, files } = await told(given);
        for (let n = 0; n < 8; n++)
          for (const altered of damages(proofs[(seed + 7 * n) % proofs.length]!, seed + n)) expect(shown(altered, files)).toBeNull();
      }),
      { numRuns: 8 },
    );
  });
});

test('a question that cannot be asked is told', async () => {
  const world = worldOf(fc.sample(steps, { seed: 3, numRuns: 1 })[0]!);
  await using store = openSqlite(':memory:', { synchronous: 'OFF' });
  await store.append('schedule', start, {});
  for (const observation of world) await store.commit(recordOf(observation, store.held));
  const question = { cycle: 1, scope: `${world[0]!.connection}/${places[0]}`, item: 'item-0' };
  expect(store.prove([])).toEqual([]);
  expect(store.prove([question, question])).toHaveLength(2);
  for (const cycle of [0, -1, store.head().size]) expect(() => store.prove([question, { ...question, cycle }])).toThrow(RangeError);
  expect(() => store.prove([{ ...question, scope: 'third/x/y/z' }])).toThrow(
    'leaf 1 of the ledger is not a cycle of the connection of third',
  );
});

/** Every proof with one of its parts put another way, taken away, or taken from another proof. */
function* alterations(proof: StateProof, other: StateProof): Generator<StateProof> {
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
function* damages(proof: StateProof, seed: number): Generator<StateProof> {
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
