import {
  constants,
  crc32,
  deflateRawSync,
  inflateRawSync,
  type ZlibOptions,
  type ZstdOptions,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';

/** Up to here a document is deflated: zstd would take longer to begin than deflate takes to be done, and saves nothing. */
const small = 4_096;
/** All of what a document is a patch on lies in the window of deflate. */
const window = 16_384;

/** Compresses a document as a patch on `dictionary`. The sizes keep the memory that it takes in proportion. */
export const pack = (raw: Uint8Array, dictionary?: Uint8Array): Buffer => withSum(compress(raw, dictionary));

/** Throws where the data is not one whole document of that size, and nothing after it. */
export const unpack = (stored: Uint8Array, size: number, dictionary?: Uint8Array): Buffer =>
  decompress(kindOf(stored) === 'zstd of the first version' ? stored : withoutSum(stored), size, dictionary);

/** As `pack`, for what has a sum together with more. */
export function compress(raw: Uint8Array, dictionary?: Uint8Array): Buffer {
  const common = { chunkSize: raw.length + 64, ...(dictionary?.length && { dictionary }) };
  if (raw.length <= small && (dictionary?.length ?? 0) <= window) return deflateRawSync(raw, { ...common, level: 9, memLevel: 9 });
  const params = { [constants.ZSTD_c_compressionLevel]: 9, [constants.ZSTD_c_checksumFlag]: 0 };
  const data = zstdCompressSync(raw, { ...common, params, pledgedSrcSize: raw.length } as ZstdOptions);
  data[3] = summed;
  return data;
}

export function decompress(data: Uint8Array, size: number, dictionary?: Uint8Array): Buffer {
  const options = { chunkSize: Math.min(size, largest) + 64, ...(dictionary?.length && { dictionary }), info: true };
  const unpacked =
    kindOf(data) === 'deflate' ? inflateRawSync(data, options as ZlibOptions) : zstdDecompressSync(withMagic(data), options as ZstdOptions);
  const { buffer, engine } = unpacked as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
  if (buffer.length !== size || engine.bytesWritten !== data.length) throw new Error(`the compressed data is not of ${size} bytes`);
  return buffer;
}

export const withSum = (data: Uint8Array): Buffer => Buffer.concat([data, sumOf(data)]);

export function withoutSum(stored: Uint8Array): Uint8Array {
  const data = stored.subarray(0, -2);
  if (!sumOf(data).equals(stored.subarray(-2))) throw new Error('the compressed data does not have its checksum');
  return data;
}

/** Not all bits of what is compressed matter, so that without this some could be altered unnoticed. The document itself is named by its hash. */
function sumOf(data: Uint8Array): Buffer {
  const sum = Buffer.allocUnsafe(2);
  sum.writeUInt16BE(crc32(data) & 0xffff);
  return sum;
}

/** The magic number of zstd, with another last byte where a sum follows. As deflate it would be a stored block with bits set that deflate leaves clear. */
const magic = [0x28, 0xb5, 0x2f];
const plain = 0xfd;
const summed = 0xfe;

function kindOf(stored: Uint8Array): 'deflate' | 'zstd' | 'zstd of the first version' {
  if (magic.some((byte, i) => stored[i] !== byte)) return 'deflate';
  return stored[3] === plain ? 'zstd of the first version' : stored[3] === summed ? 'zstd' : 'deflate';
}

function withMagic(data: Uint8Array): Uint8Array {
  if (data[3] === plain) return data;
  const frame = Buffer.from(data);
  frame[3] = plain;
  return frame;
}

const largest = 2 ** 30;
