import { createHmac, randomBytes } from 'node:crypto';

/**
 * What is known of people is committed to with a salt, so that once the salt is erased nobody can confirm a guess by hashing it.
 * A salted document is canonical JSON: {"holdfast":"salted/1","payload":<the document>,"salt":"<64 hex digits>"}.
 */
export const salted = (text: string, salt: Uint8Array = randomSalt(text)): string =>
  `${head}${text}${middle}${Buffer.from(salt).toString('hex')}"}`;

/** The document without its salt; any other as it is. */
export const contentOf = (text: string): string => (isSalted(text) ? text.slice(head.length, -tailLength) : text);

export const isSalted = (text: string): boolean =>
  text.startsWith(head) && text.endsWith('"}') && /^,"salt":"[0-9a-f]{64}"\}$/.test(text.slice(-tailLength));

/** The name by which the trees know an item: its key, or what its salt makes of it. */
export const committedName = (key: string, salt: Uint8Array | null): string =>
  salt === null ? key : `salted:${createHmac('sha256', salt).update(key).digest('hex')}`;

/** Makes the salt of something: random, so that neither can be computed from the other. Tests that compare ledgers give another. */
export type Salt = (of: string) => Uint8Array;
export const randomSalt: Salt = () => randomBytes(32);

const head = '{"holdfast":"salted/1","payload":';
const middle = ',"salt":"';
const tailLength = middle.length + 64 + 2;
