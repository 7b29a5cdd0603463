import { expect, test } from '@jest/globals';
import { handmade, missed, mutations } from './mutations.ts';

test('whatever is altered in a package is reported, and the report names it', async () => {
  const found: string[] = [];
  for (const mutation of mutations(handmade(), 1).take(325)) {
    const fault = await missed(mutation);
    if (fault) found.push(fault);
  }
  expect(found).toEqual([]);
});
