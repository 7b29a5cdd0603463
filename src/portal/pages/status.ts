import { type UnreadReason, unreadReasons } from '#src/population.ts';
import type { ConnectionStatus, ControlReport, ResultRow, StatusReport } from '#src/report/types.ts';
import { controlLink, controlReference, instant, named, type PageContext } from '../context.ts';
import { lapses } from '../findings.ts';
import { type Html, html } from '../html.ts';
import { hash, type Page } from '../layout.ts';
import { legend, monthAxis, stripSvg } from '../strip.ts';
import { conclusionMark } from '../told.ts';
import { countdown, counted, duration, number, percent } from '../wording.ts';
import { openAlerts } from './alerts.ts';

/** Where the window stands today: every control in one line, what no rule reaches, and what cannot be read. */
export function statusPage(context: PageContext): Page {
  const { status } = context;
  const controls = context.report.controls();
  return {
    title: 'Status',
    here: '/',
    body: html`${header(context)}
${facts(context)}
${openAlerts(context)}
${status.window === null ? noWindow() : controlTable(controls, context)}
${unreached(context)}
${connections(context)}
${outside(context)}`,
  };
}

function header(context: PageContext): Html {
  const { status, company, clock, asOf, next } = context;
  const { window, ledger } = status;
  const scopes = status.connections.reduce((total, connection) => total + connection.scopes, 0);
  return html`<header class="head"><div><h1>${named(company)}${window === null ? null : html` <span class="span">${instant(window.from, clock, 'day')} to ${instant(window.to - 1, clock, 'day')}</span>`}</h1>
<p class="sub">${window === null ? 'No window declared' : `Type 2 window, ${dayOf(status, context)} · ${window.timeZone}`} · ${counted(status.connections.length, 'connection')}, ${counted(scopes, 'scope')}, ${counted(status.items, 'item')} · ledger ${number(ledger.size)}, root ${hash(ledger.root)}</p></div>
<p class="sub cycles">${cyclesInWords(context)}${next === null ? null : html`<br>${next > asOf ? `next in ${countdown(next - asOf)}` : 'next is due now'}`}</p></header>`;
}

/** The oldest of the last cycles, since what is older than it is known of every connection; and who could not be read whole. */
function cyclesInWords({ status, asOf }: PageContext): string {
  const cycles = status.connections.flatMap(({ lastCycle }) => (lastCycle ? [lastCycle] : []));
  if (cycles.length === 0) return 'no cycle yet';
  const incomplete = status.connections.filter(({ lastCycle }) => lastCycle === null || lastCycle.failed > 0).map(({ id }) => id);
  const last = asOf - Math.min(...cycles.map(({ ended }) => ended));
  return incomplete.length === 0 ? `last complete cycle ${ago(last)}` : `last cycle ${ago(last)}, incomplete: ${incomplete.join(', ')}`;
}

function facts({ status, asOf, report }: PageContext): Html {
  const lapsed = lapses(report.controls(), report.deviations()).length;
  const { observed, unobserved, deviations, criteria, results } = status;
  const reached = criteria.filter((criterion) => criterion.reached).length;
  const fact = (value: string, says: string) => html`<li><b>${value}</b> <span class="sub">${says}</span></li>`;
  const due = deviations.nextDue === null ? '' : `, due in ${countdown(Math.max(0, Date.parse(deviations.nextDue) - asOf))}`;
  const waived = deviations.waived > 0 ? `, ${number(deviations.waived)} under waiver` : '';
  const open = deviations.overdue > 0 ? `open now${waived}, ${number(deviations.overdue)} overdue` : `open now${waived}${due}`;
  const now = (['fail', 'unobserved', 'pending', 'pass', 'not-applicable'] as const satisfies readonly ResultRow['result'][])
    .map((result) => `${number(results[result])} ${result.replace('-', ' ')}`)
    .join(', ');
  return html`<ul class="facts" aria-label="The window in numbers">${
    observed === null ? fact('–', 'no window to observe') : fact(percent(observed), 'of the window observed so far')
  }${unobserved === null ? fact('–', 'not observed: no window') : fact(silence(unobserved), `not observed, ${counted(unobserved.gaps, 'gap')}`)}${fact(
    number(deviations.total + lapsed),
    lapsed > 0 ? `deviations, ${number(lapsed)} of them events or duties` : 'deviations',
  )}${fact(number(deviations.open), open)}${fact(`${number(reached)} / ${number(criteria.length)}`, 'criteria reached by a key rule')}</ul>
<p class="now">Now: ${now}.</p>`;
}

function silence({ hours, gaps }: { hours: number; gaps: number }): string {
  return hours === 0 && gaps > 0 ? 'under 1\u00a0h' : duration(hours * 3_600_000);
}

function controlTable(controls: readonly ControlReport[], context: PageContext): Html {
  if (controls.length === 0)
    return html`<p class="notice">No control is in force in this window. Controls are written in the files that <code>holdfast.yaml</code> names.</p>`;
  const families = [...new Set(controls.map(({ family }) => family))];
  return html`<h2 class="hidden">Controls</h2><table class="controls"><thead><tr><th scope="col" colspan="2">Control</th><th scope="col">In this window</th><th scope="col" class="line"><span class="hidden">Timeline</span>${monthAxis(
    context.shown,
    context.clock,
  )}</th><th scope="col" class="num">Observed</th></tr></thead>${families.map(
    (family) =>
      html`<tbody><tr class="family"><th colspan="5" scope="rowgroup">${familyTitles[family] ?? family}</th></tr>${controls
        .filter((control) => control.family === family)
        .map((control) => controlRow(control, context))}</tbody>`,
  )}</table>
${legend()}`;
}

function controlRow(control: ControlReport, { shown, clock }: PageContext): Html {
  const { id, title, criteria, conclusion, says, strip, observed } = control;
  const line =
    strip === null
      ? html`<svg class="strip" height="27" role="img" aria-label="No rule tests it: there is nothing to draw."><line class="outside" x1="0" x2="100%" y1="13.5" y2="13.5"/></svg>`
      : stripSvg({ window: shown, segments: strip.segments, failures: strip.failures, clock });
  return html`<tr><th scope="row" class="id"><a href="${controlLink(id)}">${id}</a></th><td class="what"><a href="${controlLink(id)}" tabindex="-1">${title}</a><div class="sub">${criteria.join(' ')}</div></td><td class="says">${conclusionMark(conclusion)}${
    says === '' ? null : html`<div class="sub">${says}</div>`
  }</td><td class="line">${line}</td><td class="num"><span class="label">Observed </span>${percent(observed)}</td></tr>`;
}

function noWindow(): Html {
  return html`<p class="notice"><b>No window is declared, so nothing is concluded.</b> Give its first and last day under <code>window</code> in <code>holdfast.yaml</code>. Rules and items are shown over the last 30 days.</p>`;
}

function unreached(context: PageContext): Html {
  const { criteria } = context.status;
  const missing = criteria.filter(({ reached }) => !reached);
  if (missing.length === 0)
    return html`<section><h2>Criteria</h2><p>Every criterion in scope is reached by a key rule. <a href="/criteria">See how</a></p></section>`;
  return html`<section><h2>Criteria that no key rule reaches <span class="count">${missing.length}</span></h2><p class="sub">Nothing here tests them; they need other evidence. <a href="/criteria">All criteria</a></p>
<ul class="criteria">${missing.map(({ id, says, controls }) => html`<li><b>${id}</b> ${says} <span class="sub">${controls.length === 0 ? 'No control serves it.' : html`Served by ${controls.map((control) => html`${controlReference(control, control, context)} `)}`}</span></li>`)}</ul></section>`;
}

function connections(context: PageContext): Html {
  const { connections: all } = context.status;
  if (all.length === 0)
    return html`<section><h2>Connections</h2><p class="notice">Nothing has been read over any connection yet. See what each one may read with <code>holdfast check</code>.</p></section>`;
  return html`<section><h2>Connections</h2><table class="connections"><thead><tr><th scope="col">Connection</th><th scope="col">Last cycle</th><th scope="col" class="num">Items</th><th scope="col" class="num">Scopes</th><th scope="col" class="num">Failing</th></tr></thead><tbody>${all.map(
    ({ id, lastCycle, items, scopes, failing }) =>
      html`<tr><th scope="row">${id}</th><td>${lastCycle === null ? 'no cycle yet' : html`${instant(lastCycle.ended, context.clock)} <span class="sub">${ago(context.asOf - lastCycle.ended)}</span>`}</td><td class="num"><span class="label">Items </span>${number(items)}</td><td class="num"><span class="label">Scopes </span>${number(scopes)}</td><td class="num"><span class="label">Failing </span>${number(failing.length)}</td></tr>`,
  )}</tbody></table>
${failures(all, context)}${retired(context)}${corrected(context)}</section>`;
}

function failures(all: readonly ConnectionStatus[], { clock, asOf }: PageContext): Html {
  const silent = all.filter(({ lastCycle, scopes }) => lastCycle === null || scopes === 0).map(({ id }) => id);
  if (silent.length > 0 && all.every(({ failing }) => failing.length === 0))
    return html`<p>Nothing has been read yet over ${silent.join(', ')}.</p>`;
  if (all.every(({ failing }) => failing.length === 0)) return html`<p>Every scope was read at its last look.</p>`;
  return html`<h3>Scopes that cannot be read now</h3><p class="sub">What is not read is not observed; it counts as neither held nor failed.</p><table class="failing"><thead><tr><th scope="col">Scope</th><th scope="col">Call</th><th scope="col">Permission</th><th scope="col">Why</th><th scope="col">Since</th></tr></thead><tbody>${all.flatMap(
    ({ failing }) =>
      failing.map(
        ({ scope, unread, since }) =>
          html`<tr><th scope="row">${named(scope)}</th><td><code>${unread.call}</code></td><td><code>${unread.needs || 'none named'}</code></td><td>${unreadReasons[unread.unread as UnreadReason] ?? unread.unread} <span class="sub">${named(unread.detail)}</span></td><td>${instant(since, clock)} <span class="sub">${duration(asOf - Date.parse(since))}</span></td></tr>`,
      ),
  )}</tbody></table>`;
}

/** Who signs the ledger, and how much of it lies where nobody here can change it. */
function outside({ status, clock, asOf }: PageContext): Html {
  const { signed, keyBesideEvidence, anchors, ledger } = status;
  const signature =
    signed === null
      ? html`<p class="notice"><b>The ledger is not signed.</b></p>`
      : html`<p>Signed as <code>${named(signed.origin)}</code>${signed.size === ledger.size ? '' : `, up to ${counted(signed.size, 'leaf', 'leaves')}`}.${keyBesideEvidence ? ' The key lies beside the evidence: it protects only up to the last anchor.' : ''}</p>`;
  if (anchors.length === 0)
    return html`<section><h2>Outside</h2>${signature}<p class="sub">No anchor is configured, so that nothing outside would show a ledger that was restored or written anew.</p></section>`;
  return html`<section><h2>Outside</h2>${signature}<table class="failing"><thead><tr><th scope="col">Anchor</th><th scope="col">Last checkpoint</th><th scope="col">Behind</th><th scope="col">Last attempt</th></tr></thead><tbody>${anchors.map(
    ({ name, kind, size, at, leavesBehind, behindSince, late, fault }) =>
      html`<tr><th scope="row">${name} <span class="sub">${kind}</span></th><td>${
        size === null || at === null ? 'none yet' : html`${counted(size, 'leaf', 'leaves')}, ${instant(Date.parse(at), clock)}`
      }</td><td>${
        behindSince === null
          ? 'nothing'
          : html`${counted(leavesBehind, 'leaf', 'leaves')}, ${duration(asOf - Date.parse(behindSince))}${late ? html` <b>late</b>` : ''}`
      }</td><td>${
        fault === null
          ? 'went through'
          : html`${instant(Date.parse(fault.at), clock)}: ${named(fault.reason)} <span class="sub">${counted(fault.attempts, 'attempt')}. ${named(fault.mend)}</span>`
      }</td></tr>`,
  )}</tbody></table></section>`;
}

/** What is no longer looked at does not leave without a word. */
function retired({ status, clock }: PageContext): Html | string {
  if (status.retired.length === 0) return '';
  return html`<h3>Scopes that ended in this window</h3><p class="sub">They are no longer looked at, and count as looked at from then on.</p><table class="failing"><thead><tr><th scope="col">Scope</th><th scope="col">Since</th><th scope="col">Why</th></tr></thead><tbody>${status.retired.map(
    ({ scope, at, reason }) =>
      html`<tr><th scope="row">${named(scope)}</th><td>${instant(Date.parse(at), clock)}</td><td>${named(reason)}</td></tr>`,
  )}</tbody></table>`;
}

/** What was not known when it happened, and is told here all the same. */
function corrected({ status, clock }: PageContext): Html | string {
  if (status.backfills.length === 0) return '';
  return html`<h3>Brought later or corrected <span class="count">${number(status.backfills.length)}</span></h3><p class="sub">For these scopes and times, looks came to the ledger after the event. What is shown follows from them; what was recorded at the time stays in the ledger.</p><table class="failing"><thead><tr><th scope="col">Scope</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Ledger entry</th><th scope="col">Why</th></tr></thead><tbody>${status.backfills.map(
    ({ scope, from, to, index, reason }) =>
      html`<tr><th scope="row">${named(scope)}</th><td>${instant(Date.parse(from), clock)}</td><td>${instant(Date.parse(to), clock)}</td><td>${number(index)}</td><td>${named(reason)}</td></tr>`,
  )}</tbody></table>`;
}

function dayOf({ window }: StatusReport, { asOf, clock }: PageContext): string {
  if (window === null) return '';
  const days = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1;
  const total = days(window.firstDay, window.lastDay);
  if (asOf < window.from) return `begins in ${countdown(window.from - asOf)}, ${total} days`;
  if (asOf >= window.to) return `all ${total} days over`;
  return `day ${days(window.firstDay, clock.date(asOf))} of ${total}`;
}

const ago = (ms: number): string => (ms < 60_000 ? 'just now' : `${countdown(ms)} ago`);

/** The families of the starter set. One of the company's own is shown by the letters of its ids. */
const familyTitles: Readonly<Record<string, string>> = {
  AC: 'Logical access',
  BC: 'Continuity and disaster recovery',
  BK: 'Backups',
  CM: 'Change management',
  DS: 'Data security',
  GV: 'Governance',
  IR: 'Logging, monitoring and incident response',
  NW: 'Network and firewalls',
  PH: 'Physical security',
  RK: 'Risk and vendors',
  VM: 'Vulnerability management',
};
