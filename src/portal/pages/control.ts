import { criteria as allCriteria, isCriterionId } from '#src/criteria.ts';
import type { ControlReport, ControlRule } from '#src/report/types.ts';
import type { Part } from '#src/window/conclusions.ts';
import type { RuleFacts, Shortfall } from '#src/window/facts.ts';
import { instant, type PageContext, ruleLink } from '../context.ts';
import { factsInWords } from '../facts.ts';
import { type Html, html } from '../html.ts';
import { type Page, trail } from '../layout.ts';
import { legend, monthAxis, stripSvg } from '../strip.ts';
import { conclusionMark, conclusionMeanings, gradeWords, shortfallInWords, tallyInWords } from '../told.ts';
import { capitalized, counted, percent } from '../wording.ts';

/** One control: what the company says, what the window shows of it, and every rule that this rests on. */
export function controlPage(control: ControlReport, context: PageContext): Page {
  const { id, title, statement, owner, frequency, type, criteria, key, supporting } = control;
  return {
    title: `${id} ${title}`,
    body: html`${trail(html`${id}`)}<header class="head"><div><h1>${id} <span class="span">${title}</span></h1>
<p class="sub">Owner: ${owner} · Performed: ${frequency} · ${capitalized(type)}</p></div><p>${conclusionMark(control.conclusion)}</p></header>
<p class="statement">${statement}</p>
${concluded(control, context)}
<h2>Criteria it serves</h2><ul class="criteria">${criteria.map((criterion) => html`<li><b>${criterion}</b> ${paraphrase(criterion)}</li>`)}</ul>
${ruleSection('Key rules', 'Without them the statement is not tested.', key, context)}
${ruleSection('Supporting rules', 'They tell more. They may lower what is concluded, never raise it.', supporting, context)}
${legend()}
${versions(control, context)}`,
  };
}

function concluded(control: ControlReport, context: PageContext): Html {
  const { conclusion, says, grade, tally, strip, observed, detail } = control;
  const { shown, clock } = context;
  const { supportingDeviations, pending, notInForce, parts } = detail;
  const ofWhole = control.shortfalls.filter(({ name }) => name === 'part-not-tested');
  const empty = [...new Set(parts.flatMap(({ emptyPopulations }) => emptyPopulations))];
  return html`<section><h2>In this window</h2><p>${conclusionMark(conclusion)}${grade === null ? null : html` (${gradeWords[grade]})`}. ${conclusionMeanings[conclusion]}</p>
${says === '' ? null : html`<p>${capitalized(says)}.</p>`}
<div class="timeline">${strip === null ? html`<p class="notice">No key rule is available: there is no time to show.</p>` : html`${monthAxis(shown, clock)}${stripSvg({ window: shown, segments: strip.segments, failures: strip.failures, clock, tall: true })}`}</div>
<ul class="plain"><li>${tallyInWords(tally)}</li>${supportingDeviations.total > 0 ? html`<li>Under supporting rules: ${tallyInWords(supportingDeviations)}</li>` : null}<li>Key rules observed: ${percent(observed)}.</li>${
    pending > 0 ? html`<li>${counted(pending, 'item')} pending.</li>` : null
  }${empty.map((rule) => html`<li><code>${rule}</code>: its population was read whole and had nothing to judge.</li>`)}${notInForce.map(
    ({ from, to }) => html`<li>Not in force from ${instant(from, clock)} to ${instant(to, clock)}: nothing is concluded of that time.</li>`,
  )}</ul>
${lacking('What keeps it from being demonstrated', parts, ({ shortfalls }) => shortfalls, context, ofWhole)}
${lacking('What supporting rules lack', parts, ({ supportingShortfalls }) => supportingShortfalls, context)}</section>`;
}

/** Shortfalls by the version of the control that they are about, and then those of the whole. */
function lacking(
  title: string,
  parts: readonly Part[],
  of: (part: Part) => readonly Shortfall[],
  { clock }: PageContext,
  whole: readonly Shortfall[] = [],
): Html | null {
  const lists = parts.filter((part) => of(part).length > 0);
  if (lists.length === 0 && whole.length === 0) return null;
  return html`<h3>${title}</h3>${lists.map(
    (part) =>
      html`${parts.length > 1 ? html`<p class="sub">${instant(part.from, clock)} to ${instant(part.to, clock)}</p>` : null}${shortfallList(of(part))}`,
  )}${shortfallList(whole)}`;
}

const shortfallList = (shortfalls: readonly Shortfall[]): Html | null =>
  shortfalls.length === 0
    ? null
    : html`<ul class="plain">${shortfalls.map((shortfall) => html`<li>${shortfall.rule === '' ? null : html`<code>${shortfall.rule}</code>: `}${shortfallInWords(shortfall)}.</li>`)}</ul>`;

function ruleSection(title: string, says: string, rules: readonly ControlRule[], context: PageContext): Html {
  return html`<section><h2>${title} <span class="count">${rules.length}</span></h2>${
    rules.length === 0 ? html`<p>None is named.</p>` : html`<p class="sub">${says}</p>${rules.map((rule) => ruleBlock(rule, context))}`
  }</section>`;
}

function ruleBlock({ id, title, available, facts, strip }: ControlRule, { shown, clock }: PageContext): Html {
  if (!available)
    return html`<article class="change"><h3><code>${id}</code></h3><p><b>Not available yet.</b> Nothing tests this part of the statement.</p></article>`;
  return html`<article class="change"><h3><a href="${ruleLink(id)}">${title}</a> <code class="sub">${id}</code></h3>${
    strip === null
      ? html`<p>Nothing is recorded for it.</p>`
      : html`<div class="timeline">${stripSvg({ window: shown, segments: strip.segments, failures: strip.failures, clock })}</div>`
  }${facts === null ? html`<p>Nothing is concluded: no facts for this window.</p>` : factsInWords(facts)}</article>`;
}

function versions({ detail }: ControlReport, { clock }: PageContext): Html {
  const { parts } = detail;
  if (parts.length === 0) return html`<section><h2>Versions in the window</h2><p>No version was in force.</p></section>`;
  return html`<section><h2>Versions in the window <span class="count">${parts.length}</span></h2><p class="sub">Each wording is tested over the time in which it was in force.</p><table><thead><tr><th scope="col">In force</th><th scope="col">Conclusion</th><th scope="col">Key rules</th><th scope="col">Supporting rules</th></tr></thead><tbody>${parts.map(
    ({ from, to, conclusion, key, supporting, shortfalls, supportingShortfalls }: Part) =>
      html`<tr><th scope="row">${instant(from, clock)} to ${instant(to, clock)}</th><td>${conclusionMark(conclusion)}</td><td data-label="Key rules:">${ruleNames(key, shortfalls)}</td><td data-label="Supporting rules:">${ruleNames(supporting, supportingShortfalls)}</td></tr>`,
  )}</tbody></table></section>`;
}

function ruleNames(available: readonly RuleFacts[], shortfalls: readonly Shortfall[]): Html {
  const absent = shortfalls.filter(({ name }) => name === 'rule-not-available');
  if (available.length + absent.length === 0) return html`none`;
  return html`${available.map(({ rule }) => html`<div><code>${rule}</code></div>`)}${absent.map(({ rule }) => html`<div><code>${rule}</code> <span class="sub">not available yet</span></div>`)}`;
}

const paraphrase = (id: string): string => (isCriterionId(id) ? allCriteria[id].says : 'This criterion is not known here.');
