/** Builds the store of a simulated year in a file: node bench/evidence/build.ts FILE [--items 5000] [--cycles 8760] [--seed 1] */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fill } from './fill.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    items: { type: 'string', default: '5000' },
    cycles: { type: 'string', default: '8760' },
    seed: { type: 'string', default: '1' },
  },
});
const [file] = positionals;
if (file === undefined || existsSync(file)) {
  process.stderr.write('Usage: node bench/evidence/build.ts FILE [--items 5000] [--cycles 8760] [--seed 1]; FILE must not exist.\n');
  process.exit(1);
}
const { store, taken, changes, pairs } = await fill(file, {
  items: Number(values.items),
  hours: Number(values.cycles),
  seed: Number(values.seed),
});
const { size, root } = store.head();
await store[Symbol.asyncDispose]();
process.stdout.write(`${taken.length} cycles, ${changes} changes, ${pairs} pairs; ledger ${size} ${root}\n`);
