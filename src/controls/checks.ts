import { z } from 'zod';
import { listed, type Mistakes, shown } from '#src/config/mistakes.ts';
import type { Path } from '#src/config/yaml.ts';
import type { ControlEntry, Parameters, ParameterValue } from '#src/controls/schema.ts';
import { nearestTo } from '#src/errors.ts';

/** A rule that is built, with the schema of its parameters. */
export interface KnownRule {
  readonly id: string;
  readonly parameters: z.ZodType;
}

/** The rules that may be named: those built, and null for those that only a starter file names. */
export type Known = ReadonlyMap<string, KnownRule | null>;

/** An entry and where it stands. */
export interface Found {
  readonly entry: ControlEntry;
  readonly path: Path;
  readonly mistakes: Mistakes;
}

/** What an entry says by itself: each criterion and rule once, rules and parameters that exist, values that they take. */
export function checkEntry({ entry, path, mistakes: { report } }: Found, known: Known | undefined): void {
  for (const [index, id] of (entry.criteria ?? []).entries()) {
    if (entry.criteria!.indexOf(id) < index) {
      report([...path, 'criteria', index], { found: `${id} a second time`, expected: 'each criterion once', mend: 'Remove it.' });
    }
  }
  for (const role of ['key', 'supporting'] as const) {
    for (const [index, id] of (entry[role] ?? []).entries()) {
      const at = [...path, role, index];
      const earlier = role === 'key' ? entry.key?.slice(0, index) : [...(entry.key ?? []), ...(entry.supporting?.slice(0, index) ?? [])];
      if (earlier?.includes(id)) {
        report(at, { found: `${shown(id)} a second time`, expected: 'each rule once', mend: 'Keep it as key or as supporting.' });
      } else if (known?.has(id) === false) {
        report(at, { expected: 'a rule that exists', mend: suggestion(id, known.keys()) ?? 'List the rules with `holdfast rules`.' });
      }
    }
  }
  for (const [rule, values] of Object.entries(entry.parameters ?? {})) {
    checkParameters(report, [...path, 'parameters', rule], known?.get(rule), values);
  }
}

function checkParameters(
  report: Mistakes['report'],
  path: Path,
  rule: KnownRule | null | undefined,
  values: Record<string, ParameterValue>,
): void {
  if (!(rule?.parameters instanceof z.ZodObject)) return;
  const { shape } = rule.parameters as z.ZodObject;
  for (const [name, value] of Object.entries(values)) {
    const schema = shape[name] as z.ZodType | undefined;
    const names = Object.keys(shape);
    if (schema === undefined) {
      const expected = names.length === 0 ? `no parameters: ${rule.id} has none` : `a parameter of ${rule.id}: ${listed(names)}`;
      report([...path, name], {
        found: shown(name),
        expected,
        mend: suggestion(name, names) ?? 'Remove it, and see that the statement does not promise it.',
      });
      continue;
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) report([...path, name], { expected: expectedBy(parsed.error.issues[0]), mend: schema.description ?? seeRule });
  }
}

/** What its parameters are together with those inherited. */
export function checkTogether({ entry, path, mistakes: { report } }: Found, merged: Parameters, known: Known | undefined): void {
  for (const [rule, set] of Object.entries(entry.parameters ?? {})) {
    const issues = known?.get(rule)?.parameters.safeParse(merged[rule]).error?.issues ?? [];
    const between = issues.find((issue) => !Object.hasOwn(set, issue.path[0] ?? ''));
    if (between === undefined) continue;
    report([...path, 'parameters', rule], { found: 'values that do not go together', expected: expectedBy(between), mend: seeRule });
  }
}

const seeRule = 'See `holdfast explain` for this rule.';

function expectedBy(issue: z.core.$ZodIssue | undefined): string {
  return issue?.message.replace(/^.*?: expected /, '').replace(/, received .*$/, '') ?? 'another value';
}

/** `Did you mean "x"?`, where something is close. */
export function suggestion(word: string, candidates: Iterable<string>): string | undefined {
  const nearest = nearestTo(word, candidates);
  return nearest === undefined ? undefined : `Did you mean "${nearest}"?`;
}
