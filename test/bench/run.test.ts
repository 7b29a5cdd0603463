import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const program = fileURLToPath(new URL('../../bench/evidence/run.ts', import.meta.url));

test('the measurement of the evidence runs to its end, and says every figure', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--items', '40', '--cycles', '8']);
  for (const figure of [
    'append and sign, p50',
    'a year',
    'a quiet cycle',
    'a change',
    'a control of five rules',
    'done again',
    'verify everything, p50',
  ])
    expect(stdout).toContain(figure);
  expect(stdout).not.toMatch(/NaN|Infinity|undefined/);
  expect(stdout).toMatch(/complaints +0 +met/);
});
