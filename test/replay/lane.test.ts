import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judgeAgain } from '#src/replay/lane.ts';
import { lensOver } from '#src/replay/reperform.ts';
import { fail, type ItemRule, pass } from '#src/rule.ts';
import { looks, type Story } from '#test/cycle/stories.ts';
import { toyRuleSet } from '#test/cycle/world.ts';
import { program, rules, told } from './toy.ts';

const steel = looks.map((story): Story => story.map(({ events }) => ({ events, metal: 'steel' })));
const ruleSet = toyRuleSet(rules);
const answersOf = (store: Parameters<typeof judgeAgain>[0] | ReturnType<typeof judgeAgain>['reading']) => ({
  runs: [...store.runs({ from: 0, to: Infinity })],
  gaps: store.gaps(0, Infinity),
  held: [...store.held].map(([key, { items, ...scope }]) => ({
    key,
    ...scope,
    items: [...items].map(([item, { item: seen, hash, judgements, firstSeen }]) => ({
      item,
      seen,
      hash,
      firstSeen,
      results: judgements.map(({ rule, result, severity }) => [rule, result, severity]),
    })),
  })),
});

describe('judged again in a lane of its own', () => {
  test('the same rules and parameters give exactly what was recorded, with no more evaluations than there were changes', async () => {
    let [made, naive] = [0, 0];
    await fc.assert(
      fc.asyncProperty(steel, fc.array(fc.nat(12), { maxLength: 2 }), async (story, restarts) => {
        await using store = await told(story, restarts);
        const before = store.head();
        const lane = judgeAgain(
          store,
          lensOver(ruleSet, 'today', program, () => made++),
        );
        naive += lane.naive;
        expect(answersOf(lane.reading)).toEqual(answersOf(store));
        expect(store.head()).toEqual(before);
        expect(lane.notJudged).toBe(0);
      }),
      { numRuns: 60 },
    );
    expect(made).toBeLessThan(naive / 2);
  }, 60_000);

  test('other rules give what they would have given, had they been in force from the beginning', async () => {
    await fc.assert(
      fc.asyncProperty(steel, async (story) => {
        const shut = rules.find(({ id }) => id === 'toy.door-shut') as ItemRule;
        const others = rules.map((rule) =>
          rule === shut ? { ...shut, evaluate: ({ open }: any) => (open ? pass('shut') : fail('open')) } : rule,
        );
        await using store = await told(story);
        await using instead = await told(story, [], others);
        const lane = judgeAgain(
          store,
          lensOver(ruleSet, 'today', { ...program, rules: others }, () => undefined),
        );
        expect(answersOf(lane.reading)).toEqual(answersOf(instead));
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});
