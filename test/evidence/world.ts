import fc from 'fast-check';
import type { Judgement, Result } from '#src/cycle/evaluate.ts';
import {
  type CycleRecord,
  type EvidenceStore,
  type ItemChange,
  type RuleSet,
  type Scope,
  type ScopeRecord,
  scopeKey,
} from '#src/evidence/store.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { Unread } from '#src/population.ts';

/** A world in which everything that was observed is known: what the store is told only in changes. */
export interface Observation {
  readonly connection: string;
  readonly asOf: number;
  readonly ruleSet: RuleSet;
  readonly scopes: readonly ScopeObservation[];
  readonly retired: readonly Scope[];
}

type ScopeObservation = { readonly scope: Scope; readonly hold: number } & (
  | { readonly unread: Unread; readonly items?: never }
  | { readonly unread?: never; readonly items: readonly ItemObservation[]; readonly listed: number }
);

export interface ItemObservation {
  readonly key: string;
  readonly at: number | null;
  readonly snapshot: string;
  readonly judgements: readonly Judgement[];
}

export const minute = 60_000;
export const hour = 60 * minute;
export const start = Date.UTC(2026, 0, 1);

const results: readonly Result[] = ['pass', 'fail', 'not-applicable', 'unobserved', 'pending'];
const connections = ['first', 'second'];
const accounts = ['111111111111', '222222222222'];
const populations = { state: 'example.bucket', event: 'example.change' };

/** Rules come, go and change their parameters. */
const ruleSets: readonly RuleSet[] = [['a', 'b'], ['a', 'b', 'c'], ['b']].map((names, version) => ({
  rules: Object.fromEntries(names.map((name) => [`example.${name}`, { version: sha256(`${version}`), parameters: { days: version } }])),
  byPopulation: { [populations.state]: names.map((name) => `example.${name}`), [populations.event]: ['example.event'] },
}));

const act = fc.constantFrom('skip', 'look', 'look', 'look', 'look', 'fail', 'retire');
const item = fc.record({ listed: fc.boolean(), value: fc.nat(2), results: fc.array(fc.nat(4), { minLength: 3, maxLength: 3 }) });
const place = fc.record({
  act,
  reason: fc.constantFrom('denied', 'throttled'),
  hold: fc.constantFrom(hour, hour, 2 * hour),
  items: fc.array(item, { minLength: 3, maxLength: 3 }),
});
const step = fc.record({
  after: fc.constantFrom(1, 10 * minute, hour, hour, 3 * hour),
  connection: fc.nat(1),
  ruleSet: fc.constantFrom(0, 0, 0, 0, 1, 2),
  places: fc.array(place, { minLength: 3, maxLength: 3 }),
});
export const steps = fc.array(step, { minLength: 1, maxLength: 25 });
export type Steps = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** Makes of random steps what happened: events once seen are remembered, and only a scope that exists is retired. */
export function worldOf(given: Steps): Observation[] {
  const remembered = new Map<string, Map<string, ItemObservation>>();
  const existing = new Set<string>();
  let asOf = start;
  return given.map(({ after, connection: which, ruleSet: rules, places }) => {
    asOf += after;
    const connection = connections[which]!;
    const ruleSet = ruleSets[rules]!;
    const scopes: ScopeObservation[] = [];
    const retired: Scope[] = [];
    for (const [i, { act, reason, hold, items }] of places.entries()) {
      const scope = {
        connection,
        account: accounts[i % 2]!,
        region: 'global',
        population: i === 2 ? populations.event : populations.state,
      };
      const key = scopeKey(scope);
      if (act === 'retire' && existing.delete(key)) retired.push(scope);
      if (act === 'skip' || act === 'retire') continue;
      existing.add(key);
      if (act === 'fail') {
        scopes.push({ scope, hold, unread: { unread: reason as Unread['unread'], call: 'List', needs: 'list', detail: reason } });
        continue;
      }
      const seen = items.flatMap((one, n) => (one.listed ? [observe(scope, n, one, ruleSet)] : []));
      if (i !== 2) {
        scopes.push({ scope, hold, items: seen, listed: seen.length });
        continue;
      }
      const memory = remembered.get(key) ?? new Map<string, ItemObservation>();
      for (const event of seen) memory.set(event.key, event);
      remembered.set(key, memory);
      scopes.push({ scope, hold, items: [...memory.values()], listed: seen.length });
    }
    return { connection, asOf, ruleSet, scopes, retired };
  });
}

function observe(
  { population }: Scope,
  n: number,
  { value, results: given }: { value: number; results: number[] },
  ruleSet: RuleSet,
): ItemObservation {
  const key = `item-${n}`;
  const judgements = ruleSet.byPopulation[population]!.map((rule, i): Judgement => judgementOf(rule, results[given[i]!]!));
  return {
    key,
    at: population === populations.event ? start - n * minute : null,
    snapshot: canonical({ key, name: key, value }),
    judgements,
  };
}

function judgementOf(rule: string, result: Result): Judgement {
  if (result !== 'unobserved') return { rule, result, message: `It is ${result}.`, severity: result === 'fail' ? 'high' : 'low' };
  const unread: Unread = { unread: 'withheld', call: 'Get', needs: 'get', detail: '' };
  return { rule, result, message: 'It was not read.', severity: 'medium', unread };
}

/** What the store is told of an observation, given what it holds. */
export function recordOf({ connection, asOf, ruleSet, scopes, retired }: Observation, held: EvidenceStore['held']): CycleRecord {
  return {
    connection,
    asOf,
    ended: asOf + 1,
    ruleSet,
    retired: retired.map((scope) => ({ scope, reason: 'the account was closed' })),
    scopes: scopes.map((observed): ScopeRecord => {
      const { scope, hold, unread } = observed;
      const calls = callsOf(observed, asOf);
      if (unread) return { scope, hold, calls, status: 'failed', unread };
      const before = held.get(scopeKey(scope))?.items;
      const changes = observed.items.flatMap(({ key, at, snapshot, judgements }): ItemChange[] => {
        const known = before?.get(key);
        const same = known?.hash === sha256(snapshot) && canonical(known.judgements) === canonical(judgements);
        return same ? [] : [{ key, name: key, at, snapshot, judgements }];
      });
      const seen = new Set(observed.items.map(({ key }) => key));
      for (const [key, { at }] of before ?? [])
        if (!seen.has(key) && at === null) changes.push({ key, name: key, at: null, snapshot: null, judgements: null });
      return { scope, hold, calls, status: 'complete', items: observed.listed, changes };
    }),
  };
}

function callsOf({ unread, items }: ScopeObservation, asOf: number): ScopeRecord['calls'] {
  const call = { operation: 'List', parameters: '{}', page: 0 };
  if (unread)
    return [{ ...call, status: 403, requestId: `${asOf}-refused`, reply: null, failure: { reason: unread.unread, code: '', detail: '' } }];
  return [{ ...call, status: 200, requestId: `${asOf}-listed`, reply: canonical({ items: items.map(({ snapshot }) => snapshot) }) }];
}

/** For how long a look at a scope vouches at most at some time. */
export function declaredHold(store: EvidenceStore, scope: string, at: number): number {
  const holds = [...store.told()].flatMap(({ asOf, looks }) =>
    looks.looks.flatMap((look) => (look.scope === scope ? [{ asOf, ...look }] : [])),
  );
  return (holds.findLast(({ asOf }) => asOf <= at) ?? holds[0]!).hold;
}
