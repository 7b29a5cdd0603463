import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { fromBase64 } from './base64.ts';
import { digest } from './tree.ts';

/** Something that is not a signed note, a key or a checkpoint as C2SP writes them, or whose signature is bad. The message says what is wrong. */
export class NoteError extends Error {
  override readonly name = 'NoteError';
}

/** Who signs notes: the ledger's key, wherever it lives. */
export interface NoteSigner {
  readonly name: string;
  readonly vkey: string;
  /** The 64 bytes of an Ed25519 signature over the text, its final newline included. */
  sign(text: string): Promise<Buffer>;
}

/** A verifier key. Type 1 signs the text of a note (Ed25519); type 4 says at what time a witness saw it (cosignature/v1). */
export interface NoteKey {
  readonly name: string;
  /** The first four bytes of SHA-256(name || 0x0A || type || public key). */
  readonly keyId: Buffer;
  readonly type: 1 | 4;
  /** 32 bytes. */
  readonly publicKey: Buffer;
}

/** The verifier key of a public key of 32 bytes: `name+hex key id+base64(type || public key)`. */
export function vkeyOf(name: string, publicKey: Buffer, type: 1 | 4 = 1): string {
  if (!isName(name)) throw new NoteError(`${JSON.stringify(name)} is no name for a key: it must not be empty, nor have blanks or "+"`);
  if (publicKey.length !== 32) throw new NoteError(`an Ed25519 public key has 32 bytes, not ${publicKey.length}`);
  const key = Buffer.concat([Buffer.of(type), publicKey]);
  return `${name}+${keyIdOf(name, key).toString('hex')}+${key.toString('base64')}`;
}

export function parseVkey(vkey: string): NoteKey {
  const [, name, id, encoded] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(vkey) ?? [];
  if (name === undefined || !isName(name)) throw new NoteError('a verifier key is written name+id+key, and its name has no blanks');
  if (!/^[0-9a-f]{8}$/.test(id!)) throw new NoteError(`the id of the verifier key of ${name} is not eight hex digits`);
  const key = fromBase64(encoded!);
  if (!key) throw new NoteError(`the verifier key of ${name} is not base64`);
  const type = key[0];
  if (type !== 1 && type !== 4) throw new NoteError(`the verifier key of ${name} is of type ${type ?? 'none'}: 1 and 4 are known`);
  if (key.length !== 33) throw new NoteError(`the verifier key of ${name} has ${key.length - 1} bytes, not 32`);
  const keyId = keyIdOf(name, key);
  if (keyId.toString('hex') !== id)
    throw new NoteError(`the verifier key of ${name} has the id ${id}, but its key gives ${keyId.toString('hex')}`);
  return { name, keyId, type, publicKey: key.subarray(1) };
}

/** A signature as a line of a note, without its newline. That of a witness (type 4) begins with its time: eight bytes, big-endian seconds. */
export function signatureLine(vkey: string, signature: Buffer): string {
  const { name, keyId, type } = parseVkey(vkey);
  if (signature.length !== lengths[type]) throw new NoteError(`a signature of ${name} has ${lengths[type]} bytes, not ${signature.length}`);
  return `${dash}${name} ${Buffer.concat([keyId, signature]).toString('base64')}`;
}

/** A note: its text, an empty line, the lines of its signatures. */
export function noteOf(text: string, lines: readonly string[]): string {
  const note = `${text}\n${lines.join('\n')}\n`;
  const parts = partsOf(note);
  if (parts.text !== text) throw new NoteError('the lines of the signatures have an empty line among them');
  return note;
}

export interface OpenedNote {
  readonly text: string;
  /** The keys given that signed it. The time of a witness is in seconds since 1970. */
  readonly verified: readonly { readonly vkey: string; readonly name: string; readonly timestamp?: number }[];
  /** Signatures of keys that were not given. Nothing was checked of them. */
  readonly unknown: readonly { readonly name: string; readonly keyId: Buffer }[];
}

/**
 * Opens a note with the keys one trusts. A signature of an unknown key is set aside; a bad one of a given key refuses the note, and so does
 * the lack of any good one. Throws NoteError.
 * Source: C2SP signed-note v1.0.0, tlog-cosignature v1.0.1.
 */
export function openNote(note: string, vkeys: readonly string[]): OpenedNote {
  const keys = new Map<string, { vkey: string; key: NoteKey }>();
  for (const vkey of new Set(vkeys)) {
    const key = parseVkey(vkey);
    if (keys.has(placeOf(key))) throw new NoteError(`two of the keys given have the name ${key.name} and the same id`);
    keys.set(placeOf(key), { vkey, key });
  }
  const { text, signatures } = partsOf(note);
  const verified = new Map<string, OpenedNote['verified'][number]>();
  const unknown: OpenedNote['unknown'][number][] = [];
  for (const { name, keyId, signature } of signatures) {
    const known = keys.get(placeOf({ name, keyId }));
    if (!known) unknown.push({ name, keyId });
    else {
      const { vkey, key } = known;
      const found = { vkey, name, ...checked(key, text, signature) };
      if (!verified.has(vkey)) verified.set(vkey, found);
    }
  }
  if (verified.size === 0) throw new NoteError(`no key given signed the note${signers(unknown)}`);
  return { text, verified: [...verified.values()], unknown };
}

/** What a witness signs: the time at which it saw this, and nothing that disagrees, in seconds since 1970. */
export const cosignedText = (text: string, timestamp: number): string => `cosignature/v1\ntime ${timestamp}\n${text}`;

/** A signer over a private Ed25519 key that is at hand. */
export function localSigner(name: string, privateKey: KeyObject): NoteSigner {
  if (privateKey.type !== 'private' || privateKey.asymmetricKeyType !== 'ed25519')
    throw new NoteError('the key is not a private Ed25519 key');
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  const vkey = vkeyOf(name, Buffer.from(x!, 'base64url'));
  return { name, vkey, sign: async (text) => sign(null, Buffer.from(text), privateKey) };
}

interface Signature {
  readonly name: string;
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

const dash = '\u2014 ';
const lengths = { 1: 64, 4: 72 };
/** As golang.org/x/mod has them, so that nothing is accepted here that is refused there. */
const mostSignatures = 100;
const longest = 1_000_000;

function partsOf(note: string): { text: string; signatures: Signature[] } {
  if (Buffer.byteLength(note) > longest) throw new NoteError(`the note has more than ${longest} bytes`);
  if (!note.isWellFormed() || note.includes('\ufffd')) throw new NoteError('the note is not UTF-8');
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) throw new NoteError('the note has a control character other than the newline');
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw new NoteError('the note has no empty line between text and signatures');
  if (!note.endsWith('\n')) throw new NoteError('the note does not end with a newline');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > mostSignatures) throw new NoteError(`the note has more than ${mostSignatures} signatures`);
  if (new Set(lines).size < lines.length) throw new NoteError('a signature stands twice in the note');
  return { text: note.slice(0, end + 1), signatures: lines.map(signatureOf) };
}

function signatureOf(line: string): Signature {
  if (line === '') throw new NoteError('the note has no signature');
  if (!line.startsWith(dash)) throw new NoteError(`a line of the signatures does not begin with a dash: ${JSON.stringify(line)}`);
  const [name, encoded, ...more] = line.slice(dash.length).split(' ');
  if (!isName(name!) || encoded === undefined || more.length > 0)
    throw new NoteError(`a line of the signatures is not name and signature: ${JSON.stringify(line)}`);
  const bytes = fromBase64(encoded);
  if (!bytes) throw new NoteError(`the signature of ${name} is not base64`);
  if (bytes.length < 5) throw new NoteError(`the signature of ${name} is too short`);
  return { name: name!, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

function checked({ name, type, publicKey }: NoteKey, text: string, signature: Buffer): { timestamp?: number } {
  const bad = new NoteError(`the signature of ${name} is bad: the text is not what it signed`);
  if (signature.length !== lengths[type]) throw bad;
  const key = keyOf(publicKey);
  if (type === 1) {
    if (!verify(null, Buffer.from(text), key, signature)) throw bad;
    return {};
  }
  const timestamp = Number(signature.readBigUInt64BE());
  if (!Number.isSafeInteger(timestamp) || !verify(null, Buffer.from(cosignedText(text, timestamp)), key, signature.subarray(8))) throw bad;
  return { timestamp };
}

/** Mostly one key checks many notes. */
let latestKey: { readonly x: string; readonly key: KeyObject } | undefined;

function keyOf(publicKey: Buffer): KeyObject {
  const x = publicKey.toString('base64url');
  if (latestKey?.x !== x) latestKey = { x, key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }) };
  return latestKey.key;
}

const keyIdOf = (name: string, key: Buffer): Buffer => digest(Buffer.concat([Buffer.from(`${name}\n`), key])).subarray(0, 4);

const isName = (name: string): boolean => name !== '' && name.isWellFormed() && !/[\p{White_Space}\p{Cc}+]/u.test(name);

const placeOf = ({ name, keyId }: { name: string; keyId: Buffer }): string => `${keyId.toString('hex')} ${name}`;

const signers = (unknown: OpenedNote['unknown']): string =>
  unknown.length === 0 ? '' : `; it is signed by ${unknown.map(({ name, keyId }) => `${name} (${keyId.toString('hex')})`).join(', ')}`;
