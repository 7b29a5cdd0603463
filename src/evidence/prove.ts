import { byUtf8 } from '#src/ledger/order.ts';
import type { Absence, LeafProof, StateProof } from '#src/ledger/state-proof.ts';
import { createTree, type Hash, leafHash } from '#src/ledger/tree.ts';
import { itemDocument } from './documents.ts';
import type { Engine } from './engine.ts';
import { openLog } from './log.ts';
import type { Past } from './past.ts';
import { committedName } from './salted.ts';
import { seenOf } from './scope-tree.ts';
import type { State } from './state.ts';
import { documentOf } from './state-root.ts';
import { parseScopeKey, type StateQuestion } from './store.ts';

/**
 * Proofs of what was held of items, in the order of the questions: that an item was there and what was said of it, that it was not, or that
 * its scope was failing or not there. The history is told once, up to the last cycle asked for.
 * Throws RangeError where a question names a ledger index that is no cycle of the scope's connection.
 */
export function prove(db: Engine, past: Past, questions: readonly StateQuestion[]): StateProof[] {
  const log = openLog(db);
  const asked = Map.groupBy(questions, ({ cycle }) => cycle);
  const saltOf = db.prepare('SELECT salt FROM item JOIN scope ON scope.id = item.scope WHERE scope.key = ? AND item.key = ?');
  const nameOf = (scope: string, item: string): string | null => {
    const row = saltOf.get(scope, item);
    return row ? committedName(item, row['salt'] as Uint8Array | null) : null;
  };
  const answers = new Map<StateQuestion, StateProof>();
  const sizes = [...asked.keys()].map((index) => index + 1);
  const { state, cycles } = past.from(Math.min(...sizes) - 1, Math.max(...sizes));
  for (const { cycle } of cycles) {
    const own = asked.get(cycle.idx);
    if (own?.every(({ scope }) => parseScopeKey(scope).connection === cycle.connection)) {
      asked.delete(cycle.idx);
      const leaf = { index: cycle.idx, leaf: log.read(cycle.idx) };
      const answer = answering(state, cycle.connection, nameOf);
      for (const question of own) answers.set(question, { ...answer(question), cycle: leaf });
    }
    if (asked.size === 0) break;
  }
  for (const [{ cycle, scope }] of asked.values() as Iterable<[StateQuestion]>)
    throw new RangeError(`leaf ${cycle} of the ledger is not a cycle of the connection of ${scope}`);
  return questions.map((question) => answers.get(question)!);
}

/** Answers questions of the state as it is now. */
function answering(
  state: State,
  connection: string,
  nameOf: (scope: string, item: string) => string | null,
): (question: StateQuestion) => Omit<StateProof, 'cycle'> {
  const scopes = state.standing(connection);
  const documents = scopes.map((scope) => documentOf(scope));
  const tree = createTree(documents.map((document) => leafHash(document)));
  const places = new Map(scopes.map(({ key }, index) => [key, index]));
  const scopeAt = (index: number): LeafProof => leafProof(documents[index]!, index, scopes.length, tree.path(index));

  return ({ scope: key, item }) => {
    const place = places.get(key);
    if (place === undefined) return { noScope: absence(key, [...places.keys()], scopeAt) };
    const of = scopes[place]!;
    if (of.failing) return { scope: scopeAt(place) };
    const sorted = of.tree.sorted();
    const itemAt = (index: number): LeafProof =>
      leafProof(itemDocument(of.scope.population, seenOf(sorted[index]!)), index, sorted.length, of.tree.path(index));
    const found = sorted.findIndex(({ key }) => key === item);
    if (found >= 0) return { item: itemAt(found), scope: scopeAt(place) };
    const names = sorted.map(({ name }) => name);
    const known = nameOf(key, item);
    if (known === null && names.some((name) => name.startsWith('salted:')))
      throw new RangeError(`the items of ${key} are committed to by salted names: that one which was never seen is absent cannot be shown`);
    return { noItem: absence(known ?? item, names, itemAt), scope: scopeAt(place) };
  };
}

/** Between which of the sorted names this one would stand. */
function absence(name: string, names: readonly string[], proofAt: (index: number) => LeafProof): Absence {
  const next = names.findIndex((other) => byUtf8(other, name) > 0);
  const after = next < 0 ? names.length : next;
  return { name, before: after > 0 ? proofAt(after - 1) : null, after: after < names.length ? proofAt(after) : null };
}

const leafProof = (leaf: string, index: number, size: number, path: readonly Hash[]): LeafProof => ({
  leaf,
  index,
  size,
  path: path.map((hash) => hash.toString('hex')),
});
