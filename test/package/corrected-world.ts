import fc from 'fast-check';
import { z } from 'zod';
import { hour } from '#src/duration.ts';
import { HoldfastError } from '#src/errors.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { BackfillRecord, EvidenceStore } from '#src/evidence/store.ts';
import { scopeKey } from '#src/evidence/store.ts';
import { definePopulation } from '#src/population.ts';
import { defineRule, pass, type Rule } from '#src/rule.ts';
import type { Interval } from '#src/window/types.ts';
import { declaredHold, recordOf, type Steps, start, steps, worldOf } from '#test/evidence/world.ts';
import { toySource } from './world.ts';

/** The rules of test/evidence/world.ts: what they say there is random, so that they are never run. */
const ruleOver = (population: string, kind: 'state' | 'event', name: string): Rule =>
  defineRule(definePopulation(population, { title: population, kind, fields: z.object({}), example: { key: 'k', name: 'k' } } as never), {
    id: `example.${name}`,
    title: name,
    kind,
    severity: 'low',
    rationale: '',
    remediation: '',
    inspects: [],
    parameters: z.object({}),
    messages: { fine: 'Fine.' },
    examples: { pass: [{}], fail: [] },
    evaluate: () => pass('fine'),
  });
export const exampleRules: readonly Rule[] = [
  ...['a', 'b', 'c'].map((name) => ruleOver('example.bucket', 'state', name)),
  ruleOver('example.change', 'event', 'event'),
];

/** What is corrected when: after how many cycles, at which scope, over which share of the time that has passed, with which looks. */
const correction = fc.record({ after: fc.nat(20), scope: fc.nat(5), from: fc.nat(99), to: fc.nat(99), looks: steps });
type Correction = typeof correction extends fc.Arbitrary<infer T> ? T : never;
export const correctedWorlds = fc.record({
  world: steps,
  corrections: fc.array(correction, { minLength: 1, maxLength: 4 }),
  window: fc.tuple(fc.nat(100), fc.nat(100)),
});

/** A store of random cycles and corrections, events among them, and how many were taken. */
export async function correctedStore(given: Steps, corrections: readonly Correction[]): Promise<{ store: EvidenceStore; taken: number }> {
  const store = openSqlite(':memory:');
  let taken = 0;
  for (const [n, observation] of worldOf(given).entries()) {
    await store.commit(recordOf(observation, store.held));
    for (const one of corrections.filter(({ after }) => after === n)) {
      const record = recordOfCorrection(one, store);
      try {
        if (record) await store.backfill(record);
        taken += Number(record !== null);
      } catch (error) {
        if (!(error instanceof HoldfastError && error.code === 'BACKFILL_REFUSED')) throw error;
      }
    }
  }
  return { store, taken };
}

function recordOfCorrection({ scope: which, from: a, to: b, looks }: Correction, store: EvidenceStore): BackfillRecord | null {
  const scopes = [...store.held.values()];
  const held = scopes[which % Math.max(1, scopes.length)];
  if (!held) return null;
  const last = store.lastCycle()!.asOf;
  const at = (share: number) => start + Math.floor(((last - start) * share) / 100);
  const [from, to] = [Math.min(at(a), at(b)), Math.max(at(a), at(b))];
  const brought = worldOf(looks).flatMap(({ scopes: seen, asOf, ruleSet }) =>
    seen.filter(({ scope }) => scope.population === held.scope.population).map((look) => ({ look, asOf: from + (asOf - start), ruleSet })),
  );
  const fitting = brought.filter(
    ({ asOf, ruleSet }, i) => asOf < to && ruleSet === brought[0]!.ruleSet && brought.findIndex((each) => each.asOf === asOf) === i,
  );
  if (fitting.length === 0) return null;
  const call = {
    operation: 'List',
    parameters: '{}',
    page: 0,
    status: 200,
    requestId: 'late',
    reply: `{"scope":"${scopeKey(held.scope)}"}`,
  };
  return {
    at: last + 1,
    scope: held.scope,
    from,
    to,
    reason: '=the export of "that" night',
    run: 'import-7',
    ruleSet: fitting[0]!.ruleSet,
    looks: fitting.map(({ asOf, look: { hold: given, unread, items } }) => {
      const hold = Math.min(given, declaredHold(store, scopeKey(held.scope), asOf));
      return unread
        ? { asOf, hold, calls: [], unread }
        : { asOf, hold, calls: [call], items: items!.map((item) => ({ ...item, name: item.key })) };
    }),
  };
}

/** What a package of it is made from. */
export function sourceOf(store: EvidenceStore, { from, to }: Interval) {
  const asOf = Math.max(store.lastCycle()!.asOf, to);
  const source = toySource(store, { from, to, asOf });
  return { ...source, reporting: { ...source.reporting, rules: exampleRules, asOf } };
}

/** A window between two shares of the time that was looked at, and an hour around it. */
export function windowIn(store: EvidenceStore, [a, b]: readonly [number, number]): Interval {
  const last = store.lastCycle()!.asOf;
  const at = (share: number) => start - hour + Math.floor(((last - start + 2 * hour) * share) / 100);
  return { from: Math.min(at(a), at(b)), to: Math.max(at(a), at(b)) + 1 };
}
