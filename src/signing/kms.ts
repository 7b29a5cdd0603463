import { createPublicKey, verify } from 'node:crypto';
import { awsClient, awsFault } from '#src/aws.ts';
import { HoldfastError } from '#src/errors.ts';
import { rawPublicKey, type SigningKey } from './key.ts';

/** The ARN of a KMS key or of an alias of one; its region is that of the key. */
export const kmsArn = /^arn:aws(?:-[a-z]+)*:kms:([a-z0-9-]+):\d{12}:(?:key|alias)\/[A-Za-z0-9/_-]{1,256}$/;

/**
 * A key that stays in AWS KMS: key spec ECC_NIST_EDWARDS25519, algorithm ED25519_SHA_512 over the message as it is, which is Ed25519 of RFC
 * 8032 (API reference, Sign). A message has at most 4,096 bytes. Each signature is checked before it is given out.
 * Errors: KMS_SILENT, KEY_UNUSABLE.
 */
export async function openKmsKey(arn: string, { endpoint }: { endpoint?: string } = {}): Promise<SigningKey> {
  const region = kmsArn.exec(arn)?.[1];
  if (region === undefined) throw new TypeError('not the ARN of a KMS key');
  const { GetPublicKeyCommand, KMSClient, SignCommand } = await import('@aws-sdk/client-kms');
  const kms = new KMSClient(awsClient({ region, ...(endpoint !== undefined && { endpoint }) }));
  const asked = async <T>(call: string, ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (cause) {
      throw new HoldfastError('KMS_SILENT', { call, key: arn, reason: awsFault(cause).message }, { cause });
    }
  };
  const unusable = (reason: string) =>
    new HoldfastError('KEY_UNUSABLE', {
      key: arn,
      reason,
      mend: 'Make a KMS key of the spec ECC_NIST_EDWARDS25519 for SIGN_VERIFY, and name its ARN under `ledger.kms`.',
    });

  const told = await asked('kms:GetPublicKey', () => kms.send(new GetPublicKeyCommand({ KeyId: arn })));
  if (told.KeySpec !== 'ECC_NIST_EDWARDS25519') throw unusable(`it is of the spec ${told.KeySpec ?? '(none told)'}, not Ed25519`);
  if (told.KeyUsage !== 'SIGN_VERIFY') throw unusable(`it is for ${told.KeyUsage ?? '(nothing told)'}, not for signing`);
  const key = publicKeyOf(told.PublicKey) ?? unusable('its public key cannot be read');
  if (key instanceof HoldfastError) throw key;
  return {
    publicKey: rawPublicKey(key),
    async sign(bytes) {
      const command = new SignCommand({ KeyId: arn, Message: bytes, MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' });
      const { Signature } = await asked('kms:Sign', () => kms.send(command));
      if (Signature?.length !== 64 || !verify(null, bytes, key, Signature))
        throw new HoldfastError('KMS_SILENT', { call: 'kms:Sign', key: arn, reason: 'what it gave is not a signature by its public key' });
      return Buffer.from(Signature);
    },
  };
}

function publicKeyOf(spki: Uint8Array | undefined) {
  try {
    const key = createPublicKey({ key: Buffer.from(spki ?? []), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}
