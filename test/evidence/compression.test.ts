import { zstdCompressSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pack, unpack } from '#src/evidence/compression.ts';

const text = fc.string({ unit: fc.constantFrom('{"', 'name', '":', 'é', '0', 'f', '","'), maxLength: 60 });
/** Small documents and large ones are compressed differently. */
const document = fc.tuple(text, fc.constantFrom(1, 1, 400)).map(([part, times]) => Buffer.from(part.repeat(times)));

test('a document comes back as it was, alone and as a patch on another', () => {
  fc.assert(
    fc.property(document, fc.option(document, { nil: undefined }), (raw, base) => {
      expect(unpack(pack(raw, base), raw.length, base).equals(raw)).toBe(true);
    }),
  );
});

test('data in which any bit is another, or that is cut or longer, is refused or gives another document', () => {
  fc.assert(
    fc.property(document, fc.nat(), fc.constantFrom('flip', 'cut', 'grow'), (raw, at, how) => {
      const stored = pack(raw);
      const altered =
        how === 'cut' ? stored.subarray(0, -1) : how === 'grow' ? Buffer.concat([stored, Buffer.of(at % 256)]) : Buffer.from(stored);
      if (how === 'flip') altered[(at >> 3) % altered.length]! ^= 1 << (at % 8);
      let found: Buffer | null = null;
      try {
        found = unpack(altered, raw.length);
      } catch {
        return;
      }
      expect(found.equals(raw)).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});

test('what the first version of the program stored is read', () => {
  const raw = Buffer.from('a document of some length, '.repeat(400));
  expect(unpack(zstdCompressSync(raw), raw.length).equals(raw)).toBe(true);
});

test('a size that is not that of the document is refused', () => {
  for (const raw of [Buffer.from('abc'), Buffer.alloc(10_000, 'abc')]) {
    expect(() => unpack(pack(raw), raw.length + 1)).toThrow();
    expect(() => unpack(pack(raw), raw.length - 1)).toThrow();
  }
});
