import { createHash, hash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { crc32, createDeflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import { byUtf8 } from '#src/ledger/order.ts';

/** A file of the package: what the ZIP and the manifest say of it, and where its deflated bytes lie in the spool. */
export interface Packed {
  readonly path: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
  readonly crc: number;
  readonly at: number;
  readonly length: number;
}

/** Holds the files of a package, deflated, until all of them are known: their sums stand before them. */
export interface Spool {
  /** Text in pieces is never held whole. Each path once, of our own alphabet. */
  add(path: string, content: string | Uint8Array | Iterable<string>): Promise<Packed>;
  /** By path. */
  files(): Packed[];
  /** The deflated bytes in pieces; each is gone with the next. */
  piecesOf(file: Packed): Iterable<Uint8Array>;
  has(path: string): boolean;
  /** The text of a file that was added; null where there is none. */
  textOf(path: string): string | null;
  close(): void;
}

const pieceSize = 65_536;

/** `path`: a file that is made anew, and left to its caller. */
export function openSpool(path: string): Spool {
  const fd = openSync(path, 'wx+', 0o600);
  const files = new Map<string, Packed>();
  let end = 0;

  const write = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, end + done);
    end += bytes.length;
  };
  const keep = (file: Packed): Packed => {
    files.set(file.path, file);
    return file;
  };
  const window = Buffer.alloc(pieceSize);
  const piecesOf = function* ({ at, length }: Packed): Generator<Uint8Array> {
    for (let done = 0; done < length; ) {
      const read = readSync(fd, window, 0, Math.min(window.length, length - done), at + done);
      if (read === 0) throw new Error('the spool of the package ends too soon');
      yield window.subarray(0, read);
      done += read;
    }
  };
  return {
    async add(path, content) {
      if (!allowed.test(path) || files.has(path))
        throw new Error(`a package cannot hold ${JSON.stringify(path)}${files.has(path) ? ' twice' : ''}`);
      const about = { path, type: typeOf(path), at: end };
      if (typeof content === 'string' || content instanceof Uint8Array) {
        const raw = typeof content === 'string' ? Buffer.from(content) : content;
        write(deflateRawSync(raw, { chunkSize: Math.min(pieceSize, Math.max(1024, raw.length >> 1)) }));
        return keep({ ...about, size: raw.length, sha256: hash('sha256', raw, 'hex'), crc: crc32(raw), length: end - about.at });
      }
      const sum = createHash('sha256');
      let size = 0;
      let crc = 0;
      const pieces = function* () {
        for (const piece of inPieces(content)) {
          sum.update(piece);
          crc = crc32(piece, crc);
          size += piece.length;
          yield piece;
        }
      };
      for await (const bytes of Readable.from(pieces()).pipe(createDeflateRaw())) write(bytes as Uint8Array);
      return keep({ ...about, size, sha256: sum.digest('hex'), crc, length: end - about.at });
    },
    files: () => [...files.values()].sort((a, b) => byUtf8(a.path, b.path)),
    piecesOf,
    has: (path) => files.has(path),
    textOf(path) {
      const file = files.get(path);
      return file ? inflateRawSync(Buffer.concat(Array.from(piecesOf(file), (piece) => Buffer.from(piece)))).toString() : null;
    },
    close: () => closeSync(fd),
  };
}

/** Never the words of a provider: the parts of a path are ids, hashes and numbers of ours. */
const allowed = /^(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

function* inPieces(texts: Iterable<string>): Generator<Buffer> {
  let pending = '';
  for (const text of texts) {
    pending += text;
    if (pending.length < pieceSize) continue;
    yield Buffer.from(pending);
    pending = '';
  }
  if (pending !== '') yield Buffer.from(pending);
}

const types: Record<string, string> = {
  html: 'text/html',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  md: 'text/markdown',
  txt: 'text/plain',
  ts: 'text/plain',
  mjs: 'text/javascript',
  go: 'text/plain',
  sh: 'text/x-shellscript',
  pem: 'application/x-pem-file',
  vkey: 'text/plain',
  'tlog-proof': 'text/plain',
  tsr: 'application/timestamp-reply',
};

const typeOf = (path: string): string => types[/\.([a-z-]+)$/.exec(path)?.[1] ?? ''] ?? 'application/octet-stream';
