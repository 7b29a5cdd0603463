import { expect, test } from '@jest/globals';
import { longestChain, openBlobs } from '#src/evidence/blobs.ts';
import { check } from '#src/evidence/check.ts';
import { openDatabase } from '#src/evidence/database.ts';
import { sha256 } from '#src/ledger/canonical.ts';

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

test('documents whose hashes begin alike are told apart, and one that is there twice is reported', () => {
  const [one, other] = ['document 23561', 'document 163899'];
  expect(sha256(one).slice(0, 8)).toBe(sha256(other).slice(0, 8));
  const db = openDatabase(':memory:');
  const blobs = openBlobs(db);
  expect(blobs.put(one, 'any').id).toBe(1);
  expect([blobs.find(sha256(other)), blobs.put(other, 'any').id]).toEqual([null, 2]);
  expect([sha256(one), sha256(other)].map((hash) => openBlobs(db).find(hash))).toEqual([1, 2]);
  expect(check(db).filter((line) => line.includes('twice'))).toEqual([]);
  db.prepare('INSERT INTO blob SELECT 3, hash, base, depth, size, data FROM blob WHERE id = 1').run();
  expect(check(db)).toContain('document 3: it is there twice');
  db.close();
});
