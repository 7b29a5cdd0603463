import { expect, test } from '@jest/globals';
import { documentsOver } from '#src/evidence/entries.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import { programSources } from '#src/program.ts';
import { ruleFile, rules } from '#src/registry.ts';
import { openPrograms, ownProgram } from '#src/replay/program.ts';
import { reperform } from '#src/replay/reperform.ts';
import type { ItemRule } from '#src/rule.ts';

const rule = rules.find(({ id }) => id === 'aws.s3.bucket-versioning') as ItemRule;
const [failing] = rule.examples.fail;
const item = { ...rule.population.example, ...failing };

/** What the program was before somebody changed the words of a rule. */
const path = ruleFile(rule.id);
const formerly = { ...programSources(), [path]: programSources()[path]!.replace('Versioning is suspended', 'It was suspended') };

test('the code on the disk runs as it is when it is what was recorded', async () => {
  using programs = openPrograms(() => null);
  const program = await programs.load(documentsOver(programSources()));
  expect(program.rules).toBe(rules);
  expect(program.hash).toBe(ownProgram().hash);
});

test('other code is run from the ledger, not from the disk', async () => {
  await using store = openSqlite(':memory:');
  await store.append('program', 0, { documents: documentsOver(formerly) }, Object.values(formerly));
  using programs = openPrograms((hash) => store.document(hash));
  const program = await programs.load(documentsOver(formerly));
  const recorded = program.rules.find(({ id }) => id === rule.id) as ItemRule;
  expect(recorded).not.toBe(rule);
  const judged = program.judging.judge(recorded, { item, firstSeen: 0 }, 1_000, recorded.parameters.parse({}));
  expect(judged).toMatchObject({ result: 'fail', message: expect.stringMatching(/^It was suspended/) });

  // And what it said is found to follow from it, though the code on the disk says something else.
  const parameters = recorded.parameters.parse({});
  const version = sha256(formerly[path]!);
  const scope = { connection: 'aws', account: '1', region: 'global', population: rule.population.type };
  const change = { key: item.key, name: item.name, at: null, snapshot: canonical(item), judgements: [judged] };
  await store.commit({
    connection: 'aws',
    asOf: 1_000,
    ended: 1_000,
    retired: [],
    ruleSet: { rules: { [rule.id]: { version, parameters } }, byPopulation: { [scope.population]: [rule.id] } },
    scopes: [{ scope, hold: 1, calls: [], status: 'complete', items: 1, changes: [change] }],
  });
  expect(await reperform(store)).toMatchObject({
    agree: 1,
    differ: 0,
    notReperformed: [],
    programs: [{ hash: program.hash, onDisk: false }],
  });
});

test('a text that is missing, altered or lies elsewhere is not run', async () => {
  const load = (documents: Record<string, string>, textOf: (hash: string) => string | null) => openPrograms(textOf).load(documents);
  await expect(load({ 'a.ts': sha256('a') }, () => null)).rejects.toThrow('the source a.ts is not kept');
  await expect(load({ 'a.ts': sha256('a') }, () => 'b')).rejects.toThrow('the source a.ts does not have its hash');
  await expect(load({ '../a.ts': sha256('a') }, () => 'a')).rejects.toThrow('lies outside the program');
});
