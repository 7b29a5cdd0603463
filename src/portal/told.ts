import { unreadReasons } from '#src/population.ts';
import type { ResultRow } from '#src/report/types.ts';
import type { ConclusionWord, Grade, Tally } from '#src/window/conclusions.ts';
import type { Equation } from '#src/window/events.ts';
import type { Shortfall } from '#src/window/facts.ts';
import { type Measure, ratios } from '#src/window/measure.ts';
import { type Html, html } from './html.ts';
import { capitalized, counted, duration, hours, number, percent } from './wording.ts';

/** The word of a conclusion with its mark, which has a shape of its own. */
export const conclusionMark = (word: ConclusionWord): Html => html`<span class="mark ${word}">${marks[word]}${conclusions[word]}</span>`;

export const resultMark = (result: ResultRow['result'] | 'gone'): Html =>
  html`<span class="mark ${result}">${marks[resultLooks[result]]}${capitalized(result.replace('-', ' '))}</span>`;

const conclusions: Readonly<Record<ConclusionWord, string>> = {
  'deviations-noted': 'Deviations noted',
  'not-demonstrated': 'Not demonstrated',
  'not-operated': 'Not operated',
  'no-deviations-noted': 'No deviations noted',
  'not-tested': 'Not tested',
};

/** What each conclusion means, for the page of a control. */
export const conclusionMeanings: Readonly<Record<ConclusionWord, string>> = {
  'deviations-noted': 'A key rule has at least one deviation in the window.',
  'not-demonstrated': 'No deviation is known, but too little was observed to say that there was none.',
  'not-operated': 'Every key rule waits for an occasion, and none came.',
  'no-deviations-noted': 'Every key rule was observed, and none has a deviation.',
  'not-tested': 'No key rule tests it.',
};

const icon = (drawn: Html): Html => html`<svg class="icon" width="12" height="12" aria-hidden="true">${drawn}</svg>`;
const marks: Readonly<Record<ConclusionWord, Html>> = {
  'deviations-noted': icon(html`<path class="failed" d="M6 0.5 11.5 6 6 11.5 0.5 6Z"/>`),
  'not-demonstrated': icon(html`<circle class="unobserved" cx="6" cy="6" r="5" fill="url(#hatch)"/>`),
  'not-operated': icon(html`<circle class="hollow" cx="6" cy="6" r="4.75"/>`),
  'no-deviations-noted': icon(html`<circle class="held" cx="6" cy="6" r="5"/><path class="tick" d="M3.4 6.2 5.3 8 8.7 4.2"/>`),
  'not-tested': icon(html`<circle class="hollow" cx="6" cy="6" r="4.75"/><path class="tick" d="M3.8 6H8.2"/>`),
};
const resultLooks: Readonly<Record<ResultRow['result'] | 'gone', ConclusionWord>> = {
  pass: 'no-deviations-noted',
  fail: 'deviations-noted',
  unobserved: 'not-demonstrated',
  pending: 'not-operated',
  'not-applicable': 'not-tested',
  gone: 'not-tested',
};

export const gradeWords: Readonly<Record<Grade, string>> = {
  'open-at-end': 'some open at the end',
  'some-late': 'some remediated late',
  'all-remediated-in-time': 'all remediated in time',
  'all-under-waiver': 'all under waiver',
};

/** `9 deviations, of which 1 under waiver: 5 remediated in time, 2 late, 1 open` */
export function tallyInWords({ total, underWaiver, waivedInPart, inTime, late, open, failedEvents, carriedIn }: Tally): string {
  if (total === 0) return 'No deviation was seen.';
  const fates = [
    [inTime, 'remediated in time'],
    [late, 'remediated late'],
    [open, 'open'],
    [failedEvents, 'events that failed, which nothing can remediate'],
  ] as const;
  const told = fates.flatMap(([count, words]) => (count > 0 ? [`${number(count)} ${words}`] : []));
  const carried = carriedIn > 0 ? ` ${number(carriedIn)} began before the window.` : '';
  return `${counted(total, 'deviation')}, of which ${number(underWaiver)} under waiver${waivedInPart > 0 ? ` and ${number(waivedInPart)} for a part of their time` : ''}${told.length > 0 ? `: ${told.join(', ')}` : ''}.${carried}`;
}

/** What is missing, after the name of the rule. */
export const shortfallInWords = ({ name, value }: Shortfall): string => shortfalls[name](value);

const shortfalls: Readonly<Record<Shortfall['name'], (value: number) => string>> = {
  'rule-not-available': () => 'not available yet: nothing tests this part of the statement',
  'never-observed': (value) => `${counted(value, 'scope was', 'scopes were')} never observed`,
  'low-coverage': (value) => `observed for ${percent(value)} of the time, which is too little`,
  'long-gap': (value) => `not observed for ${duration(value)} at a stretch, which is too long`,
  'unobserved-items': (value) => `${counted(value, 'item')} not observed`,
  'not-reconciled': (value) => `the population of ${number(value)} does not agree with a second, independent count`,
  'supporting-deviations': (value) => `${counted(value, 'deviation')} under this supporting rule`,
  'part-not-tested': (value) => `${counted(value, 'version was', 'versions were')} not tested by any rule`,
};

/** `population 120 = 117 pass + 2 fail + 0 pending + 1 unobserved + 0 not applicable` */
export const equationInWords = ({ population, pass, fail, pending, unobserved, notApplicable }: Equation): string =>
  `population ${number(population)} = ${number(pass)} pass + ${number(fail)} fail + ${number(pending)} pending + ${number(unobserved)} unobserved + ${number(notApplicable)} not applicable`;

/** The times of a state and its three shares, which are never shown one without the others. */
export function measureTable(measure: Measure, caption: string): Html {
  const { coverage, held, guaranteed, failing } = ratios(measure);
  const cell = (term: string, value: string, says: string) =>
    html`<div><dt>${term}</dt><dd><b>${value}</b><small>${says}</small></dd></div>`;
  return html`<dl class="numbers" aria-label="${caption}">${[
    cell('Held', hours(measure.held), 'between two looks that passed'),
    cell('Failed', hours(measure.failed), 'between two looks that failed'),
    cell('Uncertain', hours(measure.uncertain), 'between looks that differ'),
    cell('Not observed', hours(measure.unobserved), 'no two looks close enough'),
    cell('Coverage', percent(coverage), 'of the time it applied, observed'),
    cell('Held, of observed', percent(held), 'unobserved time left out'),
    cell('Held for certain', percent(guaranteed), 'unobserved time counts against it'),
    cell('Failing time', failing.most === 0 ? hours(0) : `${hours(failing.least)} to ${hours(failing.most)}`, 'at least, at most'),
  ]}</dl>`;
}

/** A reason for silence as the record has it, and in words: `denied: the provider refused the call`. */
export function reasonInWords(reason: string): string {
  const words = reasons[reason];
  return words === undefined ? reason : `${reason}: ${words.charAt(0).toLowerCase()}${words.slice(1)}`;
}

const reasons: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(unreadReasons).map(([reason, says]) => [reason, says.replace(/\.$/, '')])),
  'monitor-down': 'The monitor did not run',
  'awaiting-next-look': 'The next look is still to come',
  'not-yet-connected': 'Not connected yet',
  'source-forgot': 'The source no longer remembers this time',
  'nothing-recorded': 'Nothing is recorded of this time',
  unread: 'The item was seen, but not what the rule needs',
};
