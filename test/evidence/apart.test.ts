import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packApart, unpackAny } from '#src/evidence/apart.ts';
import { sha256 } from '#src/ledger/canonical.ts';

const kept = Array.from({ length: 300 }, (_, i) => sha256(`kept ${i}`));
const numbers = {
  find: (hash: Buffer) => kept.indexOf(hash.toString('hex')) + 1 || null,
  hashOf: (number: number) => kept[number - 1]!,
};
const others = Array.from({ length: 5 }, (_, i) => sha256(`other ${i}`));
const uuid = '2fe89196-2a2f-f111-1830-4c9bab66c937';
const word = fc.constantFrom(...kept.slice(0, 3), ...kept.slice(290), ...others, uuid, '","', 'scope', 'é', '0f', others[0]!.toUpperCase());
const text = fc.array(word, { maxLength: 30 }).map((words) => words.join(''));
const withMarks = fc.tuple(text, fc.constantFrom('', '', '', '\u0001', '\u0002')).map(([before, mark]) => Buffer.from(before + mark));
const document = fc.tuple(withMarks, fc.constantFrom(1, 1, 1, 40)).map(([raw, times]) => Buffer.concat(Array(times).fill(raw)));

test('a text of hashes comes back as it was, alone and as a patch on another', () => {
  fc.assert(
    fc.property(document, fc.option(document, { nil: undefined }), (raw, base) => {
      // Not what the one that packed remembers of it.
      const again = base && Buffer.from(base);
      expect(unpackAny(packApart(raw, base, numbers), raw.length, again, numbers).equals(raw)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a hash that is not the one expected takes its 32 bytes where it is new, and a few where it is that of a document or stood elsewhere', () => {
  const entry = (hash: string, i: number) => `["aws/1/eu-west-1/place-${i}","complete",3,"${hash}"]`;
  const base = Buffer.from(kept.slice(0, 160).map(entry).join());
  const sizeWith = (hash: string) => packApart(Buffer.from(kept.slice(0, 160).with(80, hash).map(entry).join()), base, numbers).length;
  expect(sizeWith(kept[80]!)).toBeLessThanOrEqual(8);
  expect(sizeWith(kept[200]!)).toBeLessThanOrEqual(12);
  expect(sizeWith(kept[3]!)).toBeLessThanOrEqual(12);
  expect(sizeWith(others[0]!)).toBeLessThanOrEqual(44);
});

test('data in which any bit is another, or that is cut or longer, is refused', () => {
  fc.assert(
    fc.property(text, text, fc.nat(), fc.constantFrom('flip', 'cut', 'grow'), (own, former, at, how) => {
      const [raw, base] = [Buffer.from(own), Buffer.from(former)];
      const stored = packApart(raw, base, numbers);
      const altered =
        how === 'cut' ? stored.subarray(0, -1) : how === 'grow' ? Buffer.concat([stored, Buffer.of(at % 256)]) : Buffer.from(stored);
      if (how === 'flip') altered[(at >> 3) % altered.length]! ^= 1 << (at % 8);
      expect(() => unpackAny(altered, raw.length, base, numbers)).toThrow();
    }),
    { numRuns: 1_000 },
  );
});

test('a size that is not that of the text, another base, and a document that is gone are refused or give another text', () => {
  const raw = Buffer.from(kept.slice(0, 20).join());
  const base = Buffer.from([...kept.slice(0, 10), ...others].join());
  const stored = packApart(raw, base, numbers);
  for (const size of [raw.length - 1, raw.length + 1]) expect(() => unpackAny(stored, size, base, numbers)).toThrow();
  expect(() => unpackAny(stored, raw.length, undefined, numbers)).toThrow();
  const gone = () => {
    throw new Error('there is no document');
  };
  expect(() => unpackAny(stored, raw.length, base, { ...numbers, hashOf: gone })).toThrow('there is no document');
});
