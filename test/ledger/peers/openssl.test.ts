import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { localSigner, noteOf, signatureLine } from '#src/ledger/note.ts';
import { flipped, note, origin, privateKeyOf, seeds, text } from '../vectors.ts';

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

  test('refuse it with another key, another text or another signature', () => {
    expect(verify(note, privateKeyOf(seeds[1]))).not.toBe(0);
    const bytes = Buffer.from(note);
    for (const at of [0, Buffer.byteLength(text) - 3, bytes.indexOf('8nPbe')])
      expect(verify(flipped(bytes, 8 * at), privateKeyOf(seeds[0]))).not.toBe(0);
    expect(verify(note.replace('\n7\n', '\n8\n'), privateKeyOf(seeds[0]))).not.toBe(0);
  });
});
