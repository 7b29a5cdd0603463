import { z } from 'zod';
import { type Collector, defineCollector } from '#src/collector.ts';
import * as collecting from '#src/cycle/collect.ts';
import { runCycle } from '#src/cycle/cycle.ts';
import * as judging from '#src/cycle/evaluate.ts';
import { newMemory } from '#src/cycle/judge-cycle.ts';
import * as joining from '#src/cycle/members.ts';
import { hour } from '#src/duration.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import type { Program } from '#src/replay/program.ts';
import type { RecordedPrograms } from '#src/replay/recorded-programs.ts';
import { defineRule, fail, judgedBy, pass, type Rule } from '#src/rule.ts';
import type { Story } from '#test/cycle/stories.ts';
import { doors, guards, newWorld, settingsAt, toyConnection, toyRuleSet, toyRules } from '#test/cycle/world.ts';

/** A rule whose verdict changes with time alone, with facts that change before it does. */
const aired = defineRule(judgedBy(toyRules[0]!), {
  id: 'toy.door-aired',
  title: 'A door is no newer than three hours',
  kind: 'state',
  severity: 'low',
  rationale: 'New doors smell.',
  remediation: 'Wait.',
  inspects: ['lock'],
  parameters: z.object({}),
  messages: { old: 'It is {hours} hours old.', fresh: 'It is only {hours} hours old.' },
  examples: { pass: [{}], fail: [] },
  evaluate: (_, { asOf, firstSeen }) => {
    const hours = (asOf - firstSeen) / hour;
    return hours < 3 ? fail('fresh', { hours }, { until: firstSeen + 3 * hour }) : pass('old', { hours });
  },
});

export const rules: readonly Rule[] = [...toyRules, aired];

/** The same doors under another name of the collector's project: what a later version might be. */
export const otherDoors = defineCollector(doors.population, {
  ...doors,
  async *collect(api, place) {
    for await (const door of doors.collect(api as never, place)) yield { ...door, lock: 'glass' };
  },
} as Collector);

export const program: Program = {
  hash: 'toy',
  rules,
  collectors: [doors, guards] as Collector[],
  judging,
  joining,
  collecting,
  versionOf: () => 'v1',
};

/** Programs as a ledger would name them: the same code before every leaf. */
export function programsWith(given: Partial<Program> = {}): RecordedPrograms {
  const own = { ...program, ...given };
  return { at: () => own, count: () => undefined, used: () => [], [Symbol.dispose]: () => undefined };
}

/** Lets a story happen, an hour a look; the agent is started anew before the looks at `restarts`. */
export async function told(story: Story, restarts: readonly number[] = [], under = rules): Promise<EvidenceStore> {
  const world = newWorld();
  const store = openSqlite(':memory:');
  let memory = newMemory();
  for (const [hours, { events, metal }] of story.entries()) {
    for (const happen of events) happen(world);
    if (restarts.includes(hours)) memory = newMemory();
    const ruleSet = toyRuleSet(under, metal);
    await runCycle(
      toyConnection(world),
      store,
      settingsAt(() => hours, { rules: under, ruleSet, memory, everything: hours % 3 > 0 }),
    );
  }
  return store;
}
