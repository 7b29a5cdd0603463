import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkpointText, parseCheckpoint } from '#src/ledger/checkpoint.ts';
import { NoteError } from '#src/ledger/note.ts';
import { digest, leafHash, merkleRoot } from '#src/ledger/tree.ts';
import { entries, flipped, origin, text } from './vectors.ts';

test('the published vector', () => {
  const leaves = entries.map((entry) => leafHash(entry));
  expect(leaves[0]!.toString('hex')).toBe('6a954dcfc22eb3668adf66f4488282eef7df6beb5b4cdbefb67c41c6052fb971');
  expect(merkleRoot(leaves.slice(0, 5)).toString('base64')).toBe('Gi9QIzGL8Fzr61jJzLKhRyw6gxtNFvOfhHVaD8PWzOI=');
  expect(checkpointText({ origin, size: 7, root: merkleRoot(leaves) })).toBe(text);
});

test('what is written is read back', () => {
  const name = fc
    .string({ minLength: 1, maxLength: 9, unit: 'grapheme' })
    .filter((value) => value.isWellFormed() && !/\p{Cc}/u.test(value));
  fc.assert(
    fc.property(name, fc.maxSafeNat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (origin, n, bytes) => {
      const size = Math.max(n, 1);
      const checkpoint = { origin, size, root: Buffer.from(bytes) };
      expect(parseCheckpoint(checkpointText(checkpoint))).toEqual(checkpoint);
    }),
  );
  const empty = { origin, size: 0, root: digest('') };
  expect(parseCheckpoint(checkpointText(empty))).toEqual(empty);
});

test('no bit can change without another size, root or origin, or a refusal', () => {
  const known = parseCheckpoint(text);
  const bytes = Buffer.from(text);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    try {
      expect(parseCheckpoint(flipped(bytes, bit).toString())).not.toEqual(known);
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
    }
  }
});

describe('a checkpoint is refused that', () => {
  const cases: [says: string, text: string, why: string][] = [
    ['is empty', '', 'three lines'],
    ['has no newline at its end', text.slice(0, -1), 'three lines'],
    ['has an extension line', `${text}more\n`, 'three lines'],
    ['has data after its last line', `${text}more`, 'three lines'],
    ['has no origin', text.replace(origin, ''), 'no origin'],
    ['has a control character in its origin', text.replace(origin, `${origin}\r`), 'no origin'],
    ['has no size', text.replace('\n7\n', '\n\n'), 'is not a number'],
    ['has a leading zero', text.replace('\n7\n', '\n07\n'), 'is not a number: "07"'],
    ['has a sign', text.replace('\n7\n', '\n+7\n'), 'is not a number'],
    ['has a negative size', text.replace('\n7\n', '\n-7\n'), 'is not a number'],
    ['has a fraction', text.replace('\n7\n', '\n7.0\n'), 'is not a number'],
    ['has hex', text.replace('\n7\n', '\n0x7\n'), 'is not a number'],
    ['has a blank', text.replace('\n7\n', '\n7 \n'), 'is not a number'],
    ['has digits of another script', text.replace('\n7\n', '\n٧\n'), 'is not a number'],
    ['has a size past all counting', text.replace('\n7\n', '\n9007199254740992\n'), 'is not a number'],
    ['has a short root', text.replace('l2T1', ''), 'not 32 bytes of base64'],
    ['has a root with bits left over', text.replace('mTw=', 'mTx='), 'not 32 bytes of base64'],
    ['has a root in hex', text.replace(/\S{43}=/, 'ab'.repeat(32)), 'not 32 bytes of base64'],
    ['has entries of none', text.replace('\n7\n', '\n0\n'), 'not the root of no entries'],
  ];
  test.each(cases)('%s', (_, given, why) => {
    expect(() => parseCheckpoint(given)).toThrow(NoteError);
    expect(() => parseCheckpoint(given)).toThrow(why);
  });

  test('nobody should write', () => {
    expect(() => checkpointText({ origin: 'a\nb', size: 7, root: digest('') })).toThrow(NoteError);
    expect(() => checkpointText({ origin, size: 1.5, root: digest('') })).toThrow(NoteError);
    expect(() => checkpointText({ origin, size: 7, root: Buffer.alloc(31) })).toThrow(NoteError);
  });
});
