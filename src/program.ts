import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sha256 } from '#src/ledger/canonical.ts';

/** Sources by path from the root of the project, each with its text. */
export type Sources = Readonly<Record<string, string>>;

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where collecting and judging begin. */
const entries = ['rules/**/*.ts', 'collectors/**/*.ts', 'src/populations/*.ts', 'src/cycle/{collect,evaluate,judge-cycle,members}.ts'];

let own: Sources | undefined;

/**
 * Everything in the project that a judgement or a snapshot depends on: the rules, the populations, the collectors, the engine that runs them,
 * what these import, and package.json, which says what the names of imports mean and which packages are installed.
 */
export function programSources(): Sources {
  if (own) return own;
  const manifest = readFileSync(`${root}package.json`, 'utf8');
  const imports = (JSON.parse(manifest) as { imports: Record<string, string> }).imports;
  const sources = new Map([['package.json', manifest]]);
  const queue = globSync(entries, { cwd: root });
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (sources.has(path)) continue;
    const text = readFileSync(`${root}${path}`, 'utf8');
    sources.set(path, text);
    for (const specifier of importedBy(text)) {
      const target = fileOf(specifier, path, imports);
      if (target !== null) queue.push(target);
    }
  }
  own = Object.fromEntries([...sources].sort(([a], [b]) => (a < b ? -1 : 1)));
  return own;
}

/** What tells this program from any other that collects or judges. */
export const programHash = (): string => sha256(Object.entries(programSources()).flat().map(sha256).join(' '));

/** What a module imports when it runs: types are gone by then. */
const importedBy = (text: string): string[] =>
  [...text.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from\s+'(.+?)'/gm)].map((match) => match[1]!);

/** The file of the project that an import names; null for a package. */
export function fileOf(specifier: string, from: string, imports: Readonly<Record<string, string>>): string | null {
  if (specifier.startsWith('.')) return new URL(specifier, `file:///${from}`).pathname.slice(1);
  for (const [pattern, target] of Object.entries(imports)) {
    const [head = '', tail] = pattern.split('*');
    if (tail === undefined ? specifier === pattern : specifier.startsWith(head))
      return target.replace('*', specifier.slice(head.length)).replace('./', '');
  }
  return null;
}
