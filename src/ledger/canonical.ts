import { createHash } from 'node:crypto';

/** JSON values as evidence knows them: no fractions, so that every language writes the same bytes. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * RFC 8785 canonical JSON, restricted to strings, booleans, null and integers below 2^53. Keys sort by UTF-16 units; undefined members are left out.
 * Throws a TypeError on anything else: evidence is never rounded or guessed.
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError('canonical JSON: a string is not well-formed Unicode');
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`canonical JSON: ${value} is not an integer below 2^53`);
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map((element) => canonical(element)).join(',')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    members.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${canonical(name)}:${canonical(member)}`).join(',')}}`;
  }
  throw new TypeError(`canonical JSON: ${typeof value} has no form`);
}

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
