import { portalServer } from '#src/portal/server.ts';
import type { Report } from '#src/report/types.ts';
import { asOf } from './company.ts';
import { fixture } from './fixture.ts';

/** A portal over a report, without a socket. */
export const portalOf = (report: Report, options: Partial<Parameters<typeof portalServer>[0]> = {}) =>
  portalServer({
    report: () => report,
    ledgerSize: () => 4344,
    listen: { host: '127.0.0.1' },
    company: 'Acme Health',
    example: false,
    now: () => asOf,
    nextCycle: () => asOf + 56 * 60_000,
    ...options,
  });

/** What someone reads on a page: its text, with one space where there is any. */
export async function read(address: string, report: Report = fixture): Promise<string> {
  const { payload } = await portalOf(report).inject(address);
  return textOf(payload);
}

export const sourceOf = async (address: string, report: Report = fixture): Promise<string> =>
  (await portalOf(report).inject(address)).payload;

export function textOf(source: string): string {
  const shown = source
    .slice(source.indexOf('<body>'))
    .replaceAll(/<title>.*?<\/title>/g, '')
    .replaceAll(/<(?:th|td|tr|div|p|li|h\d|dt|dd|br|small|b|section|summary|pre)\b/g, ' $&');
  const text = shown.replaceAll(/<[^>]*>/g, '');
  const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };
  return text.replaceAll(/&(?:lt|gt|quot|amp|#39);/g, (entity) => entities[entity]!).replaceAll(/\s+/g, ' ');
}
