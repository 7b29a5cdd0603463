import type { Packed } from './spool.ts';

/**
 * A ZIP of deflated files, in the order given: the same files make the same bytes. Sizes stand before the data, so that it can be read from
 * its beginning; ZIP64 only where a number needs it. Yields pieces to write one after the other.
 */
export function* zip(files: Iterable<Packed>, piecesOf: (file: Packed) => Iterable<Uint8Array>): Generator<Uint8Array> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const name = Buffer.from(file.path);
    const header = localHeader(file, name);
    directory.push(directoryHeader(file, name, offset));
    yield header;
    yield* piecesOf(file);
    offset += header.length + file.length;
  }
  const whole = Buffer.concat(directory);
  yield whole;
  yield ending(directory.length, whole.length, offset);
}

const large = (value: number): boolean => value >= 0xffffffff;

/** What both headers of a file share: needed version, flags (names are UTF-8), method deflate, 1980-01-01 00:00, sum and sizes. */
function common({ crc, length, size }: Packed, name: Buffer, zip64: boolean): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(zip64 ? 45 : 20, 0);
  fields.writeUInt16LE(0x0800, 2);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt16LE(0, 6);
  fields.writeUInt16LE(0x0021, 8);
  fields.writeUInt32LE(crc, 10);
  fields.writeUInt32LE(large(size) || large(length) ? 0xffffffff : length, 14);
  fields.writeUInt32LE(large(size) || large(length) ? 0xffffffff : size, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function localHeader(file: Packed, name: Buffer): Buffer {
  const zip64 = large(file.size) || large(file.length);
  const extra = zip64 ? extended([file.size, file.length]) : Buffer.alloc(0);
  const fields = common(file, name, zip64);
  fields.writeUInt16LE(extra.length, 24);
  return Buffer.concat([signature(0x04034b50), fields, name, extra]);
}

function directoryHeader(file: Packed, name: Buffer, offset: number): Buffer {
  const sizes = large(file.size) || large(file.length) ? [file.size, file.length] : [];
  const numbers = [...sizes, ...(large(offset) ? [offset] : [])];
  const extra = numbers.length > 0 ? extended(numbers) : Buffer.alloc(0);
  const fields = common(file, name, numbers.length > 0);
  fields.writeUInt16LE(extra.length, 24);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(0x81a40000, 6);
  rest.writeUInt32LE(large(offset) ? 0xffffffff : offset, 10);
  // Made by Unix, so that the mode 0644 counts.
  return Buffer.concat([signature(0x02014b50), Buffer.of(numbers.length > 0 ? 45 : 20, 3), fields, rest, name, extra]);
}

function ending(files: number, length: number, offset: number): Buffer {
  const zip64 = files >= 0xffff || large(length) || large(offset);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(files, 0xffff), 8);
  end.writeUInt16LE(Math.min(files, 0xffff), 10);
  end.writeUInt32LE(Math.min(length, 0xffffffff), 12);
  end.writeUInt32LE(Math.min(offset, 0xffffffff), 16);
  if (!zip64) return end;

  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(0x032d, 12);
  record.writeUInt16LE(45, 14);
  for (const [i, value] of [files, files, length, offset].entries()) record.writeBigUInt64LE(BigInt(value), 24 + 8 * i);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, end]);
}

/** ZIP64's extra field: the numbers that had no room. */
function extended(numbers: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * numbers.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * numbers.length, 2);
  for (const [i, value] of numbers.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return field;
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
