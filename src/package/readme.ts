import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Backfill, Gap } from '#src/evidence/store.ts';
import { type Html, html, markupOf } from '#src/portal/html.ts';
import { legend, monthAxis, patterns, stripSvg } from '#src/portal/strip.ts';
import { conclusionMark, conclusionMeanings } from '#src/portal/told.ts';
import { clockIn, counted, number, percent } from '#src/portal/wording.ts';
import type { DeviationRow, StatusReport } from '#src/report/types.ts';
import type { Window } from '#src/window/types.ts';
import { checking, established, files, limits } from './readme-words.ts';
import type { ControlLine } from './results.ts';
import type { LapsesSetAside } from './set-aside.ts';
import type { WaiversTold } from './waivers.ts';

/** What the first page tells of. */
export interface FirstPage {
  readonly id: string;
  readonly company: string;
  readonly example: boolean;
  readonly timeZone: string;
  readonly window: Window;
  readonly days: { readonly firstDay: string; readonly lastDay: string };
  readonly ledger: { readonly origin: string | null; readonly size: number; readonly root: string; readonly signed: boolean };
  readonly vkeys: readonly string[];
  readonly anchors: readonly { readonly name: string; readonly kind: string; readonly size: number; readonly at: number }[];
  readonly sumsSigned: boolean;
  readonly controls: readonly ControlLine[];
  readonly criteria: StatusReport['criteria'];
  readonly deviations: readonly DeviationRow[];
  readonly waivers: WaiversTold;
  readonly gaps: readonly Gap[];
  /** What was brought later or corrected, in the whole log. */
  readonly backfills: readonly Backfill[];
  /** Deviations that the cycles recorded and that are not told any more. */
  readonly setAside: readonly DeviationRow[];
  readonly lapsesSetAside: LapsesSetAside;
  /** Rules that judged other scopes together with corrected ones, which was not done again. */
  readonly beside: readonly { readonly rule: string; readonly scopes: readonly string[] }[];
  readonly neverRead: readonly { readonly scope: string; readonly reason: string }[];
  readonly retired: readonly { readonly scope: string; readonly at: number; readonly reason: string }[];
  readonly seen: { readonly cycles: number; readonly scopes: number; readonly items: number; readonly observed: number | null };
  readonly documents: { readonly present: number; readonly outside: number; readonly purged: number };
  readonly verifiers: readonly string[];
}

/** 00_README.html: what the package is, what was seen and what was not, and how to check it. No script; all text is shown as text. */
export function firstPage(page: FirstPage): string {
  const { company, days } = page;
  const body = markupOf(html`${patterns}<div class="sheet"><main>
${page.example ? html`<p class="example" role="note"><b>Example company.</b> Recorded replies, not anybody’s systems.</p>` : null}
${heading(page)}
${facts(page)}
${whatItIs(page)}
${controlTable(page)}
${deviationList(page)}
${waiverNote(page)}
${notSeen(page)}
${corrections(page)}
${checking(page)}
${established(page)}
${limits(page)}
${files(page)}
</main><footer><p><b>${disclaimer}</b></p><p class="sub">Export ${page.id} · ledger of ${number(page.ledger.size)} entries, root <code class="hash">${page.ledger.root}</code>, ${page.ledger.signed ? `signed as ${page.ledger.origin}` : 'not signed'}</p></footer></div>`);
  const title = markupOf(html`Evidence of ${company}, ${days.firstDay} to ${days.lastDay}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title}</title><style>${style}</style></head>
<body>
${body}
</body></html>
`;
}

const disclaimer = 'Prepared by management’s monitoring. Not audited; no opinion.';

function heading({ company, days, timeZone, window }: FirstPage): Html {
  const clock = clockIn(timeZone);
  return html`<header class="head"><div><h1><bdi>${company}</bdi> <span class="span">${clock.day(window.from)} to ${clock.day(window.to - 1)}</span></h1>
<p class="sub">Evidence package of the window ${days.firstDay} to ${days.lastDay}, both days included, in ${timeZone}. Everything is told as of ${clock.exact(window.asOf)}.</p></div></header>
<p class="notice"><b>${disclaimer}</b> ${
    window.asOf < window.to
      ? html`<b>The window had not ended when this was made:</b> nothing is known after ${clock.exact(window.asOf)}. `
      : null
  }It states what was observed, deviations and coverage. It grades nothing.</p>`;
}

function facts({ seen, gaps, deviations, waivers, controls, documents, backfills }: FirstPage): Html {
  const fact = (value: string, says: string) => html`<li><b>${value}</b> <span class="sub">${says}</span></li>`;
  const of = (value: number, one: string, rest: string) => fact(number(value), `${value === 1 ? one : `${one}s`}${rest}`);
  const open = deviations.filter(({ firstGood }) => firstGood === null).length;
  const lapsed = new Set(controls.flatMap(({ lapses }) => lapses)).size;
  const noted = controls.filter(({ conclusion }) => conclusion === 'deviations-noted').length;
  return html`<ul class="facts" aria-label="The package in numbers">${[
    fact(seen.observed === null ? '–' : percent(seen.observed), `of scope-time observed, in ${counted(seen.cycles, 'cycle')}`),
    of(gaps.length, 'gap', ' in which a scope was not observed'),
    of(
      deviations.length + lapsed,
      'deviation',
      `${lapsed > 0 ? `, ${number(lapsed)} of them events or duties` : ''}; ${number(open)} open at the end`,
    ),
    fact(`${number(noted)} / ${number(controls.length)}`, 'controls with deviations noted'),
    ...(waivers.inForce > 0 ? [of(waivers.inForce, 'waiver', ' in force at some time; what is accepted counts all the same')] : []),
    ...(backfills.length > 0 ? [of(backfills.length, 'correction', ': looks that were brought later')] : []),
    of(documents.present, 'document', `, for ${counted(seen.items, 'item')} in ${counted(seen.scopes, 'scope')}`),
  ]}</ul>`;
}

function whatItIs({ ledger, company }: FirstPage): Html {
  return html`<section><h2>What this is</h2>
<p>Holdfast, a monitor that <bdi>${company}</bdi> runs, read the configuration of the company’s systems again and again over the window, judged each item by fixed rules, and recorded what it saw in an append-only ledger. This package is that record for the window: what was seen, when, with which code and parameters, and what follows from it. Every number in it leads to rows, every row to documents, every document to an entry of the ledger.</p>
<p>${
    ledger.signed
      ? html`The ledger is signed under the name <code>${ledger.origin}</code>. Someone who holds an earlier head of it, from outside the company, can show that nothing before that head was removed, changed or slipped in since.`
      : html`<b>The ledger is not signed.</b> The package is consistent in itself or it is not, and that can be checked; but whoever had the store could have made it anew as a whole. Hold its root against one that you were given before.`
  }</p></section>`;
}

function controlTable({ controls, window, timeZone, criteria }: FirstPage): Html {
  const clock = clockIn(timeZone);
  const words = [...new Set(controls.map(({ conclusion }) => conclusion))].toSorted();
  const missing = criteria.filter(({ reached }) => !reached).map(({ id }) => id);
  if (controls.length === 0)
    return html`<section><h2>Controls</h2><p class="notice">No control was in force in this window, so nothing is concluded.</p></section>`;
  return html`<section><h2>Controls over the window</h2>
<table class="controls"><thead><tr><th scope="col" colspan="2">Control</th><th scope="col">In this window</th><th scope="col" class="line">${monthAxis(window, clock)}</th><th scope="col" class="num">Observed</th></tr></thead><tbody>${controls.map(
    ({ id, title, criteria: met, conclusion, says, strip, observed }) =>
      html`<tr><th scope="row" class="id">${id}</th><td class="what">${title}<div class="sub">${met.join(' ')}</div></td><td class="says">${conclusionMark(conclusion)}${says === '' ? null : html`<div class="sub">${says}</div>`}</td><td class="line">${
        strip === null
          ? html`<svg class="strip" height="27" role="img" aria-label="No rule tests it: there is nothing to draw."><line class="outside" x1="0" x2="100%" y1="13.5" y2="13.5"/></svg>`
          : stripSvg({ window, segments: strip.segments, failures: strip.failures, clock })
      }</td><td class="num">${percent(observed)}</td></tr>`,
  )}</tbody></table>
${legend()}
<dl class="meanings">${words.map((word) => html`<div><dt>${conclusionMark(word)}</dt><dd>${conclusionMeanings[word]}</dd></div>`)}</dl>
<p class="sub">Observed: the share of the window in which the key rules of the control were looked at; the least of them. In full: <a href="results/conclusions.json">results/conclusions.json</a>.${
    missing.length > 0 ? html` No key rule reaches these criteria, which need other evidence: ${missing.join(' ')}.` : null
  }</p></section>`;
}

const shownRows = 40;

function deviationList({ deviations, timeZone }: FirstPage): Html {
  const clock = clockIn(timeZone);
  if (deviations.length === 0)
    return html`<section><h2>Deviations</h2><p>No deviation of a state was seen in the window. That says nothing of the time that was not observed. Failed events and missed obligations are in <a href="results/conclusions.json">results/conclusions.json</a>.</p></section>`;
  const rows = deviations.slice(0, shownRows);
  return html`<section><h2>Deviations <span class="count">${number(deviations.length)}</span></h2>
<table><thead><tr><th scope="col">First seen</th><th scope="col">Seen mended</th><th scope="col">Clock</th><th scope="col">Rule</th><th scope="col">Item</th><th scope="col">Controls</th></tr></thead><tbody>${rows.map(
    ({ firstBad, firstGood, clock: fate, rule, name, message, controls, waivers }) =>
      html`<tr><td class="when">${clock.time(Date.parse(firstBad))}</td><td class="when">${firstGood === null ? html`<b>open</b>` : clock.time(Date.parse(firstGood))}</td><td class="when">${fate}${waivers.map(({ id, until }) => html`<div class="sub">${id}: waived until ${clock.day(Date.parse(until))}</div>`)}</td><td>${rule}</td><td><bdi>${name}</bdi><div class="sub"><bdi>${message}</bdi></div></td><td class="when">${controls.map((id) => html`<div>${id}</div>`)}</td></tr>`,
  )}</tbody></table>
<p class="sub">${deviations.length > shownRows ? `The first ${shownRows} of ${number(deviations.length)}. ` : ''}All, with their bounds: <a href="results/deviations.csv">results/deviations.csv</a>. Failed events: results/populations. What was owed on a schedule: <a href="results/obligations.csv">results/obligations.csv</a>.</p></section>`;
}

/** That deviations were accepted, and whether somebody tried to accept some otherwise than it is done. */
function waiverNote({ waivers: { inForce, dishonoured } }: FirstPage): Html | null {
  if (inForce + dishonoured.length === 0) return null;
  const one = dishonoured.length === 1;
  return html`<section><h2>Waivers <span class="count">${number(inForce)}</span></h2>
<p>Deviations that the company accepted for a time. Another person than who asked approved each, over named items, from the approval on. They stand beside the deviations and take nothing away from any count or conclusion. What stood under which, and who approved it: <a href="results/waivers.csv">results/waivers.csv</a>. Each with its life: <a href="results/waivers.json">results/waivers.json</a>.</p>${
    dishonoured.length === 0
      ? null
      : html`<p class="notice"><b>${counted(dishonoured.length, 'entry', 'entries')} of the ledger about waivers ${one ? 'breaks' : 'break'} a rule of waivers, and ${one ? 'is' : 'are'} not honoured:</b></p><ul class="plain">${dishonoured.slice(0, shownRows).map(({ index, says }) => html`<li>Entry ${number(index)}: <bdi>${says}</bdi></li>`)}</ul>`
  }</section>`;
}

function notSeen({ gaps, neverRead, retired, timeZone, window }: FirstPage): Html {
  const clock = clockIn(timeZone);
  const until = Math.min(window.to, window.asOf);
  const together = [...Map.groupBy(gaps, ({ reason, unread }) => `${reason}${unread ? `: ${unread.call}` : ''}`)];
  return html`<section><h2>What was not seen</h2>
<p>Time that was not observed counts as neither passed nor failed; it lowers the share observed, and where that is too little, a control is not demonstrated.</p>
${
  together.length === 0
    ? html`<p>Within the window no scope was left unobserved between two looks.</p>`
    : html`<table><thead><tr><th scope="col">Why</th><th scope="col" class="num">Scopes</th><th scope="col" class="num">Times</th><th scope="col">From</th><th scope="col">To</th></tr></thead><tbody>${together.map(
        ([why, own]) =>
          html`<tr><td><bdi>${why}</bdi></td><td class="num">${number(new Set(own.map(({ scope }) => scope)).size)}</td><td class="num">${number(own.length)}</td><td>${clock.time(Math.min(...own.map(({ from }) => from)))}</td><td>${
            own.some(({ to }) => to === null) ? 'lasting' : clock.time(Math.max(...own.map(({ to }) => to ?? until)))
          }</td></tr>`,
      )}</tbody></table><p class="sub">Each gap: <a href="results/unobserved.csv">results/unobserved.csv</a>.</p>`
}
${
  neverRead.length === 0
    ? null
    : html`<h3>Scopes that were never read <span class="count">${number(neverRead.length)}</span></h3><ul class="plain">${neverRead.slice(0, shownRows).map(({ scope, reason }) => html`<li><bdi>${scope}</bdi> <span class="sub"><bdi>${reason}</bdi></span></li>`)}</ul>`
}
${
  retired.length === 0
    ? null
    : html`<h3>Scopes that ended <span class="count">${number(retired.length)}</span></h3><p class="sub">By declaration or by a fact of the provider; they are no longer looked at.</p><ul class="plain">${retired.slice(0, shownRows).map(({ scope, at, reason }) => html`<li><bdi>${scope}</bdi> <span class="sub">${clock.time(at)}, <bdi>${reason}</bdi></span></li>`)}</ul>`
}
<p>Systems that are not connected are not seen at all: <a href="scope/declared.json">scope/declared.json</a> says what the company put in scope and out of it, <a href="scope/sources.json">scope/sources.json</a> what was looked at.</p></section>`;
}

/** What was not known when it happened, and what rests on it. */
function corrections({ backfills, setAside, lapsesSetAside, beside, controls, deviations, window, timeZone }: FirstPage): Html | null {
  if (backfills.length === 0) return null;
  const clock = clockIn(timeZone);
  const own = backfills.filter(({ from, to }) => from < window.to && to > window.from);
  const others = backfills.length - own.length;
  const resting = controls.filter(({ backfilled }) => backfilled).map(({ id }) => id);
  const bounds = deviations.filter(({ backfilled }) => backfilled).length;
  const shown = own.slice(0, shownRows);
  return html`<section><h2>What was brought later or corrected <span class="count">${number(own.length)}</span></h2>
<p>For these scopes and times, looks were brought to the ledger after the event, and the results here follow from them. What the monitor recorded at the time stays in the ledger as it was, beside them. Whoever brought them had a reason and a run, in their own words:</p>
${
  own.length === 0
    ? html`<p>None touches this window.</p>`
    : html`<table><thead><tr><th scope="col" class="num">Entry</th><th scope="col">Recorded</th><th scope="col">Scope</th><th scope="col">From</th><th scope="col">To</th><th scope="col" class="num">Looks</th><th scope="col">Why, and from which run</th></tr></thead><tbody>${shown.map(
        ({ index, at, scope, from, to, looks, reason, run }) =>
          html`<tr><td class="num">${number(index)}</td><td class="when">${clock.time(at)}</td><td><bdi>${scope}</bdi></td><td class="when">${clock.time(from)}</td><td class="when">${clock.time(to)}</td><td class="num">${number(looks)}</td><td><bdi>${reason}</bdi><div class="sub"><bdi>${run}</bdi></div></td></tr>`,
      )}</tbody></table>
<p><b>${
        resting.length === 0
          ? 'No control rests on them'
          : `${counted(resting.length, 'control')} ${resting.length === 1 ? 'rests' : 'rest'} in part on them: ${resting.join(', ')}`
      }</b>; so do the bounds of ${counted(bounds, 'deviation')}. In results/timeline, results/populations, results/unobserved.csv and results/deviations.csv the column <code>backfilled</code> names the entry that a row rests on.</p>`
}
${
  beside.length === 0
    ? null
    : html`<p><b>Not judged again:</b> ${counted(beside.length, 'rule')} over several populations judged other scopes together with corrected ones. What ${beside.length === 1 ? 'it' : 'they'} said of those stays as it was recorded, and might be another with what was brought:</p><ul class="plain">${beside
        .slice(0, shownRows)
        .map(
          ({ rule, scopes }) =>
            html`<li>${rule} <span class="sub"><bdi>${scopes.slice(0, 5).join(', ')}</bdi>${scopes.length > 5 ? ` and ${number(scopes.length - 5)} more` : ''}</span></li>`,
        )}</ul>`
}
${
  setAside.length === 0
    ? html`<p>No deviation of a state that was recorded is left out because of them.</p>`
    : html`<h3>Deviations that were recorded, and that the corrections set aside <span class="count">${number(setAside.length)}</span></h3><p class="sub">They are not among the deviations above. Ask for the evidence that the recorded looks were wrong. All: <a href="results/set-aside.csv">results/set-aside.csv</a>.</p><table><thead><tr><th scope="col">First seen</th><th scope="col">Seen mended</th><th scope="col">Rule</th><th scope="col">Item</th><th scope="col" class="num">Set aside by entry</th></tr></thead><tbody>${setAside
        .slice(0, shownRows)
        .map(
          ({ firstBad, firstGood, rule, name, message, correction }) =>
            html`<tr><td class="when">${clock.time(Date.parse(firstBad))}</td><td class="when">${firstGood === null ? html`<b>open</b>` : clock.time(Date.parse(firstGood))}</td><td>${rule}</td><td><bdi>${name}</bdi><div class="sub"><bdi>${message}</bdi></div></td><td class="num">${correction ? number(correction.index) : ''}</td></tr>`,
        )}</tbody></table>`
}
<p>${
    lapsesSetAside.events + lapsesSetAside.obligations === 0
      ? 'No event that failed, and no obligation that was late or missed, is told otherwise because of them.'
      : html`<b>Set aside likewise:</b> ${counted(lapsesSetAside.events, 'event')} that failed (<a href="results/set-aside-events.csv">results/set-aside-events.csv</a>) and ${counted(lapsesSetAside.obligations, 'obligation')} late or missed (<a href="results/set-aside-obligations.csv">results/set-aside-obligations.csv</a>), as they were recorded.`
  }</p>
<p class="sub">${own.length > shown.length ? `The first ${shownRows} of ${number(own.length)}. ` : ''}${others > 0 ? `${number(others)} more concern other times. ` : ''}All: <a href="results/corrections.csv">results/corrections.csv</a>; each with its calls, replies and items under evidence.</p></section>`;
}

/** The look of the portal, and what a page that stands alone needs besides. */
const style = `${readFileSync(new URL('../portal/portal.css', import.meta.url), 'utf8')}
.sheet { max-width: 70rem; }
.meanings { display: grid; gap: 0.2rem; margin: 0.6rem 0; }
.meanings div { display: grid; grid-template-columns: 12rem 1fr; }
.meanings dd { margin: 0; color: var(--soft); }
.when, .when * { white-space: nowrap; overflow-wrap: normal; }
.check { counter-reset: step; padding: 0; list-style: none; }
.check > li { margin: 0.9rem 0; }
pre { margin: 0.3rem 0; padding: 0.5rem 0.8rem; background: var(--raised); border: 1px solid var(--line); white-space: pre-wrap; }
footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 0.6rem; }
`;
