import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hour } from '#src/duration.ts';
import type { ScopeRecord } from '#src/evidence/store.ts';
import { recollect } from '#src/replay/recollect.ts';
import { reperform } from '#src/replay/reperform.ts';
import { type ItemRule, pass } from '#src/rule.ts';
import { looks, type Story } from '#test/cycle/stories.ts';
import { guards, start, toyRuleSet } from '#test/cycle/world.ts';
import { otherDoors, programsWith, rules, told } from './toy.ts';

const restarts = fc.array(fc.nat(12), { maxLength: 3 });

describe('every recorded judgement can be made again', () => {
  test('whatever happened, failed, was refused or was restarted', async () => {
    let made = 0;
    await fc.assert(
      fc.asyncProperty(looks, restarts, async (story, at) => {
        await using store = await told(story, at);
        const { agree, judgements, ...others } = await reperform(store, {}, programsWith());
        expect(others).toMatchObject({ differ: 0, differences: [], notReperformed: [] });
        expect(agree).toBe(judgements);
        made += judgements;
      }),
      { numRuns: 60 },
    );
    expect(made).toBeGreaterThan(500);
  }, 60_000);

  test('and so can the snapshots of every look, from its replies', async () => {
    await fc.assert(
      fc.asyncProperty(looks, restarts, async (story, at) => {
        await using store = await told(story, at);
        const { looks: count, agree, differences, notReperformed } = await recollect(store, {}, programsWith());
        expect(differences).toEqual([]);
        expect(agree + notReperformed.reduce((sum, { looks }) => sum + looks, 0)).toBe(count);
        expect(notReperformed.map(({ reason }) => reason).filter((reason) => !reason.startsWith('no call was made'))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});

describe('what does not follow from the recorded code is named', () => {
  const quiet: Story = Array.from({ length: 2 }, () => ({ events: [], metal: 'steel' }));
  const shut = rules.find(({ id }) => id === 'toy.door-shut') as ItemRule;
  const saying = (evaluate: ItemRule['evaluate']) =>
    programsWith({ rules: rules.map((rule) => (rule === shut ? { ...shut, evaluate } : rule)) });

  test('another verdict: leaf, item, rule, and both results', async () => {
    await using store = await told(quiet);
    const { differ, differences } = await reperform(
      store,
      { item: 'door:n2' },
      saying(() => pass('shut')),
    );
    expect(differ).toBe(1);
    expect(differences).toEqual([
      expect.objectContaining({
        index: 0,
        asOf: '2026-03-01T00:00:00.000Z',
        scope: 'toy/house/north/toy.door',
        item: 'door:n2',
        rule: 'toy.door-shut',
        recorded: expect.objectContaining({ result: 'fail', message: 'It stands open.' }),
        again: expect.objectContaining({ result: 'pass' }),
        says: 'judged again it is another',
      }),
    ]);
  });

  test('a judgement that time had made void, and that no look made again', async () => {
    await using store = await told(quiet.slice(0, 1));
    const scopes = [...store.held.values()].map(({ scope, hold, items }): ScopeRecord => {
      return { scope, hold, calls: [], status: 'complete', items: items.size, changes: [] };
    });
    const asOf = start + 5 * hour;
    await store.commit({ connection: 'toy', asOf, ended: asOf, ruleSet: toyRuleSet(rules), scopes, retired: [] });
    const { differ, differences } = await reperform(store, {}, programsWith());
    expect(differ).toBe(3);
    expect(differences[0]).toMatchObject({
      index: 1,
      rule: 'toy.door-aired',
      recorded: { result: 'fail' },
      again: { result: 'pass' },
      says: 'it should have been judged again, and would have been another',
    });
  });

  test('a rule that the recorded program does not have, or has in another version, is not passed over', async () => {
    await using store = await told(quiet);
    const without = await reperform(store, {}, programsWith({ rules: rules.filter((rule) => rule !== shut) }));
    expect(without).toMatchObject({
      differ: 0,
      notReperformed: [{ reason: 'the recorded program has no such version of the rule', judgements: 3 }],
    });
    const other = await reperform(store, {}, programsWith({ versionOf: (id) => (id === shut.id ? 'v2' : 'v1') }));
    expect(other.notReperformed).toEqual(without.notReperformed);
    expect(without.agree + 3).toBe(without.judgements);
  });

  test('cycles before any program was recorded', async () => {
    await using store = await told(quiet);
    const { agree, judgements, notReperformed } = await reperform(store);
    expect({ agree, notReperformed }).toEqual({
      agree: 0,
      notReperformed: [{ reason: 'no program was recorded before the cycle', judgements }],
    });
  });

  test('a collector that makes something else of the same replies', async () => {
    await using store = await told(quiet);
    const { differences } = await recollect(store, {}, programsWith({ collectors: [otherDoors, guards] }));
    expect(differences[0]).toMatchObject({
      index: 0,
      scope: 'toy/house/north/toy.door',
      says: 'door:n1: its snapshot is not what the replies give',
    });
  });
});
