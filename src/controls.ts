import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startOfDay } from '#src/config/local-date.ts';
import type { KnownRule } from '#src/controls/checks.ts';
import type { ParameterValue } from '#src/controls/schema.ts';
import { type Control, type ControlVersion, placeKey, readVersions } from '#src/controls/versions.ts';
import { didYouMean, HoldfastError } from '#src/errors.ts';

export type { KnownRule } from '#src/controls/checks.ts';
export type { ParameterValue } from '#src/controls/schema.ts';
export type { Control } from '#src/controls/versions.ts';

/** Every version of every control; versions of one control stand in order of time. */
export interface Controls {
  readonly timeZone: string;
  readonly versions: readonly ControlVersion[];
}

export interface LoadControlsOptions {
  /** In which days begin: that of the window. */
  readonly timeZone: string;
  /** The rules that are built. Ids and parameters are checked against them; absent, they are not. */
  readonly rules?: Iterable<KnownRule>;
  /** The files of the starter set. */
  readonly starter?: readonly string[];
}

/**
 * Reads the starter set and then the company's own files. An entry without `from` is in force since before anything was recorded;
 * one with `from` changes the fields it gives from that day on, parameters one by one, or with `retire` ends the control.
 * Throws a HoldfastError with file and line: one mistake as itself, several of one file as CONFIG_MISTAKES.
 */
export function loadControls(company: readonly string[], { timeZone, rules, starter = starterFiles() }: LoadControlsOptions): Controls {
  const controls = { timeZone, versions: readVersions(starter, company, { timeZone, rules }) };
  refuseConflicts(controls);
  return controls;
}

/** The starter set that ships with Holdfast, as it is before a company changes it. */
export function starterControls(): Control[] {
  return controlsAt(loadControls([], { timeZone: 'UTC' }), 0);
}

function starterFiles(): string[] {
  const folder = fileURLToPath(new URL('../controls/', import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .map((name) => `${folder}${name}`);
}

/** The controls in force at an instant (epoch ms), by id. */
export function controlsAt(controls: Controls, instant: number): Control[] {
  return versionsAt(controls, instant).flatMap(({ control }) => control ?? []);
}

/** A control over a span: the parts in which one wording was in force, half-open, clipped to the span. Days before it began or after it was retired are in no part. */
export function controlVersions(controls: Controls, id: string, span: { start: number; end: number }): ControlPart[] {
  const versions = controls.versions.filter((version) => version.id === id);
  if (versions.length === 0)
    throw new HoldfastError('CONTROL_UNKNOWN', { id, suggestion: didYouMean(id, new Set(controls.versions.map((version) => version.id))) });
  return versions.flatMap(({ control, version, start }, index) => {
    const from = Math.max(start, span.start);
    const to = Math.min(versions[index + 1]?.start ?? Infinity, span.end);
    return control === null || from >= to ? [] : [{ from, to, version, control }];
  });
}

export interface ControlPart {
  /** Epoch ms, half-open. */
  readonly from: number;
  readonly to: number;
  readonly version: number;
  readonly control: Control;
}

/** The parameters that the controls in force at an instant (epoch ms) set for a rule. What none sets keeps the rule's default. */
export function parametersAt(controls: Controls, rule: string, instant: number): Record<string, ParameterValue> {
  return Object.assign({}, ...controlsAt(controls, instant).map(({ parameters }) => parameters[rule] ?? {})) as Record<
    string,
    ParameterValue
  >;
}

/** What the ledger records: every version whole, in an order that depends on nothing but the content. */
export function controlsDocument({ timeZone, versions }: Controls): ParameterValue {
  const documents = versions
    .toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.version - b.version))
    .map(({ id, version, from, control, reason }) => ({ id, version, from, control, ...(reason !== undefined && { reason }) }));
  return sorted({ timeZone, versions: documents } as unknown as ParameterValue);
}

/** The controls that a recorded document says. What it does not have is only where each parameter was written. */
export function controlsOf(document: unknown): Controls {
  const { timeZone, versions } = document as { timeZone: string; versions: readonly Omit<ControlVersion, 'start' | 'places'>[] };
  const started = versions.map((version): ControlVersion => {
    const start = version.from === null ? -Infinity : startOfDay(version.from, timeZone);
    return { ...version, start, places: new Map() };
  });
  return { timeZone, versions: started.toSorted((a, b) => a.start - b.start) };
}

function versionsAt({ versions }: Controls, instant: number): ControlVersion[] {
  const latest = new Map(versions.filter(({ start }) => start <= instant).map((version) => [version.id, version]));
  return [...latest.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** A rule runs once, so two controls must not ask it for different values at one time. */
function refuseConflicts(controls: Controls): void {
  const conflicts = new Map<string, HoldfastError>();
  for (const start of [...new Set(controls.versions.map((version) => version.start))].toSorted((a, b) => a - b)) {
    const settings = new Map<string, { value: string; place: string }>();
    for (const { control, places } of versionsAt(controls, start)) {
      for (const [rule, values] of Object.entries(control?.parameters ?? {})) {
        for (const [parameter, given] of Object.entries(values)) {
          const key = placeKey(rule, parameter);
          const own = { value: JSON.stringify(sorted(given)), place: places.get(key) ?? '' };
          const other = settings.get(key) ?? own;
          settings.set(key, other);
          if (other.value === own.value) continue;
          const at = start === -Infinity ? 'the beginning' : new Date(start).toISOString();
          const data = { at, rule, parameter, first: other.place, firstValue: other.value, second: own.place, secondValue: own.value };
          const pair = `${key} ${other.place} ${own.place}`;
          if (!conflicts.has(pair)) conflicts.set(pair, new HoldfastError('CONTROL_PARAMETERS_CONFLICT', data));
        }
      }
    }
  }
  const problems = [...conflicts.values()];
  if (problems.length === 1) throw problems[0]!;
  if (problems.length > 1)
    throw new HoldfastError('CONFIG_MISTAKES', { file: 'The set of controls', count: problems.length }, { problems });
}

function sorted(value: ParameterValue): ParameterValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
