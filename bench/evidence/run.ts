/**
 * What evidence costs over a simulated year, each figure beside its aim and its peers.
 * Usage: npm run bench:evidence -- [--items 5000] [--cycles 8760] [--seed 1]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { aimsFor } from './aims.ts';
import { ask } from './ask.ts';
import { bytesByTable, bytesOf } from './disk.ts';
import { fill } from './fill.ts';
import { percentile, repeated, syncFloor } from './measure.ts';
import { ocsf, rowsPerObservation, solid } from './peers.ts';
import { heading, say, sayTaken, shown } from './say.ts';

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '5000' },
    cycles: { type: 'string', default: '8760' },
    seed: { type: 'string', default: '1' },
  },
});
const [items, hours, seed] = [values.items, values.cycles, values.seed].map(Number) as [number, number, number];
const aims = aimsFor(items);
const yearly = 8760 / hours;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
const file = join(folder, 'evidence.db');
try {
  await measure();
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(): Promise<void> {
  heading(`${items} items, ${hours} hours, seed ${seed}; ${availableParallelism()} cores, load ${loadavg().map(shown).join(' ')}`);
  const rest = memory();
  let first = { bytes: 0, memory: 0 };
  const filled = await fill(file, { items, hours, seed, afterFirst: () => (first = { bytes: bytesOf(file), memory: memory() }) });
  const { store, simulation, taken, changes, calls, pairs } = filled;
  const year = bytesOf(file);
  const observations = pairs * taken.length;
  say('pairs of item and rule', pairs, '');
  say('cycles', taken.length, '', { beside: `${changes} changes, ${calls} calls in each; ${shown(observations)} observations` });

  heading('Time of a cycle: append, durable and signed');
  sayTaken('append and sign', taken.slice(1), { ...aims.append });
  sayTaken('  of which waiting for the disk, at least', await syncFloor(join(folder, 'floor')), {});
  sayTaken('first cycle', taken.slice(0, 1), {});
  say('memory at most', memory(), 'MB', {
    aim: aims.memory,
    beside: `${shown(rest)} before, ${shown(first.memory)} after the first cycle`,
  });

  const quiet = [...simulation.quiet(201)];
  await store.commit(quiet[0]!);
  const before = bytesOf(file);
  const still = await repeated(quiet.length - 1, (i) => store.commit(quiet[i + 1]!));
  const quietBytes = (bytesOf(file) - before) / still.length;

  heading('Bytes');
  say('a year', (year - first.bytes) * yearly * 1e-6 + first.bytes * 1e-6, 'MB', {
    aim: aims.year,
    beside: yearly === 1 ? '' : `extrapolated from ${hours} hours`,
  });
  say('  the first cycle', first.bytes / 1e6, 'MB');
  for (const [table, bytes] of bytesByTable(file).slice(0, 12)) say(`  ${table}`, bytes / 1e6, 'MB');
  say('a quiet cycle', quietBytes, 'B', { aim: aims.quiet });
  sayTaken('  its time', still);
  say('a change', (year - first.bytes - quietBytes * taken.length) / Math.max(1, changes - items), 'B', { aim: aims.change });
  say('an observation', (year * 8) / observations, 'bit');

  heading('Beside others, in this run');
  const world = simulation.world;
  const narrow = await rowsPerObservation(folder, world, 3, false);
  const hashed = await rowsPerObservation(folder, world, 3, true);
  const scan = ocsf(world, 20_000);
  const each = percentile(
    taken.slice(1).map(({ processor }) => processor),
    0.5,
  );
  const times = (bytes: number) => `${shown((bytes * observations) / year)} times as much`;
  const inGb = (bytes: number) => (bytes * observations * yearly) / 1e9;
  say('a row of ids for each observation, a year', inGb(narrow.bytes), 'GB', {
    beside: `${times(narrow.bytes)}; a cycle takes ${shown(narrow.clock)} ms, ${shown(narrow.processor)} ms of the processor: ${shown(narrow.processor / each)} times`,
  });
  say('a row with the hash of what was seen, a year', inGb(hashed.bytes), 'GB', { beside: times(hashed.bytes) });
  say('a finding in OCSF for each, a year', inGb(scan.plain), 'GB', { beside: `${shown(scan.plain)} B each; ${times(scan.plain)}` });
  say('  each scan in one gzip', inGb(scan.zipped), 'GB', { beside: `${shown(scan.zipped)} B each; ${times(scan.zipped)}` });
  const floor = solid(world) + world.entropyBits() / 8 + taken.length * (64 + 32 + 8 * 16);
  say('what cannot be had for less', floor / 1e6, 'MB', {
    beside: `snapshots in one zstd, the entropy of the changes, and per cycle a signature, a root of ids and eight ids; the store takes ${shown(year / floor)} times that`,
  });

  heading('Questions');
  await store[Symbol.asyncDispose]();
  await ask(file, aims);
  say('memory at most', memory(), 'MB');
  say('the whole run', performance.now() / 1000, 's', { beside: `load ${loadavg().map(shown).join(' ')}` });
}

function memory(): number {
  return process.resourceUsage().maxRSS / 1024;
}
