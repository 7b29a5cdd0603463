import type { Corrected } from '#src/report/corrected.ts';

const hostile = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Provider text for a terminal: control characters, escapes and direction marks become visible instead of active. */
export const printable = (text: string): string =>
  text.replace(hostile, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Rows as aligned columns under their headings. The last column is never padded. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => printable(cell)));
  const widths = headings.map((heading, i) => Math.max(heading.length, ...cells.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return `${[headings, ...cells].map(line).join('\n')}\n`;
}

export const shorten = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);

/** What stands behind a message that rests on looks that were brought later or corrected. */
export const broughtLater = ({
  correction,
  notJudgedAgain: beside,
}: {
  correction: Corrected | undefined;
  notJudgedAgain: Corrected | undefined;
}): string =>
  (correction ? ` (brought later, known since leaf ${correction.index}: ${correction.reason})` : '') +
  (beside ? ` (not judged again since leaf ${beside.index} corrected a scope that it was judged with: ${beside.reason})` : '');

/** What stands behind a message about something that was accepted. */
export const underWaiver = (waivers: readonly { readonly id: string; readonly until: string; readonly approvedBy: string }[]): string =>
  waivers.map(({ id, until, approvedBy }) => ` (${id}: waived until ${until.slice(0, 10)} by ${approvedBy})`).join('');
