import { describe, expect, test } from '@jest/globals';
import { changeLeaf, cycleLeaf, emptyTally, itemLeaf, requestsOf, scopeDocument } from '#src/evidence/documents.ts';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import { digest, leafHash, merkleRoot } from '#src/ledger/tree.ts';
import type { Unread } from '#src/population.ts';

const seen = { item: 'a', snapshot: '11', vector: 'PF', detail: '22', at: null };
const unread: Unread = { unread: 'denied', call: 'List', needs: 'list', detail: 'no' };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the leaves of the trees, as a stranger would make them', () => {
  test('of an item, a change and a scope', () => {
    const leaf = itemLeaf('example.bucket', seen);
    expect(leaf).toEqual(
      leafHash('{"at":null,"detail":"22","item":"a","population":"example.bucket","snapshot":"11","t":"item/1","vector":"PF"}'),
    );
    expect(changeLeaf('s', 'a', leaf)).toEqual(leafHash(`{"item":"a","leaf":"${hex(leaf)}","scope":"s","t":"change/1"}`));
    expect(changeLeaf('s', 'a', null)).toEqual(leafHash('{"item":"a","leaf":null,"scope":"s","t":"change/1"}'));
    expect(scopeDocument('s', { root: leaf, items: 1 })).toBe(
      `{"items":1,"root":"${hex(leaf)}","scope":"s","status":"complete","t":"scope/1"}`,
    );
    expect(scopeDocument('s', { reason: 'denied' })).toBe('{"reason":"denied","scope":"s","status":"failed","t":"scope/1"}');
  });

  test('of an event, with its instant', () => {
    expect(itemLeaf('example.change', { ...seen, at: 0 })).not.toEqual(itemLeaf('example.change', seen));
  });
});

describe('the leaf of a cycle', () => {
  const scopes = (n: number, why?: Unread) =>
    Array.from({ length: n }, (_, i) => ({ scope: `s${i}`, hold: 1, ...(why && { unread: why }) }));
  const leafOf = (looks: ReturnType<typeof scopes>) => {
    const facts = { connection: 'c', asOf: 0, ended: 1, ruleSet: 'rr', state: { root: digest(''), tally: emptyTally() }, changes: [] };
    const kept = { looks: { looks, retired: [] }, looksHash: 'll', manifestHash: 'mm', calls: 2, requests: requestsOf([], digest('')) };
    return cycleLeaf({ ...facts, ...kept });
  };

  test('says when, under which rules, what was looked at, and what failed and why', () => {
    const leaf = leafOf([...scopes(2), { scope: 'z', hold: 1, unread }]);
    expect(JSON.parse(leaf)).toMatchObject({
      v: 1,
      kind: 'cycle',
      asOf: '1970-01-01T00:00:00.000Z',
      ended: '1970-01-01T00:00:00.001Z',
      ruleSet: 'rr',
      changes: { n: 0, root: hex(digest('')) },
      scopes: { total: 3, looks: 'll', failed: [{ scope: 'z', reason: 'denied' }], retired: [] },
      manifest: { sha256: 'mm', calls: 2, ids: 0, idRoot: null, sample: [] },
    });
    expect(canonical(JSON.parse(leaf))).toBe(leaf);
  });

  test('names up to 64 failed scopes; more stand by their number and hash', () => {
    const failed = (n: number) => (JSON.parse(leafOf(scopes(n, unread))) as { scopes: { failed: unknown } }).scopes.failed;
    expect(failed(64)).toHaveLength(64);
    const list = scopes(65).map(({ scope }) => ({ scope, reason: 'denied' }));
    expect(failed(65)).toEqual({ n: 65, sha256: sha256(canonical(list)) });
  });
});

describe('the ids of requests', () => {
  const ids = Array.from({ length: 100 }, (_, i) => `id-${i}`);

  test('their root is over the distinct ones, sorted; those that were not given do not count', () => {
    const { n, root } = requestsOf(['b', '', 'a', 'b'], digest('x'));
    expect([n, root]).toEqual([2, hex(merkleRoot(['a', 'b'].map((id) => leafHash(id))))]);
  });

  test('the sample is the same in any order, and another after another history or with another list', () => {
    const { sample } = requestsOf(ids, digest('x'));
    expect(new Set(sample).size).toBe(8);
    expect(requestsOf(ids.toReversed(), digest('x')).sample).toEqual(sample);
    expect(requestsOf(ids, digest('y')).sample).not.toEqual(sample);
    expect(requestsOf([...ids, 'more'], digest('x')).sample).not.toEqual(sample);
    expect(requestsOf(['b', 'a'], digest('x')).sample).toEqual(['a', 'b']);
  });
});
