import { expect, test } from '@jest/globals';
import { longestChain, openBlobs } from '#src/evidence/blobs.ts';
import { openDatabase } from '#src/evidence/database.ts';

test('a store that was opened again takes new documents, also where the one offered as their example ends the longest chain of patches', () => {
  const db = openDatabase(':memory:');
  const before = openBlobs(db);
  let latest: number | null = null;
  for (let n = 0; n <= longestChain; n++) latest = before.put(JSON.stringify({ n, text: 'x'.repeat(300) }), 'snapshot', latest).id;
  const depthOf = (id: number) => db.prepare('SELECT depth FROM blob WHERE id = ?').get(id)!['depth'];
  expect(depthOf(latest!)).toBe(longestChain);

  const after = openBlobs(db);
  after.offer('snapshot', latest!);
  const added = after.put(JSON.stringify({ n: 'new', text: 'x'.repeat(300) }), 'snapshot');
  expect(depthOf(added.id)).toBeLessThanOrEqual(longestChain);
  expect(openBlobs(db).read(added.id)).toBe(after.read(added.id));
  db.close();
});
