import type { Judgement } from '#src/cycle/evaluate.ts';
import type { ToldCycle } from '#src/evidence/replay.ts';
import type { BackfillBody } from '#src/evidence/retell.ts';
import { contentOf } from '#src/evidence/salted.ts';
import { createState, type LoggedChange, nowhere, type ScopeState } from '#src/evidence/state.ts';
import type { CorrectedLook, EvidenceStore, RuleSet } from '#src/evidence/store.ts';

/**
 * Every look as it is known now, the oldest first: the cycles without the looks that were corrected, and each look that was brought as a cycle of
 * its own, under the ledger index of its leaf. Where nothing was corrected, the cycles as they were recorded.
 */
export function* knownCycles(store: EvidenceStore): Generator<ToldCycle> {
  const looks = store.corrected().toSorted((a, b) => a.asOf - b.asOf || a.index - b.index);
  if (looks.length === 0) return yield* store.told();
  const world = correctedWorld(store, looks);
  let next = 0;
  for (const cycle of store.told()) {
    for (; next < looks.length && looks[next]!.asOf < cycle.asOf; next++) yield world.brought(looks[next]!);
    const own: CorrectedLook[] = [];
    for (; looks[next]?.index === cycle.index; next++) own.push(looks[next]!);
    yield world.recorded(cycle, own);
  }
  for (; next < looks.length; next++) yield world.brought(looks[next]!);
}

/** The scopes as they are known, those that were corrected in a state of their own. Scopes, items and documents of it are numbered below zero. */
function correctedWorld(store: EvidenceStore, looks: readonly CorrectedLook[]) {
  const state = createState(nowhere);
  const corrected = new Map([...new Set(looks.map(({ scope }) => scope))].map((key, i) => [key, -i - 1]));
  const scopes = new Map<string, ScopeState>();
  const number = numbering();
  const bodies = new Map(store.entries('backfill').map(({ index, body }) => [index, body as unknown as BackfillBody]));
  const judgementsIn = (hash: string) => JSON.parse(contentOf(store.document(hash)!)) as Judgement[];

  const changeOf = (scope: string, { key, seen }: CorrectedLook['changes'][number]): LoggedChange => {
    const document = (hash: string) => ({ id: number(hash), hash });
    return {
      id: number(`${scope}\n${key}`),
      key,
      name: key,
      at: seen?.at ?? null,
      seen: seen && { snapshot: document(seen.snapshot), detail: document(seen.detail), vector: seen.vector },
      judgements: () => (seen ? judgementsIn(seen.detail) : []),
    };
  };
  const told = (look: CorrectedLook): { scope: ScopeState; changes: LoggedChange[] } => {
    const { scope: key, index, asOf, hold, is, unread } = look;
    const scope = state.scope(key) ?? state.addScope(key, corrected.get(key)!);
    scopes.set(key, scope);
    const changes = look.changes.map((change) => changeOf(key, change));
    if (is === 'end') state.retire(scope, { index, asOf, reason: '', changes });
    else if (is === 'events') state.take(scope, { index, asOf, rules: [], changes });
    else if (unread) state.failed(scope, { index, asOf, hold, unread });
    else state.complete(scope, { index, asOf, hold, rules: [], changes });
    return { scope, changes };
  };
  const looksAmong = (own: readonly CorrectedLook[]) =>
    own.flatMap(({ is, scope, hold, unread }) =>
      is === 'complete' || is === 'failed' ? [{ scope, hold, ...(unread && { unread }) }] : [],
    );

  return {
    recorded(cycle: ToldCycle, own: readonly CorrectedLook[]): ToldCycle {
      for (const [key, scope] of cycle.scopes) if (!corrected.has(key)) scopes.set(key, scope);
      const changes = own.map((look) => told(look));
      const kept = cycle.looks.looks.filter(({ scope }) => !corrected.has(scope));
      return {
        ...cycle,
        scopes,
        looks: { ...cycle.looks, looks: [...kept, ...looksAmong(own)] },
        changes: [...cycle.changes.filter(({ scope }) => !corrected.has(scope.key)), ...changes],
      };
    },
    brought(look: CorrectedLook): ToldCycle {
      const { index, asOf } = look;
      const ruleSetHash = bodies.get(index)!.ruleSet;
      const changes = [told(look)];
      return {
        index,
        connection: changes[0]!.scope.scope.connection,
        asOf,
        ended: asOf,
        ruleSet: JSON.parse(store.document(ruleSetHash)!) as RuleSet,
        ruleSetHash,
        looks: { looks: looksAmong([look]), retired: [] },
        changes,
        scopes,
        manifest: () => [],
      };
    },
  };
}

function numbering(): (name: string) => number {
  const given = new Map<string, number>();
  return (name) => given.get(name) ?? given.set(name, -given.size - 1).get(name)!;
}
