import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { collectors } from '#collectors/index.ts';
import { rules } from '#rules/index.ts';
import { generate } from '#src/catalogue/generate.ts';
import { ruleFile } from '#src/registry.ts';
import { inspectedBy } from '#src/rule.ts';

const root = new URL('..', import.meta.url).pathname.replace(/\/$/, '');

test('every generated file is what `npm run generate` would write', async () => {
  const stale: string[] = [];
  for (const [path, text] of await generate(root)) {
    const held = await readFile(`${root}/${path}`, 'utf8').catch(() => '');
    if (held !== text) stale.push(path);
  }
  expect(stale).toEqual([]);
});

test("a rule's id is its path, and a collector's begins with its folder", async () => {
  for (const { id } of rules) await expect(readFile(`${root}/${ruleFile(id)}`, 'utf8')).resolves.toContain(`id: '${id}'`);
  expect(collectors.filter(({ id }) => !/^(aws|github|scim)-[a-z0-9-]+$/.test(id))).toEqual([]);
});

test('every population that a rule inspects is fed by a collector, or made by Holdfast itself', () => {
  const fed = new Set(collectors.map(({ population }) => population.type));
  const unfed = rules.flatMap((rule) =>
    inspectedBy(rule)
      .filter(({ population }) => !fed.has(population.type) && !population.type.startsWith('monitor.'))
      .map(({ population }) => `${rule.id}: ${population.type}`),
  );
  expect(unfed).toEqual([]);
});

test('no two collectors of a provider feed the same population, and no two rules have the same id', () => {
  const fed = collectors.map(({ id, population }) => `${id.split('-')[0]} ${population.type}`);
  expect(new Set(fed).size).toBe(fed.length);
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
});
