import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { shapes } from '#src/commands/shapes.ts';
import { parseVkey } from '#src/ledger/note.ts';
import { holdfast } from '#test/commands/cli.ts';
import { startHttp } from '#test/doubles/http.ts';
import { type Policy, verdictOf } from './policy-verdict.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-outside-commands-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const configure = (settings: string) =>
  writeFileSync(join(folder, 'holdfast.yaml'), `company: Acme Health\nconnections:\n  - { id: aws, provider: aws }\n${settings}\n`);

describe('key', () => {
  test('makes a private key for its owner alone, and never over another file', async () => {
    const { code, out, err } = await holdfast(folder, 'key --new ledger.pem');
    expect(code).toBe(0);
    expect(statSync(join(folder, 'ledger.pem')).mode & 0o777).toBe(0o600);
    const before = readFileSync(join(folder, 'ledger.pem'), 'utf8');
    expect(out + err).not.toContain(before.split('\n')[1]);
    expect(await holdfast(folder, 'key --new ledger.pem')).toMatchObject({ code: 2, err: expect.stringContaining('exists already') });
    expect(readFileSync(join(folder, 'ledger.pem'), 'utf8')).toBe(before);
  });

  test('prints the public key in each form, and no private one', async () => {
    await holdfast(folder, 'key --new ledger.pem');
    await holdfast(folder, 'key --new old.pem');
    configure("ledger: { origin: evidence.example.com/acme, key: '${file:ledger.pem}', previous: [{ key: '${file:old.pem}' }] }");
    const { code, out } = await holdfast(folder, 'key --json');
    expect(code).toBe(0);
    const printed = shapes.key.parse(JSON.parse(out));
    expect(parseVkey(printed.vkey)).toMatchObject({ name: 'evidence.example.com/acme', type: 1 });
    expect(printed).toMatchObject({ previous: [expect.stringContaining('evidence.example.com/acme+')], besideEvidence: false });
    const pem = spawnSync('openssl', ['pkey', '-in', join(folder, 'ledger.pem'), '-pubout'], { encoding: 'utf8' });
    if (pem.error === undefined) expect(pem.stdout).toBe(printed.pem);
    const text = (await holdfast(folder, 'key')).out;
    for (const form of [printed.vkey, printed.pem, printed.ssh, printed.fingerprint, printed.sha256]) expect(text).toContain(form);
    expect(text).not.toContain('beside');
  });

  test('makes none by itself', async () => {
    configure('');
    expect(await holdfast(folder, 'key')).toMatchObject({ code: 2, out: '', err: expect.stringContaining('There is no signing key') });
    expect(existsSync(join(folder, '.holdfast'))).toBe(false);
  });
});

describe('policy aws', () => {
  const grants = async (settings: string): Promise<Policy> => {
    configure(settings);
    return JSON.parse((await holdfast(folder, 'policy aws')).out) as Policy;
  };
  const object = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;
  const key = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

  test('lets the checkpoints be put and read, and nothing else in any bucket', async () => {
    const policy = await grants('anchors:\n  - { name: worm, kind: s3, bucket: acme-worm, prefix: soc2/, region: eu-central-1 }');
    const ours = object('acme-worm', 'soc2/evidence.example.com/acme/00000000000000000003');
    for (const action of ['s3:PutObject', 's3:PutObjectRetention', 's3:GetObject', 's3:GetObjectVersion', 's3:GetObjectRetention'])
      expect([action, verdictOf(policy, action, ours)]).toEqual([action, 'allow']);
    for (const action of ['s3:GetBucketObjectLockConfiguration', 's3:ListBucketVersions'])
      expect(verdictOf(policy, action, 'arn:aws:s3:::acme-worm')).toBe('allow');
    for (const action of [
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      's3:BypassGovernanceRetention',
      's3:PutBucketObjectLockConfiguration',
    ])
      expect(verdictOf(policy, action, ours)).toBe('none');
    for (const elsewhere of [object('acme-worm', 'other/x'), object('patients', 'soc2/x')])
      expect([verdictOf(policy, 's3:GetObject', elsewhere), verdictOf(policy, 's3:PutObject', elsewhere)]).toEqual(['deny', 'none']);
    expect(verdictOf(policy, 'secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:eu-central-1:1:secret:x')).toBe('deny');
  });

  test('lets the key sign, and only the key', async () => {
    const policy = await grants(`ledger: { origin: a.example/b, kms: '${key}' }`);
    const sign = { 'kms:SigningAlgorithm': 'ED25519_SHA_512' };
    expect(verdictOf(policy, 'kms:Sign', key, sign)).toBe('allow');
    expect(verdictOf(policy, 'kms:GetPublicKey', key)).toBe('allow');
    expect(verdictOf(policy, 'kms:Sign', key, { 'kms:SigningAlgorithm': 'ECDSA_SHA_256' })).toBe('none');
    expect(verdictOf(policy, 'kms:Sign', key.replace('1234abcd', '00000000'), sign)).toBe('none');
    expect(verdictOf(policy, 's3:GetObject', object('patients', 'x'))).toBe('deny');
  });

  test('lets the own secrets be read, decrypted on behalf of Secrets Manager alone, and no other', async () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:holdfast/ledger-AbCdEf';
    const policy = await grants(`ledger: { origin: a.example/b, key: '\${aws-sm:${arn}#seed}' }`);
    const onBehalf = { 'kms:ViaService': 'secretsmanager.eu-central-1.amazonaws.com', 'kms:EncryptionContext:SecretARN': arn };
    expect(verdictOf(policy, 'secretsmanager:GetSecretValue', arn)).toBe('allow');
    expect(verdictOf(policy, 'secretsmanager:GetSecretValue', arn.replace('ledger', 'patients'))).toBe('deny');
    expect(verdictOf(policy, 'kms:Decrypt', key, onBehalf)).toBe('allow');
    expect(verdictOf(policy, 'kms:Decrypt', key, { ...onBehalf, 'kms:EncryptionContext:SecretARN': 'another' })).toBe('none');
    expect(verdictOf(policy, 'kms:Decrypt', key, { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' })).toBe('deny');
    expect(verdictOf(policy, 'kms:Decrypt', key)).toBe('deny');
  });

  test('names an alias by what is asked for, since it is no resource', async () => {
    const policy = await grants("ledger: { origin: a.example/b, kms: 'arn:aws:kms:eu-central-1:123456789012:alias/ledger' }");
    const asked = (alias: string) => ({ 'kms:SigningAlgorithm': 'ED25519_SHA_512', 'kms:RequestAlias': alias });
    expect(verdictOf(policy, 'kms:Sign', key, asked('alias/ledger'))).toBe('allow');
    expect(verdictOf(policy, 'kms:Sign', key, asked('alias/other'))).toBe('none');
    expect(verdictOf(policy, 'kms:GetPublicKey', key, asked('alias/other'))).toBe('none');
  });
});

test('check says of the key and of each anchor what it found, and what to do', async () => {
  mkdirSync(join(folder, 'mount'));
  const scim = await startHttp(() => ({ status: 404 }));
  await holdfast(folder, 'key --new ledger.pem');
  writeFileSync(
    join(folder, 'holdfast.yaml'),
    `company: Acme Health
ledger: { origin: evidence.example.com/acme, key: '\${file:ledger.pem}' }
anchors:
  - { name: mount, kind: file, folder: mount }
  - { name: lost, kind: file, folder: nowhere }
connections:
  - { id: people, provider: scim, endpoint: '${scim.url}', token: '\${env:T}', without: [scim-accounts, scim-groups] }
`,
  );
  const { out } = await holdfast(folder, 'check', { env: { T: 'x' } });
  await scim.close();
  expect(out).toContain('ok      signing key: it signs as evidence.example.com/acme\n');
  expect(out).toContain('ok      anchor mount (file): the folder can be written\n');
  expect(out).toMatch(
    /FAILED {2}anchor lost \(file\): stat .*nowhere failed: there is no such folder\n {10}Mount the folder, or make it\.\n/,
  );
});
