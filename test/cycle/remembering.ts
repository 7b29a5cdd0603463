import { expect } from '@jest/globals';
import fc from 'fast-check';
import { runCycle } from '#src/cycle/cycle.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { resultRows } from '#src/report/results.ts';
import { looks, type Story } from './stories.ts';
import { newWorld, settingsAt, start, toyConnection, toyRuleSet, toyRules } from './world.ts';

/** Everything that can be read afterwards, look by look. */
async function observed(story: Story, remembers: boolean): Promise<unknown[]> {
  const world = newWorld();
  const store = openSqlite(':memory:');
  const memory = newMemory();
  const seen: unknown[] = [];
  for (const [hours, { events, metal }] of story.entries()) {
    for (const happen of events) happen(world);
    const settings = settingsAt(() => hours, {
      ruleSet: toyRuleSet(toyRules, metal),
      everything: true,
      memory: remembers ? memory : newMemory(),
    });
    await runCycle(toyConnection(world), store, settings);
    seen.push(resultRows(store, toyRules, () => ({}), start + hours * 3_600_000));
  }
  seen.push([...store.runs({ from: 0, to: Infinity })], store.gaps(0, Infinity), store.check());
  return seen;
}

/** With and without memory the agent says the same, over so many random stories. */
export const saysTheSame = (numRuns: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(looks, async (story) => {
      expect(await observed(story, true)).toEqual(await observed(story, false));
    }),
    { numRuns },
  );
