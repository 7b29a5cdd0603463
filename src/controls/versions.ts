import { type LocalDate, startOfDay } from '#src/config/local-date.ts';
import { type Mistakes, mistakesIn, shown } from '#src/config/mistakes.ts';
import { checkEntry, checkTogether, type Found, type Known, type KnownRule, suggestion } from '#src/controls/checks.ts';
import { type ControlEntry, controlsFile, type Parameters } from '#src/controls/schema.ts';
import type { CriterionId } from '#src/criteria.ts';

/** What the company says it does, and the rules that test it. */
export interface Control {
  readonly id: string;
  readonly title: string;
  readonly statement: string;
  readonly owner: string;
  /** preventive, detective, corrective or directive; automated or manual. */
  readonly type: readonly string[];
  readonly frequency: string;
  readonly criteria: readonly CriterionId[];
  /** The rules without which the statement is not tested. Some may not be built: then it is not, or only partly, tested. */
  readonly key: readonly string[];
  /** Rules that may lower what is concluded, but never raise it. */
  readonly supporting: readonly string[];
  /** What the wording sets, by rule id and parameter. */
  readonly parameters: Parameters;
}

/** A control as it stood from a day on, until the next version of it. */
export interface ControlVersion {
  readonly id: string;
  /** 1 for the first. */
  readonly version: number;
  /** The day it came into force; null where it was in force before anything was recorded. */
  readonly from: LocalDate | null;
  /** The same as an instant, epoch ms; -Infinity for null. */
  readonly start: number;
  /** The whole control, earlier versions merged in; null from the day it is retired. */
  readonly control: Control | null;
  /** Why it was retired. */
  readonly reason?: string;
  /** Where each parameter was written, by `placeKey`: `controls.yaml:12`. */
  readonly places: ReadonlyMap<string, string>;
}

export const placeKey = (rule: string, parameter: string): string => `${rule} ${parameter}`;

interface Context {
  readonly ids: readonly string[];
  readonly timeZone: string;
  readonly known: Known | undefined;
}

/**
 * All versions of all controls, each control's in order of time. Throws the mistakes of the first file that has any.
 * A rule id may name a rule that is built, or one that a starter file names; others are mistakes where `rules` is given.
 */
export function readVersions(
  starter: readonly string[],
  company: readonly string[],
  { timeZone, rules }: { timeZone: string; rules: Iterable<KnownRule> | undefined },
): ControlVersion[] {
  const starters = starter.map(entriesOf);
  const companies = company.map(entriesOf);
  const files = [...starters, ...companies];
  const known =
    rules &&
    new Map<string, KnownRule | null>(
      starters.flatMap(({ found }) => found.flatMap(({ entry }) => rulesOf(entry).map((id) => [id, null] as const))),
    );
  for (const rule of rules ?? []) known?.set(rule.id, rule);

  const byId = Map.groupBy(
    files.flatMap(({ found }) => found),
    ({ entry }) => entry.id,
  );
  const ids = [...byId.keys()];
  const versions = [...byId.values()].flatMap((entries) => {
    for (const found of entries) checkEntry(found, known);
    return fold(entries, { ids, timeZone, known });
  });
  for (const { mistakes } of files) mistakes.throwIfAny();
  return versions;
}

function entriesOf(file: string): { mistakes: Mistakes; found: Found[] } {
  const mistakes = mistakesIn(file);
  const entries = mistakes.check(controlsFile, mistakes.yaml.value);
  if (entries === undefined) mistakes.throwIfAny();
  return { mistakes, found: (entries ?? []).map((entry, index) => ({ entry, path: [index], mistakes })) };
}

function rulesOf(entry: ControlEntry): string[] {
  return [...(entry.key ?? []), ...(entry.supporting ?? [])];
}

/** The entries of one control, merged in order of time. */
function fold(entries: readonly Found[], context: Context): ControlVersion[] {
  const { timeZone } = context;
  const ordered = entries.toSorted((a, b) => (a.entry.from ?? '').localeCompare(b.entry.from ?? ''));
  const versions: ControlVersion[] = [];
  let before: Control | undefined;
  for (const [index, found] of ordered.entries()) {
    const { entry, path, mistakes } = found;
    const { report } = mistakes;
    if (index > 0 && entry.from === undefined) {
      const mend = 'Add `from: YYYY-MM-DD`; the days before keep the wording they had.';
      report([...path, 'from'], { expected: `a day, as ${entry.id} exists already (${placeOf(ordered[0]!)})`, mend });
      continue;
    }
    if (index > 0 && entry.from === ordered[index - 1]!.entry.from) {
      report([...path, 'from'], {
        expected: `a day of its own (${placeOf(ordered[index - 1]!)} has the same)`,
        mend: 'Make one version of the two.',
      });
      continue;
    }
    const control = entry.retire === true ? retired(found, before) : merged(found, before, context);
    if (control === undefined) continue;
    const inherited = versions.at(-1)?.places ?? new Map<string, string>();
    versions.push({
      id: entry.id,
      version: index + 1,
      from: entry.from ?? null,
      start: entry.from === undefined ? -Infinity : startOfDay(entry.from, timeZone),
      control,
      ...(entry.retire === true && { reason: entry.reason ?? '' }),
      places: new Map([...inherited, ...placesOf(found)]),
    });
    before = control ?? before;
  }
  return versions;
}

function retired({ entry, path, mistakes: { report } }: Found, before: Control | undefined): null {
  const { id, from, retire, reason, ...others } = entry;
  if (before === undefined) {
    report([...path, 'id'], { expected: 'the id of a control in force', mend: `There is no ${id} to retire; remove the entry.` });
  }
  if (retire === true && reason === undefined) {
    report([...path, 'reason'], { expected: 'the reason why the control ends', mend: 'Add `reason`; auditors read it.' });
  }
  for (const key of Object.keys(others)) {
    report([...path, key], {
      found: `\`${key}\` in a version that ends the control`,
      expected: 'id, from, retire and reason only',
      mend: `Remove it, or give it its own version before ${from ?? 'that day'}.`,
    });
  }
  return null;
}

const needed = ['title', 'statement', 'owner', 'type', 'frequency', 'criteria', 'key'] as const;

function merged(found: Found, before: Control | undefined, { ids, known }: Context): Control | undefined {
  const { entry, path, mistakes } = found;
  const { report } = mistakes;
  const { id, from: _, retire: __, reason, parameters: set = {}, ...fields } = entry;
  if (reason !== undefined) {
    const expected = 'a reason only where a control ends';
    report([...path, 'reason'], { found: '`reason` without `retire`', expected, mend: 'Remove it, or add `retire: true`.' });
  }
  const missing = before === undefined ? needed.filter((field) => fields[field] === undefined) : [];
  if (missing.length > 0) {
    const others = ids.filter((other) => other !== id);
    const expected = `a whole control, as ${id} is new: ${missing.join(', ')} missing`;
    report([...path, 'id'], { expected, mend: suggestion(id, others) ?? 'Add what is missing, or name a control that exists.' });
    return undefined;
  }
  const whole = { ...before, ...fields } as Omit<Control, 'id' | 'parameters' | 'supporting'> & { supporting?: string[] };
  const supporting = (whole.supporting ?? []).filter((rule) => !whole.key.includes(rule));
  for (const [index, rule] of (entry.supporting ?? []).entries()) {
    if (entry.key === undefined && whole.key.includes(rule)) {
      report([...path, 'supporting', index], {
        expected: `a rule that is not a key rule of ${id}`,
        mend: 'Give `key` as well, without this rule.',
      });
    }
  }
  const tested = new Set([...whole.key, ...supporting]);
  for (const rule of Object.keys(set)) {
    if (!tested.has(rule)) {
      const mend = suggestion(rule, tested) ?? 'Add the rule under `key` or `supporting`, or remove its parameters.';
      report([...path, 'parameters', rule], { found: shown(rule), expected: `a rule of ${id}`, mend });
    }
  }
  const rules = [...new Set([...Object.keys(before?.parameters ?? {}), ...Object.keys(set)])].filter((rule) => tested.has(rule));
  const parameters = Object.fromEntries(rules.toSorted().map((rule) => [rule, { ...before?.parameters[rule], ...set[rule] }]));
  checkTogether(found, parameters, known);
  return { ...whole, id, supporting, parameters };
}

function placesOf({ entry, path, mistakes: { yaml } }: Found): [string, string][] {
  return Object.entries(entry.parameters ?? {}).flatMap(([rule, values]) =>
    Object.keys(values).map((name): [string, string] => [
      placeKey(rule, name),
      `${yaml.file}:${yaml.keyAt([...path, 'parameters', rule], name).line}`,
    ]),
  );
}

function placeOf({ path, mistakes: { yaml } }: Found): string {
  return `${yaml.file}:${yaml.at(path).line}`;
}
