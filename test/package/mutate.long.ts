import { missed, mutations } from './mutations.ts';
import { results } from './results.ts';

/** Alters a package in so many ways, and fails where one was not reported by name. Arguments: how many, and the seed. */
const [count = '2600', seed = '7'] = process.argv.slice(2);
const kinds = new Map<string, number>();
const found: string[] = [];
for (const mutation of mutations(results, Number(seed)).take(Number(count))) {
  const kind = mutation.name.split(': ')[1]!;
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const fault = await missed(mutation);
  if (fault !== null) found.push(fault);
}
process.stdout.write(`${[...kinds].map(([kind, n]) => `${kind} ${n}`).join(', ')}\n`);
for (const fault of found) process.stdout.write(`${fault}\n`);
process.stdout.write(`${count} edits of a package, ${found.length} not reported by name\n`);
process.exitCode = found.length > 0 ? 1 : 0;
