import fc from 'fast-check';
import type { Json } from '#src/ledger/canonical.ts';

const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value.isWellFormed());

/** Any document that has a canonical form. */
export const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(text, fc.boolean(), fc.constant(null), fc.maxSafeInteger()),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;
