/* What foreign text may look like in Slack: nothing in it acts, nothing in it hides, and what is cut is said. */

/** Characters that are not seen, or that move what is seen; variation selectors only choose the look of an emoji. */
const hidden =
  /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/gu;
/** Marks piled up on one letter reach into the lines around it. */
const piled = /(\p{M}{3})(\p{M}+)/gu;

const named: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` };
const shown = (character: string): string => named[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`;

/** On one line: controls, direction marks, zero widths and breaks are shown as `\n`, `\u{202e}`. Never empty. */
export const oneLine = (text: string): string =>
  text.replace(hidden, shown).replace(piled, (_, some: string, rest: string) => some + Array.from(rest, shown).join('')) || '(empty)';

/** The same, with its lines kept: for text that stands in a box of its own. */
export const someLines = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => (line === '' ? '' : oneLine(line)))
    .join('\n')
    .trim() || '(empty)';

/** At most `most` characters of it, and then how many were left out. */
export function cut(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most).join('')}… +${grouped(characters.length - most)} more`;
}

/** Before and after, cut so that where they begin to differ is still seen. */
export function cutAlike(before: string, after: string, most: number): [string, string] {
  const [a, b] = [Array.from(before), Array.from(after)];
  if (a.length <= most && b.length <= most) return [before, after];
  let alike = 0;
  while (alike < a.length && alike < b.length && a[alike] === b[alike]) alike++;
  const from = alike > 40 ? alike - 20 : 0;
  const head = from === 0 ? '' : `(${grouped(from)} alike) …`;
  return [head + cut(a.slice(from).join(''), most), head + cut(b.slice(from).join(''), most)];
}

/** For the markup of Slack's plain messages: exactly these three characters begin anything there. */
export const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** An address that a reader may be sent to; null for anything else. */
export function linkable(address: string | null, longest: number): string | null {
  if (address === null || address.length > longest) return null;
  const url = URL.parse(address);
  if (url === null || !['https:', 'http:'].includes(url.protocol) || url.username !== '' || url.password !== '') return null;
  return url.href.length > longest ? null : url.href;
}

export const grouped = (count: number): string => count.toLocaleString('en-GB');

/** `2026-03-01 10:02 UTC` */
export const utc = (instant: number): string => `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** A span in its two largest units: `3 h 12 min`. */
export function span(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days > 0) return `${days} ${days === 1 ? 'day' : 'days'}${hours > 0 ? ` ${hours} h` : ''}`;
  if (hours > 0) return `${hours} h${minutes % 60 > 0 ? ` ${minutes % 60} min` : ''}`;
  return minutes > 0 ? `${minutes} min` : 'less than a minute';
}
