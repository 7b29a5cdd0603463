import type { Html } from '../html.ts';
import { html } from '../html.ts';

/** What went wrong and what to do about it. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly says: string;
  readonly remedy: string;
}

export function problemPage({ status, title, says, remedy }: Problem): Html {
  return html`<header class="head"><div><h1>${title}</h1><p class="sub">Status ${status}</p></div></header><p>${says}</p><p>${remedy}</p><p><a href="/">Go to the status page</a></p>`;
}
