import type { ListedAlert } from '#src/alerts/list.ts';
import { day } from '#src/duration.ts';
import type { Report, StatusReport } from '#src/report/types.ts';
import type { Window } from '#src/window/types.ts';
import { type Html, html } from './html.ts';
import { type Clock, clockIn } from './wording.ts';

/** What every page has at hand. */
export interface PageContext {
  readonly report: Report;
  readonly status: StatusReport;
  readonly company: string;
  readonly example: boolean;
  readonly clock: Clock;
  /** The present of the report, epoch ms. */
  readonly asOf: number;
  /** What strips span: the window, or without one the last 30 days, which is what reports then cover. */
  readonly shown: Window;
  /** The next cycle, epoch ms, where the schedule tells. */
  readonly next: number | null;
  /** What is told as wrong now; null where nobody watches. */
  readonly alerts: readonly ListedAlert[] | 'unknown' | null;
}

export function pageContext(site: Pick<PageContext, 'report' | 'company' | 'example' | 'next' | 'alerts'>): PageContext {
  const status = site.report.status();
  const asOf = Date.parse(status.asOf);
  return {
    ...site,
    // Told twice, shown if either says so: an example must never pass for the company's own.
    example: site.example || status.example,
    status,
    asOf,
    clock: clockIn(status.window?.timeZone ?? 'UTC'),
    shown: status.window ?? { from: asOf - 30 * day, to: asOf, asOf },
  };
}

export const controlLink = (id: string): string => `/controls/${encodeURIComponent(id.toWellFormed())}`;
/** The way to a control. Without a window none is reported, so there is nowhere to go. */
export function controlReference(id: string, words: string, { status }: PageContext): Html {
  return status.window === null ? html`${words}` : html`<a href="${controlLink(id)}">${words}</a>`;
}

export const ruleLink = (id: string): string => `/rules/${encodeURIComponent(id.toWellFormed())}`;
export const itemLink = (rule: string, scope: string, item: string): string =>
  `/items?${new URLSearchParams({ rule, scope, item }).toString()}`;

/** A name that a provider gave: kept apart, so that its direction of writing changes nothing around it. */
export const named = (name: string): Html => html`<bdi>${name}</bdi>`;

/** An instant (ISO 8601 or epoch ms) as the page writes it, with the exact one for machines. */
export function instant(at: string | number, clock: Clock, style: 'time' | 'exact' | 'day' = 'time'): Html {
  const date = new Date(at);
  return html`<time datetime="${date.toISOString()}">${clock[style](date.getTime())}</time>`;
}
