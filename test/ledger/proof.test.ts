import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { consistencyPath, inclusionPath, isConsistent, nodesOf, ProofError, rootOf, rootOfPath } from '#src/ledger/proof.ts';
import { type Hash, leafHash, merkleRoot, nodeHash } from '#src/ledger/tree.ts';
import { consistency, entries, flipped, inclusion, numbered } from './vectors.ts';

describe('the vectors that implementations of RFC 6962 share', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const nodeAt = nodesOf(inputs.map((input) => leafHash(Buffer.from(input, 'hex'))));
  const hex = (path: readonly Hash[]) => path.map((hash) => hash.toString('hex'));
  const hashes = {
    leaf0: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    leaf1: '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    leaf4: 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    to2: 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    from2: '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    to4: 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    from4to6: '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    from4: '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    from6: 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
  };
  const { leaf0, leaf1, leaf4, to2, from2, to4, from4to6, from4, from6 } = hashes;

  test('inclusion', () => {
    expect(hex(inclusionPath(0, 8, nodeAt))).toEqual([leaf1, from2, from4]);
    expect(hex(inclusionPath(5, 8, nodeAt))).toEqual([leaf4, from6, to4]);
    expect(hex(inclusionPath(2, 3, nodeAt))).toEqual([to2]);
    expect(hex(inclusionPath(1, 5, nodeAt))).toEqual([leaf0, from2, leaf4]);
    expect(inclusionPath(0, 1, nodeAt)).toEqual([]);
  });

  test('consistency', () => {
    expect(hex(consistencyPath(1, 8, nodeAt))).toEqual([leaf1, from2, from4]);
    expect(hex(consistencyPath(6, 8, nodeAt))).toEqual([from4to6, from6, to4]);
    expect(hex(consistencyPath(2, 5, nodeAt))).toEqual([from2, leaf4]);
    expect(consistencyPath(1, 1, nodeAt)).toEqual([]);
  });
});

test('the published vectors of this ledger', () => {
  const nodeAt = nodesOf(entries.map((entry) => leafHash(entry)));
  expect(inclusionPath(3, 7, nodeAt).map((hash) => hash.toString('base64'))).toEqual(inclusion);
  expect(consistencyPath(5, 7, nodeAt).map((hash) => hash.toString('base64'))).toEqual(consistency);
});

describe('over all trees up to some size', () => {
  const most = 300;
  const leaves = numbered(most);
  const nodeAt = nodesOf(leaves);
  const roots = Array.from({ length: most + 1 }, (_, n) => merkleRoot(leaves.slice(0, n)));

  test('the root is that of the leaves', () => {
    expect(roots.map((_, n) => rootOf(n, nodeAt))).toEqual(roots);
  });

  test('every leaf is shown to be in, and every smaller tree to come first', () => {
    const wrong: string[] = [];
    for (let size = 0; size <= most; size++) {
      for (let n = 0; n < size; n++)
        if (!rootOfPath(leaves[n]!, n, size, inclusionPath(n, size, nodeAt)).equals(roots[size]!)) wrong.push(`${n} in ${size}`);
      for (let old = 0; old <= size; old++)
        if (!isConsistent(old, roots[old]!, size, roots[size]!, consistencyPath(old, size, nodeAt))) wrong.push(`${old} to ${size}`);
    }
    expect(wrong).toEqual([]);
  });

  const place = fc.integer({ min: 1, max: most }).chain((size) => fc.record({ size: fc.constant(size), n: fc.nat(size - 1) }));

  test('another leaf, place, size, root or path shows nothing', () => {
    const root = ({ leaf, n, size, path }: { leaf: Hash; n: number; size: number; path: Hash[] }): Hash | null => {
      try {
        return rootOfPath(leaf, n, size, path);
      } catch (error) {
        if (error instanceof ProofError) return null;
        throw error;
      }
    };
    fc.assert(
      fc.property(place, fc.nat(255), fc.nat(most), ({ n, size }, bit, other) => {
        const path = inclusionPath(n, size, nodeAt);
        const claim = { leaf: leaves[n]!, n, size, path };
        expect(root(claim)).toEqual(roots[size]);
        const altered = [
          { ...claim, leaf: flipped(claim.leaf, bit) },
          { ...claim, path: [...path, leaves[other % most]!] },
          ...path.map((hash, i) => ({ ...claim, path: path.with(i, flipped(hash, bit)) })),
          ...path.map((_, i) => ({ ...claim, path: path.toSpliced(i, 1) })),
          ...(path.length > 1 ? [{ ...claim, path: path.toReversed() }] : []),
          ...(other % size === n ? [] : [{ ...claim, n: other % size }]),
          { ...claim, n: -1 - other },
          { ...claim, n: size + other },
        ];
        for (const one of altered) expect(root(one)).not.toEqual(roots[size]);
        // Another size may ask for the same path, but never gives the root of its own tree.
        if (other !== size) expect(root({ ...claim, size: other })).not.toEqual(roots[other]);
      }),
      { numRuns: 300 },
    );
  });

  test('another size, root or path shows no consistency', () => {
    fc.assert(
      fc.property(place, fc.nat(255), fc.nat(most), ({ n: old, size }, bit, other) => {
        const [oldRoot, root] = [roots[old]!, roots[size]!];
        const path = consistencyPath(old, size, nodeAt);
        expect(isConsistent(old, oldRoot, size, root, path)).toBe(true);
        expect(isConsistent(old, flipped(oldRoot, bit), size, root, path)).toBe(false);
        expect(isConsistent(size, root, old, oldRoot, path)).toBe(false);
        expect(isConsistent(old, oldRoot, size, root, [...path, root])).toBe(false);
        if (old > 0) expect(isConsistent(old, oldRoot, size, flipped(root, bit), path)).toBe(false);
        for (const i of path.keys()) {
          expect(isConsistent(old, oldRoot, size, root, path.with(i, flipped(path[i]!, bit)))).toBe(false);
          expect(isConsistent(old, oldRoot, size, root, path.toSpliced(i, 1))).toBe(false);
        }
        if (other !== old) expect(isConsistent(other, oldRoot, size, root, path)).toBe(false);
        if (other !== size && old > 0) expect(isConsistent(old, oldRoot, other, roots[other]!, path)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

test('logs far larger than memory, of one entry many times', () => {
  const levels = [leafHash('again')];
  const nodeAt = (level: number): Hash => (levels[level] ??= nodeHash(nodeAt(level - 1), nodeAt(level - 1)));
  const large = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const place = large.chain((size) => fc.record({ size: fc.constant(size), n: large.map((n) => n % size) }));
  fc.assert(
    fc.property(place, ({ n, size }) => {
      const root = rootOf(size, nodeAt);
      expect(rootOfPath(nodeAt(0), n, size, inclusionPath(n, size, nodeAt))).toEqual(root);
      expect(isConsistent(n, rootOf(n, nodeAt), size, root, consistencyPath(n, size, nodeAt))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('what has no proof is an error of whoever asks', () => {
  const nodeAt = nodesOf(numbered(5));
  expect(() => inclusionPath(5, 5, nodeAt)).toThrow(RangeError);
  expect(() => inclusionPath(-1, 5, nodeAt)).toThrow(RangeError);
  expect(() => consistencyPath(6, 5, nodeAt)).toThrow(RangeError);
  expect(() => inclusionPath(0, 6, nodeAt)).toThrow('there is no node 2 at level 1 over 5 leaves');
  expect(() => nodeAt(0, 0.5)).toThrow(RangeError);
});

test('nodes over leaves that grow', () => {
  const leaves = numbered(3);
  const nodeAt = nodesOf(leaves);
  expect(rootOf(3, nodeAt)).toEqual(merkleRoot(leaves));
  leaves.push(...numbered(20).slice(3));
  expect(rootOf(20, nodeAt)).toEqual(merkleRoot(leaves));
});
