import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nodesOf } from '#src/ledger/proof.ts';
import { bundleOf, bundlePath, entriesOf, tileOf, tilePath, tilesOf } from '#src/ledger/tiles.ts';
import { merkleRoot } from '#src/ledger/tree.ts';
import { entries, numbered } from './vectors.ts';

describe('where tiles lie', () => {
  test('numbers in groups of three digits', () => {
    expect(tilePath(0, 0, 256)).toBe('tile/0/000');
    expect(tilePath(1, 67, 256)).toBe('tile/1/067');
    expect(tilePath(0, 999, 256)).toBe('tile/0/999');
    expect(tilePath(0, 1000, 256)).toBe('tile/0/x001/000');
    expect(tilePath(2, 1_234_067, 256)).toBe('tile/2/x001/x234/067');
    expect(bundlePath(1_234_067, 256)).toBe('tile/entries/x001/x234/067');
  });

  test('the width where a tile is not full', () => {
    expect(tilePath(0, 0, 7)).toBe('tile/0/000.p/7');
    expect(tilePath(1, 1000, 1)).toBe('tile/1/x001/000.p/1');
    expect(bundlePath(273, 112)).toBe('tile/entries/273.p/112');
  });

  test('nothing has no place', () => {
    for (const width of [0, 257, 1.5, -1]) expect(() => tilePath(0, 0, width)).toThrow(RangeError);
    for (const n of [-1, 0.5, 2 ** 53]) expect(() => bundlePath(n, 1)).toThrow(RangeError);
    expect(() => tilePath(-1, 0, 1)).toThrow(RangeError);
  });
});

test('the example of C2SP tlog-tiles: a log of 70,000', () => {
  const tiles = tilesOf(70_000);
  expect(tiles.filter(({ level }) => level === 0)).toHaveLength(274);
  expect(tiles.filter(({ width }) => width < 256)).toEqual([
    { level: 0, n: 273, width: 112 },
    { level: 1, n: 1, width: 17 },
    { level: 2, n: 0, width: 1 },
  ]);
});

test('a log of any size: full tiles, at most one that is not on each level, none empty', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(3_000), fc.nat(300_000)), (size) => {
      const tiles = tilesOf(size);
      for (let [level, nodes] = [0, size]; nodes > 0; [level, nodes] = [level + 1, Math.floor(nodes / 256)]) {
        const here = tiles.filter((tile) => tile.level === level);
        expect(here.map(({ n }) => n)).toEqual(here.map((_, n) => n));
        expect(here.slice(0, -1).every(({ width }) => width === 256)).toBe(true);
        expect((here.length - 1) * 256 + here.at(-1)!.width).toBe(nodes);
      }
    }),
    { numRuns: 50 },
  );
  expect(tilesOf(0)).toEqual([]);
});

test('a tile holds the nodes of its level', () => {
  const leaves = numbered(600);
  const nodeAt = nodesOf(leaves);
  expect(tileOf({ level: 0, n: 2, width: 88 }, nodeAt)).toEqual(Buffer.concat(leaves.slice(512)));
  const roots = [leaves.slice(0, 256), leaves.slice(256, 512)].map((some) => merkleRoot(some));
  expect(tileOf({ level: 1, n: 0, width: 2 }, nodeAt)).toEqual(Buffer.concat(roots));
  expect(() => tileOf({ level: 1, n: 0, width: 3 }, nodeAt)).toThrow(RangeError);
});

describe('bundles of entries', () => {
  test('each after its length', () => {
    const bundle = bundleOf(entries);
    expect(bundle.length).toBe(7 * 24);
    expect(bundle.subarray(0, 24).toString('latin1')).toBe(`\0\x16${entries[0]}`);
    expect(entriesOf(bundle).map(String)).toEqual(entries);
  });

  test('what is written is read back', () => {
    const entry = fc.uint8Array({ maxLength: 700 });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 256 }), (given) => {
        expect(entriesOf(bundleOf(given)).map((bytes) => [...bytes])).toEqual(given.map((bytes) => [...bytes]));
      }),
      { numRuns: 30 },
    );
    const longest = Buffer.alloc(65_535, 'x');
    expect(entriesOf(bundleOf([longest, '']))).toEqual([longest, Buffer.alloc(0)]);
  });

  test('too long, too many, none, or cut off', () => {
    expect(() => bundleOf(['x'.repeat(65_536)])).toThrow('65535 at most fit');
    expect(() => bundleOf(['é'.repeat(32_768)])).toThrow(RangeError);
    expect(() => bundleOf([])).toThrow(RangeError);
    expect(() => bundleOf(Array.from({ length: 257 }, () => ''))).toThrow(RangeError);
    const bundle = bundleOf(entries);
    for (let length = 0; length < bundle.length; length++)
      if (length % 24 !== 0 || length === 0) expect(() => entriesOf(bundle.subarray(0, length))).toThrow(RangeError);
    expect(() => entriesOf(Buffer.alloc(2 * 257))).toThrow(RangeError);
  });
});
