import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { vkeyOf } from '#src/ledger/note.ts';
import { openKmsKey } from '#src/signing/kms.ts';
import { sshSignature } from '#src/signing/sshsig.ts';
import { type KmsDouble, kmsRefusal, startKms } from '#test/doubles/kms.ts';

let kms: KmsDouble;
beforeAll(() => {
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
});
afterEach(() => kms.close());

describe('a key in AWS KMS', () => {
  test('signs as the same key at hand would: Ed25519 gives the same bytes each time', async () => {
    kms = await startKms();
    const key = await openKmsKey(kms.arn, kms);
    const { localKey } = await import('#src/signing/key.ts');
    const own = localKey(kms.privateKey);
    expect(vkeyOf('a', key.publicKey)).toBe(vkeyOf('a', own.publicKey));
    const text = Buffer.from('a\n1\nx\n');
    expect(await key.sign(text)).toEqual(await own.sign(text));
    const big = Buffer.alloc(1_000_000, 1);
    expect(await sshSignature(key, big, 'soc2-evidence')).toBe(await sshSignature(own, big, 'soc2-evidence'));
    expect(kms.requests.every(({ region }) => region === 'eu-central-1')).toBe(true);
  });

  test('goes through a throttle and a fault of the service', async () => {
    kms = await startKms();
    const key = await openKmsKey(kms.arn, kms);
    kms.meddle = (operation, nth) => {
      if (operation !== 'Sign') return undefined;
      if (nth === 2) return kmsRefusal('ThrottlingException', 'Rate exceeded');
      return nth === 3 ? { status: 500, body: '' } : undefined;
    };
    expect(await key.sign(Buffer.from('x'))).toHaveLength(64);
  });

  test.each([
    ['another spec', { spec: 'ECC_NIST_P256' }, 'it is of the spec ECC_NIST_P256, not Ed25519'],
    ['another usage', { usage: 'KEY_AGREEMENT' }, 'it is for KEY_AGREEMENT, not for signing'],
    [
      'a public key of another type',
      { privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
      'its public key cannot be read',
    ],
  ])('%s is refused', async (_, of, reason) => {
    kms = await startKms(of);
    await expect(openKmsKey(kms.arn, kms)).rejects.toMatchObject({ code: 'KEY_UNUSABLE', data: { key: kms.arn, reason } });
  });

  test('a refusal is told with the call and what AWS said', async () => {
    kms = await startKms();
    const key = await openKmsKey(kms.arn, kms);
    kms.meddle = () => kmsRefusal('DisabledException', 'the key is disabled');
    await expect(key.sign(Buffer.from('x'))).rejects.toMatchObject({
      code: 'KMS_SILENT',
      data: { call: 'kms:Sign', reason: 'DisabledException: the key is disabled' },
    });
    kms.meddle = () => undefined;
    await expect(openKmsKey(kms.arn.replace('1234abcd', '00000000'), kms)).rejects.toMatchObject({
      code: 'KMS_SILENT',
      data: { call: 'kms:GetPublicKey', reason: expect.stringContaining('NotFoundException') },
    });
  });

  test('a signature that its public key does not verify is not given out', async () => {
    kms = await startKms();
    const key = await openKmsKey(kms.arn, kms);
    for (const Signature of [Buffer.alloc(64).toString('base64'), '', 'AAAA']) {
      kms.meddle = () => ({ headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify({ Signature }) });
      await expect(key.sign(Buffer.from('x'))).rejects.toMatchObject({ code: 'KMS_SILENT' });
    }
  });
});
