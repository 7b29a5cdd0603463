import { z } from 'zod';
import { CallFailure, type Collector, type Connection, defineCollector, type FoundPlace, type Transport } from '#src/collector.ts';
import type { CycleSettings } from '#src/cycle/cycle.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import { hour } from '#src/duration.ts';
import type { RuleSet } from '#src/evidence/store.ts';
import { definePopulation, type UnreadReason } from '#src/population.ts';
import { definePopulationRule, defineRule, fail, judgedBy, pass, type Rule } from '#src/rule.ts';

/** A small provider of its own: doors that may stand open, per region, and the guards of the account. */
const door = definePopulation('toy.door', {
  title: 'Doors',
  kind: 'state',
  fields: z.object({ open: z.boolean(), lock: z.string() }),
  example: { key: 'door:1', name: 'front', open: false, lock: 'steel' },
});

const guard = definePopulation('toy.guard', {
  title: 'Guards',
  kind: 'state',
  fields: z.object({ awake: z.boolean() }),
  example: { key: 'guard:1', name: 'Cerberus', awake: true },
});

export const doors = defineCollector(door, {
  id: 'toy-doors',
  title: 'Doors of a region',
  every: '1h',
  per: 'region',
  reads: {
    'toy:ListDoors': { needs: 'toy:ListDoors', reply: z.object({ doors: z.array(z.object({ id: z.string(), open: z.boolean() })) }) },
    'toy:GetLock': { needs: 'toy:GetLock', reply: z.object({ lock: z.string() }) },
  },
  async *collect(api) {
    for await (const { doors } of api.pages('toy:ListDoors', {})) {
      for (const { id, open } of doors) {
        const lock = await api.get('toy:GetLock', { query: { id } });
        yield { key: `door:${id}`, name: id, open, lock: lock.ok ? lock.value.lock : lock.unread };
      }
    }
  },
});

export const guards = defineCollector(guard, {
  id: 'toy-guards',
  title: 'Guards of the account',
  every: '1h',
  per: 'account',
  reads: {
    'toy:ListGuards': { needs: 'toy:ListGuards', reply: z.object({ guards: z.array(z.object({ id: z.string(), awake: z.boolean() })) }) },
  },
  async *collect(api) {
    const { guards } = await api.need('toy:ListGuards', {});
    for (const { id, awake } of guards) yield { key: `guard:${id}`, name: id, awake };
  },
});

const shut = defineRule(door, {
  id: 'toy.door-shut',
  title: 'Doors are shut',
  kind: 'state',
  severity: 'high',
  rationale: 'Open doors let people in.',
  remediation: 'Shut it.',
  inspects: ['open'],
  parameters: z.object({}),
  messages: { open: 'It stands open.', shut: 'It is shut.' },
  examples: { pass: [{}], fail: [{ open: true }] },
  evaluate: ({ open }) => (open ? fail('open') : pass('shut')),
});

const locked = defineRule(door, {
  id: 'toy.door-locked',
  title: 'Doors have a steel lock',
  kind: 'state',
  severity: 'low',
  rationale: 'Other locks break.',
  remediation: 'Replace it.',
  inspects: ['lock'],
  parameters: z.object({ metal: z.string().default('steel').describe('The metal wanted') }),
  messages: { good: '{lock}.', bad: '{lock}.' },
  examples: { pass: [{}], fail: [{ lock: 'brass' }] },
  evaluate: ({ lock }, { parameters }) => (lock === parameters.metal ? pass('good', { lock }) : fail('bad', { lock })),
});

const guarded = definePopulationRule(
  { doors: door, guards: guard },
  {
    id: 'toy.door-guarded',
    title: 'An open door has a guard who is awake',
    kind: 'state',
    severity: 'medium',
    within: 'account',
    rationale: 'Somebody must watch it.',
    remediation: 'Wake a guard.',
    inspects: { doors: ['open'], guards: ['awake'] },
    parameters: z.object({}),
    messages: { watched: 'Somebody watches.', alone: 'Nobody watches.' },
    examples: [{ title: 'watched', given: { doors: [{ open: true }], guards: [{}] }, expect: { 'door:1': { result: 'pass' } } }],
    *evaluate({ doors, guards }) {
      const awake = guards.some((each) => each.awake);
      for (const { key, open } of doors) yield { key, ...(awake || !open ? pass('watched') : fail('alone')) };
    },
  },
);

export const toyRules: readonly Rule[] = [shut, locked, guarded];

export interface World {
  /** Doors by region. */
  doors: Record<string, { id: string; open: boolean; lock?: string }[]>;
  guards: { id: string; awake: boolean }[];
  /** Calls that fail, as `region operation`, or `places`. */
  failing: Record<string, UnreadReason>;
  calls: number;
}

export const newWorld = (): World => ({
  doors: {
    north: [
      { id: 'n1', open: false },
      { id: 'n2', open: true },
    ],
    south: [{ id: 's1', open: false }],
  },
  guards: [{ id: 'g1', awake: true }],
  failing: {},
  calls: 0,
});

export function toyConnection(world: World): Connection {
  return {
    id: 'toy',
    provider: 'toy',
    discovery: {},
    async places(): Promise<FoundPlace[]> {
      const reason = world.failing.places;
      const blind: FoundPlace = {
        account: 'house',
        region: 'unknown',
        unread: { unread: reason ?? 'denied', call: 'toy:ListRegions', needs: 'toy:ListRegions', detail: '' },
      };
      return [
        { account: 'house', region: 'global' },
        ...(reason ? [blind] : Object.keys(world.doors).map((region) => ({ account: 'house', region }))),
      ];
    },
    open: ({ region }): Transport => ({
      async *call(operation, parameters) {
        world.calls += 1;
        const reason = world.failing[`${region} ${operation}`];
        if (reason) throw new CallFailure(reason, { code: 'Refused', status: 403, detail: 'Refused' });
        const status = { status: 200, requestId: `r${world.calls}` };
        if (operation === 'toy:ListDoors') {
          for (const { id, open } of world.doors[region]!) yield { body: { doors: [{ id, open, unwanted: 'secret' }] }, ...status };
          if (world.doors[region]!.length === 0) yield { body: { doors: [] }, ...status };
        } else if (operation === 'toy:GetLock') {
          const { id } = (parameters as { query: { id: string } }).query;
          yield { body: { lock: world.doors[region]!.find((each) => each.id === id)?.lock ?? 'steel' }, ...status };
        } else yield { body: { guards: world.guards }, ...status };
      },
    }),
    async close() {},
  };
}

export const toyRuleSet = (rules = toyRules, metal = 'steel'): RuleSet => ({
  rules: Object.fromEntries(rules.map(({ id }) => [id, { version: 'v1', parameters: id === locked.id ? { metal } : {} }])),
  byPopulation: Object.fromEntries(
    [...Map.groupBy(rules, (rule) => judgedBy(rule).type)].map(([type, list]) => [type, list.map(({ id }) => id).toSorted()]),
  ),
});

export const start = Date.parse('2026-03-01T00:00:00Z');

/** Settings of a cycle at `hours` after the start. */
export const settingsAt = (hours: () => number, over: Partial<CycleSettings> = {}): CycleSettings => ({
  collectors: [doors, guards] as Collector[],
  rules: toyRules,
  ruleSet: toyRuleSet(),
  declaration: scopeDeclaration({ in: ['toy:house'] }),
  memory: newMemory(),
  now: () => start + hours() * hour,
  ...over,
});
