import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cosignedText, localSigner, NoteError, noteOf, openNote, parseVkey, signatureLine, vkeyOf } from '#src/ledger/note.ts';
import { flipped, line, note, origin, privateKeyOf, seeds, text, vkey, witnessLine, witnessVkey } from './vectors.ts';

const signer = localSigner(origin, privateKeyOf(seeds[0]));
const witnessKey = privateKeyOf(seeds[1]);
const refuses = (why: string | RegExp, act: () => unknown) => {
  expect(act).toThrow(NoteError);
  expect(act).toThrow(why);
};

describe('the published vectors', () => {
  test('the key, the signature of the log and that of the witness come out byte for byte', async () => {
    expect(signer.vkey).toBe(vkey);
    expect(signatureLine(vkey, await signer.sign(text))).toBe(line);
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(1_767_225_600n);
    const signature = sign(null, Buffer.from(cosignedText(text, 1_767_225_600)), witnessKey);
    expect(signatureLine(witnessVkey, Buffer.concat([time, signature]))).toBe(witnessLine);
    expect(noteOf(text, [line, witnessLine])).toBe(note);
  });

  test('the log alone, the witness alone, and both', () => {
    const [log, witness] = [parseVkey(vkey), parseVkey(witnessVkey)];
    expect([log.type, witness.type, log.keyId.toString('hex'), witness.keyId.toString('hex')]).toEqual([1, 4, '6f84d4a5', 'bc0055ce']);
    const signed = { vkey, name: origin };
    const seen = { vkey: witnessVkey, name: witness.name, timestamp: 1_767_225_600 };
    expect(openNote(note, [vkey])).toEqual({ text, verified: [signed], unknown: [{ name: witness.name, keyId: witness.keyId }] });
    expect(openNote(note, [witnessVkey])).toEqual({ text, verified: [seen], unknown: [{ name: origin, keyId: log.keyId }] });
    expect(openNote(note, [witnessVkey, vkey])).toEqual({ text, verified: [signed, seen], unknown: [] });
  });

  test('the example of C2SP signed-note', () => {
    const signature = 'Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=';
    const example = `This is an example message.\n\n— example.com/foo ${signature}\n`;
    const key = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    expect(openNote(example, [key]).text).toBe('This is an example message.\n');
    refuses('is bad', () => openNote(example.replace('an', 'no'), [key]));
  });
});

test('what a signer signs opens, whatever the text', async () => {
  const character = fc.string({ unit: 'grapheme' }).filter((value) => !/[\u0000-\u0009\u000b-\u001f\ufffd]/.test(value));
  await fc.assert(
    fc.asyncProperty(fc.array(character), async (lines) => {
      const any = `${lines.join('\n')}\n`;
      const signed = noteOf(any, [signatureLine(vkey, await signer.sign(any))]);
      expect(openNote(signed, [vkey]).text).toBe(any);
    }),
    { numRuns: 50 },
  );
});

test('any bit of text or signature the other way is refused', () => {
  const signed = Buffer.from(`${text}\n${line}\n`);
  const opened = Array.from({ length: signed.length * 8 }, (_, bit) => bit).filter((bit) => {
    try {
      openNote(flipped(signed, bit).toString(), [vkey]);
      return true;
    } catch (error) {
      return !(error instanceof NoteError);
    }
  });
  expect(opened).toEqual([]);
});

test('a bit of a witness signature the other way is refused', () => {
  const bytes = Buffer.from(witnessLine.split(' ')[2]!, 'base64').subarray(4);
  for (let bit = 0; bit < bytes.length * 8; bit += 3)
    refuses('the signature of auditor.example/w1 is bad', () =>
      openNote(noteOf(text, [signatureLine(witnessVkey, flipped(bytes, bit))]), [witnessVkey]),
    );
});

const witnesses = (n: number) => Array.from({ length: n }, (_, i) => `${witnessLine.replace('w1', `w${i}`)}\n`).join('');

describe('a note is refused that', () => {
  const cases: [says: string, note: string, why: string | RegExp][] = [
    ['is empty', '', 'no empty line'],
    ['has no signature', `${text}\n`, 'no signature'],
    ['is cut off within a signature', note.slice(0, -1), 'does not end with a newline'],
    ['is cut off before the empty line', text, 'no empty line'],
    ['has an empty line at its end', `${note}\n`, 'no signature'],
    ['has data after the signatures', `${note}more\n`, 'does not begin with a dash'],
    ['has a hyphen for the dash', note.replaceAll('—', '-'), 'does not begin with a dash'],
    ['has a second blank in a signature', note.replace(' b4TU', '  b4TU'), 'not name and signature'],
    ['has a blank after a signature', note.replace('VKQI=', 'VKQI= '), 'not name and signature'],
    ['has no name in a signature', note.replace(/— \S+ /, '—  '), 'not name and signature'],
    ['has a plus in a name', note.replace('— example.com', '— example+com'), 'not name and signature'],
    ['has a no-break space in a name', note.replace('— example.com', '— example\u00a0com'), 'not name and signature'],
    ['has a tab', note.replace('\n7\n', '\n\t7\n'), 'control character'],
    ['has a carriage return', note.replaceAll('\n', '\r\n'), 'control character'],
    ['has a NUL', note.replace('\n7\n', '\n7\0\n'), 'control character'],
    ['was not UTF-8', Buffer.from([...Buffer.from(text), 0xff, ...Buffer.from(`\n\n${line}\n`)]).toString(), 'not UTF-8'],
    ['has half a character', `\ud800${note}`, 'not UTF-8'],
    ['has base64 without its padding', note.replace('VKQI=', 'VKQI'), 'is not base64'],
    ['has base64 with bits left over', note.replace('VKQI=', 'VKQJ='), 'is not base64'],
    ['has the alphabet of URLs', note.replace('/GL9q', '_GL9q'), 'is not base64'],
    ['has a signature that is hardly an id', note.replace(/b4TU\S+/, 'b4TUpQ=='), 'too short'],
    ['has a shorter signature', note.replace(/b4TU\S+/, 'b4TUpe8nPbc='), 'is bad'],
    ['has another text', note.replace('\n7\n', '\n8\n'), `the signature of ${origin} is bad`],
    ['has a good signature and then a bad one by the same key', note.replace(witnessLine, line.replace('8nPb', '8nPc')), 'is bad'],
    ['is longer than anyone writes', note.replace(origin, 'x'.repeat(1_000_000)), 'more than 1000000 bytes'],
    ['has a signature twice', `${note}${line}\n`, 'stands twice'],
    ['has more signatures than anyone needs', noteOf(text, [line]) + witnesses(100), 'more than 100'],
  ];
  test.each(cases)('%s', (_, given, why) => refuses(why, () => openNote(given, [vkey])));

  test('nobody signed whose key was given', () => {
    refuses('no key given signed the note; it is signed by example.com/soc2-evidence (6f84d4a5), auditor.example/w1 (bc0055ce)', () =>
      openNote(note, []),
    );
    const stranger = localSigner(origin, generateKeyPairSync('ed25519').privateKey);
    refuses('no key given', () => openNote(note, [stranger.vkey]));
  });

  test('is signed by another key under the name and the id of the known one', async () => {
    const stranger = localSigner(origin, generateKeyPairSync('ed25519').privateKey);
    const forged = signatureLine(vkey, await stranger.sign(text));
    refuses('is bad', () => openNote(noteOf(text, [forged]), [vkey]));
    refuses('is bad', () => openNote(noteOf(text, [line, forged]), [vkey]));
    refuses('is bad', () => openNote(noteOf(text, [forged, witnessLine]), [vkey, witnessVkey]));
  });
});

test('a log key is not taken for a witness key, nor the other way round', async () => {
  const { publicKey } = parseVkey(vkey);
  const asWitness = vkeyOf(origin, publicKey, 4);
  const signature = await signer.sign(text);
  refuses('is bad', () => openNote(noteOf(text, [signatureLine(asWitness, Buffer.concat([Buffer.alloc(8), signature]))]), [asWitness]));
  refuses('has 72 bytes, not 64', () => signatureLine(asWitness, signature));
});

test('the text ends at the last empty line', async () => {
  const long = `${text}\nand more\n`;
  const signed = noteOf(long, [signatureLine(vkey, await signer.sign(long))]);
  expect(openNote(signed, [vkey]).text).toBe(long);
  refuses('empty line among them', () => noteOf(text, [line, '', witnessLine]));
});

describe('a verifier key is refused that', () => {
  const key = vkey.split('+')[2]!;
  const cases: [says: string, vkey: string, why: string][] = [
    ['is empty', '', 'name+id+key'],
    ['has no name', vkey.slice(origin.length), 'name+id+key'],
    ['has a blank in its name', vkey.replace('soc2', 'soc 2'), 'no blanks'],
    ['is cut off', vkey.slice(0, -4), 'has 29 bytes, not 32'],
    ['has data after it', `${vkey}AAAA`, 'has 35 bytes, not 32'],
    ['has a newline after it', `${vkey}\n`, 'is not base64'],
    ['has its id in capitals', vkey.replace('6f84d4a5', '6F84D4A5'), 'eight hex digits'],
    ['has a short id', vkey.replace('6f84d4a5', '6f84d4a'), 'eight hex digits'],
    ['has the id of another key', vkey.replace('6f84d4a5', '6f84d4a6'), 'its key gives 6f84d4a5'],
    ['has another name', vkey.replace('soc2', 'soc3'), 'has the id 6f84d4a5, but its key gives'],
    ['has an unknown type', `${origin}+6f84d4a5+${flipped(Buffer.from(key, 'base64'), 1).toString('base64')}`, 'is of type 3'],
    ['is of no type', `${origin}+6f84d4a5+`, 'is of type none'],
  ];
  test.each(cases)('%s', (_, given, why) => refuses(why, () => parseVkey(given)));
});

test('a key is not made of what is none', () => {
  refuses('has 32 bytes, not 31', () => vkeyOf(origin, Buffer.alloc(31)));
  for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u2003b', '\ud800']) refuses('is no name', () => vkeyOf(name, Buffer.alloc(32)));
  refuses('not a private Ed25519 key', () => localSigner(origin, generateKeyPairSync('x25519').privateKey));
});
