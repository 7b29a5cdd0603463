import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { canonical, sha256 } from '#src/ledger/canonical.ts';
import type { Observed } from '#src/population.ts';

/** An item that a look saw. */
export interface CollectedItem {
  readonly key: string;
  readonly name: string;
  /** Canonical JSON of the item. */
  readonly snapshot: string;
  /** SHA-256 of it. */
  readonly hash: string;
  /** Parsed each time it is asked for: all items of a first look at once would take more memory than all else. */
  readonly item: Observed<object>;
}

/** One item by itself, such as a cycle makes of its own places. */
export function collectedItem(item: Observed<object>): CollectedItem {
  const snapshot = canonical(item);
  return { key: item.key, name: item.name, snapshot, hash: sha256(snapshot), item };
}

/** Makes collected items whose texts wait compressed, those that came together in one piece. */
export function shelf(): (identity: { readonly key: string; readonly name: string }, snapshot: string, hash: string) => CollectedItem {
  const texts = createTexts();
  return ({ key, name }, snapshot, hash) => new Shelved(key, name, hash, texts, texts.put(snapshot));
}

/** There are many of them: what each asks for is not made anew for each. */
class Shelved implements CollectedItem {
  readonly key: string;
  readonly name: string;
  readonly hash: string;
  readonly #texts: Texts;
  readonly #place: number;

  constructor(key: string, name: string, hash: string, texts: Texts, place: number) {
    this.key = key;
    this.name = name;
    this.hash = hash;
    this.#texts = texts;
    this.#place = place;
  }

  get snapshot(): string {
    return this.#texts.read(this.#place);
  }

  get item(): Observed<object> {
    return JSON.parse(this.snapshot) as Observed<object>;
  }
}

interface Texts {
  put(text: string): number;
  read(place: number): string;
}

/** A piece is large enough that what its texts have in common is kept once, and small enough to be unpacked for one of them. */
const pieceSize = 8_192;
const pieceTexts = 64;
const unpackedPieces = 4;

/** Canonical JSON has no line ends, so they part the texts of a piece. */
function createTexts(): Texts {
  const packed: { readonly data: Uint8Array; readonly length: number }[] = [];
  const unpacked = new Map<number, readonly string[]>();
  let open: string[] = [];
  let size = 0;

  const close = () => {
    const raw = Buffer.from(open.join('\n'));
    const data = Uint8Array.from(deflateRawSync(raw, { level: 1, chunkSize: raw.length + 64 }));
    packed.push({ data, length: raw.length });
    open = [];
    size = 0;
  };
  const piece = (number: number): readonly string[] => {
    if (number === packed.length) return open;
    const known = unpacked.get(number);
    if (known) return known;
    const { data, length } = packed[number]!;
    const texts = inflateRawSync(data, { chunkSize: length + 64 })
      .toString()
      .split('\n');
    for (const oldest of unpacked.keys()) if (unpacked.size >= unpackedPieces) unpacked.delete(oldest);
    unpacked.set(number, texts);
    return texts;
  };
  return {
    put(text) {
      const place = packed.length * pieceTexts + open.length;
      open.push(text);
      size += text.length;
      if (size >= pieceSize || open.length === pieceTexts) close();
      return place;
    },
    read: (place) => piece(Math.floor(place / pieceTexts))[place % pieceTexts]!,
  };
}
