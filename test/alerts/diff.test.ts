import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { diff, fieldsOf, signatureOf } from '#src/alerts/diff.ts';

test.each<[string, object, object, [field: string, before: string | null, after: string | null][]]>([
  ['nothing', { a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 }, []],
  ['a value', { a: { b: 2 } }, { a: { b: 0 } }, [['a.b', '2', '0']]],
  [
    'a field that came, and one that went',
    { a: 1 },
    { b: null },
    [
      ['a', '1', null],
      ['b', null, 'null'],
    ],
  ],
  ['an element that came', { list: [1, 2] }, { list: [2, 3, 1] }, [['list[]', null, '3']]],
  ['an element that went', { list: ['x', 'x', 'y'] }, { list: ['y', 'x'] }, [['list[]', '"x"', null]]],
  ['within an element', { list: [{ p: 1, q: [1] }, { p: 2 }] }, { list: [{ p: 2 }, { p: 1, q: [7] }] }, [['list[1].q[0]', '1', '7']]],
  ['a map that became a list', { a: {} }, { a: [] }, [['a', '{}', '[]']]],
])('%s', (_, before, after, expected) => {
  expect(diff(before, after).map((each) => [each.field, each.before, each.after])).toEqual(expected);
});

test('what cannot be read now is told whole, and not field by field', () => {
  const unread = { unread: 'denied', call: 's3:GetBucketPolicy', needs: 's3:GetBucketPolicy', detail: '' };
  expect(diff({ policy: { open: true } }, { policy: unread })).toEqual([
    { field: 'policy', before: '{"open":true}', after: expect.stringContaining('denied') },
  ]);
});

test('the same change of two items has one signature, whatever else they are and though it names them', () => {
  const of = (id: string, others: string[], cidr: string) => {
    const before = { rules: others, note: `none of ${id}` };
    const after = { rules: [cidr, ...others], note: `open by ${id}` };
    return signatureOf(diff(before, after), { key: `arn:aws:ec2:eu:1:group/${id}`, name: id });
  };
  expect(of('sg-0001', ['a'], '0.0.0.0/0')).toBe(of('sg-0002', ['b', 'c'], '0.0.0.0/0'));
  expect(of('sg-0001', ['a'], '0.0.0.0/0')).not.toBe(of('sg-0001', ['a'], '::/0'));
  expect(fieldsOf(diff({ list: [{ a: 1 }] }, { list: [{ a: 2 }] }))).toBe('list[].a');
});

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
  ),
})).value;

test('two snapshots that differ in more than the order of lists have a difference; the same have none', () => {
  const unordered = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map((each) => JSON.stringify(unordered(each))).toSorted()
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .toSorted(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, each]) => [key, unordered(each)]),
          )
        : value;
  const wellFormed = fc.tuple(json, json).filter((pair) => JSON.stringify(pair).isWellFormed() && !JSON.stringify(pair).includes('\\ud'));
  fc.assert(
    fc.property(wellFormed, ([a, b]) => {
      expect(diff({ a }, { a })).toEqual([]);
      expect(diff({ a }, { a: b }).length > 0).toBe(JSON.stringify(unordered({ a })) !== JSON.stringify(unordered({ a: b })));
    }),
  );
});
