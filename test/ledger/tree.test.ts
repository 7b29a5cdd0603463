import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { byUtf8 } from '#src/ledger/order.ts';
import { inclusionPath, nodesOf } from '#src/ledger/proof.ts';
import { createFrontier, createTree, type Hash, leafHash, merkleRoot, nodeHash } from '#src/ledger/tree.ts';

/** The example inputs that implementations of RFC 6962 share, with the roots of their first n. */
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('the tree of RFC 6962', () => {
  test('known roots', () => {
    const leaves = inputs.map((input) => leafHash(Buffer.from(input, 'hex')));
    expect(roots.map((_, n) => merkleRoot(leaves.slice(0, n)).toString('hex'))).toEqual(roots);
  });

  test('the root is the one that the definition gives', () => {
    fc.assert(
      fc.property(fc.nat(300), (n) => {
        const leaves = Array.from({ length: n }, (_, i) => leafHash(String(i)));
        expect(merkleRoot(leaves)).toEqual(byDefinition(leaves));
      }),
      { numRuns: 40 },
    );
  });

  test('whole subtrees can stand for their leaves', () => {
    const leaves = Array.from({ length: 21 }, (_, i) => leafHash(String(i)));
    const frontier = createFrontier();
    for (const at of [0, 8]) frontier.appendSubtree(3, merkleRoot(leaves.slice(at, at + 8)));
    for (const leaf of leaves.slice(16)) frontier.append(leaf);
    expect([frontier.size(), frontier.root()]).toEqual([21, merkleRoot(leaves)]);
    expect(() => frontier.appendSubtree(3, leaves[0]!)).toThrow(RangeError);
  });

  test('a tree with leaves replaced is the tree over the new leaves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.array(fc.nat(69)), (n, replaced) => {
        const leaves = Array.from({ length: n }, (_, i) => leafHash(String(i)));
        const tree = createTree(leaves);
        for (const [turn, at] of replaced.entries()) {
          leaves[at % n] = leafHash(`new ${turn}`);
          tree.replace(at % n, leaves[at % n]!);
          expect(tree.root()).toEqual(merkleRoot(leaves));
        }
        const nodeAt = nodesOf(leaves);
        const wrong = leaves.filter((_, at) => !Buffer.concat(tree.path(at)).equals(Buffer.concat(inclusionPath(at, n, nodeAt))));
        expect(wrong).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(createTree([]).root()).toEqual(merkleRoot([]));
  });

  test('a text hashes as its UTF-8 bytes', () => expect(leafHash('é')).toEqual(leafHash(Buffer.from([0xc3, 0xa9]))));
});

test('strings in the order of their UTF-8 bytes', () => {
  expect(['\u{1f600}', '\uff5e', 'b', 'ab', 'a', ''].sort(byUtf8)).toEqual(['', 'a', 'ab', 'b', '\uff5e', '\u{1f600}']);
  const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed());
  fc.assert(
    fc.property(text, text, (a, b) => expect(Math.sign(byUtf8(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))),
  );
});

function byDefinition(leaves: readonly Hash[]): Hash {
  if (leaves.length <= 1) return leaves[0] ?? merkleRoot([]);
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return nodeHash(byDefinition(leaves.slice(0, split)), byDefinition(leaves.slice(split)));
}
