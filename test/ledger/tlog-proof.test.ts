import { describe, expect, test } from '@jest/globals';
import { NoteError } from '#src/ledger/note.ts';
import { inclusionPath, nodesOf, ProofError } from '#src/ledger/proof.ts';
import { checkProof, formatProof, parseProof } from '#src/ledger/tlog-proof.ts';
import { leafHash } from '#src/ledger/tree.ts';
import { entries, flipped, inclusion, note, origin, proofFile, vkey, witnessVkey } from './vectors.ts';

const path = inclusionPath(3, 7, nodesOf(entries.map((entry) => leafHash(entry))));

test('the published vector: written, read back, and shown to hold', () => {
  expect(formatProof({ index: 3, path, note })).toBe(proofFile);
  expect(parseProof(proofFile)).toEqual({ index: 3, path, note });
  expect(checkProof(proofFile, entries[3]!, [vkey])).toEqual({ index: 3, size: 7, origin });
  expect(checkProof(proofFile, entries[3]!, [vkey, witnessVkey])).toEqual({ index: 3, size: 7, origin });
});

test('extra data is kept', () => {
  const extra = Buffer.from('anything');
  const file = formatProof({ index: 3, path, note, extra });
  expect(file.split('\n')[1]).toBe('extra YW55dGhpbmc=');
  expect(parseProof(file)).toEqual({ index: 3, path, note, extra });
  expect(parseProof(formatProof({ index: 3, path, note, extra: Buffer.alloc(0) })).extra).toEqual(Buffer.alloc(0));
});

test('another entry, place, path, note or key shows nothing', () => {
  for (const n of [0, 1, 2, 4, 5, 6]) {
    expect(() => checkProof(proofFile, entries[n]!, [vkey])).toThrow('the entry is not entry 3 of the log of 7');
    expect(() => checkProof(proofFile.replace('index 3', `index ${n}`), entries[3]!, [vkey])).toThrow(ProofError);
  }
  expect(() => checkProof(proofFile.replace('index 3', 'index 7'), entries[3]!, [vkey])).toThrow('a tree of 7 has no leaf 7');
  expect(() => checkProof(proofFile.replace(`${inclusion[1]}\n`, ''), entries[3]!, [vkey])).toThrow('too short');
  expect(() => checkProof(proofFile.replace('\n\n', `\n${inclusion[1]}\n\n`), entries[3]!, [vkey])).toThrow('too long');
  expect(() => checkProof(proofFile.replace('\n7\n', '\n8\n'), entries[3]!, [vkey])).toThrow('is bad');
  expect(() => checkProof(proofFile, entries[3]!, [])).toThrow('no key given');
});

test('any bit of the file the other way is refused', () => {
  const bytes = Buffer.from(formatProof({ index: 3, path, note: note.slice(0, note.indexOf('— auditor')) }));
  const accepted = Array.from({ length: bytes.length * 8 }, (_, bit) => bit).filter((bit) => {
    try {
      checkProof(flipped(bytes, bit).toString(), entries[3]!, [vkey]);
      return true;
    } catch (error) {
      return !(error instanceof NoteError || error instanceof ProofError);
    }
  });
  expect(accepted).toEqual([]);
});

describe('a proof is refused that', () => {
  const cases: [says: string, file: string, why: string][] = [
    ['is empty', '', 'no empty line'],
    ['is of another version', proofFile.replace('@v1', '@v2'), 'does not begin with'],
    ['has a blank line before', `\n${proofFile}`, 'does not begin with'],
    ['has no index', proofFile.replace('index 3\n', ''), 'does not say its index'],
    ['has a leading zero', proofFile.replace('index 3', 'index 03'), 'does not say its index: "index 03"'],
    ['has two indexes', proofFile.replace('index 3\n', 'index 3\nindex 3\n'), 'not 32 bytes of base64: "index 3"'],
    ['has extra data after the index', proofFile.replace('index 3\n', 'index 3\nextra AAAA\n'), 'not 32 bytes of base64'],
    ['has extra data that is not base64', proofFile.replace('index', 'extra A\nindex'), 'extra data'],
    ['has a short hash', proofFile.replace(inclusion[0]!, 'AAAA'), 'not 32 bytes of base64: "AAAA"'],
    ['has a hash with bits left over', proofFile.replace('KQKxik=', 'KQKxil='), 'not 32 bytes of base64'],
    ['has a hash with a blank', proofFile.replace(inclusion[0]!, `${inclusion[0]} `), 'not 32 bytes of base64'],
    ['has carriage returns', proofFile.replaceAll('\n', '\r\n'), 'no empty line'],
    ['has a path past all trees', proofFile.replace(inclusion[0]!, Array(64).fill(inclusion[0]).join('\n')), 'more than 63'],
  ];
  test.each(cases)('%s', (_, file, why) => {
    expect(() => parseProof(file)).toThrow(NoteError);
    expect(() => parseProof(file)).toThrow(why);
  });

  test('nobody should write', () => {
    expect(() => formatProof({ index: -1, path, note })).toThrow(NoteError);
    expect(() => formatProof({ index: 3, path: [Buffer.alloc(31)], note })).toThrow(NoteError);
  });
});
