import type { WaiverRow } from '#src/report/types.ts';
import type { SignedIn } from '../acting.ts';
import { instant, itemLink, named, type PageContext, ruleLink } from '../context.ts';
import { type Html, html } from '../html.ts';
import { type Page, trail } from '../layout.ts';
import { paged } from '../paging.ts';
import { capitalized, countdown, counted, duration, number } from '../wording.ts';

const waiversPerPage = 100;

/** Every waiver: those that wait, those in force by their end, then the others. */
export function waiversPage(asked: { page?: string }, context: PageContext, signedIn: SignedIn): Page {
  const { waivers, strays } = context.report.waivers();
  const { rows, pager } = paged(waivers.toSorted(byUrgency), asked.page, { size: waiversPerPage, noun: 'Waivers', address: '/waivers' });
  const { requested, inForce, expired } = context.status.waivers;
  return {
    title: 'Waivers',
    here: '/waivers',
    body: html`${trail(html`Waivers`)}<header class="head"><div><h1>Waivers</h1><p class="sub">${number(inForce)} in force · ${counted(requested, 'request')} to decide · ${number(expired)} expired while what they accept still fails</p></div></header>
<p>A waiver accepts deviations of named items for a time: with a reason and a compensating control, approved by somebody else than who asked, from the approval on. It takes nothing away: what failed is shown and counted as failed, with the waiver beside it.</p>
${waivers.length === 0 ? html`<p class="notice">Nobody has asked for one.</p>` : html`${pager}${waiverTable(rows, context)}${pager}`}
${strays.length === 0 ? null : html`<section><h2>Entries that are not honoured <span class="count">${number(strays.length)}</span></h2><ul class="plain">${strays.map(({ index, at, says }) => html`<li>Ledger entry ${number(index)}, ${instant(at, context.clock)}: ${says}.</li>`)}</ul></section>`}
${howTo(signedIn)}`,
  };
}

/** Open before closed, the earliest end first; the closed latest first. */
function byUrgency(a: WaiverRow, b: WaiverRow): number {
  const rank = ({ state }: WaiverRow) => ['requested', 'approved'].indexOf(state) + (state === 'requested' || state === 'approved' ? 0 : 9);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  const open = rank(a) < 2;
  return (a.until < b.until ? -1 : 1) * (open ? 1 : -1);
}

function waiverTable(rows: readonly WaiverRow[], context: PageContext): Html {
  return html`<table class="waivers"><thead><tr><th scope="col">Waiver</th><th scope="col">State</th><th scope="col">Ends</th><th scope="col">Accepts</th><th scope="col">Asked for by</th><th scope="col">Decided by</th></tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr><th scope="row"><a href="${waiverLink(row.id)}">${row.id}</a></th><td data-label="State">${stateOf(row)}</td><td data-label="Ends">${endOf(row, context)}</td><td data-label="Accepts">${counted(row.items.length, 'item')} of <a href="${ruleLink(row.rule)}">${row.rule}</a><div class="sub">${named(row.reason)}</div></td><td data-label="Asked for by">${named(row.requestedBy)}</td><td data-label="Decided by">${row.decidedBy === null ? '–' : named(row.decidedBy)}</td></tr>`,
  )}</tbody></table>`;
}

export const waiverLink = (id: string): string => `/waivers/${encodeURIComponent(id)}`;

const states: Readonly<Record<WaiverRow['state'], string>> = {
  requested: 'waits for a decision',
  approved: 'in force',
  expired: 'expired',
  refused: 'refused',
  withdrawn: 'withdrawn',
  lapsed: 'not decided before its end',
  void: 'not honoured',
};

export function stateOf({ state, failing, items, verdict }: WaiverRow): Html {
  const still =
    failing === 0 ? 'nothing of it fails now' : failing === items.length ? 'fails' : `${number(failing)} of ${number(items.length)} fail`;
  return html`<b>${capitalized(states[state])}</b><div class="sub">${verdict?.result === 'fail' ? named(verdict.message) : still}</div>`;
}

export function endOf({ state, until, endedAt }: WaiverRow, { clock, asOf }: PageContext): Html {
  const end = endedAt ?? until;
  const left = Date.parse(end) - asOf;
  const clocked = left > 0 ? `in ${countdown(left)}` : `${duration(-left, Math.floor)} ago`;
  return html`${instant(end, clock)}${state === 'refused' || state === 'void' ? null : html`<div class="sub">${clocked}</div>`}`;
}

/** One waiver: what it accepts, why, and every entry of the ledger about it. */
export function waiverPage(row: WaiverRow, context: PageContext, forms: Html): Page {
  const { id, rule, items, reason, compensating, requestedBy, requestedAt, from, renews, renewedBy, steps, verdict } = row;
  const { clock } = context;
  return {
    title: `Waiver ${id}`,
    body: html`${trail(html`<a href="/waivers">Waivers</a>`, html`${id}`)}<header class="head"><div><h1>Waiver ${id}</h1><p class="sub">Of <a href="${ruleLink(rule)}">${rule}</a>, asked for by ${named(requestedBy)} on ${instant(requestedAt, clock, 'day')}</p></div><div><p>${stateOf(row)}</p></div></header>
<dl class="card"><dt>In force from</dt><dd>${from === null ? 'never yet' : instant(from, clock, 'exact')}</dd><dt>Ends</dt><dd>${endOf(row, context)}</dd>${renews === null ? null : html`<dt>Renews</dt><dd class="wide"><a href="${waiverLink(renews)}">${renews}</a></dd>`}${renewedBy === null ? null : html`<dt>Renewed by</dt><dd class="wide"><a href="${waiverLink(renewedBy)}">${renewedBy}</a></dd>`}<dt>Reason</dt><dd class="wide">${named(reason)}</dd><dt>Compensating control</dt><dd class="wide">${named(compensating)}</dd></dl>
${verdict === null ? null : html`<p>${verdict.result === 'fail' ? html`<b>Deviation:</b> ` : null}${named(verdict.message)}</p>`}
<section><h2>What it accepts <span class="count">${number(items.length)}</span></h2><ul class="plain">${items.map(
      ({ scope, item, name, failing }) =>
        html`<li><a href="${itemLink(rule, scope, item)}">${named(name)}</a> <span class="sub">${named(scope)}; ${failing ? 'fails now' : 'does not fail now'}</span></li>`,
    )}</ul></section>
${forms}
<section><h2>Its life</h2><table class="life"><thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Who</th><th scope="col">Why</th><th scope="col" class="num">Ledger entry</th></tr></thead><tbody>${steps.map(
      ({ step, at, name, by, way, index, reason: why, flaw }) =>
        html`<tr><td data-label="When">${instant(at, clock, 'exact')}</td><td data-label="What">${capitalized(step)}${flaw === null ? null : html`<div><b>Not honoured:</b> ${named(flaw)}</div>`}</td><td data-label="Who">${named(name)}<div class="sub">${named(by)}, by ${ways[way]}</div></td><td data-label="Why">${named(why)}</td><td class="num"><span class="label">Ledger entry </span>${number(index)}</td></tr>`,
    )}</tbody></table></section>`,
  };
}

const ways = { command: 'command', page: 'these pages', slack: 'Slack' } as const;

/** How to ask and to decide where these pages do not take it. */
export function howTo(signedIn: SignedIn): Html {
  if (signedIn.person !== null)
    return html`<p class="sub">Signed in as ${named(signedIn.person.name)}. Ask for a waiver from the page of a failing item.</p>`;
  return html`<section><h2>To ask for one, and to decide</h2><p>${signedIn.why} Ask with <code>holdfast waive request --rule ID --item KEY --reason … --compensating … --until DAY</code>, decide with <code>holdfast waive approve ID --reason …</code>, or do either in Slack, from the message of an alert.</p></section>`;
}
