import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { edit, edited, handOver } from './fuzzing.ts';

describe('the files of a log', () => {
  test('are right as they are, and with any edit are not', async () => {
    const handed = await handOver(300, 7);
    expect(handed.check(handed.files)).toEqual([]);
    expect([...handed.files.keys()].filter((path) => !path.startsWith('proofs/'))).toEqual([
      'checkpoint',
      'tile/0/000',
      'tile/entries/000',
      'tile/0/001.p/44',
      'tile/entries/001.p/44',
      'tile/1/000.p/1',
      'consistency/0.txt',
      'consistency/1.txt',
      'consistency/100.txt',
      'consistency/299.txt',
      'consistency/300.txt',
    ]);
    fc.assert(
      fc.property(edit, (chosen) => {
        const altered = edited(handed, chosen);
        fc.pre(altered !== null);
        const { what, touched, files } = altered!;
        const said = handed.check(files).join('\n');
        if (!touched.some((name) => said.includes(name))) throw new Error(`${what}: it is said: ${said}`);
      }),
      { numRuns: 100 },
    );
  }, 120_000);
});
