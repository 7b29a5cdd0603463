import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { secretOf } from '#src/config/secret.ts';
import { noteOf, openNote, signatureLine } from '#src/ledger/note.ts';
import { NotAKey, parsePrivateKey, publicForms, rawPublicKey } from '#src/signing/key.ts';
import { localOrigin } from '#src/signing/key-file.ts';
import { openKeyring, openLocalKeyring } from '#src/signing/keyring.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-key-'));
afterAll(() => rmSync(folder, { recursive: true }));
/** RFC 8032, test 1. */
const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const vkey = 'example.com/soc2-evidence+6f84d4a5+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea';
const pem = parsePrivateKey(seed).export({ format: 'pem', type: 'pkcs8' }) as string;
const publicOf = (key: KeyObject) => rawPublicKey(createPublicKey(key)).toString('hex');

const secret = (text: string) => secretOf('${env:LEDGER_KEY}', 'holdfast.yaml:3 ledger.key', { folder, env: { LEDGER_KEY: text } });
const fileSecret = (name: string) => secretOf(`\${file:${name}}`, 'holdfast.yaml:3 ledger.key', { folder, env: {} });
const ring = (source: Parameters<typeof openKeyring>[0]['source'], previous: Parameters<typeof openKeyring>[0]['previous'] = []) =>
  openKeyring({ origin: 'example.com/soc2-evidence', source, previous });

describe('a private key', () => {
  test('is read as PEM, as hex, as base64, with blanks around it', () => {
    const forms = [pem, `made by hand\n${pem}`, seed, seed.toUpperCase(), `  ${seed}\n`, Buffer.from(seed, 'hex').toString('base64')];
    for (const form of forms) expect(publicOf(parsePrivateKey(form))).toBe(publicOf(createPrivateKey(pem)));
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ed25519 = generateKeyPairSync('ed25519');
  const pkcs8 = { format: 'pem', type: 'pkcs8' } as const;
  test.each<[string, string, string]>([
    ['RSA', rsa.privateKey.export(pkcs8) as string, 'a key of type rsa (2048)'],
    ['P-256', generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export(pkcs8) as string, 'a key of type ec (prime256v1)'],
    ['Ed448', generateKeyPairSync('ed448').privateKey.export(pkcs8) as string, 'a key of type ed448'],
    ['X25519', generateKeyPairSync('x25519').privateKey.export(pkcs8) as string, 'a key of type x25519'],
    ['a public key', ed25519.publicKey.export({ format: 'pem', type: 'spki' }) as string, 'a public key'],
    ['an encrypted key', ed25519.privateKey.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'x' }) as string, 'an encrypted key'],
    [
      'a key of OpenSSH',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----',
      'a private key in the format of OpenSSH',
    ],
    ['half a PEM', pem.slice(0, 60), 'PEM that cannot be read'],
    ['31 bytes', seed.slice(2), 'neither PEM nor 32 bytes in hex or base64'],
    ['nothing', '', 'neither PEM nor 32 bytes in hex or base64'],
  ])('%s is refused, and told apart', async (_, text, found) => {
    expect(() => parsePrivateKey(text)).toThrow(NotAKey);
    expect(() => parsePrivateKey(text)).toThrow(found);
    if (text === '') return;
    const refused = await ring({ key: secret(text) }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'KEY_UNUSABLE', data: { key: '${env:LEDGER_KEY}', reason: `it is ${found}` } });
    expect(JSON.stringify(refused)).not.toContain(text.slice(30, 60));
  });
});

describe('the configured keys', () => {
  test('sign notes that open with the key the auditor holds, the one in force first', async () => {
    const { signers, besideEvidence } = await ring({ key: secret(pem) }, [{ key: secret('01'.repeat(32)) }]);
    expect(signers.map(({ name }) => name)).toEqual(['example.com/soc2-evidence', 'example.com/soc2-evidence']);
    expect(signers[0]!.vkey).toBe(vkey);
    expect(besideEvidence).toBeNull();
    const text = 'example.com/soc2-evidence\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n';
    const lines = await Promise.all(signers.map(async (signer) => signatureLine(signer.vkey, await signer.sign(text))));
    expect(openNote(noteOf(text, lines), [vkey])).toMatchObject({ text, verified: [{ vkey }], unknown: [{ name: signers[1]!.name }] });
  });

  test('a file that others may open is refused before it is read', async () => {
    writeFileSync(join(folder, 'open.pem'), pem, { mode: 0o644 });
    chmodSync(join(folder, 'open.pem'), 0o644);
    const file = join(folder, 'open.pem');
    await expect(ring({ key: fileSecret('open.pem') })).rejects.toMatchObject({
      code: 'KEY_UNUSABLE',
      data: { key: file, reason: 'others on this machine may open it (mode 0644)', mend: `Run: chmod 600 ${file}` },
    });
    chmodSync(file, 0o640);
    expect((await ring({ key: fileSecret('open.pem') })).signers[0]!.vkey).toBe(vkey);
  });

  test('a file that is not there is told as one', async () => {
    await expect(ring({ key: fileSecret('none.pem') })).rejects.toMatchObject({ code: 'SECRET_NOT_RESOLVED' });
  });
});

describe('the key beside the evidence', () => {
  const file = join(folder, 'store', 'keys', 'evidence.pem');

  test('is made once, for its owner alone, and keeps its origin when the company is renamed', () => {
    expect(() => openLocalKeyring({ file, company: 'Ácme Health, Inc.' }, { make: false })).toThrow(
      expect.objectContaining({ code: 'LEDGER_KEY_NOT_MADE' }),
    );
    const made = openLocalKeyring({ file, company: 'Ácme Health, Inc.' }, { make: true });
    expect(made).toMatchObject({ origin: 'holdfast.local/acme-health-inc', besideEvidence: file });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    const again = openLocalKeyring({ file, company: 'Beta' }, { make: true });
    expect(again.signers[0]!.vkey).toBe(made.signers[0]!.vkey);
    expect(again.origin).toBe('holdfast.local/acme-health-inc');
  });

  test('can be read by openssl, and is refused once others may read it', () => {
    const read = spawnSync('openssl', ['pkey', '-in', file, '-pubout'], { encoding: 'utf8' });
    const { key } = openLocalKeyring({ file, company: 'x' }, { make: false });
    if (read.error === undefined) expect(read.stdout).toBe(publicForms(key.publicKey, 'x').pem);
    chmodSync(file, 0o604);
    expect(() => openLocalKeyring({ file, company: 'x' }, { make: true })).toThrow(expect.objectContaining({ code: 'KEY_UNUSABLE' }));
    expect(existsSync(file)).toBe(true);
  });

  test('a file with something else in it is never replaced', () => {
    const other = join(folder, 'other.pem');
    writeFileSync(other, 'something else', { mode: 0o600 });
    expect(() => openLocalKeyring({ file: other, company: 'x' }, { make: true })).toThrow(
      expect.objectContaining({ code: 'KEY_UNUSABLE' }),
    );
    expect(readFileSync(other, 'utf8')).toBe('something else');
  });
});

test.each([
  ['Acme Health', 'holdfast.local/acme-health'],
  ['  ---  ', 'holdfast.local/company'],
  ['株式会社', 'holdfast.local/company'],
])('the company %j has the origin %s', (company, origin) => expect(localOrigin(company)).toBe(origin));

test('the public forms are those of openssl', () => {
  const key = parsePrivateKey(seed);
  const forms = publicForms(rawPublicKey(createPublicKey(key)), 'x');
  expect(forms.pem).toBe(createPublicKey(key).export({ format: 'pem', type: 'spki' }));
  expect(verify(null, Buffer.from('x'), createPublicKey(forms.pem), Buffer.alloc(64))).toBe(false);
});
