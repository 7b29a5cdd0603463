import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

/** An Ed25519 key that signs, wherever its private part is kept. */
export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /** The 64 bytes of the Ed25519 signature over the bytes as they are. */
  sign(bytes: Uint8Array): Promise<Buffer>;
}

/** A text that is no private Ed25519 key. `found` says what it is instead, never what it holds. */
export class NotAKey extends Error {
  override readonly name = 'NotAKey';
  readonly found: string;
  constructor(found: string) {
    super(`found ${found} in place of an Ed25519 private key`);
    this.found = found;
  }
}

/** Reads a private key: PEM (PKCS#8, Ed25519; text may stand before it), or its 32-byte seed in hex or base64. Throws NotAKey. */
export function parsePrivateKey(text: string): KeyObject {
  const written = text.trim();
  const pem = written.indexOf('-----BEGIN ');
  if (pem >= 0) return fromPem(written.slice(pem));
  if (/^[0-9a-f]{64}$/i.test(written)) return fromSeed(Buffer.from(written, 'hex'));
  if (/^[A-Za-z0-9+/]{43}=?$/.test(written)) return fromSeed(Buffer.from(written, 'base64'));
  throw new NotAKey('neither PEM nor 32 bytes in hex or base64');
}

/** The key of a private key that is held in memory. */
export function localKey(privateKey: KeyObject): SigningKey {
  return {
    publicKey: rawPublicKey(createPublicKey(privateKey)),
    sign: async (bytes) => sign(null, bytes, privateKey),
  };
}

/** The 32 bytes of an Ed25519 public key. Throws NotAKey for one of another type. */
export function rawPublicKey(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ed25519') throw new NotAKey(typeOf(key));
  return key.export({ format: 'der', type: 'spki' }).subarray(-32);
}

/** The forms in which an auditor may want the public key. */
export interface PublicForms {
  /** SubjectPublicKeyInfo, for `openssl`. */
  readonly pem: string;
  /** `ssh-ed25519 AAAA… name`, for `ssh-keygen`. */
  readonly ssh: string;
  /** As `ssh-keygen -l` shows it: `SHA256:` and base64. */
  readonly fingerprint: string;
  /** SHA-256 of the DER form in hex, as `openssl pkey -pubin -outform DER | sha256sum` shows it. */
  readonly sha256: string;
}

export function publicForms(publicKey: Buffer, name: string): PublicForms {
  const der = Buffer.concat([spkiPrefix, publicKey]);
  const wire = sshPublicKey(publicKey);
  const base64 = der.toString('base64');
  return {
    pem: `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`,
    ssh: `ssh-ed25519 ${wire.toString('base64')} ${name}`,
    fingerprint: `SHA256:${createHash('sha256').update(wire).digest('base64').replace(/=+$/, '')}`,
    sha256: createHash('sha256').update(der).digest('hex'),
  };
}

/** RFC 8709 §4: the public key as OpenSSH writes it. */
export const sshPublicKey = (publicKey: Buffer): Buffer => Buffer.concat([sshString('ssh-ed25519'), sshString(publicKey)]);

/** RFC 4251 §5: a length of four bytes, and what it counts. */
export function sshString(bytes: string | Uint8Array): Buffer {
  const content = Buffer.from(bytes as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

function fromPem(pem: string): KeyObject {
  const label = /^-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem)?.[1] ?? '';
  if (label.startsWith('ENCRYPTED ') || pem.includes('Proc-Type: 4,ENCRYPTED')) throw new NotAKey('an encrypted key');
  if (/PUBLIC KEY|CERTIFICATE/.test(label)) throw new NotAKey(`a ${label.toLowerCase()}`);
  if (label === 'OPENSSH PRIVATE KEY') throw new NotAKey('a private key in the format of OpenSSH');
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new NotAKey('PEM that cannot be read');
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new NotAKey(typeOf(key));
  return key;
}

/** RFC 8410 §7: a seed and what PKCS#8 puts before it. */
const fromSeed = (seed: Buffer): KeyObject => createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

function typeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const detail = asymmetricKeyDetails?.namedCurve ?? asymmetricKeyDetails?.modulusLength;
  return `a key of type ${asymmetricKeyType ?? 'unknown'}${detail === undefined ? '' : ` (${detail})`}`;
}
