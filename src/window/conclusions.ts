import type { Evidence, Waiver } from './evidence.ts';
import { factsOf, type RuleFacts, type Shortfall, type Thresholds } from './facts.ts';
import type { Finding } from './judge.ts';
import { hour, type Interval, overlaps, type Window } from './types.ts';

/** A control as it was worded from one instant until the next (null: still), with the rules that test it. */
export interface ControlVersion {
  readonly from: number;
  readonly to: number | null;
  readonly key: readonly string[];
  readonly supporting: readonly string[];
}

export interface Control {
  readonly id: string;
  readonly versions: readonly ControlVersion[];
}

/** By precedence. It is what the monitoring saw, never an opinion on the control. */
const conclusionWords = ['deviations-noted', 'not-demonstrated', 'not-operated', 'no-deviations-noted', 'not-tested'] as const;
export type ConclusionWord = (typeof conclusionWords)[number];

/** Of the deviations that have a clock, the worst; where every one was under waiver for all of its time, that. */
export type Grade = 'open-at-end' | 'some-late' | 'all-remediated-in-time' | 'all-under-waiver';

/** "`total` deviations, of which `underWaiver` under waiver, and `waivedInPart` for a part of their time." What became of all of them is told besides. */
export interface Tally {
  readonly total: number;
  readonly underWaiver: number;
  readonly waivedInPart: number;
  readonly inTime: number;
  readonly late: number;
  readonly open: number;
  /** Failed events, which nothing can remediate. */
  readonly failedEvents: number;
  readonly carriedIn: number;
}

/** One version of the control over the part of the window in which it was in force. */
export interface Part extends Interval {
  readonly conclusion: ConclusionWord;
  readonly key: readonly RuleFacts[];
  readonly supporting: readonly RuleFacts[];
  /** Key rules whose population was read whole and had no item to judge: observed, and nothing there. */
  readonly emptyPopulations: readonly string[];
  /** What keeps it from being demonstrated; filled also where deviations are noted. */
  readonly shortfalls: readonly Shortfall[];
  /** What supporting rules lack. It is told, and lowers nothing: the control does not rest on them. */
  readonly supportingShortfalls: readonly Shortfall[];
}

export interface Conclusion extends Window {
  readonly control: string;
  readonly conclusion: ConclusionWord;
  readonly grade: Grade | null;
  readonly deviations: Tally;
  readonly supportingDeviations: Tally;
  readonly pending: number;
  readonly shortfalls: readonly Shortfall[];
  /** Time of the window in which no version of the control was in force: nothing is concluded of it. */
  readonly notInForce: readonly Interval[];
  readonly parts: readonly Part[];
}

export interface Options {
  readonly thresholds?: Thresholds;
  readonly waivers?: readonly Waiver[];
}

const defaultThresholds: Thresholds = { coverage: 0.95, gap: 72 * hour };

/**
 * What the rules of each control say over the window. `evidence` holds every rule that exists; a rule that a control names and that is not
 * there is a shortfall of the control.
 */
export function conclusions(
  controls: readonly Control[],
  evidence: ReadonlyMap<string, Evidence>,
  window: Window,
  options: Options = {},
): Conclusion[] {
  const { thresholds = defaultThresholds, waivers = [] } = options;
  const known = new Map<string, RuleFacts>();
  const facts = (rule: string, part: Interval): RuleFacts | undefined => {
    const own = evidence.get(rule);
    const key = `${rule} ${part.from} ${part.to}`;
    if (own && !known.has(key)) known.set(key, factsOf(own, part, window, thresholds, waivers));
    return known.get(key);
  };
  return controls.map((control) => conclude(control, window, facts));
}

function conclude(control: Control, window: Window, facts: (rule: string, part: Interval) => RuleFacts | undefined): Conclusion {
  const inForce = partsInForce(control, window);
  const parts = inForce.map(({ version, ...part }) => concludePart(version, part, facts));
  const untested = parts.filter(({ conclusion }) => conclusion === 'not-tested');
  const shortfalls = parts.flatMap((part) => part.shortfalls);
  if (untested.length > 0 && untested.length < parts.length) shortfalls.push({ rule: '', name: 'part-not-tested', value: untested.length });
  const words = parts.map((part) => part.conclusion);
  if (shortfalls.some(({ name }) => name === 'part-not-tested')) words.push('not-demonstrated');

  const findings = findingsOf(parts.flatMap(({ key }) => key));
  const { from, to, asOf } = window;
  return {
    control: control.id,
    from,
    to,
    asOf,
    conclusion: conclusionWords.find((word) => words.includes(word)) ?? 'not-tested',
    grade: gradeOf(findings),
    deviations: tally(findings),
    supportingDeviations: tally(findingsOf(parts.flatMap(({ supporting }) => supporting))),
    pending: parts.flatMap(({ key }) => key).reduce((total, { pending }) => total + pending, 0),
    shortfalls,
    notInForce: complement(inForce, { from, to: Math.min(to, asOf) }),
    parts,
  };
}

/** Each version over its own part of the window, as far as it has passed. */
export function partsInForce({ versions }: Control, { from, to, asOf }: Window): (Interval & { version: ControlVersion })[] {
  const passed = { from, to: Math.min(to, asOf) };
  return versions
    .map((version) => ({ from: Math.max(version.from, passed.from), to: Math.min(version.to ?? Infinity, passed.to), version }))
    .filter((part) => part.from < part.to && overlaps(part, passed))
    .sort((a, b) => a.from - b.from);
}

/**
 * The conclusion by precedence, with four choices where the words leave one open. Deviations under waiver are noted like all others, since
 * the opposite would be said of them otherwise; the grade and the count tell them apart. A control is `not-operated` only if all its key
 * rules wait for an occasion and none came; one that also keeps a state has operated. Deviations of a supporting rule, which is an indicator
 * and not the test, make `not-demonstrated` of anything better. What a supporting rule could not observe lowers nothing, and nothing that
 * it says makes a conclusion better.
 */
function concludePart(version: ControlVersion, part: Interval, facts: (rule: string, part: Interval) => RuleFacts | undefined): Part {
  const key = version.key.flatMap((rule) => facts(rule, part) ?? []);
  const supporting = version.supporting.flatMap((rule) => facts(rule, part) ?? []);
  const absent = (rules: readonly string[]) =>
    rules.filter((rule) => !facts(rule, part)).map((rule): Shortfall => ({ rule, name: 'rule-not-available', value: 1 }));
  const supportingDeviations = supporting
    .filter(({ findings }) => findings.length > 0)
    .map(({ rule, findings }): Shortfall => ({ rule, name: 'supporting-deviations', value: tally(findings).total }));
  const shortfalls = [...absent(version.key), ...key.flatMap((each) => each.shortfalls), ...supportingDeviations];
  return {
    ...part,
    conclusion: word(key, shortfalls),
    key,
    supporting,
    emptyPopulations: key.filter(({ kind, applicable }) => kind === 'state' && applicable === 0).map(({ rule }) => rule),
    shortfalls,
    supportingShortfalls: [...absent(version.supporting), ...supporting.flatMap((each) => each.shortfalls)],
  };
}

function word(key: readonly RuleFacts[], shortfalls: readonly Shortfall[]): ConclusionWord {
  if (key.length === 0) return 'not-tested';
  if (key.some(({ findings }) => findings.length > 0)) return 'deviations-noted';
  if (shortfalls.length > 0) return 'not-demonstrated';
  if (key.every(({ occurred }) => !occurred)) return 'not-operated';
  return 'no-deviations-noted';
}

/** Each deviation once, though it may lie in several parts. */
function findingsOf(facts: readonly RuleFacts[]): Finding[] {
  return [...new Map(facts.flatMap(({ findings }) => findings).map((finding) => [finding.id, finding])).values()];
}

function tally(findings: readonly Finding[]): Tally {
  const count = (test: (finding: Finding) => boolean) =>
    findings.reduce((total, finding) => total + (test(finding) ? finding.count : 0), 0);
  return {
    total: count(() => true),
    underWaiver: count(({ underWaiver }) => underWaiver),
    waivedInPart: count(({ waivedInPart }) => waivedInPart),
    inTime: count(({ remediated }) => remediated === 'in-time'),
    late: count(({ remediated }) => remediated === 'late'),
    open: count(({ remediated }) => remediated === 'open'),
    failedEvents: count(({ remediated }) => remediated === null),
    carriedIn: count(({ carriedIn }) => carriedIn),
  };
}

function gradeOf(findings: readonly Finding[]): Grade | null {
  if (findings.length === 0) return null;
  if (findings.every(({ underWaiver }) => underWaiver)) return 'all-under-waiver';
  const has = (remediated: Finding['remediated']) => findings.some((finding) => finding.remediated === remediated);
  return has('open') ? 'open-at-end' : has('late') ? 'some-late' : has('in-time') ? 'all-remediated-in-time' : null;
}

/** The rest of the whole, given sorted parts of it. */
function complement(parts: readonly Interval[], whole: Interval): Interval[] {
  const rest: Interval[] = [];
  let at = whole.from;
  for (const { from, to } of parts) {
    if (from > at) rest.push({ from: at, to: from });
    at = Math.max(at, to);
  }
  if (at < whole.to) rest.push({ from: at, to: whole.to });
  return rest;
}
