/**
 * The bytes that canonical base64 stands for: RFC 4648 §4 with padding, no blanks, no bits left over. Null for anything else, so that no two
 * texts stand for the same bytes.
 */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

/** A count or a place as logs write them: decimal, no sign, no leading zero, below 2^53. Null for anything else. */
export function fromDecimal(text: string): number | null {
  if (!/^(?:0|[1-9]\d{0,15})$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
