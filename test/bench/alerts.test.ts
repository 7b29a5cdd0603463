import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const program = fileURLToPath(new URL('../../bench/alerts/run.ts', import.meta.url));

test('the measurement of alerts runs to its end, says every figure, and a change has its message', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    program,
    '--items',
    '4000',
    '--trials',
    '1',
  ]);
  expect(stdout).toMatch(/messages about what fails from the beginning +1 +met/);
  expect(stdout).toMatch(/from a change to its message, p99 .* met/);
  expect(stdout).toMatch(/messages +[123] +met/);
  expect(stdout).not.toMatch(/NaN|∞|undefined/);
});
