import { hash } from 'node:crypto';

/** JSON values as evidence knows them: no fractions, so that every language writes the same bytes. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * RFC 8785 canonical JSON, restricted to strings, booleans, null and integers below 2^53. Keys sort by UTF-16 units; undefined members are left out.
 * Throws a TypeError on anything else: evidence is never rounded or guessed.
 */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isSafeInteger(value)) throw new TypeError(`canonical JSON: ${value} is not an integer below 2^53`);
      return String(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? list(value) : members(value as Record<string, unknown>);
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      throw new TypeError(`canonical JSON: ${typeof value} has no form`);
  }
}

function list(values: readonly unknown[]): string {
  let text = '[';
  for (let i = 0; i < values.length; i++) text += (i === 0 ? '' : ',') + canonical(values[i]);
  return `${text}]`;
}

function members(value: Record<string, unknown>): string {
  const names = Object.keys(value);
  if (!inOrder(names)) names.sort();
  let text = '{';
  for (const name of names) {
    const member = value[name];
    if (member !== undefined) text += `${text.length === 1 ? '' : ','}${quoted(name)}:${canonical(member)}`;
  }
  return `${text}}`;
}

function inOrder(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return false;
  return true;
}

/** What JSON would escape, and lone surrogates, which have no UTF-8. Most strings have none of it. */
const special = /[\u0000-\u001f"\\\ud800-\udfff]/;

function quoted(text: string): string {
  if (!special.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('canonical JSON: a string is not well-formed Unicode');
  return JSON.stringify(text);
}

export const sha256 = (data: string | Uint8Array): string => hash('sha256', data, 'hex');
