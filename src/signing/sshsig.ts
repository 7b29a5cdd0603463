import { createHash } from 'node:crypto';
import { type SigningKey, sshPublicKey, sshString } from './key.ts';

/**
 * The OpenSSH signature file over bytes, as `ssh-keygen -Y sign -n NAMESPACE` writes it (OpenSSH, PROTOCOL.sshsig): what is signed is a short
 * blob with the SHA-512 of the bytes, so that a key in AWS KMS signs a file of any size.
 */
export async function sshSignature(key: SigningKey, bytes: Uint8Array, namespace: string): Promise<string> {
  if (namespace === '') throw new TypeError('a signature needs a namespace');
  const hashed = sshString(createHash('sha512').update(bytes).digest());
  const scope = [sshString(namespace), sshString(''), sshString('sha512')];
  const signature = await key.sign(Buffer.concat([magic, ...scope, hashed]));
  const blob = Buffer.concat([
    magic,
    version,
    sshString(sshPublicKey(key.publicKey)),
    ...scope,
    sshString(Buffer.concat([sshString('ssh-ed25519'), sshString(signature)])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g)!;
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

const magic = Buffer.from('SSHSIG');
const version = Buffer.of(0, 0, 0, 1);
