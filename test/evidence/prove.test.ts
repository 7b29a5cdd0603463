import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { scopeKey } from '#src/evidence/store.ts';
import { sha256 } from '#src/ledger/canonical.ts';
import { NoteError } from '#src/ledger/note.ts';
import { ProofError } from '#src/ledger/proof.ts';
import { checkStateInLog, checkStateProof, type Shown, type StateProof } from '#src/ledger/state-proof.ts';
import { alterations, damages, places, signer, type Told, told } from './proofs.ts';
import { type Observation, recordOf, start, steps, worldOf } from './world.ts';

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

test('of people it is shown by their salted names, and that one is absent only of one who was ever there', async () => {
  const personal = new Set(['example.bucket', 'example.change']);
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const world = worldOf(given);
      const held = heldAfter(world);
      await using store = openSqlite(':memory:', { synchronous: 'OFF', personal });
      for (const observation of world) await store.commit(recordOf(observation, store.held));
      for (const [cycle, { connection }] of world.entries()) {
        const scope = `${connection}/${places[cycle % 3]}`;
        const truth = held[cycle]!.get(scope);
        for (const item of ['item-0', 'item-1', 'item-2']) {
          const everSeen = held.some((state) => state.get(scope)?.items.has(item));
          const ask = () => checkStateProof(store.prove([{ cycle, scope, item }])[0]!);
          if (!everSeen && truth?.failing === null && truth.items.size > 0) {
            expect(ask).toThrow('cannot be shown');
            continue;
          }
          const found = ask();
          if (found.shows === 'item')
            expect([found.item.item, truth!.items.has(item)]).toEqual([expect.stringMatching(/^salted:[0-9a-f]{64}$/), true]);
          if (found.shows === 'no item') expect([found.name.startsWith('salted:'), truth!.items.has(item)]).toEqual([everSeen, false]);
        }
      }
    }),
    { numRuns: 4 },
  );
});

test('a plain name is not shown to be absent from among salted ones', async () => {
  const world = worldOf(fc.sample(steps, { seed: 8, numRuns: 1 })[0]!);
  await using store = openSqlite(':memory:', { synchronous: 'OFF', personal: new Set(['example.bucket']) });
  for (const observation of world) await store.commit(recordOf(observation, store.held));
  // Salts are random: any of the items may come last.
  const proofs = world.flatMap(({ connection }, cycle) => {
    const { items } = store.knownAt(cycle + 1).held.get(`${connection}/${places[0]}`) ?? { items: new Map<string, never>() };
    return store.prove([...items.keys()].map((item) => ({ cycle, scope: `${connection}/${places[0]}`, item })));
  });
  const forged = proofs.flatMap((proof): StateProof[] => {
    const { item, ...rest } = proof;
    return item && item.index === item.size - 1 ? [{ ...rest, noItem: { name: 'zoe', before: item, after: null } }] : [];
  });
  expect(forged.length).toBeGreaterThan(0);
  for (const proof of forged) expect(() => checkStateProof(proof)).toThrow('stand by salted names');
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
