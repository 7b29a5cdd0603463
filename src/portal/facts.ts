import type { RuleFacts } from '#src/window/facts.ts';
import { type Html, html } from './html.ts';
import { equationInWords, measureTable, reasonInWords, shortfallInWords } from './told.ts';
import { capitalized, counted, duration, hours, number, percent } from './wording.ts';

/** What one rule has to say about the window. */
export function factsInWords(facts: RuleFacts): Html {
  const {
    kind,
    population,
    applicable,
    pending,
    measure,
    equation,
    obligations,
    scopeCoverage,
    longestGap,
    unobserved,
    findings,
    shortfalls,
  } = facts;
  const silences = Object.entries(unobserved).filter(([, ms]) => ms > 0);
  const states = ['met', 'late', 'missed', 'not-yet-due', 'unobserved'] as const;
  const total = findings.reduce((sum, { count }) => sum + count, 0);
  const what = kind === 'state' ? 'item' : kind === 'event' ? 'event' : 'obligation';
  return html`${measure === null ? null : measureTable(measure, 'Item-time in the window')}${equation === null ? null : html`<p class="equation">${equationInWords(equation)}</p>`}${
    kind === 'cadence'
      ? html`<p class="equation">${counted(obligations.length, 'obligation')} = ${states.map((state) => `${number(obligations.filter((each) => each.state === state).length)} ${state.replaceAll('-', ' ')}`).join(' + ')}</p>`
      : null
  }<ul class="plain"><li>${counted(population, what)}${kind === 'state' ? `, to ${number(applicable)} of which it applied` : ''}; ${counted(total, 'deviation')}${pending > 0 ? `; ${number(pending)} pending` : ''}.</li><li>Scopes observed: ${percent(scopeCoverage)}; longest time without: ${longestGap > 0 ? duration(longestGap, Math.ceil) : 'none'}.</li>${
    silences.length === 0
      ? null
      : html`<li>Not observed, in hours of ${kind === 'state' ? 'items' : 'scopes'}: ${silences.map(([reason, ms]) => `${hours(ms)} ${reasonInWords(reason)}`).join('; ')}.</li>`
  }${shortfalls.map((shortfall) => html`<li>${capitalized(shortfallInWords(shortfall))}.</li>`)}</ul>`;
}
