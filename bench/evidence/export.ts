/**
 * Exports the year of a simulated store, and says what that took: node bench/evidence/export.ts STORE.db OUT.zip
 * STORE.db is what bench/evidence/build.ts made; controls of five rules each rest on it, as in the other measurements.
 */
import { setFlagsFromString } from 'node:v8';
import { openSqlite } from '#src/evidence/sqlite.ts';
import { exportPackage } from '#src/package/export.ts';
import { reportingOf, year } from './questions.ts';

const [file, out] = process.argv.slice(2);
if (file === undefined || out === undefined) {
  process.stderr.write('Usage: node bench/evidence/export.ts STORE.db OUT.zip\n');
  process.exit(1);
}
const store = openSqlite(file, { readOnly: true });
// As the command does.
setFlagsFromString('--heap-growing-percent=10');
const started = performance.now();
const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
const window = { ...year, asOf: Math.min(year.to, store.lastCycle()!.asOf) };
let stage = '';
const exported = await exportPackage({
  store,
  reporting: reportingOf(window),
  window,
  days: { firstDay: '2026-01-01', lastDay: '2026-12-31' },
  config: { connections: [], scope: { in: [], out: [] }, categories: ['security'] },
  out,
  force: true,
  progress(what) {
    const now = what.split(':')[0]!;
    if (now !== stage) process.stderr.write(`${seconds()} s  ${now}\n`);
    stage = now;
  },
});
const { files, bytes } = exported;
const memory = (process.resourceUsage().maxRSS / 1024).toFixed(0);
process.stdout.write(`${files} files, ${(bytes / 1e6).toFixed(1)} MB, ${seconds()} s, ${memory} MB of memory at most\n`);
