import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type AwsAnswer, type AwsDouble, startAws } from './aws-http.ts';

export interface KmsDouble extends AwsDouble {
  readonly arn: string;
  readonly privateKey: KeyObject;
  /** What it answers in place of doing its work, or nothing. */
  meddle: (operation: string, nth: number) => AwsAnswer | undefined;
}

/**
 * AWS KMS with one Ed25519 key, as far as signing with it goes: moto 5.2.1 has no keys of the spec ECC_NIST_EDWARDS25519. It refuses what the
 * API reference says that KMS refuses.
 */
export async function startKms(key: { spec?: string; usage?: string; privateKey?: KeyObject } = {}): Promise<KmsDouble> {
  const { spec = 'ECC_NIST_EDWARDS25519', usage = 'SIGN_VERIFY', privateKey = generateKeyPairSync('ed25519').privateKey } = key;
  const arn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const json = (body: object, status = 200): AwsAnswer => ({
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(body),
  });
  const refusal = (type: string, message: string) => json({ __type: type, message }, 400);

  const operations: Readonly<Record<string, (input: Record<string, string>) => AwsAnswer>> = {
    GetPublicKey: () =>
      json({
        KeyId: arn,
        KeySpec: spec,
        KeyUsage: usage,
        SigningAlgorithms: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'],
        PublicKey: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64'),
      }),
    Sign({ Message = '', MessageType, SigningAlgorithm }) {
      const message = Buffer.from(Message, 'base64');
      if (message.length > 4096) return refusal('ValidationException', 'Member must have length less than or equal to 4096');
      if (SigningAlgorithm !== 'ED25519_SHA_512' || MessageType !== 'RAW')
        return refusal('ValidationException', `Algorithm ${SigningAlgorithm} and message type ${MessageType} are incompatible`);
      return json({ KeyId: arn, SigningAlgorithm, Signature: sign(null, message, privateKey).toString('base64') });
    },
  };

  const server = await startAws(({ headers, body }, nth) => {
    const operation = String(headers['x-amz-target']).split('.').at(-1)!;
    const meddled = double.meddle(operation, nth);
    if (meddled) return meddled;
    const input = JSON.parse(body) as Record<string, string>;
    if (input['KeyId'] !== arn) return refusal('NotFoundException', 'Key does not exist');
    return operations[operation]?.(input) ?? refusal('UnknownOperationException', operation);
  });
  const double: KmsDouble = { ...server, arn, privateKey, meddle: () => undefined };
  return double;
}

export const kmsRefusal = (type: string, message: string): AwsAnswer => ({
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify({ __type: type, message }),
});
