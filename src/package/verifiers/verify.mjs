#!/usr/bin/env node
// Checks a Holdfast package offline. One file, Node 22 or later, no dependency; it shares no code with what wrote the package.
// Written from docs/package.md, RFC 6962, RFC 8785, PKWARE's ZIP note, OpenSSH's PROTOCOL.sshsig and C2SP's signed-note, tlog-checkpoint,
// tlog-tiles and tlog-proof. Usage: node verify.mjs PACKAGE.zip [--vkey KEY] [--signers FILE] [--checkpoint FILE]... [--all] [--json]
import { spawn } from 'node:child_process';
import { createHmac, createPublicKey, hash as digest, verify as verifySignature } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import { crc32, inflateRawSync } from 'node:zlib';

// ---------------------------------------------------------------------------------------------------------------------------------
// Bytes, hashes, trees

const sha256 = (data) => digest('sha256', data, 'buffer');
const hex = (data) => digest('sha256', data, 'hex');
const isHash = (text) => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);

function leafHash(data) {
  if (data.length > 20_000) return sha256(Buffer.concat([Buffer.of(0), Buffer.from(data)]));
  const length = typeof data === 'string' ? scratch.write(data, 1) : data.copy(scratch, 1);
  return sha256(scratch.subarray(0, 1 + length));
}
/** Filled anew for every leaf, behind its zero; for every node, behind its one. */
const scratch = Buffer.alloc(65_000);
const pair = Buffer.alloc(65, 1);
function nodeHash(left, right) {
  pair.set(left, 1);
  pair.set(right, 33);
  return sha256(pair);
}

/** A Merkle tree as levels: `levels[k][n]` is the root over the leaves from n * 2^k on; the last of a level may cover fewer. */
class Tree {
  constructor(leaves) {
    this.levels = [leaves];
    for (let below = leaves; below.length > 1; below = this.levels.at(-1)) {
      const level = [];
      for (let i = 0; i < below.length; i += 2) level.push(i + 1 < below.length ? nodeHash(below[i], below[i + 1]) : below[i]);
      this.levels.push(level);
    }
  }

  get size() {
    return this.levels[0].length;
  }

  root() {
    return this.levels.at(-1)[0] ?? sha256('');
  }

  replace(index, leaf) {
    this.levels[0][index] = leaf;
    for (let k = 1, i = index >> 1; k < this.levels.length; k++, i >>= 1) {
      const below = this.levels[k - 1];
      this.levels[k][i] = 2 * i + 1 < below.length ? nodeHash(below[2 * i], below[2 * i + 1]) : below[2 * i];
    }
  }

  /** The root over the first `size` leaves: its whole subtrees from right to left. */
  rootAt(size) {
    if (size === this.size) return this.root();
    let root = null;
    for (let k = 0, n = size; n > 0; k++, n = Math.floor(n / 2)) {
      if (n % 2 === 0) continue;
      const node = this.levels[k][n - 1];
      root = root === null ? node : nodeHash(node, root);
    }
    return root ?? sha256('');
  }
}

/** The root that an inclusion path leads to, or null where the path does not fit. RFC 9162 2.1.3.2. */
function rootOfInclusion(leaf, index, size, path) {
  if (!(Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size)) return null;
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    } else hash = nodeHash(hash, sibling);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 ? hash : null;
}

/** Whether a consistency path proves that the older tree is a prefix of the newer. RFC 9162 2.1.4.2. */
function provesConsistency(oldSize, oldRoot, size, root, given) {
  if (oldSize === size) return given.length === 0 && oldRoot.equals(root);
  if (oldSize === 0 || oldSize > size || given.length === 0) return false;
  const path = Number.isInteger(Math.log2(oldSize)) ? [oldRoot, ...given] : [...given];
  let [fn, sn] = [oldSize - 1, size - 1];
  while (fn % 2 === 1) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  let [older, newer] = [path[0], path[0]];
  for (const node of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      older = nodeHash(node, older);
      newer = nodeHash(node, newer);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    } else newer = nodeHash(newer, node);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && older.equals(oldRoot) && newer.equals(root);
}

/** RFC 8785, for strings, booleans, null and whole numbers; throws on anything else. */
function canonical(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new Error('a string is not well-formed');
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Error(`${value} is no whole number`);
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object') throw new Error(`${typeof value} has no JSON`);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** JSON that must be canonical: what was hashed and what is read are then the same. `loosely`, the order of the members is not looked at. */
function parseCanonical(text, where, loosely = false) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Fault(`${where}: it is not JSON`);
  }
  let again = null;
  try {
    again = loosely && JSON.stringify(value) === text ? text : canonical(value);
  } catch {
    // Told below.
  }
  if (again !== text) throw new Fault(`${where}: it is not canonical JSON`);
  return value;
}

/** Orders strings by their UTF-8 bytes, which is the order of their code points. */
function byBytes(a, b) {
  if (a === b) return 0;
  for (let i = 0; ; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    if (Number.isNaN(x)) return -1;
    if (Number.isNaN(y)) return 1;
    const [high, low] = [x >= 0xd800 && x <= 0xdfff, y >= 0xd800 && y <= 0xdfff];
    return high === low ? x - y : high ? 1 : -1;
  }
}

const times = new Map();
function iso(instant) {
  const known = times.get(instant);
  if (known !== undefined) return known;
  if (times.size > 100_000) times.clear();
  const text = new Date(instant).toISOString();
  times.set(instant, text);
  return text;
}
const isoOrNothing = (instant) => (instant === null ? '' : iso(instant));

function instantOf(text, where) {
  const at = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at) || iso(at) !== text) throw new Fault(`${where}: ${shown(text)} is no time`);
  return at;
}

/** Something is wrong with the package. The message names what and where. */
class Fault extends Error {}

/** What a package says is never trusted on a terminal. */
const shown = (value) =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'))
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
    .slice(0, 300);

// ---------------------------------------------------------------------------------------------------------------------------------
// The ZIP file

const largestFile = 2 ** 30;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Opens a package: a file by its path, or bytes. */
function openSource(given) {
  if (typeof given !== 'string') {
    const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    return { size: bytes.length, read: (at, length) => bytes.subarray(at, at + length), close: () => {} };
  }
  const file = openSync(given, 'r');
  return {
    size: fstatSync(file).size,
    read(at, length) {
      const bytes = Buffer.alloc(length);
      for (let done = 0; done < length; ) {
        const got = readSync(file, bytes, done, length - done, at + done);
        if (got === 0) throw new Fault('the ZIP: it ends early');
        done += got;
      }
      return bytes;
    },
    close: () => closeSync(file),
  };
}

/** The entries of a ZIP by path. Every byte of the container is accounted for; anything unusual is a fault. */
function readZip(source, say) {
  const directory = findDirectory(source);
  const table = source.read(directory.offset, directory.size);
  const entries = new Map();
  let at = 0;
  let before = null;
  let next = 0;
  for (let i = 0; i < directory.count; i++) {
    if (at + 46 > table.length || table.readUInt32LE(at) !== 0x02014b50) throw new Fault(`the ZIP: entry ${i} of its directory is broken`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => table.readUInt16LE(at + field));
    const end = at + 46 + nameLength + extraLength + commentLength;
    if (end > table.length) throw new Fault(`the ZIP: entry ${i} of its directory is cut off`);
    const record = table.subarray(at, end);
    const path = nameIn(record.subarray(46, 46 + nameLength), i);
    const entry = entryOf(record, path, nameLength, extraLength, commentLength);
    if (entries.has(path)) say(`${shown(path)}: the ZIP has it twice`);
    else if (before !== null && byBytes(before, path) >= 0) say(`${shown(path)}: the ZIP's entries are not sorted`);
    if (entry.offset !== next)
      throw new Fault(`${shown(path)}: it begins at byte ${entry.offset} of the ZIP, not at ${next}: entries overlap or hide bytes`);
    next = checkLocal(source, entry, say);
    entries.set(path, entry);
    before = path;
    at = end;
  }
  if (at !== table.length) throw new Fault('the ZIP: its directory has bytes that belong to no entry');
  if (next !== directory.offset) throw new Fault('the ZIP: there are bytes between the entries and the directory');
  return entries;
}

function findDirectory({ size, read }) {
  if (size < 22) throw new Fault('the ZIP: it is too short');
  const end = read(size - 22, 22);
  if (end.readUInt32LE(0) !== 0x06054b50 || end.readUInt16LE(20) !== 0)
    throw new Fault('the ZIP: it does not end with its directory: it is no ZIP, or bytes follow');
  let [count, length, offset] = [end.readUInt16LE(10), end.readUInt32LE(12), end.readUInt32LE(16)];
  let directoryEnd = size - 22;
  if (end.readUInt16LE(4) !== 0 || end.readUInt16LE(6) !== 0 || end.readUInt16LE(8) !== count)
    throw new Fault('the ZIP: it is one of several disks');
  if (size >= 98 && read(size - 42, 4).readUInt32LE(0) === 0x07064b50) {
    const locator = read(size - 42, 20);
    const at = Number(locator.readBigUInt64LE(8));
    if (at !== size - 98 || locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) !== 1)
      throw new Fault('the ZIP: its ZIP64 end is not where it must be');
    const record = read(at, 56);
    const disks = [record.readUInt32LE(16), record.readUInt32LE(20)];
    const counts = [24, 32].map((field) => Number(record.readBigUInt64LE(field)));
    if (record.readUInt32LE(0) !== 0x06064b50 || record.readBigUInt64LE(4) !== 44n || disks.some(Boolean) || counts[0] !== counts[1])
      throw new Fault('the ZIP: its ZIP64 end is broken');
    const told = [count, length, offset];
    [count, length, offset] = [counts[1], Number(record.readBigUInt64LE(40)), Number(record.readBigUInt64LE(48))];
    if (told.some((value, i) => value !== [count, length, offset][i] && value !== [0xffff, 0xffffffff, 0xffffffff][i]))
      throw new Fault('the ZIP: its two ends disagree');
    directoryEnd = at;
  }
  if (offset + length !== directoryEnd) throw new Fault('the ZIP: its directory is not where its end says');
  return { count, size: length, offset };
}

function nameIn(bytes, i) {
  let path;
  try {
    path = utf8.decode(bytes);
  } catch {
    throw new Fault(`the ZIP: the name of entry ${i} is not UTF-8`);
  }
  const parts = path.split('/');
  if (path.length > 1_000 || /[\u0000-\u001f\u007f\\:]/.test(path) || parts.some((part) => part === '' || part === '.' || part === '..'))
    throw new Fault(`${shown(path)}: a path that leads elsewhere`);
  return path;
}

function entryOf(record, path, nameLength, extraLength, commentLength) {
  const [flags, method, time, date] = [8, 10, 12, 14].map((field) => record.readUInt16LE(field));
  let [packed, size, offset] = [20, 24, 42].map((field) => record.readUInt32LE(field));
  const extra = record.subarray(46 + nameLength, 46 + nameLength + extraLength);
  if (extra.length > 0) {
    const wide = [size, packed, offset].filter((value) => value === 0xffffffff).length;
    if (wide === 0 || extra.length !== 4 + 8 * wide || extra.readUInt16LE(0) !== 1 || extra.readUInt16LE(2) !== 8 * wide)
      throw new Fault(`${shown(path)}: an extra field of the ZIP that has no business here`);
    let at = 4;
    const take = (value) => {
      if (value !== 0xffffffff) return value;
      at += 8;
      return Number(extra.readBigUInt64LE(at - 8));
    };
    [size, packed, offset] = [take(size), take(packed), take(offset)];
  }
  const attributes = [record.readUInt16LE(34), record.readUInt16LE(36), record.readUInt32LE(38)];
  if (commentLength !== 0 || attributes[0] !== 0 || attributes[1] !== 0 || attributes[2] !== 0x81a40000 || time !== 0 || date !== 0x21)
    throw new Fault(`${shown(path)}: comment, time or attributes in the ZIP are not the fixed ones`);
  if ((flags & ~0x0808) !== 0 || (method !== 0 && method !== 8))
    throw new Fault(`${shown(path)}: method ${method} or flags ${flags} of the ZIP`);
  const made = record.readUInt32LE(4);
  if (made !== 0x00140314 && made !== 0x002d032d) throw new Fault(`${shown(path)}: the versions in the ZIP are not the fixed ones`);
  if (size > largestFile) throw new Fault(`${shown(path)}: ${size} bytes are more than any file of a package`);
  if (method === 0 && packed !== size) throw new Fault(`${shown(path)}: stored, but of two sizes`);
  return { path, made, flags, method, crc: record.readUInt32LE(16), packed, size, offset, start: 0 };
}

/** The header before the data must say what the directory says. Returns where the next one begins. */
function checkLocal(source, entry, say) {
  const { path, offset, flags, method, crc, packed, size } = entry;
  if (offset + 30 > source.size) throw new Fault(`${shown(path)}: it lies outside the ZIP`);
  const head = source.read(offset, 30);
  const [nameLength, extraLength] = [head.readUInt16LE(26), head.readUInt16LE(28)];
  entry.start = offset + 30 + nameLength + extraLength;
  const later = (flags & 8) !== 0;
  if (entry.start + packed > source.size) throw new Fault(`${shown(path)}: it lies outside the ZIP`);
  const rest = source.read(offset + 30, nameLength + extraLength);
  const wide = extraLength === 20 && rest.readUInt16LE(nameLength) === 1 && rest.readUInt16LE(nameLength + 2) === 16;
  const told = wide
    ? [Number(rest.readBigUInt64LE(nameLength + 12)), Number(rest.readBigUInt64LE(nameLength + 4))]
    : [head.readUInt32LE(18), head.readUInt32LE(22)];
  const same =
    head.readUInt32LE(0) === 0x04034b50 &&
    head.readUInt16LE(4) === entry.made >>> 16 &&
    head.readUInt16LE(6) === flags &&
    head.readUInt16LE(8) === method &&
    head.readUInt16LE(10) === 0 &&
    head.readUInt16LE(12) === 0x21 &&
    (extraLength === 0 || wide) &&
    utf8OrNull(rest.subarray(0, nameLength)) === path &&
    (later
      ? head.readUInt32LE(14) === 0 && told[0] === 0 && told[1] === 0
      : head.readUInt32LE(14) === crc && told[0] === packed && told[1] === size);
  if (!same) say(`${shown(path)}: its two headers in the ZIP disagree`);
  const end = entry.start + packed;
  if (!later) return end;
  const descriptor = source.read(end, Math.min(24, source.size - end));
  if (descriptor.length < 16 || descriptor.readUInt32LE(0) !== 0x08074b50 || descriptor.readUInt32LE(4) !== crc)
    throw new Fault(`${shown(path)}: what follows its data in the ZIP does not fit`);
  if (descriptor.readUInt32LE(8) === packed && descriptor.readUInt32LE(12) === size) return end + 16;
  if (descriptor.length === 24 && Number(descriptor.readBigUInt64LE(8)) === packed && Number(descriptor.readBigUInt64LE(16)) === size)
    return end + 24;
  throw new Fault(`${shown(path)}: what follows its data in the ZIP does not fit`);
}

const utf8OrNull = (bytes) => {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
};

/** The bytes of an entry: exactly as many as declared, with the right checksum. */
function extract(source, { path, start, packed, size, method, crc }) {
  const data = source.read(start, packed);
  let bytes = data;
  if (method === 8) {
    try {
      const { buffer, engine } = inflateRawSync(data, {
        maxOutputLength: Math.max(size, 1),
        chunkSize: Math.min(Math.max(size + 1, 64), 1_000_000),
        info: true,
      });
      if (engine.bytesWritten !== packed) throw new Fault(`${shown(path)}: bytes follow its packed data`);
      bytes = buffer;
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new Fault(`${shown(path)}: it cannot be unpacked to the size it declares`);
    }
  }
  if (bytes.length !== size) throw new Fault(`${shown(path)}: it has ${bytes.length} bytes, not ${size}`);
  if (crc32(bytes) !== crc) throw new Fault(`${shown(path)}: its checksum in the ZIP is wrong`);
  return bytes;
}

// ---------------------------------------------------------------------------------------------------------------------------------
// CSV

/** RFC 4180 with LF; refuses what the writer would not write. Returns the rows without the header. */
function parseCsv(text, columns, where) {
  const rows = [];
  let at = 0;
  while (at < text.length) {
    const row = [];
    for (;;) {
      let field;
      if (text[at] === '"') {
        let end = at + 1;
        for (;;) {
          end = text.indexOf('"', end);
          if (end < 0) throw new Fault(`${where}: a quote in row ${rows.length} does not end`);
          if (text[end + 1] !== '"') break;
          end += 2;
        }
        field = text.slice(at + 1, end).replaceAll('""', '"');
        at = end + 1;
      } else {
        const found = /[,\n]/g;
        found.lastIndex = at;
        const end = found.exec(text)?.index ?? text.length;
        field = text.slice(at, end);
        at = end;
      }
      row.push(field);
      if (text[at] === ',') at++;
      else break;
    }
    if (text[at] !== '\n') throw new Fault(`${where}: row ${rows.length} does not end with a line feed`);
    at++;
    rows.push(row);
  }
  const header = rows.shift();
  if (header?.join(',') !== columns) throw new Fault(`${where}: its columns are not ${columns}`);
  const width = header.length;
  const odd = rows.findIndex((row) => row.length !== width);
  if (odd >= 0) throw new Fault(`${where}: row ${odd + 1} has ${rows[odd].length} fields, not ${width}`);
  return rows;
}

function cell(value) {
  const text = value === null || value === undefined ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csvLine = (fields) => `${fields.map(cell).join(',')}\n`;

// ---------------------------------------------------------------------------------------------------------------------------------
// Signatures

const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex');

function verifyEd25519(publicKey, data, signature) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return verifySignature(
    null,
    data,
    createPublicKey({ key: Buffer.concat([ed25519Prefix, publicKey]), format: 'der', type: 'spki' }),
    signature,
  );
}

const base64 = (text) => {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
};

/** A C2SP verifier key: `name+hash+key`. Types: 1 Ed25519, 4 a witness's cosignature. Null where it is none. */
function parseVkey(text) {
  const [, name, id, key] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim()) ?? [];
  const bytes = key === undefined ? null : base64(key);
  if (!bytes || bytes.length !== 33 || (bytes[0] !== 1 && bytes[0] !== 4)) return null;
  const expected = sha256(Buffer.concat([Buffer.from(`${name}\n`), bytes])).subarray(0, 4);
  if (expected.toString('hex') !== id) return null;
  return { text: text.trim(), name, id: expected, type: bytes[0], publicKey: bytes.subarray(1) };
}

/** Splits a signed note in its text and signature lines. */
function parseNote(note, where) {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]/.test(note)) throw new Fault(`${where}: it is no signed note`);
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  const signatures = lines.map((line) => {
    const [, name, encoded] = /^\u2014 ([^\s+]+) (\S+)$/.exec(line) ?? [];
    const bytes = encoded === undefined ? null : base64(encoded);
    if (!bytes || bytes.length < 5) throw new Fault(`${where}: ${shown(line)} is no signature line`);
    return { name, id: bytes.subarray(0, 4), bytes: bytes.subarray(4) };
  });
  return { text, signatures };
}

/** Which of the keys signed the note. A line of a known key that does not verify is a fault, as the specification says. */
function signersOf({ text, signatures }, keys, where) {
  const found = [];
  for (const { name, id, bytes } of signatures) {
    const key = keys.find((each) => each.name === name && each.id.equals(id));
    if (!key) continue;
    const witness = key.type === 4;
    const at = witness && bytes.length === 72 ? Number(bytes.readBigUInt64BE(0)) : null;
    const message = witness ? `cosignature/v1\ntime ${at}\n${text}` : text;
    if (!verifyEd25519(key.publicKey, Buffer.from(message), witness ? bytes.subarray(8) : bytes))
      throw new Fault(`${where}: the signature of ${shown(name)} is wrong`);
    found.push({ key, at });
  }
  return found;
}

function parseCheckpoint(text, where) {
  const [, origin, size, root] = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(text) ?? [];
  const hash = root === undefined ? null : base64(root);
  if (!hash || !Number.isSafeInteger(Number(size))) throw new Fault(`${where}: it is no checkpoint of three lines`);
  return { origin, size: Number(size), root: hash };
}

/** An OpenSSH signature over a message. Returns the 32 bytes of the key that made it. */
function verifySshSignature(armored, message, where) {
  const [, body] = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n?$/.exec(armored) ?? [];
  const blob = body === undefined ? null : base64(body.replaceAll('\n', ''));
  if (!blob || blob.subarray(0, 6).toString() !== 'SSHSIG' || blob.readUInt32BE(6) !== 1)
    throw new Fault(`${where}: it is no OpenSSH signature`);
  const fields = readStrings(blob.subarray(10), where);
  if (fields.length !== 5) throw new Fault(`${where}: it is no OpenSSH signature`);
  const [key, namespace, reserved, algorithm, signature] = fields;
  const [keyType, publicKey] = readStrings(key, where);
  const [signatureType, raw] = readStrings(signature, where);
  if (String(namespace) !== 'soc2-evidence' || reserved.length !== 0 || String(algorithm) !== 'sha512')
    throw new Fault(`${where}: namespace or hash are others`);
  if (String(keyType) !== 'ssh-ed25519' || String(signatureType) !== 'ssh-ed25519' || !raw || !publicKey)
    throw new Fault(`${where}: its key is not Ed25519`);
  const hashed = digest('sha512', message, 'buffer');
  const signed = Buffer.concat([Buffer.from('SSHSIG'), ...[namespace, reserved, algorithm, hashed].map(lengthed)]);
  if (!verifyEd25519(publicKey, signed, raw)) throw new Fault(`${where}: the signature is wrong: SHA256SUMS is not what was signed`);
  return publicKey;
}

const lengthed = (bytes) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

function readStrings(bytes, where) {
  const strings = [];
  for (let at = 0; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    if (at + 4 + length > bytes.length) throw new Fault(`${where}: it is cut off`);
    strings.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return strings;
}

/** The keys of an OpenSSH allowed_signers file that may sign in our namespace. Lines with options that are not understood are left out. */
function parseSigners(text) {
  return text.split('\n').flatMap((line) => {
    const [, principals, options = '', key] =
      /^(\S+)\s+(?:(\S*=".*"\S*|cert-authority\S*)\s+)?ssh-ed25519\s+([A-Za-z0-9+/=]+)/.exec(line.trim()) ?? [];
    if (key === undefined || principals.startsWith('#')) return [];
    const [, namespaces] = /^namespaces="([^"]*)"$/.exec(options) ?? [];
    if (options !== '' && !namespaces?.split(',').includes('soc2-evidence')) return [];
    const [type, publicKey] = readStrings(Buffer.from(key, 'base64'), 'the signers');
    return String(type) === 'ssh-ed25519' && publicKey?.length === 32 ? [{ principals, publicKey }] : [];
  });
}

// ---------------------------------------------------------------------------------------------------------------------------------
// What is found, one line a check

class Report {
  constructor() {
    this.checks = [];
    /** Files that rest on the word of who made the package. */
    this.unbound = [];
  }

  /** Runs a check. What it returns is said where nothing failed; null says nothing. Nothing that it throws ends the examination. */
  async check(id, run) {
    const faults = [];
    const unknown = [];
    const check = { check: id, says: null, faults, notEstablished: unknown, more: 0 };
    this.checks.push(check);
    const say = (fault) => (faults.length < 100 ? void faults.push(shown(fault)) : void check.more++);
    try {
      check.says = (await run({ say, unknown: (why) => void unknown.push(shown(why)) })) ?? null;
    } catch (error) {
      say(
        error instanceof Fault
          ? error.message
          : `it could not be checked to the end: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    if (faults.length > 0) check.says = null;
    return faults.length === 0;
  }

  get failed() {
    return this.checks.some(({ faults }) => faults.length > 0);
  }

  /** The lines of a report for people. */
  lines() {
    const lines = this.checks.flatMap(({ check, says, faults, notEstablished, more }) => [
      ...(says === null ? [] : [`ok               ${check}: ${says}`]),
      ...faults.map((fault) => `FAILED           ${check}: ${fault}`),
      ...(more > 0 ? [`FAILED           ${check}: and ${more} more`] : []),
      ...notEstablished.map((why) => `not established  ${check}: ${why}`),
    ]);
    const count = this.checks.reduce((sum, { faults, more }) => sum + faults.length + more, 0);
    const open = this.checks.reduce((sum, { notEstablished }) => sum + notEstablished.length, 0);
    lines.push(
      '',
      count > 0
        ? `FAILED: ${count} ${count === 1 ? 'thing is' : 'things are'} wrong with this package.`
        : `Nothing is wrong with what could be checked; ${open === 0 ? 'everything could be' : `${open} ${open === 1 ? 'thing was' : 'things were'} not established (see above)`}.`,
    );
    return lines;
  }
}

// ---------------------------------------------------------------------------------------------------------------------------------
// The examination

/**
 * Examines a package: a path, or its bytes. `vkeys`, `signers` and `checkpoints` are what the auditor holds from outside: verifier keys, the
 * text of an allowed_signers file, and the texts of older checkpoints by name. `judge`: 'sample', 'all' or 'none'.
 */
export async function verifyPackage(given, { vkeys = [], signers = null, checkpoints = [], judge = 'sample', seconds = 120 } = {}) {
  const report = new Report();
  const found = {
    bound: new Set(),
    judge,
    seconds,
    outside: { vkeys: vkeys.map((text) => [text, parseVkey(text)]), signers, checkpoints },
  };
  let source = null;
  try {
    const opened = await report.check('container', ({ say }) => {
      source = openSource(given);
      const entries = readZip(source, say);
      found.files = fileReader(source, entries);
      return `a well-formed ZIP of ${entries.size} files`;
    });
    if (!opened && !found.files) return report;
    await report.check('files', (check) => checkFiles(found, check));
    await report.check('signature', (check) => checkSignature(found, check));
    await report.check('checkpoint', (check) => checkCheckpoint(found, check));
    await report.check('log', (check) => checkLog(found, check));
    await report.check('history', (check) => checkOutside(found, check));
    await report.check('state', (check) => checkState(found, check));
    await report.check('corrections', (check) => checkCorrections(found, check));
    await report.check('documents', (check) => checkDocuments(found, check));
    await report.check('results', (check) => checkResults(found, check));
    await report.check('proofs', (check) => checkProofs(found, check));
    await report.check('anchors', (check) => checkAnchors(found, check));
    await report.check('rules', (check) => checkRules(found, check));
    await report.check('word', (check) => tellUnbound(found, check, report));
  } finally {
    found.judging?.child?.close();
    source?.close();
  }
  return report;
}

/** The files of the package, checked against their declared size and checksum whenever they are unpacked. Small ones are kept for a while. */
function fileReader(source, entries) {
  const recent = new Map();
  let held = 0;
  return {
    paths: [...entries.keys()],
    has: (path) => entries.has(path),
    size: (path) => entries.get(path)?.size,
    bytes(path) {
      const entry = entries.get(path);
      if (!entry) throw new Fault(`${path}: it is missing`);
      const known = recent.get(path);
      if (known) return known;
      const bytes = extract(source, entry);
      if (bytes.length > 100_000) return bytes;
      held += bytes.length;
      if (held > 50_000_000) recent.clear();
      if (recent.size === 0) held = bytes.length;
      recent.set(path, bytes);
      return bytes;
    },
    text(path) {
      const text = utf8OrNull(this.bytes(path));
      if (text === null) throw new Fault(`${path}: it is not UTF-8`);
      return text;
    },
    /** The lines of a file that ends with a line feed. */
    lines(path) {
      const text = this.text(path);
      if (text === '') return [];
      if (!text.endsWith('\n')) throw new Fault(`${path}: its last line does not end`);
      return text.slice(0, -1).split('\n');
    },
    under: (folder) => [...entries.keys()].filter((path) => path.startsWith(folder)),
  };
}

/** A check that needs what another could not establish. */
function missing({ unknown }, what) {
  unknown(`it needs ${what}, which could not be read`);
  return null;
}

// -- 1. Exactly the files that manifest.json and SHA256SUMS name

function checkFiles(found, { say }) {
  const { files } = found;
  const hashes = new Map();
  for (const path of files.paths) {
    try {
      const hash = hex(files.bytes(path));
      hashes.set(path, hash);
      const [, folder, name] = /^evidence\/([^/]+)\/([^/]+)\.json$/.exec(path) ?? [];
      if (name !== undefined && (name !== hash || folder !== hash.slice(0, 2))) say(`${path}: its content has the hash ${hash}`);
    } catch (error) {
      say(error.message);
    }
  }
  found.hashes = hashes;
  const sums = new Map();
  let before = '';
  for (const [i, line] of files.lines('SHA256SUMS').entries()) {
    const [, hash, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (path === undefined || byBytes(before, path) >= 0) throw new Fault(`SHA256SUMS: line ${i + 1} is no line of it, or not in order`);
    sums.set(path, hash);
    before = path;
  }
  compareHashes('SHA256SUMS', sums, hashes, ['SHA256SUMS', 'SHA256SUMS.sig'], say);

  const manifest = parseCanonical(files.text('manifest.json').replace(/\n$/, ''), 'manifest.json');
  const listed = new Map();
  before = '';
  for (const file of Array.isArray(manifest.files) ? manifest.files : []) {
    const { path, size, sha256: hash } = file ?? {};
    if (typeof path !== 'string' || byBytes(before, path) >= 0) throw new Fault(`manifest.json: ${shown(path)} is not in order`);
    if (files.has(path) && files.size(path) !== size)
      say(`${shown(path)}: it has ${files.size(path)} bytes, manifest.json says ${shown(size)}`);
    listed.set(path, hash);
    before = path;
  }
  compareHashes('manifest.json', listed, hashes, ['manifest.json', 'SHA256SUMS', 'SHA256SUMS.sig'], say);
  found.manifest = readManifest(manifest, say);
  for (const path of ['manifest.json', 'SHA256SUMS', 'SHA256SUMS.sig']) found.bound.add(path);
  return `${files.paths.length} files are exactly those that manifest.json and SHA256SUMS name, with their hashes`;
}

function compareHashes(list, named, hashes, except, say) {
  for (const [path, hash] of named) {
    if (except.includes(path)) say(`${list}: it names ${path}`);
    else if (!hashes.has(path)) say(`${shown(path)}: ${list} names it, but it is missing`);
    else if (hashes.get(path) !== hash) say(`${shown(path)}: it does not have the hash in ${list}`);
  }
  for (const path of hashes.keys()) if (!named.has(path) && !except.includes(path)) say(`${shown(path)}: ${list} does not name it`);
}

function readManifest(manifest, say) {
  const { v, export: told = {}, ledger = {} } = manifest;
  if (v !== 1) throw new Fault(`manifest.json: version ${shown(v)} is not known`);
  const { id, company, from, to, asOf, timeZone } = told;
  const { origin, size, root, signed } = ledger;
  if (
    !Number.isSafeInteger(size) ||
    !isHash(root) ||
    (origin !== null && typeof origin !== 'string') ||
    typeof company !== 'string' ||
    typeof signed !== 'boolean'
  )
    throw new Fault('manifest.json: it does not say what it is of');
  const window = { from: instantOf(from, 'manifest.json'), to: instantOf(to, 'manifest.json'), asOf: instantOf(asOf, 'manifest.json') };
  if (window.from >= window.to) say('manifest.json: its window is empty');
  if (id !== hex(canonical({ company, from, to, asOf, origin, size, root })).slice(0, 16))
    say('manifest.json: the id of the export does not follow from company, window and ledger');
  return { id, company, timeZone, window, ledger: { origin, size, root, signed } };
}

// -- 2. Who signed it

function checkSignature(found, check) {
  const { files, manifest, outside } = found;
  if (!manifest) return missing(check, 'manifest.json');
  const signers = outside.signers === null ? null : parseSigners(outside.signers);
  if (signers?.length === 0) throw new Fault('the signers you gave: no line names an Ed25519 key for soc2-evidence');
  if (!files.has('SHA256SUMS.sig')) {
    if (signers) throw new Fault('SHA256SUMS.sig: it is missing, so none of your signers signed this package');
    check.unknown(
      manifest.ledger.signed
        ? 'SHA256SUMS carries no signature of its own; the checkpoint binds the ledger only'
        : 'nothing in this package is signed: anybody can have made it',
    );
    return null;
  }
  const key = verifySshSignature(files.text('SHA256SUMS.sig'), files.bytes('SHA256SUMS'), 'SHA256SUMS.sig');
  found.sshKey = key;
  if (signers) {
    const signer = signers.find(({ publicKey }) => publicKey.equals(key));
    if (!signer) throw new Fault('SHA256SUMS.sig: none of your signers made it');
    return `SHA256SUMS is signed by ${shown(signer.principals)}, whom you named`;
  }
  if (!ownKeys(found, check).some(({ publicKey }) => publicKey.equals(key)))
    throw new Fault('SHA256SUMS.sig: it was not made by a key of the log in keys/');
  if (!outside.vkeys.some(([, known]) => known?.publicKey.equals(key)))
    check.unknown(
      'whether the key that signed SHA256SUMS is the company’s: you gave no --signers, and the key in the package proves nothing',
    );
  return 'SHA256SUMS is signed by the key of the log';
}

/** The keys that the package itself brings. */
function ownKeys(found, { say }) {
  const keys = [];
  for (const path of found.files.under('keys/').filter((each) => each.endsWith('.vkey'))) {
    const key = parseVkey(found.files.text(path));
    if (!key) say(`${path}: it is no verifier key`);
    else keys.push({ ...key, path });
  }
  return keys;
}

function checkCheckpoint(found, check) {
  const { files, manifest, outside } = found;
  if (!manifest) return missing(check, 'manifest.json');
  const { ledger } = manifest;
  const odd = outside.vkeys.find(([, key]) => key === null);
  if (odd) throw new Fault(`the key you gave, ${shown(odd[0])}, is no verifier key`);
  if (!files.has('log/checkpoint')) {
    if (ledger.signed) throw new Fault('log/checkpoint: it is missing');
    if (outside.vkeys.length > 0) throw new Fault('log/checkpoint: there is none, so nobody signed this log');
    found.checkpoint = { origin: ledger.origin, size: ledger.size, root: Buffer.from(ledger.root, 'hex') };
    check.unknown('the ledger is not signed: whoever can write the store can write another history');
    return `the ledger has ${ledger.size} leaves; its head is not signed`;
  }
  const text = files.text('log/checkpoint');
  const note = text.includes('\n\n') ? parseNote(text, 'log/checkpoint') : { text, signatures: [] };
  const checkpoint = parseCheckpoint(note.text, 'log/checkpoint');
  found.checkpoint = { ...checkpoint, text };
  if (checkpoint.origin !== ledger.origin || checkpoint.size !== ledger.size || checkpoint.root.toString('hex') !== ledger.root)
    check.say('log/checkpoint: it is not of the ledger that manifest.json names');
  const own = ownKeys(found, check);
  checkKeyFiles(found, own, check.say);
  const logKeys = outside.vkeys.map(([, key]) => key).filter((key) => key.type === 1);
  found.keys = logKeys.length > 0 ? logKeys : own.filter(({ type }) => type === 1);
  const signed = signersOf(note, found.keys, 'log/checkpoint');
  const byLog = signed.filter(({ key }) => key.type === 1);
  if (byLog.length === 0) {
    if (logKeys.length > 0) throw new Fault('log/checkpoint: it is not signed by the key you gave');
    if (ledger.signed || note.signatures.length > 0) throw new Fault('log/checkpoint: it is not signed by any key of keys/');
    check.unknown('the ledger is not signed: whoever can write the store can write another history');
    return `the ledger has ${checkpoint.size} leaves, and its head is not signed`;
  }
  if (!ledger.signed) check.say('manifest.json: it says that the ledger is not signed, but it is');
  const { name } = byLog[0].key;
  if (name !== checkpoint.origin) check.say('log/checkpoint: its key has another name than its origin');
  if (logKeys.length > 0) return `the head of ${checkpoint.size} leaves is signed by ${shown(name)}, with the key you gave`;
  check.unknown('whether the key that signed the head is the company’s: you gave no --vkey, and the key in the package proves nothing');
  return `the head of ${checkpoint.size} leaves is signed with the key in the package, ${shown(byLog[0].key.text)}`;
}

/** The other forms of the log's key in keys/ must be of the same key. */
function checkKeyFiles(found, own, say) {
  const { files, bound } = found;
  const logKeys = own.filter(({ type }) => type === 1);
  if (files.has('keys/log.pub.pem')) {
    bound.add('keys/log.pub.pem');
    const [, encoded = ''] =
      /^-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=]+)\n-----END PUBLIC KEY-----\n$/.exec(files.text('keys/log.pub.pem')) ?? [];
    const der = base64(encoded) ?? Buffer.alloc(0);
    if (!logKeys.some(({ publicKey }) => der.equals(Buffer.concat([ed25519Prefix, publicKey]))))
      say('keys/log.pub.pem: it is another key than those of keys/*.vkey');
  }
  if (files.has('keys/allowed_signers')) {
    bound.add('keys/allowed_signers');
    const wire = (publicKey) => Buffer.concat([Buffer.from('ssh-ed25519'), publicKey].map(lengthed)).toString('base64');
    const lines = logKeys.map(({ name, publicKey }) => `${name} namespaces="soc2-evidence" ssh-ed25519 ${wire(publicKey)}\n`);
    if (files.text('keys/allowed_signers') !== lines.join(''))
      say('keys/allowed_signers: it is not the keys of keys/*.vkey under the name of the log');
  }
  for (const { path, name, text } of own) {
    bound.add(path);
    if (name !== found.manifest.ledger.origin) say(`${path}: its name is not the origin of the log`);
    if (files.text(path) !== `${text}\n`) say(`${path}: it is not one line`);
  }
}

// -- 3. Entries, leaves, tiles, root

/** `<N>` of a tile path: groups of three digits, all but the last behind an x. */
function tileNumber(n) {
  const groups = [String(n % 1000).padStart(3, '0')];
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  return groups.join('/');
}

/** The tiles of one level of a log: path, first hash, width. `count` is how many hashes the level has. */
function tilesOf(folder, count) {
  const tiles = [];
  for (let at = 0; at < count; at += 256) {
    const width = Math.min(256, count - at);
    tiles.push({ path: `${folder}/${tileNumber(at / 256)}${width < 256 ? `.p/${width}` : ''}`, at, width });
  }
  return tiles;
}

function checkLog(found, check) {
  const { files, checkpoint, manifest, bound } = found;
  if (!checkpoint) return missing(check, 'log/checkpoint');
  const { size, root } = checkpoint;
  if (size > 2 ** 32) throw new Fault('log/checkpoint: no package has so many leaves');
  const expected = new Set(['log/checkpoint']);
  const texts = [];
  for (const { path, at, width } of tilesOf('log/tile/entries', size)) {
    expected.add(path);
    readBundle(files.bytes(path), path, at, width, texts, check.say);
  }
  const tree = new Tree(texts.map((text) => leafHash(text)));
  for (let level = 0; 256 ** level <= size; level++) {
    for (const { path, at, width } of tilesOf(`log/tile/${level}`, Math.floor(size / 256 ** level))) {
      expected.add(path);
      if (!files.has(path)) {
        check.say(`${path}: it is missing`);
        continue;
      }
      const nodes = tree.levels[8 * level].slice(at, at + width);
      const bytes = files.bytes(path);
      if (bytes.equals(Buffer.concat(nodes))) continue;
      const odd = nodes.findIndex((node, i) => !node.equals(bytes.subarray(32 * i, 32 * i + 32)));
      check.say(
        `${path}: ${odd < 0 ? 'it has more than its hashes' : level === 0 ? `it has another hash of leaf ${at + odd}` : `hash ${odd} is not that of the entries`}`,
      );
    }
  }
  for (const path of files.under('log/')) if (!expected.has(path)) check.say(`${path}: it is no tile of a log of ${size} leaves`);
  for (const path of expected) bound.add(path);
  found.texts = texts;
  found.tree = tree;
  if (!tree.root().equals(root))
    check.say(
      `log/checkpoint: the root of its ${size} leaves is another; a leaf was changed, removed or put in, or the head is of another log`,
    );
  found.leaves = texts.map((text, index) => readLeaf(text, index, check.say));
  return `${size} leaves, their tiles and the root of ${checkpoint.origin} agree (root ${manifest.ledger.root.slice(0, 16)}…)`;
}

function readBundle(bytes, path, first, width, texts, say) {
  let at = 0;
  for (let i = 0; i < width; i++) {
    const length = at + 2 <= bytes.length ? bytes.readUInt16BE(at) : Number.POSITIVE_INFINITY;
    if (at + 2 + length > bytes.length) throw new Fault(`${path}: it ends before leaf ${first + i}`);
    texts.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (at !== bytes.length) say(`${path}: bytes follow its last leaf`);
}

function readLeaf(bytes, index, say) {
  const text = utf8OrNull(bytes);
  try {
    if (text === null) throw new Fault(`leaf ${index}: it is not UTF-8`);
    const leaf = parseCanonical(text, `leaf ${index}`);
    const at = instantOf(leaf.asOf, `leaf ${index}`);
    if (leaf.v !== 1 || typeof leaf.kind !== 'string') throw new Fault(`leaf ${index}: it is of no version that is known`);
    const keys = Object.keys(leaf).join(',');
    const expected = leaf.kind === 'cycle' ? 'asOf,changes,connection,ended,kind,manifest,ruleSet,scopes,state,v' : 'asOf,body,kind,v';
    if (keys !== expected) throw new Fault(`leaf ${index}: it has the members ${shown(keys)}`);
    if (leaf.kind !== 'cycle' && !isHash(leaf.body?.sha256)) throw new Fault(`leaf ${index}: it names no body`);
    return { index, text, leaf, at };
  } catch (error) {
    say(error.message);
    return null;
  }
}

// -- 4. What the auditor kept, and the consistency files

function checkOutside(found, check) {
  const { tree, checkpoint, outside, files, bound, keys = [] } = found;
  if (!tree) return missing(check, 'the log');
  const compared = [];
  for (const { name, text } of outside.checkpoints) {
    const note = text.includes('\n\n') ? parseNote(text, name) : { text, signatures: [] };
    const kept = parseCheckpoint(note.text, name);
    signersOf(note, keys, name);
    if (kept.origin !== checkpoint.origin) check.say(`${name}: it is of another log, ${shown(kept.origin)}`);
    else if (kept.size > tree.size)
      check.say(`${name}: you hold a head of ${kept.size} leaves, the package has ${tree.size}: the end of the log is missing`);
    else if (!tree.rootAt(kept.size).equals(kept.root))
      check.say(`${name}: the first ${kept.size} leaves are not those that you hold the head of: history was rewritten`);
    else compared.push(`the head of ${kept.size} leaves that you hold`);
  }
  for (const [, witness] of outside.vkeys.filter(([, { type }]) => type === 4)) {
    const seen = headsSeenBy(witness, found, check.say);
    if (seen === null) check.say(`log/checkpoint: the witness ${shown(witness.name)}, whom you named, cosigned no head of this log`);
    else compared.push(`the head of ${seen.size} leaves that ${shown(witness.name)} saw on ${new Date(seen.at * 1000).toISOString()}`);
  }
  for (const path of files.under('consistency/')) {
    bound.add(path);
    const [, older, newer] = /^consistency\/(\d+)-(\d+)\.txt$/.exec(path) ?? [];
    const [from, to] = [Number(older), Number(newer)];
    const path64 = files.lines(path).map(base64);
    if (older === undefined || to > tree.size || from > to) check.say(`${path}: it is of sizes that the log does not have`);
    else if (path64.some((node) => node?.length !== 32) || !provesConsistency(from, tree.rootAt(from), to, tree.rootAt(to), path64))
      check.say(`${path}: it does not prove that the log of ${from} leaves is the beginning of that of ${to}`);
  }
  if (compared.length === 0) {
    if (outside.checkpoints.length === 0)
      check.unknown(
        'whether the log was rewritten since it was first shown to anybody: you gave no --checkpoint from before, of a witness, a mail or an earlier package',
      );
    return null;
  }
  return `the log only grew since ${compared.join('; since ')}`;
}

/** The largest head of this log that a witness cosigned; null where there is none. */
function headsSeenBy(witness, { tree, checkpoint, files }, say) {
  let latest = null;
  for (const path of ['log/checkpoint', ...files.under('cosignatures/')]) {
    const text = files.has(path) ? files.text(path) : '';
    if (!text.includes('\n\n')) continue;
    const note = parseNote(text, path);
    const [line] = signersOf(note, [witness], path);
    const head = line && parseCheckpoint(note.text, path);
    if (!head || head.origin !== checkpoint.origin) continue;
    if (head.size > tree.size || !tree.rootAt(head.size).equals(head.root))
      say(`${path}: the head of ${head.size} leaves that ${shown(witness.name)} saw is not of this log: history was rewritten`);
    else if (latest === null || head.size > latest.size) latest = { size: head.size, at: line.at };
  }
  return latest;
}

// -- 5. The state after every cycle, from leaf 0

const letters = { P: 'pass', F: 'fail', N: 'not-applicable', U: 'unobserved', W: 'pending' };

/** One population in one place, as the log tells it. */
class Scope {
  constructor(key) {
    const parts = key.split('/');
    if (parts.length < 4) throw new Fault(`scope ${shown(key)}: it has no four parts`);
    this.key = key;
    [this.connection, this.account, this.region] = parts;
    this.population = parts.slice(3).join('/');
    this.items = new Map();
    this.counts = { P: 0, F: 0, N: 0, U: 0, W: 0 };
    this.rules = [];
    this.told = null;
    this.tree = null;
    this.stale = new Map();
    this.hold = 0;
    this.holdAtLook = 0;
    this.firstLook = null;
    this.lastLook = null;
    /** The same, whatever was retired since. */
    this.lastComplete = null;
    this.failing = null;
    this.retired = null;
    this.gaps = [];
    this.openGap = null;
    /** Of every item that ever was: first and last look, end, runs by rule. */
    this.past = new Map();
  }

  put(name, item) {
    const before = this.items.get(name);
    for (const letter of before?.vector ?? '') this.counts[letter]--;
    for (const letter of item?.vector ?? '') this.counts[letter]++;
    if (item) this.items.set(name, item);
    else this.items.delete(name);
    if (before && item) this.stale.set(name, item.hash);
    else this.tree = null;
  }

  root() {
    if (!this.tree) {
      this.names = [...this.items.keys()].sort(byBytes);
      this.places = new Map(this.names.map((name, i) => [name, i]));
      this.tree = new Tree(this.names.map((name) => this.items.get(name).hash));
    } else for (const [name, hash] of this.stale) this.tree.replace(this.places.get(name), hash);
    this.stale.clear();
    return this.tree.root();
  }

  leaf() {
    const { key } = this;
    const text = this.failing
      ? canonical({ t: 'scope/1', scope: key, status: 'failed', reason: this.failing.unread })
      : canonical({ t: 'scope/1', scope: key, status: 'complete', root: this.root().toString('hex'), items: this.items.size });
    return leafHash(text);
  }

  /** Adds what it counts now to a tally, in place of what it told before. A scope that fails counts nothing. */
  tell(tally, before) {
    this.told = this.failing ? emptyTally() : { items: this.items.size, counts: { ...this.counts } };
    tally.items += this.told.items - (before?.items ?? 0);
    for (const letter of Object.keys(letters)) tally.counts[letter] += this.told.counts[letter] - (before?.counts[letter] ?? 0);
  }

  /** A look that failed. */
  fail({ at, hold, unread }) {
    if (!this.openGap) {
      const since = this.lastLook ?? at;
      this.openGap = { from: since, to: null, reason: unread.unread, unread, hold: this.lastLook === null ? hold : this.holdAtLook };
      this.gaps.push(this.openGap);
    }
    this.failing = unread;
  }

  /** A complete look, once its changes were told. */
  look({ at, hold }) {
    this.holdAtLook = hold;
    this.lastLook = at;
    this.lastComplete = at;
    this.firstLook ??= at;
  }

  /** It is looked at: for the first time, or again after it was retired. */
  begin(hold) {
    if (this.retired) Object.assign(this, { retired: null, firstLook: null, lastLook: null });
    this.hold = hold;
  }

  closeGap(at) {
    if (this.openGap) {
      if (at - this.openGap.from > this.openGap.hold) this.openGap.to = at;
      else this.gaps.pop();
    } else if (this.lastLook !== null && at - this.lastLook > this.holdAtLook)
      this.gaps.push({ from: this.lastLook, to: at, reason: 'monitor-down', unread: null });
    this.openGap = null;
    this.failing = null;
  }
}

/** The scopes of all connections, told cycle after cycle. */
class World {
  constructor() {
    this.scopes = new Map();
    this.connections = new Map();
  }

  /** The scope as a look finds it: new, or there again after it was retired. */
  looked(key, hold) {
    let scope = this.scopes.get(key);
    if (!scope) {
      scope = new Scope(key);
      this.scopes.set(key, scope);
    }
    if (!scope.seen || scope.retired) this.connections.delete(scope.connection);
    scope.begin(hold);
    scope.seen = true;
    return scope;
  }

  /** Its leaf is another now. */
  touched(scope) {
    this.connections.get(scope.connection)?.stale.add(scope);
  }

  root(connection) {
    let known = this.connections.get(connection);
    if (!known) {
      const scopes = [...this.scopes.values()]
        .filter((scope) => scope.connection === connection && !scope.retired)
        .sort((a, b) => byBytes(a.key, b.key));
      const places = new Map(scopes.map((scope, i) => [scope, i]));
      known = { places, tree: new Tree(scopes.map((scope) => scope.leaf())), stale: new Set(), tally: emptyTally() };
      for (const scope of scopes) scope.tell(known.tally, null);
      this.connections.set(connection, known);
    }
    for (const scope of known.stale) {
      known.tree.replace(known.places.get(scope), scope.leaf());
      scope.tell(known.tally, scope.told);
    }
    known.stale.clear();
    return known.tree.root();
  }

  /** `state` as the leaf of a cycle has it. */
  state(connection) {
    const root = this.root(connection).toString('hex');
    const { items, counts } = this.connections.get(connection).tally;
    const results = Object.fromEntries(Object.entries(letters).map(([letter, result]) => [result, counts[letter]]));
    return { items, results, root };
  }
}

const emptyTally = () => ({ items: 0, counts: { P: 0, F: 0, N: 0, U: 0, W: 0 } });

/** The distinct documents of a file of lines, by hash. */
function documentsIn(found, path) {
  const documents = new Map();
  for (const [i, line] of found.files.lines(path).entries()) {
    const hash = hex(line);
    if (documents.has(hash)) throw new Fault(`${path}: line ${i + 1} stands there twice`);
    documents.set(hash, { value: parseCanonical(line, `${path}: line ${i + 1}`), line: i + 1, used: false });
  }
  found.bound.add(path);
  return documents;
}

/** The change log by cycle; each line must be in its place. */
function changesIn(found) {
  const path = 'ledger/changes.ndjson';
  const byCycle = new Map();
  let before = null;
  for (const [i, line] of found.files.lines(path).entries()) {
    const where = `${path}: line ${i + 1}`;
    const change = parseCanonical(line, where);
    const { cycle, item, leaf, scope, ...others } = change;
    const sane = Number.isSafeInteger(cycle) && typeof item === 'string' && typeof scope === 'string' && Object.keys(others).length === 0;
    if (!sane || (leaf !== null && !isLeafOfItem(leaf))) throw new Fault(`${where}: it is no change of an item`);
    if (before && (before.cycle - cycle || byBytes(before.scope, scope) || byBytes(before.item, item)) >= 0)
      throw new Fault(`${where}: it is not in order, or stands there twice`);
    if (byCycle.get(cycle)?.push({ ...change, line: i + 1 }) === undefined) byCycle.set(cycle, [{ ...change, line: i + 1 }]);
    before = change;
  }
  found.bound.add(path);
  return byCycle;
}

const isLeafOfItem = (leaf) =>
  Object.keys(leaf).join(',') === 'at,detail,snapshot,vector' &&
  isHash(leaf.snapshot) &&
  isHash(leaf.detail) &&
  /^[PFNUW]*$/.test(leaf.vector) &&
  (leaf.at === null || typeof leaf.at === 'string');

function checkState(found, check) {
  const { leaves } = found;
  if (!leaves) return missing(check, 'the log');
  const changes = changesIn(found);
  const looks = documentsIn(found, 'ledger/looks.ndjson');
  const ruleSets = documentsIn(found, 'ledger/rulesets.ndjson');
  found.told = { changes, looks, ruleSets };
  const collected = collectDocuments(found);
  const cycles = leaves.filter((leaf) => leaf?.leaf.kind === 'cycle');
  for (const index of changes.keys())
    if (leaves[index]?.leaf.kind !== 'cycle')
      check.say(`ledger/changes.ndjson: line ${changes.get(index)[0].line}: leaf ${index} is no cycle`);
  const wrong = new Set();
  let last = Number.NEGATIVE_INFINITY;
  const world = tell(found, {
    before: collected.before,
    after(cycle, world, leavesOfChanges) {
      collected.after(cycle, world);
      const { index, leaf, at } = cycle;
      if (at <= last) check.say(`leaf ${index}: it is of ${leaf.asOf}, not later than the cycle before`);
      if (instantOf(leaf.ended, `leaf ${index}`) < at) check.say(`leaf ${index}: it ended before it began`);
      last = at;
      const expected = expectedFacts(cycle, world, leavesOfChanges);
      for (const [name, value] of Object.entries(expected)) {
        if (canonical(value) === canonical(leaf[name] ?? null) || (name === 'state' && wrong.has(leaf.connection))) continue;
        if (name === 'state') wrong.add(leaf.connection);
        check.say(`leaf ${index}: ${name} is not what the change log gives (${difference(leaf[name], value)}); ${placeOf(cycle)}`);
      }
    },
    hashing: true,
    say: check.say,
  });
  Object.assign(found, { world, collected });
  for (const [path, documents] of [
    ['ledger/looks.ndjson', looks],
    ['ledger/rulesets.ndjson', ruleSets],
  ])
    inOrderOfUse(path, documents, check.say);
  found.cycles = cycles;
  const lines = [...changes.values()].reduce((sum, list) => sum + list.length, 0);
  return `the state after each of ${cycles.length} cycles follows from ${lines} changes`;
}

const placeOf = ({ changes }) =>
  changes.length === 0
    ? 'the cycle has no line in ledger/changes.ndjson'
    : `see lines ${changes[0].line} to ${changes.at(-1).line} of ledger/changes.ndjson, and those before`;

function difference(said, computed) {
  const names = Object.keys(computed).filter((name) => canonical(said?.[name] ?? null) !== canonical(computed[name]));
  return (
    names.map((name) => `${name} ${shown(said?.[name] ?? null).slice(0, 80)}, computed ${shown(computed[name]).slice(0, 80)}`).join('; ') ||
    'it has other members'
  );
}

/** The members of a cycle's leaf that follow from the change log. */
function expectedFacts({ leaf, looks }, world, leavesOfChanges) {
  const failed = looks.looks.filter(({ unread }) => unread).map(({ scope, unread }) => ({ scope, reason: unread.unread }));
  return {
    state: world.state(leaf.connection),
    changes: { n: leavesOfChanges.length, root: new Tree(leavesOfChanges).root().toString('hex') },
    scopes: { total: looks.looks.length, looks: leaf.scopes.looks, failed: shortly(failed), retired: shortly(looks.retired) },
  };
}

const shortly = (list) => (list.length <= 64 ? list : { n: list.length, sha256: hex(canonical(list)) });

function inOrderOfUse(path, documents, say) {
  let before = -1;
  for (const { line, used } of documents.values()) {
    if (used === false) say(`${path}: line ${line}: nothing refers to it`);
    else if (used < before) say(`${path}: line ${line}: it is not in the order of first use`);
    else before = used;
  }
}

/** Tells the world every cycle; `before` and `after` are called around each. Trees are hashed only where that is asked for. */
function tell(found, { before = () => {}, after = () => {}, hashing = false, say = () => {} }) {
  const world = new World();
  for (const read of found.leaves) {
    if (read?.leaf.kind === 'backfill') useRuleSet(found, read);
    if (read?.leaf.kind !== 'cycle') continue;
    const { index, leaf, at } = read;
    const looks = found.told.looks.get(leaf.scopes?.looks);
    const ruleSet = found.told.ruleSets.get(leaf.ruleSet);
    if (!looks || !ruleSet)
      throw new Fault(`leaf ${index}: its ${looks ? 'rule set is not in ledger/rulesets.ndjson' : 'looks are not in ledger/looks.ndjson'}`);
    const fresh = looks.used === false;
    if (fresh) looks.used = index;
    if (ruleSet.used === false) ruleSet.used = index;
    const cycle = { index, leaf, at, looks: looks.value, ruleSet: ruleSet.value, changes: found.told.changes.get(index) ?? none, fresh };
    before(cycle, world);
    const leavesOfChanges = tellCycle(cycle, world, hashing, say);
    after(cycle, world, leavesOfChanges);
  }
  return world;
}

function useRuleSet({ told, document }, { index, leaf }) {
  const ruleSet = told.ruleSets.get(document(leaf.body.sha256)?.ruleSet);
  if (ruleSet?.used === false) ruleSet.used = index;
}

/** Moves the world by one cycle. Returns the leaves of its changes, in order. */
function tellCycle({ index, leaf, at, looks, ruleSet, changes, fresh }, world, hashing, say) {
  const own = new Map();
  for (const change of changes) if (own.get(change.scope)?.push(change) === undefined) own.set(change.scope, [change]);
  if (fresh) checkLooks(index, leaf, looks, say);
  const leavesOfChanges = [];
  for (const { scope: key, hold, unread } of looks.looks) {
    const scope = world.looked(key, hold);
    const before = scope.failing;
    if (unread) {
      scope.fail({ at, hold, unread });
      if (before?.unread !== unread.unread) world.touched(scope);
      continue;
    }
    scope.closeGap(at);
    const rules = ruleSet.byPopulation?.[scope.population] ?? none;
    const changed = own.get(key) ?? none;
    if (before || changed.length > 0) world.touched(scope);
    if (changed.length > 0) own.delete(key);
    for (const change of changed) leavesOfChanges.push(see(scope, change, rules, { index, at, hashing }));
    if (scope.rules !== rules) refuseOldRules(scope, rules, changed, index, say);
    scope.look({ at, hold });
  }
  for (const { scope: key, reason } of looks.retired) {
    const scope = world.scopes.get(key);
    if (!scope || scope.retired) throw new Fault(`leaf ${index}: it retires ${shown(key)}, which is not there`);
    scope.closeGap(at);
    const ended = own.get(key) ?? [];
    own.delete(key);
    for (const change of ended) leavesOfChanges.push(see(scope, change, [], { index, at, hashing }));
    const left = [...scope.items].find(([, item]) => item.at === null);
    if (left) say(`leaf ${index}: it retires ${shown(key)}, but not its item ${shown(left[0])}`);
    scope.retired = { at, reason };
    world.connections.delete(scope.connection);
  }
  for (const [key, [{ line }]] of own) say(`ledger/changes.ndjson: line ${line}: the cycle ${index} did not see ${shown(key)}`);
  return leavesOfChanges;
}

const none = [];

/** Each distinct document of looks, once. */
function checkLooks(index, leaf, { looks, retired }, say) {
  for (const list of [looks, retired])
    for (const [i, { scope }] of list.entries()) {
      if (i > 0 && byBytes(list[i - 1].scope, scope) >= 0) throw new Fault(`leaf ${index}: its looks are not sorted by scope`);
      if (scope.split('/')[0] !== leaf.connection) say(`leaf ${index}: it looked at ${shown(scope)}, which is of another connection`);
    }
}

/** When other rules come into force, every item of the scope is judged anew. */
function refuseOldRules(scope, rules, changed, index, say) {
  if (scope.rules.join('\n') !== rules.join('\n') && scope.items.size > 0) {
    const judged = new Set(changed.map(({ item }) => item));
    for (const name of scope.items.keys())
      if (!judged.has(name)) say(`leaf ${index}: ${shown(scope.key)}: ${shown(name)} was not judged by the rules in force`);
  }
  scope.rules = rules;
}

/** One change of an item. Returns the leaf of the change. */
function see(scope, { item: name, leaf, line, where = `ledger/changes.ndjson: line ${line}` }, rules, { index, at, hashing }) {
  const before = scope.items.get(name);
  if (!leaf && (!before || before.at !== null)) throw new Fault(`${where}: ${shown(name)} is gone, but was not there or is an event`);
  if (leaf && leaf.vector.length !== rules.length)
    throw new Fault(`${where}: ${shown(name)} has ${leaf.vector.length} results, ${rules.length} rules were in force`);
  const when = leaf === null || leaf.at === null ? null : instantOf(leaf.at, where);
  if (before && leaf && (before.at === null) !== (when === null))
    throw new Fault(`${where}: ${shown(name)} is an event at one time and a state at another`);

  let past = scope.past.get(name);
  if (!past) scope.past.set(name, (past = { first: at, last: null, gone: null, runs: new Map(), snapshots: [] }));
  const last = scope.lastLook;
  const event = when !== null || (before !== undefined && before.at !== null);
  if (!event)
    for (const [i, rule] of (before?.rules ?? []).entries()) {
      const place = leaf === null ? -1 : rules.indexOf(rule);
      if (place >= 0 && leaf.vector[place] === before.vector[i]) continue;
      Object.assign(past.runs.get(rule).at(-1), { last, ended: at, gone: leaf === null });
    }
  if (!leaf) {
    scope.put(name, undefined);
    Object.assign(past, { gone: at, last });
    return hashing ? leafHash(canonical({ t: 'change/1', scope: scope.key, item: name, leaf: null })) : null;
  }
  if (!event)
    for (const [i, rule] of rules.entries()) {
      const place = before ? before.rules.indexOf(rule) : -1;
      if (place >= 0 && before.vector[place] === leaf.vector[i]) continue;
      const run = {
        letter: leaf.vector[i],
        first: at,
        before: last,
        last: null,
        ended: null,
        gone: false,
        index,
        place: i,
        snapshot: leaf.snapshot,
        detail: leaf.detail,
      };
      if (past.runs.get(rule)?.push(run) === undefined) past.runs.set(rule, [run]);
    }
  past.gone = null;
  if (past.snapshots.at(-1) !== leaf.snapshot) past.snapshots.push(leaf.snapshot);
  const hash = hashing ? leafHash(canonical({ t: 'item/1', population: scope.population, item: name, ...leaf })) : null;
  scope.put(name, { ...leaf, at: when, rules, hash, firstSeen: before?.firstSeen ?? at, index });
  return hashing ? leafHash(canonical({ t: 'change/1', scope: scope.key, item: name, leaf: hash.toString('hex') })) : null;
}

// -- Corrections: looks that were brought later stand in place of those of their time

/** Reads every leaf of kind `backfill`, and tells the scopes that they correct anew: what is known now. */
function checkCorrections(found, check) {
  const { world, collected, leaves, manifest } = found;
  if (!world) return missing(check, 'the change log');
  found.corrections = leaves.flatMap((read) => (read?.leaf.kind === 'backfill' ? readCorrection(found, read, check.say) : []));
  const known = new World();
  for (const [key, scope] of world.scopes) known.scopes.set(key, scope);
  const keys = new Set(found.corrections.map(({ scope }) => scope));
  const events = recordedOf(found, keys);
  for (const { index, scope, from, to } of found.corrections) {
    const before = events.get(scope).filter((event) => event.index < index);
    const end = before.find((event, i) => event.end && ((event.at >= from && event.at < to) || (i === before.length - 1 && to > event.at)));
    if (end) check.say(`leaf ${index}, correction: ${shown(scope)} ceased to exist in its time, at leaf ${end.index}`);
  }
  for (const key of keys) {
    let begun = false;
    const begin = (scope) => {
      if (!begun) collected.standing(scope);
      begun = true;
    };
    const scope = retell(key, events.get(key) ?? none, found.corrections, {
      before: (scope, { at }) => (at >= manifest.window.from ? begin(scope) : undefined),
      after: (scope, event, changes) => collected.corrected(scope, event, changes),
    });
    begin(scope);
    known.scopes.set(key, scope);
  }
  collected.end(world, known);
  Object.assign(found, { known, recordedOfCorrected: events });
  const { length } = found.corrections;
  if (length === 0) return null;
  const looks = found.corrections.reduce((sum, correction) => sum + correction.looks.length, 0);
  check.unknown(
    'whether rules over several populations would say the same of other scopes with what was brought: what they said of those was not judged again, and 00_README.html names them',
  );
  const seen = found.corrections.reduce((sum, correction) => sum + correction.looks.filter(({ items }) => items).length, 0);
  if (seen > 0)
    check.unknown(
      `whether the items of ${seen} looks that corrections brought follow from their replies: no collector runs here; \`holdfast replay --replies\` makes them again from the store`,
    );
  return `${length} ${length === 1 ? 'correction brings' : 'corrections bring'} ${looks} looks, each with its calls and with the items that its leaf commits to; the results follow from them`;
}

const membersOfBackfill = 'documents,from,looks,reason,ruleSet,run,scope,to';

/** What a correction brings, as far as its leaf and its documents say one thing. A list of it, or of nothing. */
function readCorrection(found, { index, leaf, at }, say) {
  const where = `leaf ${index}, correction`;
  const body = found.document(leaf.body.sha256);
  if (body === null) throw new Fault(`${evidencePath(leaf.body.sha256)}: it is missing (${where})`);
  const about = `${evidencePath(leaf.body.sha256)}: ${where}`;
  if (Object.keys(body).join(',') !== membersOfBackfill || !Array.isArray(body.looks)) throw new Fault(`${about}: it has other members`);
  const [from, to] = [instantOf(body.from, about), instantOf(body.to, about)];
  const scope = found.world.scopes.get(body.scope);
  const cycles = found.leaves.filter((read) => read?.leaf.kind === 'cycle' && read.index < index);
  const last = cycles.at(-1)?.at ?? -never;
  const holds = holdsOf(body.scope, cycles, found);
  if (!scope || holds.length === 0) throw new Fault(`${about}: no cycle before it looked at ${shown(body.scope)}`);
  if (from >= to || to > last || at < last) say(`${about}: its time, ${shown(body.from)} to ${shown(body.to)}, is none that had passed`);
  if ([...scope.past.keys()].some((item) => item.startsWith('salted:'))) say(`${about}: the items of ${shown(body.scope)} are people`);
  for (const name of ['reason', 'run'])
    if (typeof body[name] !== 'string' || body[name].trim() === '') say(`${about}: it gives no ${name}`);

  const named = new Set([`rule-set/${body.ruleSet}`]);
  const read = (kind, hash) => {
    if (!isHash(hash)) throw new Fault(`${about}: ${shown(hash)} is no hash of a document`);
    named.add(`${kind}/${hash}`);
    const value = found.document(hash);
    if (value === null) throw new Fault(`${evidencePath(hash)}: it is missing (${kind}, ${where})`);
    return value;
  };
  const ruleSet = found.told.ruleSets.get(body.ruleSet)?.value;
  if (!ruleSet) throw new Fault(`${about}: its rule set is not in ledger/rulesets.ndjson`);
  const rules = ruleSet.byPopulation?.[scope.population] ?? none;
  let before = from - 1;
  const looks = body.looks.map((look) => {
    const asOf = instantOf(look.asOf, about);
    const place = `${about}: the look of ${look.asOf}`;
    if (asOf <= before || asOf >= to) say(`${place}: it is not in order, or not within its time`);
    before = asOf;
    if (!Number.isSafeInteger(look.hold) || look.hold <= 0) say(`${place}: it has no hold`);
    const { hold: longest } = holds.findLast(({ at }) => at <= asOf) ?? holds[0];
    if (look.hold > longest)
      say(`${place}: it would vouch for ${look.hold} ms, and looks at ${shown(body.scope)} vouched for ${longest} ms at that time`);
    const calls = read('manifest', look.manifest);
    if (!Array.isArray(calls)) throw new Fault(`${evidencePath(look.manifest)}: it is no list of calls`);
    for (const { reply } of calls) if (reply !== null) read('reply', reply);
    const brought = { index, at: asOf, hold: look.hold, brought: true, rules };
    const members = Object.keys(look).join(',');
    if (members === 'asOf,hold,manifest,unread' && typeof look.unread?.unread === 'string') return { ...brought, unread: look.unread };
    if (members !== 'asOf,hold,items,manifest,n,root') throw new Fault(`${place}: it has other members`);
    if (calls.length === 0) say(`${place}: it says what was seen, and none of the calls that saw it`);
    return { ...brought, items: itemsBrought(found, look, { scope, rules, place, read, say }) };
  });
  const kept = Object.entries(body.documents);
  for (const [name, hash] of kept) if (!named.has(name) || !name.endsWith(`/${hash}`)) say(`${about}: no look of it needs ${shown(name)}`);
  for (const name of named) if (!kept.some(([own]) => own === name)) say(`${about}: it does not name ${shown(name)}`);
  const { reason, run } = body;
  return [{ index, at, scope: body.scope, from, to, reason, run, ruleSet, looks }];
}

/** For how long the looks of some cycles at a scope vouch, from an instant on. */
function holdsOf(scope, cycles, { told }) {
  const declared = new Map();
  const holdIn = (hash) => told.looks.get(hash)?.value.looks.find((look) => look.scope === scope)?.hold ?? null;
  const holds = [];
  for (const { leaf, at } of cycles) {
    const { looks } = leaf.scopes;
    if (!declared.has(looks)) declared.set(looks, holdIn(looks));
    const hold = declared.get(looks);
    if (hold !== null && holds.at(-1)?.hold !== hold) holds.push({ at, hold });
  }
  return holds;
}

/** The items of a look, by name, as the change log would have them: just those whose number and root the leaf commits to. */
function itemsBrought(found, { items, n, root }, { scope, rules, place, read, say }) {
  const list = read('items', items);
  const path = evidencePath(items);
  const sane = ({ item, at, snapshot, detail, vector }) =>
    typeof item === 'string' &&
    (at === null || Number.isSafeInteger(at)) &&
    isHash(snapshot) &&
    isHash(detail) &&
    /^[PFNUW]*$/.test(vector);
  if (!Array.isArray(list) || !list.every(sane)) throw new Fault(`${path}: it is no list of items`);
  const leaves = new Map();
  const hashes = [];
  for (const [i, { item, at, snapshot, detail, vector }] of list.entries()) {
    if (i > 0 && byBytes(list[i - 1].item, item) >= 0) say(`${path}: ${shown(item)} is not in order, or stands there twice`);
    const leaf = { at: at === null ? null : iso(at), detail, snapshot, vector };
    if (vector.length !== rules.length)
      throw new Fault(`${path}: ${shown(item)} has ${vector.length} results, ${rules.length} rules judged it`);
    read('snapshot', snapshot);
    read('detail', detail);
    compareItem(leaf, item, rules, found.document, () => `${place}, ${shown(item)}`, say);
    hashes.push(leafHash(canonical({ t: 'item/1', population: scope.population, item, ...leaf })));
    leaves.set(item, leaf);
  }
  if (list.length !== n || new Tree(hashes).root().toString('hex') !== root)
    say(`${path}: its ${list.length} items are not those that ${place} commits to`);
  return leaves;
}

/** What the cycles recorded of some scopes, one look after the other. */
function recordedOf(found, keys) {
  const events = new Map([...keys].map((key) => [key, []]));
  if (keys.size === 0) return events;
  for (const read of found.leaves) {
    if (read?.leaf.kind !== 'cycle') continue;
    const { index, leaf, at } = read;
    const { looks, retired } = found.told.looks.get(leaf.scopes.looks).value;
    const { byPopulation } = found.told.ruleSets.get(leaf.ruleSet).value;
    const changes = (key) => (found.told.changes.get(index) ?? none).filter(({ scope }) => scope === key);
    for (const { scope, hold, unread } of looks)
      if (keys.has(scope)) {
        const rules = byPopulation[found.world.scopes.get(scope).population] ?? none;
        events.get(scope).push({ index, at, hold, unread, rules, changes: unread ? none : changes(scope) });
      }
    for (const { scope, reason } of retired)
      if (keys.has(scope)) events.get(scope).push({ index, at, reason, end: true, changes: changes(scope) });
  }
  return events;
}

/**
 * A scope as it is known: what the cycles recorded, and in [from, to) of each correction its looks in place of those. Of two corrections of the
 * same time the later leaf counts. A complete look leaves just its own items, and events, which stay: also those of a look that does not count,
 * unless the corrections in its place list them. Ends at `until`.
 */
function retell(key, events, corrections, { before = () => {}, after = () => {}, until = never } = {}) {
  const scope = new Scope(key);
  const own = corrections.filter((correction) => correction.scope === key);
  const covering = ({ index, at }) => own.filter((each) => each.index > index && at >= each.from && at < each.to);
  const counts = (event) => covering(event).length === 0;
  const isListed = (event, item) => covering(event).some(({ looks }) => looks.some((look) => look.items?.has(item) && counts(look)));
  const all = [...events, ...own.flatMap(({ looks }) => looks)].sort((a, b) => a.at - b.at || a.index - b.index);
  const recorded = new Map();
  let apart = false;
  const apply = (event, changes) => {
    const { index, at, rules = none } = event;
    const where = `leaf ${index}: ${shown(key)} at ${iso(at)}`;
    for (const change of changes) see(scope, { ...change, where: change.line === undefined ? where : undefined }, rules, { index, at });
  };
  const gone = (kept) => [...scope.items].flatMap(([item, { at }]) => (at === null && !kept.has(item) ? [{ item, leaf: null }] : []));
  const isOther = ({ item, leaf }) => {
    const held = scope.items.get(item);
    return leaf !== null && (held?.snapshot !== leaf.snapshot || held.detail !== leaf.detail);
  };
  const listOf = (leaves) => [...leaves].map(([item, leaf]) => ({ item, leaf }));
  const towards = (leaves) => [...listOf(leaves).filter(isOther), ...gone(leaves)];
  for (const event of all) {
    if (event.at > until) break;
    before(scope, event);
    for (const { item, leaf } of event.changes ?? none)
      if (leaf) recorded.set(item, leaf);
      else recorded.delete(item);
    if (event.end) {
      const changes = gone(new Map());
      scope.closeGap(event.at);
      apply(event, changes);
      scope.retired = { at: event.at, reason: event.reason };
      after(scope, event, changes);
    } else if (event.unread) {
      if (!counts(event)) continue;
      scope.begin(event.hold);
      scope.fail(event);
    } else if (counts(event)) {
      scope.begin(event.hold);
      const changes = event.brought ? towards(event.items) : apart ? towards(recorded) : event.changes;
      apart = event.brought === true;
      scope.closeGap(event.at);
      apply(event, changes);
      scope.look(event);
      after(scope, event, changes);
    } else {
      apart = true;
      const seen = event.brought ? listOf(event.items) : event.changes;
      const changes = seen.filter((change) => isOther(change) && change.leaf.at !== null && !isListed(event, change.item));
      apply(event, changes);
      after(scope, event, changes);
    }
  }
  return scope;
}

/** The leaf of the latest correction of a scope that touches [from, to). */
const leafOver = (corrections, scope, from, to) =>
  corrections.findLast((each) => each.scope === scope && each.from < to && each.to > from)?.index ?? null;

const correctionsCsv = ({ corrections }) =>
  [
    'index,asOf,scope,from,to,looks,reason,run\n',
    ...corrections.map(({ index, at, scope, from, to, looks, reason, run }) =>
      csvLine([index, iso(at), scope, iso(from), iso(to), looks.length, reason, run]),
    ),
  ].join('');

// -- 6. Documents: each has its hash, each is reachable, each that is needed is there

const kinds = ['rule-set', 'looks', 'cycle-manifest', 'manifest', 'reply', 'snapshot', 'detail', 'entry-body', 'document'];

const evidencePath = (hash) => `evidence/${hash.slice(0, 2)}/${hash}.json`;

/** Gathers while the cycles are told what they refer to; the documents that are there are compared with what the leaves say of them. */
function collectDocuments(found) {
  const { files, manifest } = found;
  const { from, to } = manifest.window;
  const faults = [];
  const say = (fault) => void faults.push(fault);
  const references = new Map();
  /** Notes that the log refers to a document; returns whether this is the first time. `where` is asked then only. */
  const refer = (hash, kind, needed, where) => {
    const known = references.get(hash);
    const rank = kinds.indexOf(kind);
    if (!known) {
      if (!isHash(hash)) throw new Fault(`${where()}: ${shown(hash)} is no hash of a document`);
      references.set(hash, { kind: rank, needed, where: where() });
      return true;
    }
    if (rank < known.kind) known.kind = rank;
    known.needed ||= needed;
    return false;
  };
  const document = (hash) => {
    if (!files.has(evidencePath(hash))) return null;
    const value = parseCanonical(files.text(evidencePath(hash)), evidencePath(hash), true);
    return value?.holdfast === 'salted/1' ? value.payload : value;
  };
  Object.assign(found, { document, purged: new Map() });
  readNames(found, say);
  const lengths = new Map();
  let begun = false;
  /** What is there when the window begins. */
  const standing = (scope) => {
    for (const [name, { snapshot, detail, index }] of scope.items) {
      const where = () => `leaf ${index}, ${shown(scope.key)}, ${shown(name)}`;
      refer(snapshot, 'snapshot', true, where);
      refer(detail, 'detail', true, where);
    }
  };
  const before = (cycle, world) => {
    if (begun || cycle.at < from) return;
    begun = true;
    for (const scope of world.scopes.values()) standing(scope);
  };
  return {
    faults,
    references,
    before,
    after(cycle, world) {
      const { index, leaf, changes, at, ruleSet } = cycle;
      const needed = at >= from && at < to;
      const where = () => `leaf ${index}`;
      refer(leaf.ruleSet, 'rule-set', needed, where);
      refer(leaf.scopes.looks, 'looks', needed, where);
      for (const { scope, item, leaf: seen } of changes) {
        if (!seen) continue;
        const place = () => `leaf ${index}, ${shown(scope)}, ${shown(item)}`;
        const event = seen.at !== null && Date.parse(seen.at) >= from && Date.parse(seen.at) < to;
        refer(seen.snapshot, 'snapshot', needed || event, place);
        refer(seen.detail, 'detail', needed || event, place);
        const rules = ruleSet.byPopulation?.[world.scopes.get(scope)?.population] ?? none;
        compareItem(seen, found.keyOf(scope, item), rules, document, place, say);
      }
      refer(leaf.manifest.sha256, 'cycle-manifest', needed, where);
      const list = document(leaf.manifest.sha256);
      if (list !== null) referManifests(cycle, list, world, { refer, document, lengths, needed, say });
    },
    /** What the results rest on where looks were corrected. */
    corrected(scope, event, changes) {
      for (const { item, leaf: seen } of changes) {
        if (!seen) continue;
        const place = () => `leaf ${event.index}, ${shown(scope.key)}, ${shown(item)}`;
        const at = seen.at === null ? null : Date.parse(seen.at);
        const needed = (at !== null && at >= from && at < to) || (event.at >= from && event.at < to);
        refer(seen.snapshot, 'snapshot', needed, place);
        refer(seen.detail, 'detail', needed, place);
      }
    },
    standing,
    end(world, known) {
      // A window that begins after the last cycle needs what was there then.
      before({ at: Number.POSITIVE_INFINITY }, world);
      for (const read of found.leaves) if (read && read.leaf.kind !== 'cycle') referEntry(read, refer, document, found.purged);
      for (const [{ index, snapshot, detail }, scope, name, rule] of changesShown(known, manifest.window)) {
        const where = () => `leaf ${index}, ${shown(scope.key)}, ${shown(name)}, ${shown(rule)}`;
        refer(snapshot, 'snapshot', true, where);
        refer(detail, 'detail', true, where);
      }
      for (const [key, scope] of world.scopes)
        if (scope !== known.scopes.get(key))
          for (const [{ index, snapshot, detail }, name, rule] of changesOfDeviations(scope, manifest.window)) {
            const where = () => `leaf ${index}, ${shown(key)}, ${shown(name)}, ${shown(rule)}`;
            refer(snapshot, 'snapshot', true, where);
            refer(detail, 'detail', true, where);
          }
      checkNames(found, world, say);
    },
  };
}

function checkDocuments(found, check) {
  const { files, collected, known } = found;
  if (!collected || !known) return missing(check, 'the change log');
  for (const fault of collected.faults) check.say(fault);
  const { references } = collected;
  found.references = references;
  const rows = readIndex(found, check.say);
  for (const [hash, { kind, needed, where }] of references) {
    const row = rows.get(hash);
    if (!row) {
      check.say(`evidence/index.csv: ${hash} (${kinds[kind]}, ${where}) has no row`);
      continue;
    }
    if (row.kind !== kinds[kind]) check.say(`evidence/index.csv: ${hash} is a ${kinds[kind]}, not a ${shown(row.kind)}`);
    const [, tombstone] = /^purged by tombstone (\d+)$/.exec(row.reason) ?? [];
    if (row.present) {
      if (!needed) check.say(`${evidencePath(hash)}: the window does not need it (${kinds[kind]}, ${where})`);
      continue;
    }
    if (tombstone !== undefined) {
      if (found.purged.get(hash) !== Number(tombstone))
        check.say(`evidence/index.csv: ${hash}: leaf ${tombstone} is no tombstone that takes it away`);
    } else if (needed) check.say(`${evidencePath(hash)}: it is missing (${kinds[kind]}, ${where}), and no tombstone says why`);
    else if (row.reason !== 'outside-window') check.say(`evidence/index.csv: ${hash} is absent for no reason that is known`);
  }
  for (const hash of rows.keys()) if (!references.has(hash)) check.say(`evidence/index.csv: nothing in the log refers to ${hash}`);
  for (const path of files.under('evidence/')) {
    const [, hash] = /^evidence\/[0-9a-f]{2}\/([0-9a-f]{64})\.json$/.exec(path) ?? [];
    if (path === 'evidence/index.csv') continue;
    found.bound.add(path);
    if (hash === undefined || !references.has(hash)) check.say(`${path}: nothing in the log refers to it`);
  }
  const present = [...rows.values()].filter((row) => row.present).length;
  const purged = [...rows.values()].filter((row) => row.reason.startsWith('purged')).length;
  if (purged > 0) check.unknown(`what ${purged} documents said: they were purged, and tombstones in the log say which`);
  const outside = rows.size - present - purged;
  if (outside > 0) check.unknown(`what ${outside} documents from outside the window say: the package has their hashes only`);
  return `${present} documents have their hashes, each is reachable from a leaf, and none that the window needs is missing`;
}

/** The keys behind the names of items that are people, each with the salt that makes the one of the other. */
function readNames(found, say) {
  const path = 'ledger/names.csv';
  const names = new Map();
  found.names = names;
  found.keyOf = (scope, item) => names.get(`${scope}\n${item}`) ?? item;
  if (!found.files.has(path)) return;
  found.bound.add(path);
  for (const [scope, item, key, salt] of parseCsv(found.files.text(path), 'scope,item,key,salt', path)) {
    const plain = key.replace(/^'(?=[=+\-@\t\r])/, '');
    const committed = /^[0-9a-f]{64}$/.test(salt)
      ? `salted:${createHmac('sha256', Buffer.from(salt, 'hex')).update(plain).digest('hex')}`
      : null;
    if (committed !== item) say(`${path}: ${shown(item)} is not the name that ${shown(key)} has in the log`);
    names.set(`${scope}\n${item}`, plain);
  }
}

function checkNames({ names }, world, say) {
  for (const name of names.keys()) {
    const [scope, item] = name.split('\n');
    if (!world.scopes.get(scope)?.past.has(item)) say(`ledger/names.csv: the log has no ${shown(item)}`);
  }
}

function readIndex({ files, bound }, say) {
  const path = 'evidence/index.csv';
  bound.add(path);
  const rows = new Map();
  let before = '';
  for (const [hash, kind, bytes, present, reason] of parseCsv(files.text(path), 'sha256,kind,bytes,present,reason', path)) {
    if (byBytes(before, hash) >= 0) say(`${path}: ${shown(hash)} is not in order, or stands there twice`);
    before = hash;
    const there = files.has(evidencePath(hash));
    const right =
      present === (there ? 'yes' : 'no') &&
      bytes === (there ? String(files.size(evidencePath(hash))) : '') &&
      (there ? reason === '' : reason !== '');
    if (!right) say(`${path}: the row of ${shown(hash)} does not say what is there`);
    rows.set(hash, { kind, present: there, reason });
  }
  return rows;
}

function referEntry({ index, leaf }, refer, document, purged) {
  const where = `leaf ${index}, ${shown(leaf.kind)}`;
  refer(leaf.body.sha256, 'entry-body', true, () => where);
  const body = document(leaf.body.sha256);
  if (body === null || typeof body !== 'object') return;
  if (leaf.kind === 'tombstone') for (const hash of body.purged ?? []) purged.set(hash, index);
  // Those of a correction say in their names what they are.
  const kindOf = (name) => (leaf.kind === 'backfill' && kinds.find((kind) => name.startsWith(`${kind}/`))) || 'document';
  for (const [name, hash] of Object.entries(body.documents ?? {})) refer(hash, kindOf(name), true, () => `${where}, ${shown(name)}`);
}

/** The snapshot and the detail of an item must say what its leaf says. */
function compareItem({ snapshot, detail, vector }, item, rules, document, place, say) {
  const seen = document(snapshot);
  if (seen !== null && seen.key !== item && !item.startsWith('salted:'))
    say(`${evidencePath(snapshot)}: it is of another item than ${place()}`);
  const judgements = document(detail);
  if (judgements === null) return;
  const told =
    Array.isArray(judgements) &&
    judgements.length === rules.length &&
    judgements.every(({ rule, result }, i) => rule === rules[i] && result === letters[vector[i]]);
  if (!told) say(`${evidencePath(detail)}: its judgements are not the results ${shown(vector)} of ${place()}`);
}

function referManifests({ index, leaf, looks }, list, world, { refer, document, lengths, needed, say }) {
  const { looks: looked } = looks;
  const told =
    Array.isArray(list) &&
    list.length === looked.length &&
    looked.every(({ scope, unread }, i) => list[i][0] === scope && list[i][1] === (unread ? 'failed' : 'complete'));
  if (!told) return say(`${evidencePath(leaf.manifest.sha256)}: it is not of the looks of leaf ${index}`);
  let calls = 0;
  for (const [key, status, items, hash] of list) {
    const scope = world.scopes.get(key);
    const events = scope.items.size > 0 && scope.items.values().next().value.at !== null;
    if (status === 'complete' && (events ? !(items <= scope.items.size) : items !== scope.items.size))
      say(`${evidencePath(leaf.manifest.sha256)}: ${shown(key)} has ${scope.items.size} items, not ${shown(items)}`);
    const place = () => `leaf ${index}, calls of ${shown(key)}`;
    const first = refer(hash, 'manifest', needed, place);
    let known = lengths.get(hash);
    if (!known || first || (needed && !known.needed)) {
      const made = document(hash);
      known = { length: made?.length ?? null, needed };
      lengths.set(hash, known);
      for (const call of made ?? none) if (call.reply !== null) refer(call.reply, 'reply', needed, place);
    }
    calls = known.length === null || calls === null ? null : calls + known.length;
  }
  if (calls !== null && calls !== leaf.manifest.calls) say(`leaf ${index}: it counts ${leaf.manifest.calls} calls, its manifests ${calls}`);
}

/** The changes whose words the results show although they may lie outside the window: what began a deviation or a silence, or is said of it last. */
function* changesShown(world, window) {
  for (const scope of world.scopes.values()) {
    for (const [run, name, rule] of changesOfDeviations(scope, window)) yield [run, scope, name, rule];
    for (const [name, { runs }] of scope.past)
      for (const [rule, list] of runs)
        for (const [i, run] of list.entries())
          if (run.letter === 'U' && (list[i - 1]?.last ?? -never) <= window.to && (list[i + 1]?.first ?? never) >= window.from)
            yield [run, scope, name, rule];
  }
}

function* changesOfDeviations(scope, window) {
  for (const [name, { runs }] of scope.past)
    for (const [rule, list] of runs) {
      const began = deviationsIn(list, window);
      for (const run of began) yield [run, name, rule];
      if (began.length > 0) yield [list.at(-1), name, rule];
    }
}

/** The runs that began a deviation which was open at some time of the window. What was unobserved between ends none. */
function deviationsIn(runs, { from, to }) {
  const found = [];
  let open = null;
  const end = (at) => {
    if (open && open.first < to && at > from) found.push(open);
    open = null;
  };
  for (const [i, run] of runs.entries()) {
    if (run.letter === 'F') open ??= run;
    else if (run.letter !== 'U' && run.letter !== 'W') end(run.first);
    // After its scope was retired, no look says that the item was not there.
    if (run.gone && runs[i + 1]?.before !== null) end(run.ended);
  }
  end(never);
  return found;
}

// -- 7. What follows from the change log: entities, timelines, deviations, populations, gaps, runs

async function checkResults(found, check) {
  const { files, known: world, manifest, references, corrections } = found;
  if (!world || !references) return missing(check, 'the change log');
  const judge = await openJudge(found);
  found.rules = judge.rules;
  const { window } = manifest;
  const waivers = readWaivers(found);
  const facts = {
    world,
    window,
    detailOf: detailReader(found),
    deadlines: deadlinesIn(found),
    corrections,
    waivers,
    purgedSeverity: purgedSeverityIn(found),
    severityOf: severityIn(found),
  };
  const compared = [];
  const compare = (path, text, required = true) => {
    if (!files.has(path)) return required ? check.say(`${path}: it is missing`) : undefined;
    found.bound.add(path);
    compared.push(path);
    compareText(path, files.text(path), text, check.say);
  };
  compare('scope/entities.csv', entitiesCsv(found));
  compare('ipe/runs.csv', runsCsv(found));
  compare('results/corrections.csv', correctionsCsv(found));
  compare('results/unobserved.csv', unobservedCsv(facts));
  const observed = observationsByRule(found, facts);
  const { ofEvents, ofStates } = rulesByKind(found, observed);
  const deviations = [];
  for (const rule of ofStates) {
    const items = observed.get(rule) ?? [];
    compare(`results/timeline/${rule}.csv`, timelineCsv(items, facts));
    for (const item of items) deviations.push(...deviationsOf(rule, item, facts));
  }
  const recorded = [];
  const ofRecord = found.corrections.length > 0 ? observationsByRule(found, { ...facts, world: found.world }) : new Map();
  const corrected = new Set(found.corrections.map(({ scope }) => scope));
  for (const rule of ofStates)
    for (const item of ofRecord.get(rule) ?? [])
      if (corrected.has(item.scope)) recorded.push(...deviationsOf(rule, item, { ...facts, world: found.world }));
  const streams = ownRecord(found, facts);
  compare(`results/timeline/${coverageRule}.csv`, timelineCsv(streams, facts), false);
  deviations.push(...together(streams.flatMap((stream) => deviationsOf(coverageRule, stream, facts))));
  observed.set(coverageRule, streams);
  for (const waiver of waiverRecord(found, facts, observed, check)) deviations.push(...deviationsOf(waiverRule, waiver, facts));
  const acted = waivers.waivers.length + waivers.strays.length + waivers.actions.length > 0;
  compare('results/waivers.json', waiversJson(waivers), acted);
  if (acted || files.has('results/waivers.json')) compare('results/waivers.csv', waiversCsv(waivers, deviations, facts));
  compare('results/actions.csv', actionsCsv(waivers), acted);
  const equations = {};
  for (const rule of ofEvents) {
    const events = eventsOf(rule, facts, found);
    compare(`results/populations/${rule}.csv`, populationCsv(events));
    equations[rule] = equationOf(events);
  }
  compareEquations(found, equations, check.say);
  compareDeviations('results/deviations.csv', found, deviations, check);
  const told = new Set(deviations.map(({ id, scope }) => `${id}\n${scope}`));
  const setAside = recorded.filter(({ id, scope }) => !told.has(`${id}\n${scope}`));
  compareDeviations('results/set-aside.csv', found, setAside, check);
  const lapses = ofEvents.flatMap((rule) => eventsSetAside(rule, facts, found)).sort((a, b) => byBytes(a.rule, b.rule));
  compare('results/set-aside-events.csv', eventsSetAsideCsv(lapses), found.corrections.length > 0);
  for (const path of [...files.under('results/timeline/'), ...files.under('results/populations/')])
    if (!compared.includes(path) && !isHeaderOnly(files, path)) check.say(`${path}: no rule in the log is of that name and kind`);
  return `${compared.length + 3} files follow from the change log: entities, runs, gaps, timelines, populations, ${deviations.length} deviations and ${waivers.waivers.length} waivers`;
}

const headers = {
  timeline: 'scope,item,name,from,to,state,reason,backfilled',
  populations: 'scope,item,name,at,result,severity,message,backfilled',
};
const isHeaderOnly = (files, path) => files.text(path) === `${headers[path.split('/')[1]]}\n`;

/** The severity of a deviation whose words were purged: as its rule has it or, where that is not to be found, as the package says. */
function purgedSeverityIn(found) {
  const severityOf = severityIn(found);
  let said = null;
  return (rule, id) => {
    said ??= new Map(toldDeviations(found).map((row) => [row[0], row[6]]));
    const told = said.get(id);
    return severityOf(rule) ?? (['critical', 'high', 'medium', 'low'].includes(told) ? told : 'high');
  };
}

const toldDeviations = ({ files }) => parseCsv(files.text('results/deviations.csv'), deviationColumns, 'results/deviations.csv');

/**
 * The severity of a rule: as it says itself or, where the rules of the package do not run, as it stands in its source, which the log names by
 * its hash. Null where neither is at hand.
 */
function severityIn(found) {
  const { told, cycles } = found;
  const read = new Map();
  const inSource = (rule) => {
    const hash =
      programsOf(found).at(-1)?.documents[ruleFile(rule)] ?? told.ruleSets.get(cycles.at(-1)?.leaf.ruleSet)?.value.rules[rule]?.version;
    const said = [...((hash && sourceText(found, hash)) ?? '').matchAll(/^ {2,4}severity: '(critical|high|medium|low)',$/gm)];
    return new Set(said.map(([, one]) => one)).size === 1 ? said[0][1] : null;
  };
  return (rule) => {
    if (!read.has(rule)) read.set(rule, found.rules?.get(rule)?.severity ?? inSource(rule));
    return read.get(rule);
  };
}

/** The one severity that all results of a rule have in the log; null where there are several, or none that was kept. */
function severityOfResults(items, { detailOf }) {
  const seen = new Set(items.flatMap(({ told = [] }) => told.map(({ detail, place }) => detailOf(detail, place)?.severity ?? [])).flat());
  return seen.size === 1 ? [...seen][0] : null;
}

/** Compares two texts line by line, and names the first lines that differ. */
function compareText(path, told, expected, say) {
  if (told === expected) return;
  const [a, b] = [told.split('\n'), expected.split('\n')];
  let odd = 0;
  while (odd < a.length && odd < b.length && a[odd] === b[odd]) odd++;
  let [x, y] = [a.length, b.length];
  while (x > odd && y > odd && a[x - 1] === b[y - 1]) [x, y] = [x - 1, y - 1];
  const what =
    x === odd
      ? `${y - odd} lines are missing, the first is ${b[odd]}`
      : y === odd
        ? `it should not be there: ${a[odd]}`
        : `it says ${a[odd]}; the change log says ${b[odd]}`;
  say(`${path}: line ${odd + 1}: ${what}`);
}

/** The judgements of a detail, read once; null where the document is absent. */
function detailReader({ document }) {
  const known = new Map();
  return (hash, place) => {
    if (!known.has(hash))
      known.set(
        hash,
        (document(hash) ?? []).map(({ severity, unread, message, result }) => ({
          severity,
          reason: unread?.unread ?? null,
          message,
          result,
        })),
      );
    return known.get(hash)[place] ?? null;
  };
}

/** The days that the company gave itself, by severity, in the latest rule set. */
function deadlinesIn({ cycles, told }) {
  const { parameters = {} } = told.ruleSets.get(cycles.at(-1)?.leaf.ruleSet)?.value.rules['meta.finding-remediated-in-sla'] ?? {};
  const { criticalDays = 1, highDays = 7, mediumDays = 30, lowDays = 90 } = parameters;
  return { critical: criticalDays * day, high: highDays * day, medium: mediumDays * day, low: lowDays * day };
}

const day = 86_400_000;
const never = Number.POSITIVE_INFINITY;

const sortedScopes = ({ scopes }) => [...scopes.values()].sort((a, b) => byBytes(a.key, b.key));
/** What the log says of each item of a scope, by the key that the results have for it. */
const sortedPast = (found, { key: scope, past }) =>
  [...past].map(([name, item]) => [found.keyOf(scope, name), item, name]).sort(([a], [b]) => byBytes(a, b));

/** The name in the latest snapshot that is there, else the key. */
function nameOf(found, key, past) {
  const latest = past.snapshots.findLast((hash) => found.files.has(evidencePath(hash)));
  return (past.title ??= latest === undefined ? key : found.document(latest).name);
}

function* entityRows(found) {
  for (const scope of sortedScopes(found.known))
    for (const [key, past, name] of sortedPast(found, scope)) {
      const there = scope.items.has(name);
      yield [
        scope.population,
        scope.key,
        key,
        nameOf(found, key, past),
        iso(past.first),
        isoOrNothing(there ? Math.max(past.first, scope.lastComplete ?? past.first) : past.last),
        isoOrNothing(past.gone),
      ];
    }
}

const entitiesCsv = (found) => ['population,scope,key,name,firstSeen,lastSeen,gone\n', ...entityRows(found).map(csvLine)].join('');

function runsCsv({ cycles, told }) {
  const lines = cycles.map(({ index, leaf }) => {
    const { looks } = told.looks.get(leaf.scopes.looks).value;
    return csvLine([
      index,
      leaf.connection,
      leaf.asOf,
      leaf.ended,
      looks.length,
      looks.filter(({ unread }) => unread).length,
      leaf.changes.n,
      leaf.manifest.calls,
      leaf.manifest.ids,
    ]);
  });
  return ['index,connection,asOf,ended,scopes,failed,changes,calls,requests\n', ...lines].join('');
}

function unobservedCsv({ world, window, corrections }) {
  const lines = sortedScopes(world).flatMap(({ key, gaps }) =>
    gaps
      .filter(({ from, to }) => from <= Math.min(window.to, window.asOf) && (to ?? never) >= window.from)
      .sort((a, b) => a.from - b.from)
      .map(({ from, to, reason, unread }) =>
        csvLine([
          key,
          iso(from),
          isoOrNothing(to),
          reason,
          unread?.call,
          unread?.needs,
          unread?.detail,
          leafOver(corrections, key, from, to ?? never),
        ]),
      ),
  );
  return ['scope,from,to,reason,call,needs,detail,backfilled\n', ...lines].join('');
}

/** When a scope was looked at. After its retirement it counts as looked at: it was declared not to exist. */
const coverageOf = ({ hold, firstLook, lastLook, retired, gaps }, { asOf }) => ({
  hold,
  firstLook,
  lastLook: retired ? Math.max(asOf, retired.at) : lastLook,
  gaps: gaps.map((gap) => ({ ...gap, to: gap.to ?? retired?.at ?? null })).sort((a, b) => a.from - b.from),
});

/** By rule, what was observed of each item of a state: its looks in runs, from the first of them. Sorted by scope and item. */
function observationsByRule(found, { world, window, detailOf }) {
  const byRule = new Map();
  for (const scope of sortedScopes(world)) {
    const coverage = coverageOf(scope, window);
    for (const [key, past] of sortedPast(found, scope))
      for (const [rule, runs] of past.runs) {
        const item = {
          scope: scope.key,
          coverage,
          key,
          title: nameOf(found, key, past),
          runs: looksOf(runs, scope, coverage, window, detailOf),
          told: runs,
        };
        if (byRule.get(rule)?.push(item) === undefined) byRule.set(rule, [item]);
      }
  }
  return byRule;
}

/** The runs of an item with the looks before it came and after it went, which did not find it. */
function looksOf(runs, scope, { lastLook }, { asOf }, detailOf) {
  const looks = [];
  const last = lastLook ?? asOf;
  for (const [i, run] of runs.entries()) {
    const absentSince = i === 0 ? scope.firstLook : runs[i - 1].gone ? runs[i - 1].ended : null;
    if (absentSince !== null && run.before !== null && absentSince <= run.before)
      looks.push({ result: 'absent', first: absentSince, last: run.before });
    const reason = run.letter === 'U' ? (detailOf(run.detail, run.place)?.reason ?? null) : null;
    const end = run.last ?? Math.min(scope.lastLook ?? run.first, last);
    looks.push({
      result: run.letter === 'W' ? 'unobserved' : letters[run.letter],
      first: run.first,
      last: Math.max(run.first, end),
      reason,
    });
  }
  const final = runs.at(-1);
  if (final.gone && final.ended <= last) looks.push({ result: 'absent', first: final.ended, last });
  return looks;
}

/** What is known at each instant of the window: pieces `[from, to, state, reason]`, one after the other. docs/package.md has the rules. */
function segmentsOf({ runs, coverage }, window) {
  const pieces = [];
  const [start, end] = [window.from, Math.min(window.to, window.asOf)];
  const add = (from, to, state, reason = '') => {
    const [a, b] = [Math.max(from, start), Math.min(to, end)];
    if (a >= b) return;
    const last = pieces.at(-1);
    if (last && last[1] === a && last[2] === state && last[3] === reason) last[1] = b;
    else pieces.push([a, b, state, reason]);
  };
  const addUnobserved = (from, to, unread) => {
    for (let at = Math.max(from, start); at < Math.min(to, end); ) {
      const [reason, until] = whyUnobserved(at, coverage, unread, window.asOf);
      add(at, Math.min(until, to), 'unobserved', reason);
      at = until;
    }
  };
  const addSeen = (from, to, state) => {
    let at = from;
    for (const gap of coverage.gaps) {
      if ((gap.to ?? never) <= Math.max(at, start)) continue;
      if (gap.from >= Math.min(to, end)) break;
      add(at, gap.from, state);
      add(Math.max(at, gap.from), Math.min(gap.to ?? never, to), 'unobserved', gap.reason);
      at = Math.max(at, gap.to ?? never);
    }
    add(at, to, state);
  };
  let before = null;
  let unread = [];
  for (const run of runs) {
    if (run.result === 'unobserved') {
      unread.push(run);
      continue;
    }
    addBetween(before, run, unread, coverage.hold, { add, addUnobserved, addSeen });
    if (isOutside(run)) add(run.first, run.last, 'outside');
    else addSeen(run.first, run.last, stateOf(run));
    before = run;
    unread = [];
  }
  if (before) addBetween(before, null, unread, coverage.hold, { add, addUnobserved, addSeen });
  else addUnobserved(-never, never, unread);
  return pieces;
}

const isOutside = (run) => run?.result === 'absent' || run?.result === 'not-applicable';
const stateOf = ({ result }) => ({ pass: 'held', fail: 'failed' })[result] ?? 'outside';

/** The time between two looks that saw the item or that it is not there; before the first, or after the last. */
function addBetween(a, b, unread, hold, { add, addUnobserved, addSeen }) {
  const [from, to] = [a?.last ?? -never, b?.first ?? never];
  const [one, other] = [(a ?? b).result, (b ?? a).result];
  const neverThere = one === 'absent' && other === 'absent';
  const stillOutside = a !== null && b !== null && one === other && isOutside(a);
  if ((neverThere || stillOutside) && unread.length === 0) return add(from, to, 'outside');
  if (neverThere || !a || !b || to - from > hold) return addUnobserved(from, to, unread);
  const split = b.changedAt;
  if (split !== undefined && split >= from && split <= to) {
    addSeen(from, split, stateOf(a));
    return addSeen(split, to, stateOf(b));
  }
  const states = [stateOf(a), stateOf(b)];
  const same = states[0] === states[1];
  addSeen(from, to, same ? states[0] : states.includes('outside') && states.includes('held') ? 'outside' : 'uncertain');
}

/** Why nothing is known of an instant, and until when that is the reason. */
function whyUnobserved(at, { firstLook, lastLook, gaps, hold }, unread, asOf) {
  const said = (run) => (run ? (run.reason ?? 'unread') : undefined);
  const lastGap = gaps.at(-1);
  if (lastLook !== null && at >= lastLook) {
    if (asOf - lastLook <= hold) return [said(unread.at(-1)) ?? 'awaiting-next-look', never];
    return [lastGap && lastGap.to === null ? lastGap.reason : 'monitor-down', never];
  }
  const gap = gaps.find(({ to }) => (to ?? never) > at);
  const edge = firstLook !== null && at < firstLook ? firstLook : (lastLook ?? never);
  if (gap && gap.from <= at) return [gap.reason, Math.min(gap.to ?? never, edge)];
  const until = Math.min(gap?.from ?? never, edge);
  if (firstLook === null || at < firstLook) return ['not-yet-connected', until];
  const run = unread.find(({ last }) => last > at);
  return run ? [said(run), Math.min(run.last, until)] : [said(unread.at(-1)) ?? 'monitor-down', until];
}

function timelineCsv(items, { window, corrections }) {
  const lines = [`${headers.timeline}\n`];
  for (const item of items) {
    const head = [item.scope, item.key, item.title];
    for (const [from, to, state, reason] of segmentsOf(item, window))
      lines.push(csvLine([...head, iso(from), iso(to), state, reason, leafOver(corrections, item.scope, from, to)]));
  }
  return lines.join('');
}

/** The rules of the log that judge events, and those that judge states: what their items are. */
function rulesByKind({ told, known: world, files }) {
  const eventful = new Map();
  for (const { population, items } of world.scopes.values())
    for (const { at } of items.values()) {
      eventful.set(population, at !== null);
      break;
    }
  const kindOf = new Map();
  for (const { value } of told.ruleSets.values())
    for (const [population, rules] of Object.entries(value.byPopulation))
      for (const rule of rules) if (kindOf.get(rule) === undefined) kindOf.set(rule, eventful.get(population));
  const rules = [...kindOf.keys()].sort(byBytes);
  const isEvent = (rule) => kindOf.get(rule) ?? files.has(`results/populations/${rule}.csv`);
  return { ofEvents: rules.filter(isEvent), ofStates: rules.filter((rule) => !isEvent(rule)) };
}

/** The deviations of an item under a rule that were open at some time of the window. */
function deviationsOf(rule, item, { window, world, detailOf, deadlines, corrections, waivers, purgedSeverity }) {
  const found = [];
  const seen = item.runs.filter(({ result }) => result !== 'unobserved');
  let lastGood = null;
  for (let i = 0; i < seen.length; i++) {
    const first = seen[i];
    if (first.result === 'pass') lastGood = first.last;
    if (first.result !== 'fail') continue;
    const before = seen[i - 1];
    while (seen[i + 1]?.result === 'fail') i++;
    const [last, after] = [seen[i], seen[i + 1]];
    const within = (a, b) => (b?.changedAt >= a?.last && b.changedAt <= b.first ? b.changedAt : undefined);
    const [began, ended] = [within(before, first) ?? first.first, within(last, after) ?? after?.first ?? null];
    if (began >= window.to || (ended ?? never) <= window.from) continue;
    const earliest = within(before, first) ?? before?.last;
    const { severity, message } =
      item.own ??
      (item.stream
        ? { severity: item.stream, message: streamMessage(item.scope, first.first, world) }
        : wordsOf(item, `${rule}/${item.key}@${iso(first.first)}`, first.first, { detailOf, purgedSeverity, rule }));
    const due = first.first + deadlines[severity];
    found.push({
      id: `${rule}/${item.key}@${iso(first.first)}`,
      count: 1,
      rule,
      item: item.key,
      name: item.title,
      scope: item.scope,
      severity,
      message,
      controls: '',
      lastGood: isoOrNothing(lastGood),
      firstBad: iso(first.first),
      lastBad: iso(last.last),
      firstGood: isoOrNothing(after?.first ?? null),
      closedBy: after ? ({ absent: 'gone', pass: 'pass' }[after.result] ?? 'not-applicable') : '',
      atLeast: Math.round(((within(last, after) ?? last.last) - began) / 1000),
      atMost: earliest === undefined ? '' : Math.round(((ended ?? Math.max(window.asOf, last.last)) - earliest) / 1000),
      due: iso(due),
      clock: ended === null ? (window.asOf <= due ? 'pending' : 'overdue') : ended <= due ? 'in-time' : 'late',
      carriedIn: began < window.from,
      waivers: waiversOver(waivers, rule, item.scope, item.key, began, ended ?? Math.max(window.asOf, began) + 1),
      backfilled: leafOver(corrections, item.scope, lastGood ?? -never, (after?.first ?? never) + 1),
    });
  }
  return found;
}

/** The severity that the latest run began with, and the message that the deviation began with. Of what was purged only the file says more. */
function wordsOf({ told }, id, at, { detailOf, purgedSeverity, rule }) {
  const first = told.find((run) => run.first === at);
  const latest = told.at(-1);
  return {
    severity: detailOf(latest.detail, latest.place)?.severity ?? purgedSeverity(rule, id),
    message: detailOf(first.detail, first.place)?.message ?? 'What was said of it was purged.',
  };
}

// -- 7a. Waivers: their lives by the leaves, what stood under which, and what people did about alerts

const waiverRule = 'meta.waiver-approved-and-unexpired';
const textIn = (least, most) => (value) => typeof value === 'string' && value.length >= least && value.length <= most;
const somethingIn = (most) => (value) => typeof value === 'string' && value.length <= most && /\S/.test(value);
const isMoment = (value) => {
  const [, day] = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z$/.exec(typeof value === 'string' ? value : '') ?? [];
  const start = day === undefined ? Number.NaN : Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(start) && iso(start).startsWith(day);
};
const oneOf =
  (...values) =>
  (value) =>
    values.includes(value);
const listOf =
  (test, least = 0, most = never) =>
  (value) =>
    Array.isArray(value) && value.length >= least && value.length <= most && value.every(test);
/** An object of exactly these members; those in `free` may be left out. */
const exactly =
  (shape, free = {}) =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(shape).every(([name, test]) => Object.hasOwn(value, name) && test(value[name])) &&
    Object.entries(value).every(([name, own]) => Object.hasOwn(shape, name) || (Object.hasOwn(free, name) && free[name](own)));
const anyOf =
  (...tests) =>
  (value) =>
    tests.some((test) => test(value));

const isAnyText = (value) => typeof value === 'string';
const isAddress = textIn(3, 254);
const isWaiverId = (value) => typeof value === 'string' && /^W-[0-9A-Z]{6,16}$/.test(value);
const doneBy = {
  action: textIn(1, 200),
  by: isAddress,
  at: isMoment,
  via: anyOf(
    exactly({ way: oneOf('command'), user: isAnyText }),
    exactly({ way: oneOf('page'), remote: isAnyText }),
    exactly({ way: oneOf('slack'), team: isAnyText, user: isAnyText, ts: isAnyText }),
  ),
};
const isRoster = exactly({
  people: listOf(exactly({ email: isAddress, also: listOf(isAddress), name: textIn(1, never), roles: listOf(oneOf('owner', 'approver')) })),
  waivers: exactly({ longestDays: (value) => Number.isSafeInteger(value) && value >= 1 }),
});
const isWaiverBody = anyOf(
  exactly(
    {
      step: oneOf('requested'),
      waiver: isWaiverId,
      ...doneBy,
      rule: textIn(1, never),
      items: listOf(exactly({ scope: textIn(1, never), item: textIn(1, never) }), 1, 200),
      reason: somethingIn(2_000),
      compensating: somethingIn(2_000),
      until: isMoment,
    },
    { renews: isWaiverId },
  ),
  exactly({ step: oneOf('approved', 'refused', 'withdrawn'), waiver: isWaiverId, ...doneBy, reason: somethingIn(2_000) }),
);

const folded = (text) => text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
const whoHas = (roster, address) =>
  roster?.people.find(({ email, also }) => [email, ...also].some((own) => folded(own) === folded(address))) ?? null;
function isSamePerson(a, b) {
  const known = new Set([a.email, ...a.also].map(folded));
  return folded(a.name) === folded(b.name) || [b.email, ...b.also].some((address) => known.has(folded(address)));
}

/** Why a step of a waiver changes nothing; null where it does. `lives`: what is known of each waiver so far. */
function flawOfStep(body, at, reached, roster, lives) {
  const person = whoHas(roster, body.by);
  if (at < reached) return 'dated-back';
  if (!person) return 'nobody';
  const longest = (roster?.waivers.longestDays ?? 0) * day;
  const life = lives.get(body.waiver);
  if (body.step === 'requested') {
    const until = Date.parse(body.until);
    if (life) return 'again';
    if (until <= at) return 'over-before';
    if (until - at > longest) return 'too-long';
    if (body.items.some(({ item }) => /[*?]/.test(item))) return 'pattern';
    const names = body.items.map(({ scope, item }) => `${scope}\n${item}`);
    if (new Set(names).size < names.length) return 'twice';
    if (body.renews === undefined) return null;
    const renewed = lives.get(body.renews);
    if (!renewed?.done.approved) return 'renews-nothing';
    if (renewed.request.rule !== body.rule) return 'renews-another-rule';
    if (names.some((name) => !renewed.names.has(name))) return 'renews-other-items';
    return until <= renewed.until ? 'renews-no-longer' : null;
  }
  const { done, until, asker } = life;
  if (!done.requested) return 'request-flawed';
  const before = done.withdrawn ? 'withdrawn' : done.refused ? 'refused' : done.approved ? 'approved' : null;
  if (before !== null && !(before === 'approved' && body.step === 'withdrawn')) return 'decided';
  if (at >= until) return 'too-late';
  const askers = [asker, whoHas(roster, life.request.by)].filter((each) => each !== null);
  const own = askers.some((each) => isSamePerson(each, person));
  const approver = person.roles.includes('approver');
  if (body.step === 'withdrawn') return own || approver ? null : 'no-approver';
  if (!approver) return 'no-approver';
  if (own) return 'own';
  return body.step === 'approved' && until - at > longest ? 'too-long' : null;
}

/** Tells the leaves of people, waivers and actions. */
function readWaivers({ leaves, document, keyOf }) {
  const lives = new Map();
  const strays = [];
  const actions = [];
  let roster = null;
  for (const read of leaves) {
    const { kind } = read?.leaf ?? {};
    if (kind !== 'people' && kind !== 'waiver' && kind !== 'action') continue;
    const { index, at } = read;
    const body = document(read.leaf.body.sha256);
    const before = leaves[index - 1]?.leaf;
    const reached = before ? Date.parse(before.ended ?? before.asOf) : -never;
    if (kind === 'people') roster = isRoster(body) ? body : null;
    else if (kind === 'action') actions.push({ index, at, body, name: whoHas(roster, body?.by ?? '')?.name ?? body?.by });
    else if (!isWaiverBody(body)) strays.push({ index, at: iso(at), flaw: 'form' });
    else if (body.step !== 'requested' && !lives.has(body.waiver)) strays.push({ index, at: iso(at), flaw: 'unasked' });
    else {
      const flaw = flawOfStep(body, at, reached, roster, lives);
      const person = whoHas(roster, body.by);
      const step = {
        step: body.step,
        by: body.by,
        name: person?.name ?? body.by,
        at,
        reached,
        index,
        way: body.via.way,
        reason: body.reason,
        flaw,
      };
      if (!lives.has(body.waiver))
        lives.set(body.waiver, {
          id: body.waiver,
          request: body,
          asker: person,
          names: new Set(body.items.map(({ scope, item }) => `${scope}\n${item}`)),
          items: body.items.map(({ scope, item }) => ({ scope, item: keyOf(scope, item) })),
          until: Date.parse(body.until),
          steps: [],
          done: {},
        });
      const life = lives.get(body.waiver);
      life.steps.push(step);
      if (flaw === null) life.done[body.step] = step;
    }
  }
  const waivers = [...lives.values()];
  for (const waiver of waivers) {
    const { done, until, id } = waiver;
    waiver.inForce = done.approved ? { from: done.approved.at, to: Math.min(until, done.withdrawn?.at ?? never) } : null;
    waiver.renewedBy = waivers.findLast(({ request, done }) => request.renews === id && done.approved)?.id ?? null;
  }
  return { waivers, strays, actions };
}

function waiversJson({ waivers, strays }) {
  const shownWaivers = waivers.map(({ id, request, items, until, renewedBy, inForce, steps }) => ({
    id,
    rule: request.rule,
    items,
    reason: request.reason,
    compensating: request.compensating,
    until: iso(until),
    renews: request.renews ?? null,
    renewedBy,
    inForce: inForce && { from: iso(inForce.from), to: iso(inForce.to) },
    steps: steps.map(({ reached: _, at, ...step }) => ({ ...step, at: iso(at) })),
  }));
  return `${canonical({ waivers: shownWaivers, strays })}\n`;
}

function waiversCsv({ waivers }, deviations, { window }) {
  const rows = waivers
    .filter(({ inForce }) => inForce && inForce.from < window.to && inForce.to > window.from)
    .flatMap(({ id, request, items, inForce, done }) =>
      items.map(({ scope, item }) => {
        const own = deviations.filter((row) => row.waivers.includes(id) && (row.count > 1 || (row.scope === scope && row.item === item)));
        const [from, to] = [iso(inForce.from), iso(inForce.to)];
        return [
          id,
          request.rule,
          scope,
          item,
          from,
          to,
          done.requested.name,
          done.approved.name,
          request.reason,
          own.map((row) => row.id).join(' '),
        ];
      }),
    );
  return [
    csvLine(['waiver', 'rule', 'scope', 'item', 'from', 'to', 'requestedBy', 'approvedBy', 'reason', 'deviations']),
    ...rows.map(csvLine),
  ].join('');
}

function actionsCsv({ actions }) {
  const rows = actions.map(({ index, at, name, body: { by, at: acted, via, deed } }) => [
    index,
    iso(at),
    acted,
    by,
    name,
    via.way,
    deed.do,
    deed.alert,
    deed.to,
    deed.until,
    deed.note,
  ]);
  return [csvLine(['index', 'recorded', 'at', 'by', 'name', 'way', 'what', 'alert', 'to', 'until', 'note']), ...rows.map(csvLine)].join('');
}

/** The waivers under which an item of a rule stood at some time of [from, to). */
const waiversOver = ({ waivers }, rule, scope, item, from, to) =>
  waivers
    .filter(
      ({ request, inForce, items }) =>
        request.rule === rule &&
        inForce !== null &&
        inForce.from < to &&
        inForce.to > from &&
        items.some((each) => each.scope === scope && each.item === item),
    )
    .map(({ id }) => id);

/** What the monitor tells of the waivers that somebody approved: from the approval until they are over. */
function waiverRecord(found, facts, observed, check) {
  const { told, cycles } = found;
  const {
    window,
    world,
    severityOf,
    waivers: { waivers },
  } = facts;
  if (![...told.ruleSets.values()].some(({ value }) => waiverRule in value.rules)) return [];
  const { parameters = {} } = told.ruleSets.get(cycles.at(-1)?.leaf.ruleSet)?.value.rules[waiverRule] ?? {};
  const { criticalHighDays = 90, mediumLowDays = 180 } = parameters;
  const began = Math.min(window.asOf, ...[...world.scopes.values()].map(({ firstLook }) => firstLook ?? never));
  const record = [];
  for (const waiver of waivers) {
    const approval = waiver.done.approved ?? waiver.steps.find(({ step }) => step === 'approved');
    if (!approval || approval.at > window.asOf) continue;
    const end = Math.min(waiver.until, waiver.done.withdrawn?.at ?? never, waiver.done.refused?.at ?? never);
    const over = overAt(waiver, end, waivers, observed.get(waiver.request.rule) ?? [], window.asOf);
    if (over <= approval.at) continue;
    const { rule } = waiver.request;
    const severity = severityOf(rule) ?? severityOfResults(observed.get(rule) ?? [], facts);
    const grave = severity === null ? toldAsGrave(found, waiver, approval) : severity === 'critical' || severity === 'high';
    const longest = grave ? criticalHighDays : mediumLowDays;
    if (severity === null && waiver.until - approval.at > Math.min(criticalHighDays, mediumLowDays) * day)
      check.unknown(
        `whether ${waiver.id} may last as long as it does: nothing in the package tells how grave ${rule} is; its own word is taken`,
      );
    const wrong = wrongWith(waiver, approval, longest);
    const { scope } = waiver.items[0];
    const first = Math.min(began, approval.at - 1);
    const states = [
      { result: 'absent', first, last: approval.at - 1 },
      ...(wrong === null && end > approval.at ? [{ result: 'pass', first: approval.at }] : []),
      ...(wrong === null
        ? end < over
          ? [{ result: 'fail', first: Math.max(end, approval.at) }]
          : []
        : [{ result: 'fail', first: approval.at }]),
      { result: 'absent', first: over },
    ].filter((state) => state.first <= window.asOf);
    for (const [i, state] of states.entries())
      if (i > 0)
        Object.assign(state, {
          last: Math.max(state.first, Math.min((states[i + 1]?.first ?? never) - 1, window.asOf)),
          changedAt: state.first,
        });
    record.push({
      scope,
      key: waiver.id,
      title: waiver.id,
      coverage: { hold: never, firstLook: first, lastLook: window.asOf, gaps: [] },
      runs: states,
      own: {
        severity: severityOf(waiverRule) ?? 'medium',
        message: wrong ?? `Expired at ${iso(waiver.until)}, and what it accepts still fails.`,
      },
    });
  }
  return record;
}

/** Whether the package takes what is waived for grave: then the waiver lasts too long. */
const toldAsGrave = (found, { id }, { at }) =>
  toldDeviations(found).some(
    ([name, , , , , , , message]) => name === `${waiverRule}/${id}@${iso(at)}` && message.startsWith('It lasts from'),
  );

/** What was wrong with a waiver from its approval on, in the words of the rule; null where nothing was. */
function wrongWith({ id: _, request, items, until, steps }, approval, longest) {
  const [from, recorded] = [approval.at, Math.max(approval.at, approval.reached)];
  const flaw = approval.flaw === 'request-flawed' ? steps[0].flaw : approval.flaw;
  if (items.some(({ item }) => item.trim() === '' || /[*?]/.test(item))) return 'It does not name single items.';
  if (flaw === 'own' || request.by === approval.by) return `Asked for and approved by the same person, ${approval.by}.`;
  if (flaw === 'nobody' || flaw === 'no-approver') return `Approved by ${approval.by}, who was no approver.`;
  if (recorded > from) return `Approved at ${iso(recorded)}, and said to hold from ${iso(from)} on.`;
  if (until - from > longest * day) return `It lasts from ${iso(from)} until ${iso(until)}, more than ${longest} days.`;
  return flaw !== null && flaw !== 'dated-back' ? `Not honoured: ${flaw}.` : null;
}

/** When a waiver was over: taken back, or at its end or later nothing that it names failed any more without another waiver. */
function overAt(waiver, end, waivers, items, asOf) {
  if (end > asOf) return never;
  if (end < waiver.until) return end;
  const each = waiver.items.map(({ scope, item }) => {
    const own = items.find((known) => known.scope === scope && known.key === item);
    const seen = (own?.runs ?? []).filter(({ result }) => result !== 'unobserved');
    const renewed = waivers
      .filter(({ id }) => id !== waiver.id)
      .filter(
        ({ request, inForce, items: named }) =>
          request.rule === waiver.request.rule && inForce?.to > end && named.some((other) => other.scope === scope && other.item === item),
      )
      .map(({ inForce }) => Math.max(end, inForce.from));
    return Math.min(mendedAt(seen, end), ...renewed);
  });
  const over = Math.max(...each);
  return over > asOf ? never : over;
}

/** The first evidence, at an instant or later, that an item fails no more; the instant where it did not fail. */
function mendedAt(seen, at) {
  for (let i = 0; i < seen.length; i++) {
    if (seen[i].result !== 'fail') continue;
    const [before, first] = [seen[i - 1], seen[i]];
    while (seen[i + 1]?.result === 'fail') i++;
    const [last, after] = [seen[i], seen[i + 1]];
    const exact = (a, b) => (b?.changedAt >= a?.last && b.changedAt <= b.first ? b.changedAt : undefined);
    const [began, ended] = [exact(before, first) ?? first.first, exact(last, after) ?? after?.first ?? never];
    if (began <= at && ended > at) return ended;
  }
  return at;
}

const coverageRule = 'meta.collection-coverage';

/** What Holdfast tells of its own looking: a scope that was not looked at is a failing stream. */
function ownRecord({ told }, { world, window, severityOf }) {
  if (![...told.ruleSets.values()].some(({ value }) => coverageRule in value.rules)) return [];
  const streams = [];
  for (const scope of sortedScopes(world)) {
    const coverage = coverageOf(scope, window);
    const start = Math.min(coverage.firstLook ?? never, coverage.gaps[0]?.from ?? never);
    if (scope.population.startsWith('monitor.') || (scope.retired && scope.retired.at <= window.from) || start > window.asOf) continue;
    const own = { hold: never, firstLook: start, lastLook: window.asOf, gaps: [] };
    const severity = severityOf(coverageRule) ?? 'high';
    streams.push({
      scope: scope.key,
      key: scope.key,
      title: scope.key,
      coverage: own,
      runs: streamRuns(coverage, start, scope.retired?.at ?? null, window),
      stream: severity,
    });
  }
  return streams;
}

function streamRuns({ gaps, lastLook, hold }, start, retired, { asOf }) {
  const end = Math.min(asOf, retired ?? never);
  const silent = gaps.at(-1)?.to !== null && lastLook !== null && retired === null && asOf - lastLook > hold;
  const failing = [...gaps, ...(silent ? [{ from: lastLook, to: null, reason: 'monitor-down' }] : [])].filter(({ from }) => from < end);
  const runs = [];
  const exact = (at) => (runs.length > 0 ? { changedAt: at } : {});
  let at = start;
  for (const { from, to, reason } of failing) {
    if (at < from) runs.push({ result: 'pass', first: at, last: from, ...exact(at) });
    const until = Math.min(to ?? end, end);
    runs.push({
      result: 'fail',
      first: Math.max(at, from) + (runs.length > 0 ? 1 : 0),
      last: to === null ? until : Math.max(from + 1, until - 1),
      reason,
      ...exact(from),
    });
    at = until;
  }
  if (at < end || runs.length === 0) runs.push({ result: 'pass', first: at, last: Math.max(at, end), ...exact(at) });
  if (retired !== null && retired < asOf) runs.push({ result: 'absent', first: retired + 1, last: asOf });
  return runs;
}

function streamMessage(key, at, { scopes }) {
  const gap = scopes
    .get(key)
    .gaps.filter(({ from, to }) => from <= at + 1 && (to ?? never) >= at - 1)
    .sort((a, b) => a.from - b.from)[0];
  return gap?.unread ? `Not read completely: ${explained(gap.unread)}.` : 'Not read completely: the monitor did not run.';
}

const explained = ({ unread, call, needs, detail }) =>
  `${call}${needs && needs !== call ? ` (needs ${needs})` : ''}: ${unread}${detail ? `, ${detail}` : ''}`;

/** Streams that were not observed for the same time and reason are told in one row. */
function together(rows) {
  const kinds = new Map();
  for (const row of rows) {
    const key = `${row.firstBad} ${row.firstGood} ${row.message}\n${row.waivers.join(' ')}`;
    const first = kinds.get(key);
    if (first) {
      first.count += 1;
      first.backfilled ??= row.backfilled;
    } else kinds.set(key, row);
  }
  for (const row of kinds.values()) if (row.count > 1) row.name = `${row.count} streams, ${row.name} among them`;
  return [...kinds.values()];
}

const deviationColumns =
  'id,count,rule,item,name,scope,severity,message,controls,lastGood,firstBad,lastBad,firstGood,closedBy,atLeast,atMost,due,clock,carriedIn,backfilled';

function compareDeviations(path, found, deviations, { say, unknown }) {
  found.bound.add(path);
  const text = found.files.text(path);
  const roles = controlsByRule(found);
  const told = new Map(roles ? [] : parseCsv(text, deviationColumns, path).map((row) => [row[0], row[8]]));
  const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  deviations.sort((a, b) => order(a.firstBad, b.firstBad) || order(a.id, b.id));
  if (!roles && told.size > 0) unknown('which controls rest on the rules: the log has no leaf of kind controls');
  for (const row of deviations) row.controls = roles ? (roles.get(row.rule) ?? []).join(' ') : (told.get(row.id) ?? '');
  const lines = deviations.map((row) => csvLine(deviationColumns.split(',').map((column) => row[column])));
  compareText(path, text, [`${deviationColumns}\n`, ...lines].join(''), say);
}

/** The controls that name each rule at the end of what is known, as the latest leaf of kind `controls` has them; null without one. */
function controlsByRule(found) {
  const roles = new Map();
  const latest = found.leaves.findLast((read) => read?.leaf.kind === 'controls');
  const body = latest ? found.document(latest.leaf.body.sha256) : null;
  if (!body) return null;
  const inForce = new Map();
  for (const version of body.versions) {
    const start = version.from === null ? -never : startOfDay(version.from, body.timeZone);
    const known = inForce.get(version.id);
    if (start <= found.manifest.window.asOf && !(known && known.start > start))
      inForce.set(version.id, { start, control: version.control });
  }
  for (const [id, { control }] of [...inForce].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const rule of new Set([...(control?.key ?? []), ...(control?.supporting ?? [])]))
      roles.set(rule, [...(roles.get(rule) ?? []), id]);
  return roles;
}

const formats = {};

/** The instant at which a day begins in a time zone. */
function startOfDay(date, timeZone) {
  const format = (formats[timeZone] ??= new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }));
  const clock = (at) => {
    const {
      year,
      month,
      day: date,
      hour,
      minute,
      second,
    } = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(year, month - 1, date, hour, minute, second);
  };
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const candidates = [-57_600_000, 57_600_000].map((side) => midnight - (clock(midnight + side) - (midnight + side))).sort((a, b) => a - b);
  return candidates.find((at) => clock(at) >= midnight) ?? candidates[1];
}

/** The events of the window under a rule, with what is said of them at the end. */
function eventsOf(rule, { world, window, detailOf, corrections }, found) {
  const brought = new Set(corrections.map(({ index }) => index));
  const events = [];
  for (const scope of sortedScopes(world)) {
    const own = [...scope.items].filter(([, { at, rules }]) => at !== null && at >= window.from && at < window.to && rules.includes(rule));
    for (const [key, item, name] of own
      .map(([name, item]) => [found.keyOf(scope.key, name), item, name])
      .sort(([a], [b]) => byBytes(a, b))) {
      const place = item.rules.indexOf(rule);
      const said = detailOf(item.detail, place);
      events.push({
        scope: scope.key,
        key,
        title: nameOf(found, key, scope.past.get(name)),
        at: item.at,
        result: letters[item.vector[place]],
        severity: said?.severity,
        message: said?.message,
        backfilled: brought.has(item.index) ? item.index : null,
      });
    }
  }
  return events;
}

/** Events of corrected scopes that failed in the window as the cycles recorded them, and that are not told so any more. */
function eventsSetAside(rule, facts, found) {
  const corrected = new Set(facts.corrections.map(({ scope }) => scope));
  const brought = new Set(facts.corrections.map(({ index }) => index));
  const slot = ({ scope, key }) => `${scope}\n${key}`;
  const failed = (world) =>
    eventsOf(rule, { ...facts, world }, found).filter(({ scope, result }) => corrected.has(scope) && result === 'fail');
  const still = new Set(failed(facts.world).map(slot));
  return failed(found.world)
    .filter((event) => !still.has(slot(event)))
    .map((event) => {
      const now = facts.world.scopes.get(event.scope)?.items.get(event.key)?.index;
      return { ...event, rule, backfilled: brought.has(now) ? now : null };
    });
}

const eventsSetAsideCsv = (events) =>
  [
    'rule,scope,item,at,severity,message,backfilled\n',
    ...events.map(({ rule, scope, key, at, severity, message, backfilled }) =>
      csvLine([rule, scope, key, iso(at), severity, message, backfilled]),
    ),
  ].join('');

const populationCsv = (events) =>
  [
    `${headers.populations}\n`,
    ...events.map(({ scope, key, title, at, result, severity, message, backfilled }) =>
      csvLine([scope, key, title, iso(at), result, severity, message, backfilled]),
    ),
  ].join('');

function equationOf(events) {
  const count = (result) => events.filter((event) => event.result === result).length;
  return {
    population: events.length,
    pass: count('pass'),
    fail: count('fail'),
    pending: count('pending'),
    unobserved: count('unobserved'),
    notApplicable: count('not-applicable'),
  };
}

function compareEquations({ files, bound }, equations, say) {
  const path = 'results/equations.json';
  bound.add(path);
  compareText(path, files.text(path), `${JSON.stringify(equations, null, 2)}\n`, say);
}

// -- 8. Proofs of single results

function checkProofs(found, check) {
  const { files, tree, texts, bound, checkpoint } = found;
  if (!tree) return missing(check, 'the log');
  const paths = files.under('proofs/').filter((path) => path.endsWith('.json'));
  for (const path of paths) {
    bound.add(path);
    try {
      checkProof(path, found);
    } catch (error) {
      check.say(error instanceof Fault ? error.message : `${path}: it is no proof: ${error.message}`);
    }
  }
  for (const path of files.under('proofs/').filter((each) => each.endsWith('.tlog-proof'))) {
    bound.add(path);
    const { index, hashes, note } = parseProofFile(files.text(path), path);
    if (note !== checkpoint.text) check.say(`${path}: its checkpoint is not that of the log`);
    const root = index < texts.length ? rootOfInclusion(leafHash(texts[index]), index, tree.size, hashes) : null;
    if (!root?.equals(tree.root())) check.say(`${path}: it does not prove that leaf ${index} is in the log`);
    if (!files.has(path.replace(/tlog-proof$/, 'json'))) check.say(`${path}: nothing says what it proves`);
  }
  checkProofIndex(found, paths, check.say);
  if (paths.length === 0) return null;
  return `${paths.length} proofs lead from a result through its scope and its cycle to the head`;
}

/** What proofs/index.csv says of each proof must be what the proof shows; a deviation's is of the look that first saw it. */
function checkProofIndex({ files, bound, leaves, told, keyOf }, paths, say) {
  const path = 'proofs/index.csv';
  if (!files.has(path)) return;
  bound.add(path);
  if (!told || !keyOf) return;
  const rows = parseCsv(files.text(path), 'n,about,rule,scope,key,cycle,result', path);
  if (rows.length !== paths.length) say(`${path}: it has ${rows.length} rows, there are ${paths.length} proofs`);
  const deviations = new Set(
    files.has('results/deviations.csv')
      ? parseCsv(files.text('results/deviations.csv'), deviationColumns, path).map((row) => `${row[2]}\n${row[5]}\n${row[3]}\n${row[10]}`)
      : [],
  );
  for (const [i, [n, about, rule, scope, key, cycle, result]] of rows.entries()) {
    const file = `proofs/${n}.json`;
    if (n !== String(i + 1) || !files.has(file)) {
      say(`${path}: row ${i + 1} is of no proof`);
      continue;
    }
    const { item: proven, scope: within, cycle: at } = JSON.parse(files.text(file));
    const [item, place] = [JSON.parse(proven.leaf), JSON.parse(within.leaf)];
    const leaf = leaves[at.index]?.leaf;
    const rules = told.ruleSets.get(leaf?.ruleSet)?.value.byPopulation[item.population] ?? none;
    const shows =
      place.scope === scope &&
      cellOf(keyOf(scope, item.item)) === key &&
      String(at.index) === cycle &&
      letters[item.vector[rules.indexOf(rule)]] === result;
    const listed =
      about === 'sample' || (about === 'deviation' && result === 'fail' && deviations.has(`${rule}\n${scope}\n${key}\n${leaf?.asOf}`));
    if (!shows || !listed) say(`${path}: row ${i + 1} is not what ${file} shows`);
  }
}

/** A value as a cell holds it, before it is quoted. */
const cellOf = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

function checkProof(path, found) {
  const { files, texts } = found;
  const { item, scope, cycle, tlogProof, ...others } = parseCanonical(files.text(path).replace(/\n$/, ''), path);
  if (Object.keys(others).length > 0) throw new Fault(`${path}: it has members that are not known`);
  const nodes = (list) => list.map((node) => Buffer.from(node, 'hex'));
  const [itemSays, scopeSays, cycleSays] = [item, scope, cycle].map(({ leaf }) => parseCanonical(leaf, path));
  const scopeRoot = rootOfInclusion(leafHash(item.leaf), item.index, item.size, nodes(item.path));
  if (itemSays.t !== 'item/1' || scopeRoot?.toString('hex') !== scopeSays.root || item.size !== scopeSays.items)
    throw new Fault(`${path}: the item does not lead to its scope`);
  const stateRoot = rootOfInclusion(leafHash(scope.leaf), scope.index, scope.size, nodes(scope.path));
  if (scopeSays.t !== 'scope/1' || stateRoot?.toString('hex') !== cycleSays.state.root)
    throw new Fault(`${path}: the scope does not lead to its cycle`);
  if (texts[cycle.index]?.toString() !== cycle.leaf) throw new Fault(`${path}: leaf ${shown(cycle.index)} of the log is another`);
  const file = `proofs/${tlogProof}`;
  if (file !== path.replace(/json$/, 'tlog-proof') || !files.has(file)) throw new Fault(`${path}: it names no proof of its cycle`);
  if (parseProofFile(files.text(file), file).index !== cycle.index) throw new Fault(`${file}: it is of another leaf than ${path}`);
}

function parseProofFile(text, where) {
  const split = text.indexOf('\n\n');
  const [head, index, ...lines] = text.slice(0, split).split('\n');
  const [, number] = /^index (0|[1-9]\d*)$/.exec(index ?? '') ?? [];
  const hashes = lines.map(base64);
  if (split < 0 || head !== 'c2sp.org/tlog-proof@v1' || number === undefined || hashes.some((hash) => hash?.length !== 32))
    throw new Fault(`${where}: it is no tlog-proof`);
  return { index: Number(number), hashes, note: text.slice(split + 2) };
}

// -- Anchors: heads that were handed out

function checkAnchors(found, check) {
  const { files, tree, bound, checkpoint } = found;
  if (!tree) return missing(check, 'the log');
  const receipts = checkReceipts(found, check.say);
  for (const path of files.under('tsa/').filter((each) => each.endsWith('.checkpoint'))) {
    bound.add(path);
    const text = files.text(path);
    const { origin, size, root } = parseCheckpoint(text.includes('\n\n') ? parseNote(text, path).text : text, path);
    if (origin !== checkpoint.origin || size > tree.size || !tree.rootAt(size).equals(root))
      check.say(`${path}: it is no head of this log`);
    const stamp = path.replace(/checkpoint$/, 'tsr');
    bound.add(stamp);
    if (!files.has(stamp) || !files.bytes(stamp).includes(sha256(files.bytes(path))))
      check.say(`${stamp}: it is not a time stamp of ${path}`);
    else check.unknown(`when ${path} was stamped: ask openssl, with the certificate of the time stamp authority (verify.sh --tsa-ca)`);
  }
  return receipts === 0 ? null : `${receipts} receipts of outside places are those that the log names`;
}

function parsed(text, where) {
  try {
    const value = JSON.parse(text);
    if (Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null)) return value;
  } catch {
    // Told below.
  }
  throw new Fault(`${where}: it is no list in JSON`);
}

/** Each leaf of kind `anchor` names a receipt by its hash; those that are here must be those. */
function checkReceipts({ files, leaves, bound, hashes, document }, say) {
  const path = 'anchors/anchors.json';
  if (!files.has(path) || !document) return 0;
  bound.add(path);
  const rows = parsed(files.text(path), path);
  const named = leaves.flatMap((read) => (read?.leaf.kind === 'anchor' ? [document(read.leaf.body.sha256)] : []));
  const key = ({ name, kind, size, at, receipt }) => JSON.stringify([name, kind, size, at, receipt]);
  const told = new Set(rows.map(key));
  for (const row of rows) {
    const { name, size, receipt, file, ...others } = row;
    const where = `${path}: ${shown(name)} at ${shown(size)} leaves`;
    if (!named.some((body) => body && key(body) === key(row)) || Object.keys(others).join() !== 'kind,at')
      say(`${where}: no leaf of the log says so`);
    if (file === undefined) continue;
    bound.add(file);
    const tail = file.startsWith('cosignatures/') && files.has(file);
    const content = tail
      ? hex(
          files
            .bytes(file)
            .subarray(
              files.text(file).lastIndexOf('\u2014 ') === -1
                ? 0
                : Buffer.byteLength(files.text(file).slice(0, files.text(file).lastIndexOf('\u2014 '))),
            ),
        )
      : hashes.get(file);
    if (content !== receipt) say(`${where}: ${shown(file)} is not the receipt that the log names`);
  }
  for (const body of named)
    if (body && !told.has(key(body))) say(`${path}: the receipt of ${shown(body.name)} at ${shown(body.size)} leaves is missing`);
  if (`${JSON.stringify(rows, null, 2)}\n` !== files.text(path)) say(`${path}: it is not written as the format says`);
  return rows.length;
}

// -- 9. Judging a sample again, with the rules that the package brings

/**
 * Runs in a process of its own: rule code is as hostile as its package. The process has no environment, no files and no other processes
 * (node --permission); the rules run in a realm without any object of the host, compile no text, and reach nothing but the modules given.
 */
const judgeProgram = String.raw`
import vm from 'node:vm';
import { stripTypeScriptTypes } from 'node:module';
import { createInterface } from 'node:readline';
const context = vm.createContext(vm.constants.DONT_CONTEXTIFY ?? Object.create(null), { codeGeneration: { strings: false, wasm: false } });
const shims = {
  zod: "const z = new Proxy(function () {}, { get: (of, name) => (name === Symbol.toPrimitive ? () => '' : name === 'then' ? undefined : name === 'prototype' ? of.prototype : z), apply: () => z, construct: () => z }); export { z }; export default z;",
  population: "export const definePopulation = (type, spec) => ({ type, ...spec }); export const isUnread = (value) => typeof value === 'object' && value !== null && typeof value.unread === 'string' && 'call' in value; export const explainUnread = ({ unread, call, needs, detail }) => call + (needs && needs !== call ? ' (needs ' + needs + ')' : '') + ': ' + unread + (detail ? ', ' + detail : '');",
  duration: "const units = { s: 1000, m: 60000, h: 3600000, d: 86400000 }; export const hour = units.h; export const day = units.d; export const milliseconds = (text) => Number(text.slice(0, -1)) * units[text.at(-1)]; export const parseDuration = milliseconds;",
  rule: "export { z } from 'zod'; export { day, hour } from 'duration'; import { z } from 'zod'; const verdict = (result) => (message, facts, options = {}) => ({ result, message, ...(facts && { facts }), ...options }); export const pass = verdict('pass'); export const fail = verdict('fail'); export const notApplicable = verdict('not-applicable'); export const pending = verdict('pending'); export const days = () => z; export const defineRule = (population, rule) => ({ over: 'item', population, ...rule }); export const definePopulationRule = (populations, rule) => ({ over: 'populations', populations, ...rule }); export const defineCadenceRule = (population, rule) => ({ over: 'obligations', kind: 'cadence', population, ...rule });",
};
const runner = ${JSON.stringify('RUNNER')};
const known = { '#rule': 'rule', '#src/population.ts': 'population', '#src/duration.ts': 'duration', zod: 'zod', rule: 'rule', duration: 'duration' };
const modules = new Map();
const make = (name, source) => {
  if (!modules.has(name)) modules.set(name, new vm.SourceTextModule(source, { context, identifier: name }));
  return modules.get(name);
};
let texts = {};
let programs = [];
const load = (program, path) => {
  const hash = programs[program][path];
  if (texts[hash] === undefined) throw new Error('there is no ' + path);
  return make(program + '\n' + path, stripTypeScriptTypes(texts[hash]));
};
const link = (specifier, from) => {
  if (known[specifier]) return make(known[specifier], shims[known[specifier]]);
  const [program, path] = from.identifier.split('\n');
  const own = /^#populations\/([a-z0-9-]+)$/.exec(specifier);
  if (own) return load(program, 'src/populations/' + own[1] + '.ts');
  if (/^\.\.?\//.test(specifier) && path) return load(program, new URL(specifier, 'file:///' + path).pathname.slice(1));
  throw new Error('a rule may not import ' + specifier);
};
const evaluated = async (module) => {
  await module.link(link);
  await module.evaluate();
  return module.namespace;
};
const { describe, judge } = await evaluated(make('runner', runner));
const rules = new Map();
const answer = (value) => process.stdout.write(JSON.stringify(value) + '\n');
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  try {
    if (asked.programs) {
      ({ texts, programs } = asked);
      const told = {};
      for (const [program, id] of asked.rules) {
        try {
          const { default: rule } = await evaluated(load(program, 'rules/' + id.replaceAll('.', '/') + '.ts'));
          rules.set(program + ' ' + id, rule);
          told[program + ' ' + id] = JSON.parse(String(describe(rule)));
        } catch (error) {
          told[program + ' ' + id] = { fault: String(error && error.message).slice(0, 200) };
        }
      }
      answer({ told });
    } else answer({ judged: JSON.parse(String(judge(rules.get(asked.program + ' ' + asked.rule), line))) });
  } catch (error) {
    answer({ fault: String(error && error.message).slice(0, 200) });
  }
}
`;

/** Runs in the realm of the rules: what `describe` and `judge` return is text. */
const judgeRunner = String.raw`
import { explainUnread, isUnread } from '#src/population.ts';
Date.now = () => { throw new Error('a rule has no clock'); };
Math.random = () => { throw new Error('a rule has no dice'); };
export const describe = (rule) => JSON.stringify({
  over: rule.over, kind: rule.kind, severity: rule.severity, within: rule.within,
  populations: rule.over === 'populations' ? Object.entries(rule.populations).map(([name, { type }]) => [name, type]) : [['', rule.population.type]],
});
export const judge = (rule, line) => {
  const asked = JSON.parse(line);
  if (rule.over !== 'populations') return JSON.stringify(judgeItem(rule, asked));
  return JSON.stringify([...judgeAll(rule, asked)]);
};
const unobserved = (rule, unread) => ({ rule: rule.id, result: 'unobserved', message: explainUnread(unread), severity: rule.severity, unread });
const fault = (rule, error) => unobserved(rule, { unread: 'rule-fault', call: rule.id, needs: '', detail: String(error && error.message).slice(0, 300) });
const inspect = (fields, item) => {
  const view = { key: item.key, name: item.name };
  for (const field of fields) {
    if (isUnread(item[field])) return item[field];
    view[field] = item[field];
  }
  return view;
};
const judgement = (rule, { result, message, facts, until, severity }) => {
  const text = rule.messages[message];
  if (text === undefined) throw new Error('there is no message ' + message);
  for (const [name, fact] of Object.entries(facts ?? {})) if (typeof fact === 'number' && !Number.isSafeInteger(fact)) throw new Error('the fact ' + name + ' is no integer');
  const words = text.replace(/\{(\w+)\}/g, (whole, name) => String(facts?.[name] ?? whole));
  return { rule: rule.id, result, message: words, ...(facts && { facts }), severity: severity ?? rule.severity, ...(until !== undefined && { until }) };
};
const judgeItem = (rule, { item, firstSeen, asOf, parameters }) => {
  const view = inspect(rule.inspects, item);
  if (isUnread(view)) return unobserved(rule, view);
  try {
    return judgement(rule, rule.evaluate(view, { asOf, parameters, firstSeen }));
  } catch (error) {
    return fault(rule, error);
  }
};
const judgeAll = (rule, { members, asOf, parameters }) => {
  const [first, ...others] = Object.keys(rule.populations);
  const judged = new Map();
  const rows = { [first]: [] };
  for (const { item, firstSeen } of members[first].seen) {
    const view = inspect(rule.inspects[first], item);
    if (isUnread(view)) judged.set(item.key, unobserved(rule, view));
    else rows[first].push({ ...view, firstSeen });
  }
  const rest = (unread) => {
    for (const { key } of rows[first]) if (!judged.has(key)) judged.set(key, unobserved(rule, unread));
    return judged;
  };
  for (const name of others) {
    const lost = members[name].unread ?? members[name].seen.map(({ item }) => inspect(rule.inspects[name], item)).find(isUnread);
    if (lost) return rest({ ...lost, unread: 'incomplete', detail: explainUnread(lost) });
    rows[name] = members[name].seen.map(({ item, firstSeen }) => ({ ...inspect(rule.inspects[name], item), firstSeen }));
  }
  const own = new Map(judged);
  try {
    const expected = new Set(rows[first].map(({ key }) => key));
    for (const { key, ...verdict } of rule.evaluate(rows, { asOf, parameters })) {
      if (!expected.has(key)) continue;
      if (own.has(key)) throw new Error('the rule gave two verdicts on ' + key);
      own.set(key, judgement(rule, verdict));
    }
  } catch (error) {
    return rest(fault(rule, error).unread);
  }
  for (const [key, one] of own) judged.set(key, one);
  return rest({ unread: 'rule-fault', call: rule.id, needs: '', detail: 'the rule said nothing of this item' });
};
`;

/** The programs that the log names: the sources by path that judged from a leaf on. Without such a leaf, the sources in catalogue/src. */
function programsOf(found) {
  const { leaves, files, document } = found;
  const programs = leaves.flatMap((read) =>
    read?.leaf.kind === 'program' ? [{ index: read.index, documents: document(read.leaf.body.sha256)?.documents ?? {} }] : [],
  );
  if (programs.length > 0) return programs;
  const own = files.under('catalogue/src/').map((path) => [path.slice('catalogue/src/'.length), found.hashes.get(path)]);
  return own.length > 0 ? [{ index: -1, documents: Object.fromEntries(own) }] : [];
}

/** A source text by its hash: a document of the log, or a file of the catalogue. */
function sourceText(found, hash) {
  if (found.files.has(evidencePath(hash))) return found.files.text(evidencePath(hash));
  const path = found.files.under('catalogue/src/').find((each) => found.hashes.get(each) === hash);
  return path === undefined ? undefined : found.files.text(path);
}

/** Starts the process that judges, and asks it what the rules are. `rules` is null where it cannot, `why` says why not. */
async function openJudge(found) {
  const flag = ['--permission', '--experimental-permission'].find((each) => process.allowedNodeEnvironmentFlags.has(each));
  const nothing = (why) => ({ rules: null, why });
  if (found.judge === 'none') return (found.judging = nothing('you asked for none'));
  if (!flag || !nodeModule.stripTypeScriptTypes)
    return (found.judging = nothing(`this Node (${process.version}) cannot run the rules of a package safely; use Node 24 or later`));
  const programs = programsOf(found);
  if (programs.length === 0) return (found.judging = nothing('the package has no source of its rules'));
  const texts = {};
  for (const { documents } of programs)
    for (const [path, hash] of Object.entries(documents))
      if (/^(rules|src\/populations)\//.test(path)) texts[hash] ??= sourceText(found, hash);
  const ids = new Set([...found.told.ruleSets.values()].flatMap(({ value }) => Object.keys(value.rules)));
  const rules = programs.flatMap(({ documents }, i) => [...ids].filter((id) => documents[ruleFile(id)] !== undefined).map((id) => [i, id]));
  const child = startJudge(flag, found.seconds);
  const [{ told } = {}] = await child.ask([{ programs: programs.map(({ documents }) => documents), texts, rules }]);
  if (!told) {
    child.close();
    return (found.judging = nothing(`the rules of the package could not be loaded: ${child.why()}`));
  }
  const latest = new Map(
    [...ids].flatMap((id) => (told[`${programs.length - 1} ${id}`]?.over ? [[id, told[`${programs.length - 1} ${id}`]]] : [])),
  );
  return (found.judging = { child, programs, told, rules: latest, why: null });
}

const ruleFile = (id) => `rules/${id.replaceAll('.', '/')}.ts`;

/** A process that answers each line with a line. Whatever it does, it ends after `seconds`. */
function startJudge(flag, seconds) {
  const program = judgeProgram.replace('"RUNNER"', () => JSON.stringify(judgeRunner));
  const flags = [flag, '--experimental-vm-modules', '--no-warnings', '--max-old-space-size=1024', '--input-type=module', '--eval', program];
  const child = spawn(process.execPath, flags, { env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  const limit = setTimeout(() => child.kill('SIGKILL'), seconds * 1_000);
  let said = '';
  const state = { ended: false };
  const waiting = [];
  const wake = () => waiting.splice(0).forEach((resolve) => resolve());
  const lines = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop();
    lines.push(...parts);
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(0, 300);
  });
  child.stdin.on('error', () => {});
  const end = () => {
    state.ended = true;
    clearTimeout(limit);
    wake();
  };
  child.on('error', end).on('close', end);
  return {
    why: () => (said === '' ? `it did not answer within ${seconds} s` : shown(said.split('\n').find((line) => /Error/.test(line)) ?? said)),
    close: () => child.kill('SIGKILL'),
    /** Answers in the order of the questions, which are made as they are asked; fewer when it ended. */
    async ask(questions) {
      const answers = [];
      let open = 0;
      const take = async (atMost) => {
        while (open > atMost && (lines.length > 0 || !state.ended)) {
          if (lines.length === 0) await new Promise((resolve) => waiting.push(resolve));
          for (; lines.length > 0 && open > 0; open--) answers.push(JSON.parse(lines.shift()));
        }
      };
      for (const question of questions) {
        if (state.ended) break;
        child.stdin.write(`${JSON.stringify(question)}\n`);
        open++;
        if (open >= 64) await take(32);
      }
      await take(0);
      return answers;
    },
  };
}

async function checkRules(found, check) {
  const { world, references, judging } = found;
  if (!world || !references || !judging) return missing(check, 'the change log');
  checkSources(found, check);
  if (!judging.rules) {
    check.unknown(`whether the rules say what the package says: ${judging.why}`);
    return null;
  }
  try {
    const { jobs, lost } = jobsOf(found);
    const answers = await judging.child.ask(
      jobs
        .map((job) => () => job.question())
        .values()
        .map((make) => make()),
    );
    if (answers.length < jobs.length)
      throw new Fault(
        `the rules of the package stopped answering after ${answers.length} of ${jobs.length} questions: ${judging.child.why()}`,
      );
    let same = 0;
    let reworded = 0;
    for (const [i, job] of jobs.entries())
      for (const expected of job.expected) {
        const answer = answers[i].judged;
        const judged = job.over === 'populations' ? new Map(answer ?? []).get(expected.key) : answer;
        if (judged && canonical(judged) === canonical(expected.judgement)) same++;
        else if (judged && job.over === 'populations' && judged.result === expected.judgement.result) reworded++;
        else
          check.say(
            `${expected.where}: ${job.rule} says ${shown(judged?.result ?? answers[i].fault ?? 'nothing')}, the package says ${shown(expected.judgement.result)}${judged?.result === expected.judgement.result ? ' in other words' : ''}`,
          );
      }
    for (const [why, count] of lost) check.unknown(`${count} results of the sample could not be judged again: ${why}`);
    if (same + reworded === 0) return null;
    return `${same + reworded} results of ${found.judge === 'all' ? 'all' : 'a sample of'} changes, judged again with the source that the log names, are the same${reworded > 0 ? ` (${reworded} over populations in another order of words)` : ''}; the rules ran in a process without files, environment or other processes`;
  } finally {
    judging.child.close();
  }
}

/** The sources in the catalogue must be those that the log names. */
function checkSources(found, { say, unknown }) {
  const { files, hashes, bound } = found;
  const named = new Map();
  for (const { index, documents } of programsOf(found))
    for (const [path, hash] of Object.entries(documents)) if (index >= 0) named.set(`${path} ${hash}`, index);
  if (named.size === 0) unknown('whether the helpers that the rules import are those of that time: the log names the rules only');
  const versions = new Set(
    [...found.told.ruleSets.values()].flatMap(({ value }) => Object.values(value.rules).map(({ version }) => version)),
  );
  for (const path of files.under('catalogue/src/')) {
    const source = path.slice('catalogue/src/'.length);
    const hash = hashes.get(path);
    if (named.has(`${source} ${hash}`) || versions.has(hash)) bound.add(path);
    else if (named.size > 0) say(`${path}: no program in the log has this source`);
  }
}

/** What is to be judged again: a sample that follows from the root of the log, or all changes of the window. */
function jobsOf(found) {
  const { judging, manifest, told, leaves, tree } = found;
  const { from, to } = manifest.window;
  const recorded = [...told.changes].flatMap(([index, changes]) =>
    leaves[index].at >= from && leaves[index].at < to ? changes.filter(({ leaf }) => leaf) : [],
  );
  const brought = found.corrections.flatMap(({ looks }) =>
    looks.flatMap((look) => (look.items && look.at >= from && look.at < to ? [...look.items].map(([item]) => ({ look, item })) : [])),
  );
  const lines = [...recorded, ...brought];
  const chosen = new Set();
  if (found.judge === 'all' || lines.length <= sampleSize) for (const each of lines) chosen.add(each);
  else
    for (let k = 0; chosen.size < sampleSize; k++) {
      const counter = Buffer.alloc(4);
      counter.writeUInt32BE(k);
      chosen.add(lines[sha256(Buffer.concat([tree.root(), counter])).readUIntBE(0, 6) % lines.length]);
    }
  const jobs = [];
  const lost = new Map();
  const lose = (why) => lost.set(why, (lost.get(why) ?? 0) + 1);
  tell(found, {
    after(cycle, world) {
      const own = cycle.changes.filter((change) => chosen.has(change));
      if (own.length === 0) return;
      const program = judging.programs.findLastIndex(({ index }) => index < cycle.index);
      const together = new Map();
      for (const change of own) {
        const scope = world.scopes.get(change.scope);
        const item = scope.items.get(change.item);
        const details = found.document(item.detail);
        if (!details || !found.files.has(evidencePath(item.snapshot))) lose('documents were purged');
        else
          for (const [i, rule] of item.rules.entries())
            addJob({ found, cycle, world, scope, item, rule, program, judgement: details[i], change, together, jobs, lose });
      }
    },
  });
  const ofLooks = Map.groupBy(
    brought.filter((each) => chosen.has(each)),
    ({ look }) => look,
  );
  for (const correction of found.corrections) addJobsOf(correction, found, ofLooks, jobs, lose);
  return { jobs, lost };
}

const sampleSize = 200;

/** What a correction brought is judged again with what was known when it was recorded, itself included. */
function addJobsOf(correction, found, ofLooks, jobs, lose) {
  const { index, scope: key, ruleSet } = correction;
  const corrections = found.corrections.filter((each) => each.index <= index);
  const program = found.judging.programs.findLastIndex((each) => each.index < index);
  const asked = correction.looks.filter((look) => ofLooks.has(look));
  if (asked.length === 0) return;
  const isOver = (rule) => found.judging.told[`${program} ${rule}`]?.over === 'populations';
  const worlds = asked.some(({ rules }) => rules.some(isOver)) ? worldsAt(asked, corrections, found) : new Map();
  const after = (scope, event) => {
    if (event.index !== index) return;
    const world = worlds.get(event) ?? { scopes: new Map() };
    world.scopes.set(key, scope);
    const cycle = { index, at: event.at, ruleSet };
    const together = new Map();
    for (const { item: name } of ofLooks.get(event) ?? none) {
      const item = scope.items.get(name);
      const details = found.document(item.detail);
      for (const [i, rule] of item.rules.entries())
        addJob({ found, cycle, world, scope, item, rule, program, judgement: details[i], change: { item: name }, together, jobs, lose });
    }
  };
  retell(key, found.recordedOfCorrected.get(key), corrections, { after });
}

/** The world as it was known at some looks: the cycles up to then, and what was corrected. The scopes are made anew for each. */
function worldsAt(looks, corrections, found) {
  const worlds = new Map();
  const keys = new Set(corrections.map(({ scope }) => scope));
  const takenAt = (until, { scopes }) => ({
    scopes: new Map(
      [...scopes].map(([key, scope]) => [
        key,
        keys.has(key)
          ? retell(key, found.recordedOfCorrected.get(key), corrections, { until })
          : Object.assign(Object.create(Scope.prototype), scope, { items: new Map(scope.items) }),
      ]),
    ),
  });
  let next = 0;
  const take = (at, world) => {
    for (; next < looks.length && looks[next].at < at; next++) worlds.set(looks[next], takenAt(looks[next].at, world));
  };
  const world = tell(found, { before: ({ at }, world) => take(at, world) });
  take(never, world);
  return worlds;
}

function addJob({ found, cycle, world, scope, item, rule, program, judgement, change, together, jobs, lose }) {
  const { version, parameters } = cycle.ruleSet.rules[rule];
  const about = program < 0 ? undefined : found.judging.told[`${program} ${rule}`];
  if (!about || found.judging.programs[program].documents[ruleFile(rule)] !== version)
    return lose(`the source of ${rule} of that time is not in the package`);
  if (about.fault) return lose(`${rule} cannot be loaded (${about.fault})`);
  const key = found.keyOf(scope.key, change.item);
  const expected = { key, judgement, where: `leaf ${cycle.index}: ${shown(scope.key)}: ${shown(key)}` };
  const asOf = cycle.at;
  const ask = { program, rule, asOf, parameters };
  if (about.over === 'item') {
    const question = () => ({ ...ask, item: found.document(item.snapshot), firstSeen: item.firstSeen });
    return void jobs.push({ over: 'item', rule, expected: [expected], question });
  }
  const partition = `${rule} ${placeWithin(scope, about.within)}`;
  const known = together.get(partition);
  if (known) return void known.expected.push(expected);
  const members = {};
  for (const [name, type] of about.populations)
    members[name] = membersOf(world, type, about.within, placeWithin(scope, about.within), asOf);
  const absent = Object.values(members).some(({ seen = [] }) => seen.some(({ hash }) => !found.files.has(evidencePath(hash))));
  const [[first]] = about.populations;
  if (absent || members[first].unread)
    return lose(absent ? 'documents were purged' : `${rule} was judged over a population that was not complete`);
  const resolve = ({ seen, unread }) =>
    unread ? { unread } : { seen: seen.map(({ hash, firstSeen }) => ({ item: found.document(hash), firstSeen })) };
  const question = () => ({ ...ask, members: Object.fromEntries(Object.entries(members).map(([name, list]) => [name, resolve(list)])) });
  const job = { over: 'populations', rule, expected: [expected], question };
  together.set(partition, job);
  jobs.push(job);
}

const placeWithin = ({ connection, account, region }, within) =>
  within === 'everything' ? '' : within === 'account' ? `${connection}/${account}` : `${connection}/${account}/${region}`;

/** The items of a population that belong together, as the log has them after a cycle; or why they were not complete. */
function membersOf(world, type, within, place, asOf) {
  const incomplete = (detail) => ({ unread: { unread: 'incomplete', call: type, needs: '', detail } });
  const scopes = [...world.scopes.values()].filter(
    (scope) => scope.population === type && !scope.retired && placeWithin(scope, within) === place,
  );
  if (scopes.length === 0) return incomplete('no collector reads this population here');
  for (const { failing, lastLook, hold } of scopes) {
    if (failing) return { unread: failing };
    if (lastLook === null || asOf - lastLook > hold) return incomplete('the last look is too long ago');
  }
  return { seen: scopes.flatMap(({ items }) => [...items.values()].map(({ snapshot, firstSeen }) => ({ hash: snapshot, firstSeen }))) };
}

// -- 10. What rests on the word of who made the package

function tellUnbound(found, { unknown }, report) {
  const free = found.files.paths.filter((path) => !found.bound.has(path));
  report.unbound = free;
  if (free.length === 0) return;
  const named = free.slice(0, 12).join(', ');
  unknown(
    `${free.length} files do not follow from the log and rest on the word of who made the package: ${named}${free.length > 12 ? ', …' : ''}`,
  );
}

// ---------------------------------------------------------------------------------------------------------------------------------
// The command line

const usage = 'Usage: node verify.mjs PACKAGE.zip [--vkey KEY]... [--signers FILE] [--checkpoint FILE]... [--all] [--json]\n';

function readArguments(args) {
  const options = { vkeys: [], checkpoints: [], signers: null, judge: 'sample', json: false };
  const files = [];
  for (let i = 0; i < args.length; i++) {
    const [name, given] = /^--[a-z]+=/.test(args[i])
      ? [args[i].slice(0, args[i].indexOf('=')), args[i].slice(args[i].indexOf('=') + 1)]
      : [args[i]];
    const value = () => given ?? args[++i] ?? refuseUsage(`${name} needs a value`);
    if (name === '--vkey') options.vkeys.push(value());
    else if (name === '--signers') options.signers = readFileSync(value(), 'utf8');
    else if (name === '--checkpoint') {
      const file = value();
      options.checkpoints.push({ name: file, text: readFileSync(file, 'utf8') });
    } else if (name === '--all') options.judge = 'all';
    else if (name === '--json') options.json = true;
    else if (name.startsWith('--')) refuseUsage(`there is no option ${name}`);
    else files.push(name);
  }
  if (files.length !== 1) refuseUsage('name one package');
  return { file: files[0], options };
}

function refuseUsage(why) {
  throw new RangeError(why);
}

async function main(args) {
  let asked;
  try {
    if (Number(process.versions.node.split('.')[0]) < 22)
      refuseUsage(`this is Node ${process.versions.node}; version 22 or later is needed`);
    if (args.includes('--help')) {
      process.stdout.write(usage);
      return 0;
    }
    asked = readArguments(args);
    closeSync(openSync(asked.file, 'r'));
  } catch (error) {
    process.stderr.write(`${shown(error.message)}\n${usage}`);
    return 2;
  }
  const { file, options } = asked;
  const report = await verifyPackage(file, { ...options, seconds: options.judge === 'all' ? 1_800 : 120 });
  const { checks, failed, unbound } = report;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ package: file, ok: !failed, checks, onTheirWord: unbound }, null, 2)}\n`
      : `${report.lines().join('\n')}\n`,
  );
  return failed ? 1 : 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await main(process.argv.slice(2));
