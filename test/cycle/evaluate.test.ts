import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { judgePopulations } from '#src/cycle/evaluate.ts';
import { definePopulation } from '#src/population.ts';
import { definePopulationRule, fail, pass } from '#src/rule.ts';

const door = definePopulation('toy.door', {
  title: 'Doors',
  kind: 'state',
  fields: z.object({ open: z.boolean() }),
  example: { key: 'door:1', name: 'front', open: false },
});

test('a rule that contradicts itself over an item has said nothing: the later pass does not outlive the earlier fail', () => {
  const hesitant = definePopulationRule(
    { doors: door },
    {
      id: 'toy.door.shut',
      title: 'Doors are shut',
      kind: 'state',
      severity: 'high',
      within: 'everything',
      rationale: 'An open door lets in.',
      remediation: 'Shut it.',
      inspects: { doors: ['open'] },
      parameters: z.object({}),
      messages: { open: 'It is open.', shut: 'It is shut.' },
      examples: [],
      *evaluate({ doors }) {
        for (const { key } of doors) yield { key, ...fail('open') };
        for (const { key } of doors) yield { key, ...pass('shut') };
      },
    },
  );
  const seen = [{ item: { key: 'door:1', name: 'front', open: true }, firstSeen: 0 }];
  expect(judgePopulations(hesitant, { doors: { complete: true, seen } }, 0, {}).get('door:1')).toMatchObject({
    result: 'unobserved',
    unread: { unread: 'rule-fault', detail: 'the rule gave two verdicts on door:1' },
  });
});
