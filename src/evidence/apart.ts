import { compress, decompress, pack, unpack, withoutSum, withSum } from './compression.ts';
import type { DocumentNumbers } from './rows.ts';

/**
 * Texts that are mostly hashes and random ids, which no compression makes smaller, are stored in two parts: the text with a mark where each
 * of them stood, as a patch on that of another text; and what stood there, told against what stands in the other text. The hash of a stored
 * document is told by the number of the document.
 */
interface Parts {
  readonly marked: string;
  readonly values: readonly string[];
}

type Numbers = Pick<DocumentNumbers, 'find' | 'hashOf'>;

const hashMark = '\u0001';
const uuidMark = '\u0002';
const standing = /[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** No deflated data begins with it, and no zstd. */
const first = 0x06;

/** As `pack`, for a text of hashes. */
export function packApart(raw: Buffer, base: Buffer | undefined, numbers: Numbers): Buffer {
  const parts = partsOf(raw);
  if (parts === null) return pack(raw, base);
  const before = base && partsOf(base);
  const values = told(parts, before?.values ?? [], numbers);
  const marked = Buffer.from(parts.marked);
  const patch = parts.marked === before?.marked ? none : compress(marked, before ? Buffer.from(before.marked) : undefined);
  return withSum(Buffer.concat([Buffer.of(first), varint(marked.length), varint(values.length), values, patch]));
}

/** As `unpack`, whichever way it was packed. */
export const unpackAny = (stored: Uint8Array, size: number, base: Buffer | undefined, numbers: Numbers): Buffer =>
  stored[0] === first ? unpackApart(stored, size, base, numbers) : unpack(stored, size, base);

function unpackApart(stored: Uint8Array, size: number, base: Buffer | undefined, numbers: Numbers): Buffer {
  const reader = readerOf(withoutSum(stored), 1);
  const [length, bytes] = [reader.varint(), reader.varint()];
  const values = reader.bytes(bytes);
  const patch = reader.rest();
  const before = base && partsOf(base);
  if (patch.length === 0 && !before) throw new Error('the compressed data has no text');
  const marked =
    patch.length === 0 ? before!.marked : decompress(patch, length, before ? Buffer.from(before.marked) : undefined).toString();
  const parts = { marked, values: untold(marked, values, before?.values ?? [], numbers) };
  let at = 0;
  const raw = Buffer.from(marked.replace(marks, () => parts.values[at++]!));
  if (raw.length !== size) throw new Error(`the compressed data is not of ${size} bytes`);
  known.set(raw, parts);
  return raw;
}

/** Of the texts that are held in memory. */
const known = new WeakMap<Buffer, Parts | null>();

function partsOf(raw: Buffer): Parts | null {
  const found = known.get(raw);
  if (found !== undefined) return found;
  const parts = takenApart(raw.toString());
  known.set(raw, parts);
  return parts;
}

function takenApart(text: string): Parts | null {
  if (text.includes(hashMark) || text.includes(uuidMark)) return null;
  const values: string[] = [];
  const marked = text.replace(standing, (value) => {
    values.push(value);
    return value.length === 64 ? hashMark : uuidMark;
  });
  return { marked, values };
}

const marks = new RegExp(`[${hashMark}${uuidMark}]`, 'g');

/** How a value is told that is not the next one of the other text; the rest of the number says which. */
const way = { fresh: 0, document: 1, former: 2, own: 3 } as const;

/**
 * The values against those of the other text, which are expected in their order. Each that is another is told by how many were as expected
 * before it, and by what it is: new, the hash of a document, from elsewhere in the other text, or one that stood in this text before.
 */
function told({ values }: Parts, before: readonly string[], numbers: Numbers): Buffer {
  const places = new Map(before.map((value, i) => [value, i]));
  const own = new Map<string, number>();
  const out: Uint8Array[] = [];
  let [next, expected] = [0, 0];
  for (const [i, value] of values.entries()) {
    if (before[next] === value) {
      next += 1;
      expected += 1;
    } else {
      const [former, again] = [places.get(value), own.get(value)];
      const number = former === undefined && again === undefined && value.length === 64 ? numbers.find(Buffer.from(value, 'hex')) : null;
      out.push(varint(expected));
      if (former !== undefined) out.push(varint(former * 4 + way.former));
      else if (again !== undefined) out.push(varint(again * 4 + way.own));
      else if (number !== null) out.push(varint(number * 4 + way.document));
      else out.push(varint(way.fresh), Buffer.from(value.replaceAll('-', ''), 'hex'));
      next = former === undefined ? next + 1 : former + 1;
      expected = 0;
    }
    if (!own.has(value)) own.set(value, i);
  }
  return Buffer.concat(out);
}

function untold(marked: string, stored: Uint8Array, before: readonly string[], numbers: Numbers): string[] {
  const reader = readerOf(stored, 0);
  const values: string[] = [];
  let next = 0;
  let expected = reader.ended() ? Infinity : reader.varint();
  for (const [mark] of marked.matchAll(marks)) {
    if (expected > 0) {
      values.push(before[next++] ?? missing());
      expected -= 1;
      continue;
    }
    const code = reader.varint();
    const which = Math.floor(code / 4);
    if (code % 4 === way.fresh) values.push(mark === hashMark ? reader.bytes(32).toString('hex') : uuidOf(reader.bytes(16)));
    else if (code % 4 === way.document) values.push(numbers.hashOf(which));
    else values.push((code % 4 === way.former ? before : values)[which] ?? missing());
    next = code % 4 === way.former ? which + 1 : next + 1;
    expected = reader.ended() ? Infinity : reader.varint();
  }
  if (!reader.ended() || (expected > 0 && expected !== Infinity)) throw new Error('the compressed data names more than the text');
  return values;
}

const missing = (): never => {
  throw new Error('the compressed data names less than the text');
};

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const none = Buffer.alloc(0);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}

function readerOf(data: Uint8Array, from: number) {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  let at = from;
  const bytes = (count: number): Buffer => {
    if (at + count > buffer.length) throw new Error('the compressed data ends too early');
    at += count;
    return buffer.subarray(at - count, at);
  };
  return {
    bytes,
    rest: () => bytes(buffer.length - at),
    ended: () => at === buffer.length,
    varint(): number {
      let value = 0;
      for (let weight = 1; ; weight *= 128) {
        const byte = bytes(1)[0]!;
        value += (byte % 128) * weight;
        if (byte < 128) return value;
      }
    },
  };
}
