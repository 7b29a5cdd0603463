import { type Html, html } from './html.ts';
import { number } from './wording.ts';

export interface Paged<T> {
  readonly rows: readonly T[];
  /** Which rows these are, and the way to the others; null where all are here. */
  readonly pager: Html | null;
}

/** One page of many rows. A page that does not exist is answered with the nearest; no row is ever out of reach. */
export function paged<T>(
  all: readonly T[],
  asked: string | undefined,
  options: { size: number; noun: string; address: string; name?: string },
): Paged<T> {
  const { size, noun, address, name = 'page' } = options;
  const last = Math.max(1, Math.ceil(all.length / size));
  const page = Math.min(last, Math.max(1, asked !== undefined && /^\d{1,9}$/.test(asked) ? Number(asked) : 1));
  const rows = all.slice((page - 1) * size, page * size);
  if (last === 1) return { rows, pager: null };
  const link = (to: number, words: string, rel: string) =>
    to < 1 || to > last
      ? html`<span class="off">${words}</span>`
      : html`<a rel="${rel}" href="${address}${address.includes('?') ? '&' : '?'}${name}=${to}">${words}</a>`;
  const first = (page - 1) * size + 1;
  const pager = html`<nav class="pager" aria-label="Pages of ${noun}"><span>${noun} ${number(first)} to ${number(first + rows.length - 1)} of ${number(all.length)}</span>${link(page - 1, 'Previous', 'prev')}${link(page + 1, 'Next', 'next')}</nav>`;
  return { rows, pager };
}
