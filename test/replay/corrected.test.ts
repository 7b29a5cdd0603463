import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { reperformAll } from '#src/backfill/again.ts';
import { judgeLooks } from '#src/backfill/judging.ts';
import { knownWorld } from '#src/backfill/known-world.ts';
import { collectedItem } from '#src/cycle/items.ts';
import { hour } from '#src/duration.ts';
import { HoldfastError } from '#src/errors.ts';
import { type EvidenceStore, parseScopeKey } from '#src/evidence/store.ts';
import type { Observed } from '#src/population.ts';
import { knownCycles } from '#src/replay/known-cycles.ts';
import { judgeAgain } from '#src/replay/lane.ts';
import { recollect } from '#src/replay/recollect.ts';
import { lensOver, reperform } from '#src/replay/reperform.ts';
import { pass, type Rule } from '#src/rule.ts';
import { type Story, looks as stories } from '#test/cycle/stories.ts';
import { doors, start, toyRuleSet, toyRules } from '#test/cycle/world.ts';
import { program, programsWith, told } from './toy.ts';

/** A rule over populations says of one scope what follows from others too, and those keep what was recorded of them. */
const rules = toyRules.filter(({ over }) => over === 'item');
const ruleSet = toyRuleSet(rules);
const steel = stories.map((story): Story => story.map(({ events }) => ({ events, metal: 'steel' })));
const door = fc.record({ id: fc.constantFrom('a', 'b', 'n1'), open: fc.boolean() });
const brought = fc.record({
  region: fc.constantFrom('north', 'south'),
  from: fc.nat(9),
  minutes: fc.integer({ min: 10, max: 300 }),
  looks: fc.uniqueArray(fc.record({ after: fc.nat(290), doors: fc.uniqueArray(door, { selector: ({ id }) => id }) }), {
    selector: ({ after }) => after,
    maxLength: 4,
  }),
});
type Brought = typeof brought extends fc.Arbitrary<infer T> ? T : never;

/** Brings looks, judged by the rules of the toy; whether they were taken. */
async function correct(
  store: EvidenceStore,
  { region, from: hours, minutes, looks }: Brought,
  by: readonly Rule[] = rules,
  calls = [{ operation: 'toy:ListDoors', parameters: '{}', page: 0, status: 200, requestId: '', reply: '{}' }],
): Promise<boolean> {
  const scope = `toy/house/${region}/toy.door`;
  const from = start + hours * hour;
  const to = from + minutes * 60_000;
  const collected = looks
    .map(({ after, doors: seen }) => ({
      asOf: from + after * 60_000,
      hold: 2 * hour,
      calls,
      items: seen.map(({ id, open }) => collectedItem({ key: `door:${id}`, name: id, open, lock: 'steel' } as Observed<object>)),
    }))
    .filter(({ asOf }) => asOf < to)
    .sort((a, b) => a.asOf - b.asOf);
  const judged = judgeLooks(knownWorld(store), collected, {
    rules: by,
    ruleSet: toyRuleSet([...by]),
    population: doors.population,
    scope,
    from,
  });
  const at = (store.lastCycle()?.asOf ?? 0) + 1;
  try {
    await store.backfill({
      at,
      scope: parseScopeKey(scope),
      from,
      to,
      reason: 'late',
      run: 'import',
      ruleSet: toyRuleSet([...by]),
      looks: judged,
    });
    return judged.length > 0;
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'BACKFILL_REFUSED') return false;
    throw error;
  }
}

const answersOf = (reading: Pick<EvidenceStore, 'runs' | 'gaps' | 'held'>) => ({
  runs: [...reading.runs({ from: 0, to: Infinity })],
  gaps: reading.gaps(0, Infinity),
  held: [...reading.held]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { items, retired, ...scope }]) => ({
      key,
      ...scope,
      retired: retired?.at,
      items: [...items]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([item, { item: seen, firstSeen, at }]) => ({ item, seen, firstSeen, at })),
    })),
});

/** Random stories may leave nothing to correct; this one does not. */
const quiet: Story = Array.from({ length: 8 }, () => ({ events: [], metal: 'steel' }));

test('the rules of today, being those of then, give what is known with every correction', async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(steel, fc.array(brought, { maxLength: 3 }), async (story, corrections) => {
      await using store = await told(story, [], rules);
      for (const one of corrections) taken += Number(await correct(store, one));
      const lane = judgeAgain(
        store,
        lensOver(ruleSet, 'today', { ...program, rules }, () => undefined),
      );
      expect(answersOf(lane.reading)).toEqual(answersOf(store.reading()));
      expect(store.check()).toEqual([]);
    }),
    {
      numRuns: 40,
      examples: [[quiet, [{ region: 'north', from: 1, minutes: 120, looks: [{ after: 30, doors: [{ id: 'a', open: true }] }] }]]],
    },
  );
  expect(taken).toBeGreaterThan(0);
}, 60_000);

test('where nothing was corrected, the looks known are those recorded; what a correction brought is judged again too', async () => {
  const [story] = fc.sample(steel, { seed: 4, numRuns: 1 });
  await using store = await told(story!, [], rules);
  const indexes = (cycles: Iterable<{ index: number }>) => Array.from(cycles, ({ index }) => index);
  expect(indexes(knownCycles(store))).toEqual(indexes(store.told()));
  const look = { after: 5, doors: [{ id: 'a', open: true } as const] };
  expect(await correct(store, { region: 'north', from: 0, minutes: 30, looks: [look] })).toBe(true);
  expect(indexes(knownCycles(store))).toContain(store.head().size - 1);
  const done = await reperformAll(store, {}, programsWith({ rules }));
  expect(done).toMatchObject({ differ: 0, notReperformed: [] });
  const cycles = await reperform(store, {}, programsWith({ rules }));
  expect(done.agree).toBe(cycles.agree + 2);
});

test('what a correction brought is judged again with what was known then, rules over populations among them; a rule that says otherwise is told', async () => {
  let judged = 0;
  await fc.assert(
    fc.asyncProperty(steel, fc.array(brought, { minLength: 1, maxLength: 3 }), async (story, corrections) => {
      await using store = await told(story, [], toyRules);
      for (const one of corrections) await correct(store, one, toyRules);
      const done = await reperformAll(store, {}, programsWith({ rules: toyRules }));
      expect(done).toMatchObject({ differ: 0, notReperformed: [] });
      judged += done.agree - (await reperform(store, {}, programsWith({ rules: toyRules }))).agree;
    }),
    {
      numRuns: 20,
      examples: [[quiet, [{ region: 'north', from: 1, minutes: 120, looks: [{ after: 30, doors: [{ id: 'a', open: true }] }] }]]],
    },
  );
  expect(judged).toBeGreaterThan(0);

  await using store = await told(quiet, [], toyRules);
  await correct(store, { region: 'north', from: 1, minutes: 120, looks: [{ after: 30, doors: [{ id: 'a', open: true }] }] }, toyRules);
  const blind = toyRules.map((rule) => (rule.id === 'toy.door-shut' ? ({ ...rule, evaluate: () => pass('shut') } as Rule) : rule));
  const leaf = store.head().size - 1;
  const programs = programsWith({ rules: toyRules });
  const { differences } = await reperformAll(
    store,
    {},
    { ...programs, at: (index) => ({ ...program, rules: [...(index === leaf ? blind : toyRules)] }) },
  );
  expect(differences).toMatchObject([
    {
      index: leaf,
      rule: 'toy.door-shut',
      item: 'door:a',
      recorded: { result: 'fail' },
      again: { result: 'pass' },
      says: 'judged again it is another',
    },
  ]);
});

test('the items of a look that was brought are made again from its replies, and what they do not give is told', async () => {
  const reply = (doors: object[]) => JSON.stringify({ doors });
  const call = { parameters: '{}', page: 0, status: 200, requestId: '' };
  const calls = [
    { ...call, operation: 'toy:ListDoors', reply: reply([{ id: 'a', open: true }]) },
    { ...call, operation: 'toy:GetLock', parameters: '{"query":{"id":"a"}}', reply: '{"lock":"steel"}' },
  ];
  const one = (...looks: { after: number; doors: { id: 'a' | 'b'; open: boolean }[] }[]) =>
    ({ region: 'north', from: 1, minutes: 120, looks }) as const;
  const of = async (given: Brought, brought: typeof calls) => {
    await using store = await told(quiet, [], rules);
    expect(await correct(store, given, rules, brought)).toBe(true);
    const { looks, agree, notReperformed, differences } = await recollect(store, {}, programsWith({ rules }));
    expect(agree + differences.length + notReperformed.reduce((sum, each) => sum + each.looks, 0)).toBe(looks);
    return {
      notReperformed: notReperformed.filter(({ reason }) => !reason.includes('no call was made')),
      differences: differences.map(({ says }) => says),
    };
  };
  const right = one({ after: 30, doors: [{ id: 'a', open: true }] });
  expect(await of(right, calls)).toEqual({ notReperformed: [], differences: [] });
  expect(await of(one({ after: 30, doors: [{ id: 'a', open: false }] }), calls)).toMatchObject({
    differences: ['door:a: its snapshot is not what the replies give'],
  });
  expect(
    await of(
      one({
        after: 30,
        doors: [
          { id: 'a', open: true },
          { id: 'b', open: true },
        ],
      }),
      calls,
    ),
  ).toMatchObject({
    differences: ['the replies give 1 items, the leaf says 2'],
  });
  expect(await of(right, [{ ...calls[0]!, reply: '{"doors":"none"}' }])).toMatchObject({
    differences: [expect.stringMatching(/^the replies say \S+, the leaf says complete$/)],
  });
});
