import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { cosignedText, localSigner, noteOf, openNote, signatureLine } from '#src/ledger/note.ts';
import { flipped, note, origin, privateKeyOf, seeds, text, witnessLine, witnessVkey } from '../vectors.ts';

const isHere = spawnSync('openssl', ['version']).stdout?.toString().startsWith('OpenSSL 3') ?? false;
if (!isHere) process.stderr.write('skipped: openssl 3 is not installed, so it was not asked about our signatures\n');

(isHere ? describe : describe.skip)('openssl, and a shell', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-openssl-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The commands that a reader of a package is given. */
  const commands = `
awk 'NF==0{exit}{print}' checkpoint > body
grep "^— $1 " checkpoint | head -1 | awk '{print $3}' | base64 -d | tail -c +5 > sig
openssl pkeyutl -verify -pubin -inkey log.pub.pem -rawin -in body -sigfile sig`;
  const verify = (note: string | Buffer, key: KeyObject) => {
    writeFileSync(join(folder, 'checkpoint'), note);
    writeFileSync(join(folder, 'log.pub.pem'), createPublicKey(key).export({ format: 'pem', type: 'spki' }));
    return spawnSync('sh', ['-ec', commands, 'sh', origin], { cwd: folder, encoding: 'utf8' }).status;
  };

  test('accept our note', async () => {
    expect(verify(note, privateKeyOf(seeds[0]))).toBe(0);
    const { privateKey } = generateKeyPairSync('ed25519');
    const signer = localSigner(origin, privateKey);
    expect(verify(noteOf(text, [signatureLine(signer.vkey, await signer.sign(text))]), privateKey)).toBe(0);
  });

  test('accept the signature of a witness over what it signs, and over nothing else', () => {
    const signed = Buffer.from(witnessLine.split(' ')[2]!, 'base64').subarray(12);
    writeFileSync(join(folder, 'witness.pem'), createPublicKey(privateKeyOf(seeds[1])).export({ format: 'pem', type: 'spki' }));
    writeFileSync(join(folder, 'cosignature'), signed);
    const accepts = (body: string) => {
      writeFileSync(join(folder, 'cosigned'), body);
      const asked = ['pkeyutl', '-verify', '-pubin', '-inkey', 'witness.pem', '-rawin', '-in', 'cosigned', '-sigfile', 'cosignature'];
      return spawnSync('openssl', asked, { cwd: folder }).status === 0;
    };
    const { timestamp } = openNote(note, [witnessVkey]).verified[0]!;
    expect(accepts(cosignedText(text, timestamp!))).toBe(true);
    expect(accepts(cosignedText(text, timestamp! + 1))).toBe(false);
    expect(accepts(text)).toBe(false);
  });

  test('refuse it with another key, another text or another signature', () => {
    expect(verify(note, privateKeyOf(seeds[1]))).not.toBe(0);
    const bytes = Buffer.from(note);
    for (const at of [0, Buffer.byteLength(text) - 3, bytes.indexOf('8nPbe')])
      expect(verify(flipped(bytes, 8 * at), privateKeyOf(seeds[0]))).not.toBe(0);
    expect(verify(note.replace('\n7\n', '\n8\n'), privateKeyOf(seeds[0]))).not.toBe(0);
  });
});
