import { randomUUID } from 'node:crypto';
import type { ItemReport, WaiverRow } from '#src/report/types.ts';
import type { Acting, SignedIn } from '../acting.ts';
import { itemLink, named, type PageContext, ruleLink } from '../context.ts';
import { type Html, html } from '../html.ts';
import { type Page, trail } from '../layout.ts';
import { howTo } from './waivers.ts';

type Signed = Extract<SignedIn, { token: string }>;

/** With every form: that we showed it, and one id for what it orders, however often it is sent. */
const sealed = ({ token }: Signed): Html =>
  html`<input type="hidden" name="token" value="${token}"><input type="hidden" name="order" value="${randomUUID()}">`;

/** Approve, refuse or withdraw, as far as this person may. The desk decides anyway. */
export function decisionForms({ id, state, steps }: WaiverRow, signedIn: SignedIn): Html {
  if (signedIn.person === null) return howTo(signedIn);
  const { person } = signedIn;
  const approver = person.roles.includes('approver');
  const own = [person.email, ...person.also].some((address) => address.toLowerCase() === steps[0]!.by.toLowerCase());
  const may = [
    ...(state === 'requested' && approver && !own ? [['approve', 'Approve'] as const, ['refuse', 'Refuse'] as const] : []),
    ...((state === 'requested' || state === 'approved') && (own || approver) ? [['withdraw', 'Withdraw'] as const] : []),
  ];
  if (may.length === 0)
    return state === 'requested'
      ? html`<p class="notice">Somebody else with the role of an approver decides. Signed in as ${named(person.name)}.</p>`
      : html``;
  return html`<section><h2>Decide</h2><form method="post" action="/waivers/${encodeURIComponent(id)}">${sealed(signedIn)}<p><label>Why. Auditors read it.<textarea name="reason" required minlength="3" maxlength="2000" rows="2"></textarea></label></p><p>${may.map(([value, words]) => html`<button name="what" value="${value}">${words}</button> `)}<span class="sub">as ${named(person.name)}, recorded in the ledger</span></p></form></section>`;
}

/** Asks for a waiver of one failing item. */
export function requestPage(report: ItemReport, context: PageContext, signedIn: SignedIn, acting: Acting | undefined): Page {
  const { rule, item, name, result } = report;
  const scope = report.result.scope;
  const line = itemLink(rule.id, scope, item);
  const latest = new Date(context.asOf + (acting?.longestDays ?? 90) * 86_400_000 - 86_400_000).toISOString().slice(0, 10);
  return {
    title: 'Ask for a waiver',
    body: html`${trail(html`<a href="/waivers">Waivers</a>`, html`Ask`)}<header class="head"><div><h1>Ask for a waiver</h1><p class="sub"><a href="${line}">${named(name || item)}</a> under <a href="${ruleLink(rule.id)}">${rule.title}</a></p></div></header><p>${named(result.message)}</p>${
      signedIn.person === null
        ? howTo(signedIn)
        : html`<form method="post" action="/waivers">${sealed(signedIn)}<input type="hidden" name="rule" value="${rule.id}"><input type="hidden" name="scope" value="${scope}"><input type="hidden" name="item" value="${item}"><p><label>Reason. Why it cannot be mended in time.<textarea name="reason" required minlength="10" maxlength="2000" rows="3"></textarea></label></p><p><label>Compensating control. What keeps the risk down meanwhile.<textarea name="compensating" required minlength="10" maxlength="2000" rows="3"></textarea></label></p><p><label>Last day<input type="date" name="until" required max="${latest}"></label></p><p><button>Ask</button> <span class="sub">as ${named(signedIn.person.name)}. Somebody else, an approver, decides. What failed stays a deviation.</span></p></form>`
    }`,
  };
}
