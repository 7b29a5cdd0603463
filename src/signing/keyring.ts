import { existsSync } from 'node:fs';
import type { Secret } from '#src/config/secret.ts';
import { HoldfastError } from '#src/errors.ts';
import { type NoteSigner, vkeyOf } from '#src/ledger/note.ts';
import { localKey, type SigningKey } from './key.ts';
import { localOrigin, makeKeyFile, parsed, readKeyFile, refuseExposed } from './key-file.ts';
import { openKmsKey } from './kms.ts';

/** Where a key is kept: behind a reference to a secret, or in AWS KMS by its ARN. */
export type KeySource = { readonly key: Secret } | { readonly kms: string };

/** Who signs the ledger, as the configuration says. */
export interface LedgerSettings {
  readonly origin: string;
  readonly source: KeySource;
  /** Earlier keys, which go on signing for one period. */
  readonly previous: readonly KeySource[];
}

/** Where nothing is configured: a key of our own in a file beside the evidence. */
export interface LocalSettings {
  readonly file: string;
  readonly company: string;
}

/** The keys that sign the ledger now. */
export interface Keyring {
  readonly origin: string;
  /** The key in force first, then the earlier ones that still sign. */
  readonly signers: readonly NoteSigner[];
  /** The key in force, for what is signed beside the ledger. */
  readonly key: SigningKey;
  /** The file of a key that lies beside the evidence, so that who can change the one can use the other; null where it is kept elsewhere. */
  readonly besideEvidence: string | null;
}

/** Opens the configured keys. Errors: SECRET_NOT_RESOLVED, KEY_UNUSABLE, KMS_SILENT. */
export async function openKeyring({ origin, source, previous }: LedgerSettings): Promise<Keyring> {
  const keys = await Promise.all([source, ...previous].map(openKey));
  return keyring(origin, keys, null);
}

/**
 * Opens the key in the file beside the evidence. `make` makes it where there is none.
 * Errors: LEDGER_KEY_NOT_MADE, KEY_UNUSABLE.
 */
export function openLocalKeyring({ file, company }: LocalSettings, { make }: { make: boolean }): Keyring {
  const found = readKeyFile(file) ?? (make ? makeKeyFile(file, localOrigin(company)) : null);
  if (found === null) throw new HoldfastError('LEDGER_KEY_NOT_MADE', { file });
  return keyring(found.origin ?? localOrigin(company), [localKey(found.privateKey)], file);
}

function keyring(origin: string, keys: readonly SigningKey[], besideEvidence: string | null): Keyring {
  return { origin, signers: keys.map((key) => noteSigner(origin, key)), key: keys[0]!, besideEvidence };
}

const noteSigner = (name: string, key: SigningKey): NoteSigner => ({
  name,
  vkey: vkeyOf(name, key.publicKey),
  sign: (text) => key.sign(Buffer.from(text)),
});

async function openKey(source: KeySource): Promise<SigningKey> {
  if ('kms' in source) return openKmsKey(source.kms);
  const { key } = source;
  if (key.file !== undefined && existsSync(key.file)) refuseExposed(key.file);
  return localKey(parsed(await key.resolve(), key.ref));
}
