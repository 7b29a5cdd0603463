import { instant, type PageContext } from './context.ts';
import { type Html, html, markupOf } from './html.ts';
import { patterns } from './strip.ts';
import { abbreviated, number } from './wording.ts';

export interface Page {
  /** What the tab says before the company's name. */
  readonly title: string;
  /** The address of the page among `places`, if it is one of them. */
  readonly here?: string;
  readonly body: Html;
}

const disclaimer = 'Prepared by management’s monitoring. Not audited; no opinion.';
const exampleNotice = 'Example company. Recorded replies, not your systems.';

const places = [
  ['/', 'Status'],
  ['/deviations', 'Deviations'],
  ['/waivers', 'Waivers'],
  ['/criteria', 'Criteria'],
] as const;

/** A whole page of the portal, with what every page must say. */
export function layout({ title, here, body }: Page, context: PageContext): string {
  const { company, example, status, clock } = context;
  return shell(
    `${title} · ${company}`,
    html`<div class="running" aria-hidden="true"><b>${company}</b> · ${windowInWords(context)} · ${disclaimer}${example ? ` ${exampleNotice}` : ''}</div>
<div class="sheet">
${example ? html`<p class="example" role="note">${exampleNotice} <span class="screen">Connect your own: <code>bin/holdfast init</code></span></p>` : null}
<nav aria-label="Pages"><a class="brand" href="/">Holdfast</a>${places.map(([address, name]) => html`<a href="${address}"${address === here ? html` aria-current="page"` : null}>${name}</a>`)}</nav>
<main id="content" tabindex="-1">${body}</main>
<footer><p><strong>${disclaimer}</strong></p><p>As of ${instant(status.asOf, clock, 'exact')}. Times are in ${clock.timeZone}${
      status.window === null ? ' because no window declares another zone' : ''
    }. Ledger of ${number(status.ledger.size)} entries, root <code class="hash">${status.ledger.root}</code></p></footer>
</div>`,
  );
}

/** A page that needs nothing but itself, for when there is no report. */
export function barePage(title: string, body: Html, example: boolean): string {
  return shell(
    `${title} · Holdfast`,
    html`<div class="sheet">${example ? html`<p class="example" role="note">${exampleNotice}</p>` : null}<nav aria-label="Pages"><a class="brand" href="/">Holdfast</a></nav>
<main id="content" tabindex="-1">${body}</main><footer><p><strong>${disclaimer}</strong></p></footer></div>`,
  );
}

/** `1 Feb 2026 to 31 Jul 2026, Europe/Berlin` */
function windowInWords({ status, clock }: PageContext): string {
  const { window } = status;
  if (window === null) return 'no window declared';
  return `${clock.day(window.from)} to ${clock.day(window.to - 1)}, ${window.timeZone}`;
}

/** The path from the status page to here. */
export const trail = (...steps: readonly Html[]): Html =>
  html`<ol class="trail" aria-label="Path"><li><a href="/">Status</a></li>${steps.map((step) => html`<li>${step}</li>`)}</ol>`;

/** A hash: its ends on screen, all of it in the tooltip and to a screen reader. */
export const hash = (value: string): Html => html`<code class="hash" title="${value}">${abbreviated(value)}</code>`;

function shell(title: string, content: Html): string {
  return markupOf(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/portal.css"></head>
<body><a class="skip" href="#content">Skip to the content</a>${patterns}
${content}
</body></html>
`);
}
