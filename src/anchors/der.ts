/* DER (X.690), as much of it as a time stamp has. */

/** An element: its tag, what is in it, and the whole of it. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly bytes: Buffer;
}

export class DerError extends Error {
  override readonly name = 'DerError';
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
} as const;

export function encode(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = Buffer.from(length.toString(16).padStart(length > 0xffff ? 6 : length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 | size.length), size, content]);
}

/** A number of any length, not negative. */
export function unsigned(bytes: Uint8Array): Buffer {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at++;
  const least = bytes.subarray(at);
  return encode(tags.integer, least[0]! & 0x80 ? Buffer.of(0) : Buffer.alloc(0), least);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const digits = [part & 0x7f];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return encode(tags.oid, Buffer.from(bytes));
}

/** The one element that these bytes are. Throws DerError. */
export function decode(bytes: Buffer): Element {
  const [element, ...more] = elements(bytes);
  if (!element || more.length > 0) throw new DerError('not one element of DER');
  return element;
}

/** The elements that follow each other in these bytes. Throws DerError. */
export function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at);
    found.push(element);
    at += element.bytes.length;
  }
  return found;
}

/** What is in a constructed element. Throws DerError where it is absent or has another tag. */
export function within(element: Element | undefined, tag: number): Element[] {
  return elements(contentOf(element, tag));
}

export function contentOf(element: Element | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new DerError(`an element of tag ${tag} is expected, and ${element?.tag ?? 'none'} is there`);
  return element.content;
}

function elementAt(bytes: Buffer, at: number): Element {
  const [tag, first] = [bytes[at]!, bytes[at + 1]];
  if (first === undefined || (tag & 0x1f) === 0x1f) throw new DerError('an element breaks off, or has a long tag');
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || more > 3 || at + 2 + more > bytes.length) throw new DerError('the length of an element cannot be read');
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
  const from = at + 2 + more;
  if (from + length > bytes.length) throw new DerError('an element is longer than what it is in');
  return { tag, content: bytes.subarray(from, from + length), bytes: bytes.subarray(at, from + length) };
}
