import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { fileOf, programSources } from '#src/program.ts';
import { ruleFile, rules } from '#src/registry.ts';

const sources = programSources();
const { imports, dependencies } = JSON.parse(sources['package.json']!) as Record<'imports' | 'dependencies', Record<string, string>>;

test('the program has every rule, as it stands on the disk', () => {
  for (const { id } of rules) expect(sources[ruleFile(id)]).toBe(readFileSync(new URL(`../${ruleFile(id)}`, import.meta.url), 'utf8'));
});

test('what its modules import is in it, or is a package whose version it fixes', () => {
  const strays = Object.entries(sources).flatMap(([path, text]) =>
    [...text.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from\s+'(.+?)'/gm)]
      .map((match) => ({ path, specifier: match[1]!, target: fileOf(match[1]!, path, imports) }))
      .filter(({ specifier, target }) => {
        const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
        return target === null ? !specifier.startsWith('node:') && dependencies[name] === undefined : sources[target] === undefined;
      }),
  );
  expect(strays).toEqual([]);
});

test('what only shows, signs or schedules is not in it: a change there is no change of what is judged', () => {
  const others = Object.keys(sources).filter((path) =>
    /^(src\/(report|portal|commands|window|config)|test|examples|controls)\//.test(path),
  );
  expect(others).toEqual([]);
});
