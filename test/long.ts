/** Runs the suites that take minutes, one after the other, each in a process of its own, and tells how long each took. Exit code 1 where one failed. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const suites = [
  'evidence/kill.long.ts 1000',
  'evidence/mutation.long.ts',
  'evidence/faults/faults.long.ts',
  'evidence/postgres.long.ts 30 10000',
  'ledger/fuzz.long.ts 5000',
  'package/mutate.long.ts 2600',
  'acceptance/kill.ts 12',
  'alerts/kill.long.ts 24',
  'acceptance/chaos.long.ts 60',
  'acceptance/stop.ts 20',
  'deploy/container.long.ts',
];

const failed = suites.filter((suite) => {
  const [file, ...args] = suite.split(' ') as [string, ...string[]];
  const began = performance.now();
  console.log(`\n${suite}`);
  const path = fileURLToPath(new URL(file, import.meta.url));
  const { status } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args], { stdio: 'inherit' });
  console.log(`${status === 0 ? 'passed' : 'FAILED'} in ${Math.round((performance.now() - began) / 1000)} s`);
  return status !== 0;
});
console.log(failed.length === 0 ? '\nAll long suites passed.' : `\nFailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
