import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import { checkpointText } from '#src/ledger/checkpoint.ts';
import { noteOf, signatureLine, vkeyOf } from '#src/ledger/note.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import { nodesOf } from '#src/ledger/proof.ts';
import { bundleOf, bundlePath, tileOf, tilePath, tilesOf, tileWidth } from '#src/ledger/tiles.ts';
import { leafHash, merkleRoot } from '#src/ledger/tree.ts';

/** The files of a package by path. */
export type Files = Map<string, Buffer>;

/** What manifest.json says besides the files. */
export interface About {
  export: { company: string; from: string; to: string; asOf: string; timeZone: string; example: boolean; id?: string };
  ledger: { origin: string; size: number; root: string; signed: boolean };
}

export const publicKeyOf = (key: KeyObject): Buffer => createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);

/** log/ over some leaves, signed. Whoever holds the key can do this: what only an outside checkpoint shows. */
export function writeLog(files: Files, origin: string, leaves: readonly string[], key: KeyObject): { size: number; root: string } {
  for (const path of files.keys()) if (path.startsWith('log/')) files.delete(path);
  const hashes = leaves.map((leaf) => leafHash(leaf));
  const nodeAt = nodesOf(hashes);
  for (const tile of tilesOf(leaves.length)) {
    files.set(`log/${tilePath(tile.level, tile.n, tile.width)}`, tileOf(tile, nodeAt));
    if (tile.level === 0)
      files.set(`log/${bundlePath(tile.n, tile.width)}`, bundleOf(leaves.slice(tile.n * tileWidth, tile.n * tileWidth + tile.width)));
  }
  const root = merkleRoot(hashes);
  files.set('log/checkpoint', Buffer.from(checkpointNote(origin, leaves, key)));
  return { size: leaves.length, root: root.toString('hex') };
}

/** The signed head of a log of these leaves. */
export function checkpointNote(origin: string, leaves: readonly string[], key: KeyObject): string {
  const text = checkpointText({ origin, size: leaves.length, root: merkleRoot(leaves.map((leaf) => leafHash(leaf))) });
  return noteOf(text, [signatureLine(vkeyOf(origin, publicKeyOf(key)), sign(null, Buffer.from(text), key))]);
}

/** manifest.json, SHA256SUMS and its signature: everything that says what the other files are. */
export function seal(files: Files, about: About, key: KeyObject | null): void {
  for (const path of ['manifest.json', 'SHA256SUMS', 'SHA256SUMS.sig']) files.delete(path);
  const paths = [...files.keys()].sort(byUtf8);
  const { company, from, to, asOf } = about.export;
  const { origin, size, root } = about.ledger;
  const id = sha256(canonical({ company, from, to, asOf, origin, size, root })).slice(0, 16);
  const list = paths.map((path) => ({ path, size: files.get(path)!.length, sha256: sha256(files.get(path)!), type: 'text/plain' }));
  files.set('manifest.json', Buffer.from(`${canonical({ v: 1, export: { id, ...about.export }, ledger: about.ledger, files: list })}\n`));
  const sums = [...paths, 'manifest.json'].sort(byUtf8).map((path) => `${sha256(files.get(path)!)}  ${path}\n`);
  files.set('SHA256SUMS', Buffer.from(sums.join('')));
  if (key) files.set('SHA256SUMS.sig', Buffer.from(sshSignatureOf(files.get('SHA256SUMS')!, key)));
}

const sshString = (bytes: Uint8Array | string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(bytes));
  return Buffer.concat([length, Buffer.from(bytes as string)]);
};

/** OpenSSH, PROTOCOL.sshsig. */
function sshSignatureOf(message: Buffer, key: KeyObject): string {
  const wire = Buffer.concat([sshString('ssh-ed25519'), sshString(publicKeyOf(key))]);
  const scope = [sshString('soc2-evidence'), sshString(''), sshString('sha512')];
  const signed = Buffer.concat([Buffer.from('SSHSIG'), ...scope, sshString(createHash('sha512').update(message).digest())]);
  const signature = Buffer.concat([sshString('ssh-ed25519'), sshString(sign(null, signed, key))]);
  const blob = Buffer.concat([Buffer.from('SSHSIG'), Buffer.of(0, 0, 0, 1), sshString(wire), ...scope, sshString(signature)]);
  return `-----BEGIN SSH SIGNATURE-----\n${blob
    .toString('base64')
    .match(/.{1,70}/g)!
    .join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

export const sshPublicKey = (key: KeyObject): string =>
  `ssh-ed25519 ${Buffer.concat([sshString('ssh-ed25519'), sshString(publicKeyOf(key))]).toString('base64')}`;

/** The container, as docs/package.md has it. */
export function zipOf(files: Iterable<readonly [string, Buffer]>): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, bytes] of [...files].sort(([a], [b]) => byUtf8(a, b))) {
    const [name, data] = [Buffer.from(path), deflateRawSync(bytes, { level: 1 })];
    const common = Buffer.alloc(26);
    for (const [at, value] of [
      [0, 20],
      [2, 0x800],
      [4, 8],
      [8, 0x21],
      [22, name.length],
    ] as const)
      common.writeUInt16LE(value, at);
    for (const [at, value] of [
      [10, crc32(bytes)],
      [14, data.length],
      [18, bytes.length],
    ] as const)
      common.writeUInt32LE(value, at);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(0x81a40000, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, rest, name);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, name, data]);
    pieces.push(local);
    offset += local.length;
  }
  const whole = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  for (const at of [8, 10]) end.writeUInt16LE(pieces.length, at);
  end.writeUInt32LE(whole.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...pieces, whole, end]);
}

/** The files of a package that was written as docs/package.md has it. */
export function filesOf(zip: Buffer): Files {
  const files: Files = new Map();
  for (let at = zip.readUInt32LE(zip.length - 6); at < zip.length - 22; at += 46 + zip.readUInt16LE(at + 28)) {
    const [length, offset, name] = [zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42), zip.readUInt16LE(at + 28)];
    const data = offset + 30 + name;
    files.set(zip.toString('utf8', at + 46, at + 46 + name), inflateRawSync(zip.subarray(data, data + length)));
  }
  return files;
}
