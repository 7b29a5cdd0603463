import { expect, test } from '@jest/globals';
import { missed, mutations } from './mutations.ts';
import { results } from './results.ts';

test('whatever is altered in a package is reported, and the report names it', async () => {
  const found: string[] = [];
  for (const mutation of mutations(results, 1).take(325)) {
    const fault = await missed(mutation);
    if (fault) found.push(fault);
  }
  expect(found).toEqual([]);
});
