import { deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * A text that waits to be recorded, compressed where that saves memory: a first look holds the text of every item and of every answer at once.
 * Unpacked each time it is asked for.
 */
export function waiting(text: string): () => string {
  const raw = Buffer.from(text);
  // A text that was put together is a tree of its pieces, which weighs more than what is read back.
  const whole = raw.length < worthIt ? raw.toString() : null;
  if (whole !== null) return () => whole;
  const { length } = raw;
  const packed = Uint8Array.from(deflateRawSync(raw, { level: 1, chunkSize: length + 64 }));
  return () => inflateRawSync(packed, { chunkSize: length + 64 }).toString();
}

const worthIt = 1_024;
