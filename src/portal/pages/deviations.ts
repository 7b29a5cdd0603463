import type { DeviationRow } from '#src/report/types.ts';
import type { Finding } from '#src/window/judge.ts';
import { controlReference, instant, itemLink, named, type PageContext, ruleLink } from '../context.ts';
import { lapses } from '../findings.ts';
import { type Html, html } from '../html.ts';
import { type Page, trail } from '../layout.ts';
import { paged } from '../paging.ts';
import { type Clock, capitalized, countdown, counted, duration, number } from '../wording.ts';
import { waiverLink } from './waivers.ts';

const deviationsPerPage = 200;

/** Every deviation, the open ones first and among them the one due first, each with its bounds and its clock. */
export function deviationsPage(asked: { page?: string; lapses?: string }, context: PageContext): Page {
  const all = context.report.deviations().toSorted(byUrgency);
  const other = lapses(context.report.controls(), all);
  const open = all.filter(isOpen).length;
  const { rows, pager } = paged(all, asked.page, { size: deviationsPerPage, noun: 'Deviations', address: '/deviations' });
  return {
    title: 'Deviations',
    here: '/deviations',
    body: html`${trail(html`Deviations`)}<header class="head"><div><h1>Deviations</h1><p class="sub">${
      context.status.window === null ? 'In the last 30 days; no window is declared' : 'In this window'
    } · ${counted(all.length + other.length, 'deviation')}: ${counted(all.length, 'stretch', 'stretches')} of failing items, ${number(open)} open; ${counted(other.length, 'failed event or lapsed obligation', 'failed events and lapsed obligations')}</p></div></header>
<section><h2>Items that failed <span class="count">${number(all.length)}</span></h2><p>Each lasts from the first look that saw it to the first that saw it no more. Looks are points in time, so each has a least and a greatest length. Its clock starts at the first look that saw it, and does not stop while nothing is observed.</p>
${all.length === 0 ? html`<p class="notice">None is known. What was not observed may hide one: see the shares observed on the <a href="/">status page</a>.</p>` : html`${pager}${deviationTable(rows, context)}${pager}`}</section>
${lapseTable(other, asked.lapses, context)}`,
  };
}

export function deviationTable(rows: readonly DeviationRow[], context: PageContext, { ofItem = false } = {}): Html {
  const { clock } = context;
  return html`<table class="deviations"><thead><tr>${ofItem ? null : html`<th scope="col">Item and rule</th>`}<th scope="col">What</th><th scope="col">Last good look</th><th scope="col">Seen failing</th><th scope="col">First good look</th><th scope="col">Lasted</th><th scope="col">Clock</th></tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr>${
        ofItem
          ? null
          : html`<th scope="row"><a href="${itemLink(row.rule, row.scope, row.item)}">${named(row.name || row.item)}</a><div class="sub"><a href="${ruleLink(row.rule)}">${row.rule}</a></div><div class="sub">${row.controls.map((id) => html`${controlReference(id, id, context)} `)}</div></th>`
      }<td>${named(row.message)}<div class="sub">Severity ${row.severity}${row.carriedIn ? '; began before the window' : ''}</div>${row.waivers.map(({ id, until, approvedBy }) => html`<div class="sub">Under waiver <a href="${waiverLink(id)}">${id}</a> until ${instant(until, clock)}, approved by ${named(approvedBy)}</div>`)}${row.correction ? html`<div class="sub">Rests on looks brought later, known since ledger entry ${number(row.correction.index)}: ${named(row.correction.reason)}</div>` : null}${row.notJudgedAgain ? html`<div class="sub">Judged with another scope, which ledger entry ${number(row.notJudgedAgain.index)} corrected, and not judged again: ${named(row.notJudgedAgain.reason)}</div>` : null}</td><td data-label="Last good look">${row.lastGood === null ? 'none before' : instant(row.lastGood, clock)}</td><td data-label="Seen failing">${instant(row.firstBad, clock)}${row.lastBad === row.firstBad ? html`<div class="sub">one look</div>` : html`<div class="sub">to ${instant(row.lastBad, clock)}</div>`}</td><td data-label="First good look">${row.firstGood === null ? html`<b>Open</b>` : html`${instant(row.firstGood, clock)}<div class="sub">${closings[row.closedBy ?? 'pass']}</div>`}</td><td data-label="Lasted">${bounds(row)}</td><td data-label="Clock">${clockOf(row, context)}</td></tr>`,
  )}</tbody></table>`;
}

/** What is wrong at one instant: a failed event, an obligation late or missed. */
function lapseTable(all: readonly Finding[], asked: string | undefined, { status, clock }: PageContext): Html {
  const { rows, pager } = paged(all, asked, {
    size: deviationsPerPage,
    noun: 'Events and obligations',
    address: '/deviations',
    name: 'lapses',
  });
  const none = status.window === null ? 'They are told once a window is declared.' : 'None is known under any rule of a control in force.';
  return html`<section><h2>Failed events and lapsed obligations <span class="count">${number(all.length)}</span></h2>${
    all.length === 0
      ? html`<p class="notice">${none}</p>`
      : html`${pager}<table><thead><tr><th scope="col">What</th><th scope="col">Rule</th><th scope="col">When or period</th><th scope="col">Outcome</th></tr></thead><tbody>${rows.map(
          ({ id, rule, item, remediated, underWaiver }) =>
            html`<tr><th scope="row">${named(item)}</th><td><a href="${ruleLink(rule)}">${rule}</a></td><td>${whenOf(id, clock)}</td><td><b>${outcomes[remediated ?? 'event']}</b>${underWaiver ? ', under waiver' : ''}</td></tr>`,
        )}</tbody></table>${pager}`
  }</section>`;
}

/** What the id ends with: the instant of an event, the period of an obligation. */
function whenOf(id: string, clock: Clock): Html {
  const when = id.slice(id.lastIndexOf('@') + 1);
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(when) ? instant(when, clock) : html`${when}`;
}

const outcomes = { event: 'Failed', 'in-time': 'Done in time', late: 'Done late', open: 'Not done' } as const;
const closings = { pass: 'it passed', 'not-applicable': 'the rule no longer applied', gone: 'the item was gone' } as const;

/** At least and at most, the least rounded down and the most up. */
function bounds({ atLeast, atMost, firstGood }: DeviationRow): Html {
  const least = atLeast === 0 ? 'seen at one instant' : `at least ${duration(atLeast * 1000, Math.floor)}`;
  const most =
    atMost === null
      ? 'no bound: no look came before'
      : `at most ${duration(atMost * 1000, Math.ceil)}${firstGood === null ? ' so far' : ''}`;
  return html`${least}<div class="sub">${most}</div>`;
}

function clockOf({ clock: state, due, firstGood }: DeviationRow, { clock, asOf }: PageContext): Html {
  const dueAt = Date.parse(due);
  const late = (firstGood === null ? asOf : Date.parse(firstGood)) - dueAt;
  const words = {
    'in-time': 'In time',
    late: `Late by ${duration(late, Math.ceil)}`,
    pending: `Due in ${countdown(dueAt - asOf)}`,
    overdue: `Overdue by ${duration(late, Math.ceil)}`,
  }[state];
  return html`<b>${capitalized(words)}</b><div class="sub">due ${instant(due, clock)}</div>`;
}

const isOpen = ({ firstGood }: DeviationRow): boolean => firstGood === null;

/** Open before closed; the open by when they are due, the closed latest first. */
function byUrgency(a: DeviationRow, b: DeviationRow): number {
  if (isOpen(a) !== isOpen(b)) return isOpen(a) ? -1 : 1;
  const [first, second] = isOpen(a) ? [a.due, b.due] : [b.firstBad, a.firstBad];
  return first < second ? -1 : first > second ? 1 : 0;
}
