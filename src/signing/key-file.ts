import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { HoldfastError } from '#src/errors.ts';
import { NotAKey, parsePrivateKey } from './key.ts';

/** A private key in a file of its own, with the origin it was made for written above it. */
interface FiledKey {
  readonly privateKey: KeyObject;
  /** Null in a file that was not made here. */
  readonly origin: string | null;
}

/** Makes a key and its file, for its owner alone, durably. The folder is made for its owner alone too. Errors: OUTPUT_EXISTS, KEY_UNUSABLE. */
export function makeKeyFile(file: string, origin: string | null): FiledKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  const text = origin === null ? pem : `origin: ${origin}\n${pem}`;
  const beside = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const written = openSync(beside, 'wx', 0o600);
    try {
      writeSync(written, text);
      fsyncSync(written);
    } finally {
      closeSync(written);
    }
    // A link never replaces a file that another process made meanwhile.
    linkSync(beside, file);
    const folder = openSync(dirname(file), 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new HoldfastError('OUTPUT_EXISTS', { file }, { cause });
    throw unusable(file, `the file cannot be made (${code})`, 'Let the user that runs Holdfast write to its folder.', cause);
  } finally {
    rmSync(beside, { force: true });
  }
  return { privateKey, origin };
}

/** Reads a key file; null where there is none. Errors: KEY_UNUSABLE, also where others than its owner and group may read it. */
export function readKeyFile(file: string): FiledKey | null {
  let text: string;
  try {
    refuseExposed(file);
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof HoldfastError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw unusable(file, `the file cannot be read (${code})`, 'Let the user that runs Holdfast, and nobody else, read it.', cause);
  }
  return { privateKey: parsed(text, file), origin: /^origin: (\S+)\n/.exec(text)?.[1] ?? null };
}

/** The private key in a text. Errors: KEY_UNUSABLE; what the text holds is not repeated. */
export function parsed(text: string, where: string): KeyObject {
  try {
    return parsePrivateKey(text);
  } catch (cause) {
    if (!(cause instanceof NotAKey)) throw cause;
    const mend =
      'The ledger is signed with Ed25519: give a PKCS#8 PEM, or the 32-byte seed in hex or base64. Make one with `holdfast key --new FILE`.';
    throw unusable(where, `it is ${cause.found}`, mend, cause);
  }
}

/** Errors: KEY_UNUSABLE where everyone on the machine may read or replace the file. */
export function refuseExposed(file: string): void {
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o007) === 0) return;
  throw unusable(file, `others on this machine may open it (mode 0${mode.toString(8)})`, `Run: chmod 600 ${file}`);
}

/** The origin of a ledger for which none is configured. */
export function localOrigin(company: string): string {
  const slug = company
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return `holdfast.local/${slug || 'company'}`;
}

const unusable = (key: string, reason: string, mend: string, cause?: unknown) =>
  new HoldfastError('KEY_UNUSABLE', { key, reason, mend }, cause === undefined ? {} : { cause });
