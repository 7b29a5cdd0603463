import type { RuleItem, RuleReport } from '#src/report/types.ts';
import { inspectedBy, type Rule } from '#src/rule.ts';
import { measure } from '#src/window/measure.ts';
import type { Obligation } from '#src/window/obligations.ts';
import { controlReference, instant, itemLink, named, type PageContext, ruleLink } from '../context.ts';
import { factsInWords } from '../facts.ts';
import { type Html, html } from '../html.ts';
import { type Page, trail } from '../layout.ts';
import { paged } from '../paging.ts';
import { legend, monthAxis, stripSvg, withSilence } from '../strip.ts';
import { resultMark } from '../told.ts';
import { capitalized, counted, duration, number } from '../wording.ts';

const itemsPerPage = 200;

/** One rule: what it tests, with which values, and every item that it judged, worst first. */
export function rulePage(report: RuleReport, asked: { page?: string; owed?: string }, context: PageContext): Page {
  const { rule, controls, facts, strip, unread, obligations } = report;
  const { shown, clock } = context;
  return {
    title: rule.title,
    body: html`${trail(html`${rule.id}`)}<header class="head"><div><h1>${rule.title}</h1><p class="sub"><code>${rule.id}</code> · ${kinds[rule.kind]} · severity ${rule.severity}</p></div></header>
<p>${rule.rationale}</p><p><b>If it fails:</b> ${rule.remediation}</p>
<p>Tests ${controls.length === 0 ? 'no control in force' : controls.map(({ id, title, role }, i) => html`${i > 0 ? ', ' : ''}${controlReference(id, `${id} ${title}`, context)} (${role})`)}.</p>
${looksAt(rule)}
${parameters(report)}
<section><h2>${context.status.window === null ? 'In the last 30 days' : 'In this window'}</h2>${
      strip === null
        ? html`<p class="notice">Nothing is recorded for this rule.</p>`
        : html`<div class="timeline">${monthAxis(shown, clock)}${stripSvg({ window: shown, segments: strip.segments, failures: strip.failures, clock, tall: true })}</div>`
    }${facts === null ? html`<p>No facts: nothing is concluded.</p>` : factsInWords(facts)}</section>
${neverRead(unread)}
${rule.kind === 'cadence' ? obligationTable(obligations, asked.owed, rule.id, context) : null}
${itemTable(report, asked.page, context)}
${legend()}`,
  };
}

const kinds = {
  state: 'judges what exists, at every look',
  event: 'judges what happened, once',
  cadence: 'judges whether something is done on time',
} as const;

function looksAt(rule: Rule): Html {
  return html`<h2>What it looks at</h2><ul class="plain">${inspectedBy(rule).map(
    ({ population, fields }) =>
      html`<li>${population.title} <code>${population.type}</code>: ${fields.length === 0 ? 'that it exists' : fields.map((field, i) => html`${i > 0 ? ', ' : ''}<code>${field}</code>`)}</li>`,
  )}</ul><p class="sub">Where one of these could not be read, the result is unobserved.</p>`;
}

function parameters({ rule, parameters: values }: RuleReport): Html {
  const rows = Object.entries(values);
  if (rows.length === 0) return html`<h2>Parameters in force</h2><p>It has none.</p>`;
  const shape = ((rule.parameters as { shape?: Record<string, { description?: string }> }).shape ?? {}) as Record<
    string,
    { description?: string }
  >;
  return html`<h2>Parameters in force</h2><table><thead><tr><th scope="col">Parameter</th><th scope="col">Value</th><th scope="col">Meaning</th></tr></thead><tbody>${rows.map(
    ([name, value]) =>
      html`<tr><th scope="row"><code>${name}</code></th><td><code>${JSON.stringify(value) ?? 'unset'}</code></td><td>${shape[name]?.description ?? ''}</td></tr>`,
  )}</tbody></table>`;
}

function neverRead(unread: RuleReport['unread']): Html | null {
  if (unread.length === 0) return null;
  return html`<section><h2>Scopes never read <span class="count">${unread.length}</span></h2><p class="sub">What is in them is not known, so none of their items is in the list below. They count as unobserved.</p><table><thead><tr><th scope="col">Scope</th><th scope="col">Why</th></tr></thead><tbody>${unread.map(
    ({ scope, reason }) => html`<tr><th scope="row">${named(scope)}</th><td>${named(reason)}</td></tr>`,
  )}</tbody></table></section>`;
}

function obligationTable(all: readonly Obligation[], asked: string | undefined, rule: string, { clock }: PageContext): Html {
  const { rows, pager } = paged(all, asked, { size: itemsPerPage, noun: 'Obligations', address: ruleLink(rule), name: 'owed' });
  const early = ({ days }: Obligation) =>
    days === null ? '' : days === 0 ? 'on the day' : days < 0 ? `${counted(-days, 'day')} early` : `${counted(days, 'day')} late`;
  return html`<section><h2>Obligations <span class="count">${number(all.length)}</span></h2>${
    all.length === 0
      ? html`<p>Nothing was owed in this window.</p>`
      : html`<table><thead><tr><th scope="col">Owed by</th><th scope="col">Period</th><th scope="col">Due</th><th scope="col">Done</th><th scope="col">State</th><th scope="col">Days</th></tr></thead><tbody>${rows.map(
          (row) =>
            html`<tr><th scope="row">${named(row.subject)}</th><td data-label="Period">${row.period}${row.inWindow ? null : html` <span class="sub">answered by another window</span>`}</td><td data-label="Due">${instant(row.due, clock)}</td><td data-label="Done">${row.done === null ? '–' : instant(row.done, clock)}${row.item === null ? null : html`<div class="sub">${named(row.item)}</div>`}</td><td><b>${capitalized(row.state.replaceAll('-', ' '))}</b></td><td>${early(row)}</td></tr>`,
        )}</tbody></table>${pager}`
  }</section>`;
}

function itemTable({ rule, items, unread }: RuleReport, asked: string | undefined, context: PageContext): Html {
  const { rows, pager } = paged(items, asked, { size: itemsPerPage, noun: 'Items', address: ruleLink(rule.id) });
  const lines = rule.kind === 'state';
  if (items.length === 0)
    return html`<section><h2>Items <span class="count">0</span></h2><p>${unread.length > 0 ? 'No item is known: see the scopes never read.' : 'No item of this window is known.'}</p></section>`;
  return html`<section><h2>Items, worst first <span class="count">${number(items.length)}</span></h2>${pager}<table class="items"><thead><tr><th scope="col">Item</th><th scope="col">Now</th>${
    lines
      ? html`<th scope="col" class="line"><span class="hidden">Timeline</span>${monthAxis(context.shown, context.clock)}</th><th scope="col" class="num">Failed</th><th scope="col" class="num">Not observed</th>`
      : null
  }</tr></thead><tbody>${rows.map((item) => itemRow(rule.id, item, lines, context))}</tbody></table>${pager}</section>`;
}

function itemRow(
  rule: string,
  { scope, item, name, result, message, segments }: RuleItem,
  lines: boolean,
  { shown, clock }: PageContext,
): Html {
  const time = lines ? measure(withSilence(segments, shown)) : null;
  return html`<tr><th scope="row"><a href="${itemLink(rule, scope, item)}">${named(name || item)}</a><div class="sub">${named(scope)}</div></th><td class="says">${resultMark(result)}<div class="sub">${named(message)}</div></td>${
    time === null
      ? null
      : html`<td class="line">${stripSvg({ window: shown, segments, clock })}</td><td class="num"><span class="label">Failed </span>${duration(time.failed)}</td><td class="num"><span class="label">Not observed </span>${duration(time.unobserved)}</td>`
  }</tr>`;
}
