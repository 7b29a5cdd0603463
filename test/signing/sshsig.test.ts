import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { localKey, publicForms } from '#src/signing/key.ts';
import { sshSignature } from '#src/signing/sshsig.ts';

const present = spawnSync('ssh-keygen', ['-?']).error === undefined;
if (!present) console.warn('skipped: ssh-keygen is not installed');

(present ? describe : describe.skip)('an OpenSSH signature, as ssh-keygen sees it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-sshsig-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const key = localKey(generateKeyPairSync('ed25519').privateKey);
  const bytes = Buffer.from('3b9a…  manifest.json\n'.repeat(40_000));
  const { ssh, fingerprint } = publicForms(key.publicKey, 'evidence.example.com/acme');

  const verify = (signature: string, signed: Buffer, namespace = 'soc2-evidence', line = ssh) => {
    writeFileSync(join(folder, 'allowed_signers'), `evidence@example.com namespaces="soc2-evidence" ${line}\n`);
    writeFileSync(join(folder, 'SHA256SUMS.sig'), signature);
    const asked = ['-Y', 'verify', '-f', 'allowed_signers', '-I', 'evidence@example.com', '-n', namespace, '-s', 'SHA256SUMS.sig'];
    return spawnSync('ssh-keygen', asked, { cwd: folder, input: signed, encoding: 'utf8' });
  };

  test('is accepted over the bytes that were signed', async () => {
    const { status, stdout } = verify(await sshSignature(key, bytes, 'soc2-evidence'), bytes);
    expect(stdout).toContain(`Good "soc2-evidence" signature for evidence@example.com with ED25519 key ${fingerprint}`);
    expect(status).toBe(0);
  });

  test('is refused over other bytes, in another namespace, and from another key', async () => {
    const signature = await sshSignature(key, bytes, 'soc2-evidence');
    expect(verify(signature, Buffer.concat([bytes, Buffer.from('x')])).status).not.toBe(0);
    expect(verify(await sshSignature(key, bytes, 'other'), bytes).status).not.toBe(0);
    const other = localKey(generateKeyPairSync('ed25519').privateKey);
    expect(verify(await sshSignature(other, bytes, 'soc2-evidence'), bytes).status).not.toBe(0);
  });

  test('the fingerprint is the one that ssh-keygen shows', () => {
    writeFileSync(join(folder, 'key.pub'), `${ssh}\n`);
    expect(spawnSync('ssh-keygen', ['-l', '-f', 'key.pub'], { cwd: folder, encoding: 'utf8' }).stdout).toContain(` ${fingerprint} `);
  });
});

test('a signature without a namespace is refused', async () => {
  await expect(sshSignature(localKey(generateKeyPairSync('ed25519').privateKey), Buffer.of(1), '')).rejects.toThrow('namespace');
});
