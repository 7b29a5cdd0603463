import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openSpool, type Spool } from '#src/package/spool.ts';
import { zip } from '#src/package/zip.ts';
import { newFolder, unzipped } from './world.ts';

let spool: Spool;
beforeEach(() => {
  spool = openSpool(join(newFolder(), 'spool'));
});
afterEach(() => spool.close());

test('what is put in comes out, whole or in pieces, however large', async () => {
  const large = randomBytes(300_000).toString('base64');
  await spool.add('b/whole.txt', large);
  await spool.add('a/pieces.txt', large.match(/.{1,1000}/g)!);
  await spool.add('c/empty.csv', []);
  expect(spool.textOf('b/whole.txt')).toBe(large);
  expect(spool.textOf('a/pieces.txt')).toBe(large);
  expect(spool.textOf('nowhere')).toBeNull();
  const bytes = Buffer.concat(
    Array.from(
      zip(spool.files(), (file) => spool.piecesOf(file)),
      (piece) => Buffer.from(piece),
    ),
  );
  expect([...unzipped(bytes)]).toEqual([
    ['a/pieces.txt', large],
    ['b/whole.txt', large],
    ['c/empty.csv', ''],
  ]);
});

test.each(['/etc/passwd', '../up', 'a/../b', 'a//b', 'a/', '', '.hidden', 'a b', 'a\\b', 'a:b', 'ü', 'a/.git'])(
  '%j is no path of a package',
  async (path) => {
    await expect(spool.add(path, '')).rejects.toThrow('cannot hold');
  },
);

test('no path is taken twice', async () => {
  await spool.add('a', '1');
  await expect(spool.add('a', '1')).rejects.toThrow('twice');
});
