/** A value as it may stand in a cell. A list is joined by spaces; what is absent is empty. */
export type Cell = string | number | boolean | null | undefined | readonly string[];

/**
 * RFC 4180 with LF, row by row. Text that a spreadsheet would take for a formula stands behind an apostrophe, whoever wrote it.
 */
export function* csv(columns: readonly string[], rows: Iterable<readonly Cell[]>): Generator<string> {
  yield line(columns);
  for (const row of rows) yield line(row);
}

const line = (row: readonly Cell[]): string => `${row.map(cell).join(',')}\n`;

function cell(value: Cell): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? value.join(' ') : String(value);
  const inert = typeof value !== 'number' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
