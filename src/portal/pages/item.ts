import { hour } from '#src/duration.ts';
import { scopeKey } from '#src/evidence/store.ts';
import type { ItemReport } from '#src/report/types.ts';
import { slice } from '#src/window/timeline.ts';
import { instant, itemLink, named, type PageContext, ruleLink } from '../context.ts';
import { type Html, html, preformatted } from '../html.ts';
import { hash, type Page, trail } from '../layout.ts';
import { paged } from '../paging.ts';
import { legend, monthAxis, stateWords, stripSvg, withSilence } from '../strip.ts';
import { measureTable, reasonInWords, resultMark } from '../told.ts';
import { capitalized, duration, number } from '../wording.ts';
import { deviationTable } from './deviations.ts';
import { waiverLink } from './waivers.ts';

const segmentsPerPage = 200;
const changesPerPage = 50;
const closeUpsPerPage = 6;

/** One item under one rule: its timeline in a picture and in words, its deviations, and the evidence behind each verdict. */
export function itemPage(report: ItemReport, asked: { page?: string; changes?: string }, context: PageContext): Page {
  const { rule, name, item, result, segments, measure, deviations } = report;
  const { shown, clock } = context;
  const timed = rule.kind === 'state';
  return {
    title: `${name || item} · ${rule.title}`,
    body: html`${trail(html`<a href="${ruleLink(rule.id)}">${rule.title}</a>`, html`Item`)}<header class="head"><div><h1>${named(name || item)}</h1><p>${rule.title} <code class="sub">${rule.id}</code></p></div><div><p>${resultMark(result.result)} <span class="sub">at the last look</span></p><p>${named(result.message)}</p>${underWaiver(report)}</div></header>
${card(report, context)}
${corrected(report, context)}
${
  timed
    ? html`<section><h2>Timeline</h2><div class="timeline">${monthAxis(shown, clock)}${stripSvg({ window: shown, segments, clock, tall: true })}</div>${legend()}
<h3>Time</h3>${measureTable(measure, 'Time in the window')}</section>`
    : null
}
${deviations.length === 0 ? html`<section><h2>Deviations</h2><p>None is known in ${context.status.window === null ? 'the last 30 days' : 'this window'}.</p></section>` : html`<section><h2>Deviations <span class="count">${deviations.length}</span></h2>${closeUps(report, context)}${deviationTable(deviations, context, { ofItem: true })}</section>`}
${timed ? segmentTable(report, asked.page, context) : null}
${changes(report, asked.changes, context)}
${calls(report)}`,
  };
}

/** The waiver under which it fails, or the way to ask for one. */
function underWaiver({ rule, item, result }: ItemReport): Html | null {
  if (result.result !== 'fail') return null;
  const { waiver, scope } = result;
  return waiver
    ? html`<p class="sub">Under waiver <a href="${waiverLink(waiver.id)}">${waiver.id}</a> until ${waiver.until.slice(0, 10)}, approved by ${named(waiver.approvedBy)}</p>`
    : html`<p class="sub"><a href="/waivers/ask?${new URLSearchParams({ rule: rule.id, scope, item }).toString()}">Ask for a waiver</a></p>`;
}

/** Where, what, when and under which number: what a screenshot of the provider's console would show. */
function card({ scope, item, result, records, gaps, calls: made }: ItemReport, { clock, status }: PageContext): Html {
  const last = records.at(-1);
  const reason = result.reason;
  return html`<dl class="card" aria-label="Where this comes from"><dt>Connection</dt><dd>${scope.connection}</dd><dt>Account</dt><dd>${named(scope.account)}</dd><dt>Region</dt><dd>${scope.region}</dd><dt>Population</dt><dd><code>${scope.population}</code></dd><dt>Item</dt><dd class="wide"><code>${item}</code></dd><dt>Last look</dt><dd>${
    result.lastSeen === null ? 'never' : instant(result.lastSeen, clock, 'exact')
  }</dd><dt>Result since</dt><dd>${result.since === null ? '–' : instant(result.since, clock, 'exact')}</dd><dt>Ledger entry</dt><dd>${
    last === undefined ? 'none' : html`${number(last.index)} of ${number(status.ledger.size)}`
  }</dd><dt>State leaf</dt><dd>${last === undefined ? 'none' : hash(last.leafHash)}</dd><dt>Snapshot</dt><dd>${last?.snapshotHash ? hash(last.snapshotHash) : 'none'}</dd><dt>Calls, gaps</dt><dd>${number(made.length)} at the last look, ${number(gaps.length)} without looks</dd>${
    reason === undefined
      ? null
      : html`<dt>Not observed</dt><dd class="wide">${reasonInWords(reason.reason)}: <code>${reason.call}</code>, which needs <code>${reason.needs || 'no named permission'}</code>. ${named(reason.detail)}</dd>`
  }</dl>`;
}

/** Looks at the whole scope that were not known when they were of. */
function corrected({ corrections }: ItemReport, { clock }: PageContext): Html | null {
  if (corrections.length === 0) return null;
  return html`<section class="corrections"><h2>Brought later or corrected <span class="count">${number(corrections.length)}</span></h2><p class="sub">For these times, looks at the scope of this item came to the ledger after the event, and this page tells what they saw. What was recorded at the time stays in the ledger.</p><table class="failing"><thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col">Known since</th><th scope="col">Why, and from which run</th></tr></thead><tbody>${corrections.map(
    ({ index, at, from, to, reason, run }) =>
      html`<tr><td data-label="From">${instant(from, clock, 'exact')}</td><td data-label="To">${instant(to, clock, 'exact')}</td><td data-label="Known since">ledger entry ${number(index)}, ${instant(at, clock)}</td><td>${named(reason)} <div class="sub">${named(run)}</div></td></tr>`,
  )}</tbody></table></section>`;
}

/** Each deviation drawn large, with time around it: in a window of months it may be one thin line. */
function closeUps({ segments, deviations }: ItemReport, { clock, shown, asOf }: PageContext): Html {
  const whole = withSilence(segments, shown);
  const until = Math.min(shown.to, asOf);
  return html`${deviations.slice(0, closeUpsPerPage).map(({ lastGood, firstBad, firstGood }) => {
    const from = Date.parse(lastGood ?? firstBad);
    const to = firstGood === null ? until : Date.parse(firstGood);
    const margin = Math.max(2 * hour, (to - from) / 2);
    const near = { from: Math.max(shown.from, from - margin), to: Math.min(until, to + margin), asOf };
    if (near.from >= near.to) return html``;
    return html`<figure class="timeline"><figcaption class="sub">${clock.time(near.from)} to ${clock.time(near.to)}</figcaption>${stripSvg({ window: near, segments: slice(whole, near), clock })}</figure>`;
  })}`;
}

/** The timeline as a table: what the picture shows, to the second. */
function segmentTable(
  { rule, scope, item, segments, corrections }: ItemReport,
  asked: string | undefined,
  { shown, clock }: PageContext,
): Html {
  const whole = withSilence(segments, shown);
  const { rows, pager } = paged(whole, asked, {
    size: segmentsPerPage,
    noun: 'Segments',
    address: itemLink(rule.id, scopeKey(scope), item),
  });
  const broughtLater = (from: number, to: number) => {
    const found = corrections.findLast((each) => each.from < to && each.to > from);
    if (!found) return null;
    const whole = found.from <= from && found.to >= to;
    return html` <span class="sub">${whole ? '' : 'in part '}brought later, ledger entry ${number(found.index)}</span>`;
  };
  return html`<section><h2>Timeline in words <span class="count">${number(whole.length)}</span></h2>${pager}<table><thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col">Lasted</th><th scope="col">State</th><th scope="col">Reason</th></tr></thead><tbody>${rows.map(
    ({ from, to, state, reason }) =>
      html`<tr><td data-label="From">${instant(from, clock, 'exact')}</td><td data-label="To">${instant(to, clock, 'exact')}</td><td>${duration(to - from)}</td><td><b>${capitalized(stateWords[state])}</b>${broughtLater(from, to)}</td><td>${reason === undefined ? '' : reasonInWords(reason)}</td></tr>`,
  )}</tbody></table>${pager}</section>`;
}

/** What was recorded of the item, latest first: each verdict with the snapshot that was judged and where the ledger holds it. */
function changes({ rule, scope, item, records, corrections }: ItemReport, asked: string | undefined, { clock }: PageContext): Html {
  const latestFirst = records.toReversed();
  const { rows, pager } = paged(latestFirst, asked, {
    size: changesPerPage,
    noun: 'Changes',
    address: itemLink(rule.id, scopeKey(scope), item),
    name: 'changes',
  });
  if (records.length === 0) return html`<section><h2>Evidence</h2><p>No record of this item is kept.</p></section>`;
  const before = new Map(records.map((record, i) => [record, records[i - 1]]));
  const brought = new Set(corrections.map(({ index }) => index));
  return html`<section><h2>Evidence, latest first <span class="count">${number(records.length)}</span></h2><p class="sub">One entry for each change of the item or of what the rule says of it. Between them, looks saw it unchanged.</p>${pager}${rows.map(
    (record) =>
      html`<article class="change"><h3>${resultMark(record.result)} ${instant(record.asOf, clock, 'exact')} <span class="sub">ledger entry ${number(record.index)}, state leaf ${hash(record.leafHash)}${brought.has(record.index) ? ', brought later' : ''}</span></h3><p>${named(record.message)}</p>${snapshot(record, before.get(record), record === records.at(-1))}</article>`,
  )}${pager}</section>`;
}

type Recorded = ItemReport['records'][number];

function snapshot({ snapshot: text, snapshotHash }: Recorded, before: Recorded | undefined, open: boolean): Html {
  if (text === null) return html`<p class="sub">No snapshot: the look saw the population whole, and the item was not in it.</p>`;
  const changed = changedFields(before?.snapshot ?? null, text);
  return html`${changed.length === 0 ? null : html`<p class="sub">Changed: ${changed.map((field, i) => html`${i > 0 ? ', ' : ''}<code>${field}</code>`)}</p>`}<details${open ? html` open` : null}><summary>Snapshot as judged, SHA-256 <code class="hash">${snapshotHash ?? 'not kept'}</code></summary><pre>${preformatted(pretty(text))}</pre></details>`;
}

/** The calls that the latest look at the scope was made of. The provider knows each by its request id. */
function calls({ calls: made, scope }: ItemReport): Html {
  return html`<section><h2>Calls of the latest look <span class="count">${made.length}</span></h2><p class="sub">At the whole scope ${named(scopeKey(scope))}. The provider can find each by its request id.</p>${
    made.length === 0
      ? html`<p>None is recorded.</p>`
      : html`<table><thead><tr><th scope="col">Call</th><th scope="col">Parameters</th><th scope="col" class="num">Page</th><th scope="col" class="num">Status</th><th scope="col">Request id</th><th scope="col">Failure</th></tr></thead><tbody>${made.map(
          ({ operation, parameters, page, status, requestId, failure }) =>
            html`<tr><th scope="row"><code>${operation}</code></th><td data-label="Parameters"><code>${parameters}</code></td><td class="num"><span class="label">Page </span>${page}</td><td class="num"><span class="label">Status </span>${status}</td><td data-label="Request id"><code>${requestId || 'none given'}</code></td><td data-label="Failure">${failure === null ? 'none' : html`<b>${failure}</b>`}</td></tr>`,
        )}</tbody></table>`
  }</section>`;
}

/** The fields at the top of two snapshots that differ. */
function changedFields(before: string | null, after: string): string[] {
  if (before === null || before === after) return [];
  const [old, young] = [parsed(before), parsed(after)];
  if (old === null || young === null) return [];
  return [...new Set([...Object.keys(old), ...Object.keys(young)])]
    .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(young[field]))
    .sort();
}

function pretty(text: string): string {
  const value = parsed(text);
  return value === null ? text : JSON.stringify(value, null, 2);
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
