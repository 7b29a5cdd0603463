import { z } from 'zod';
import { type Path, type Position, readYaml, type YamlFile } from '#src/config/yaml.ts';
import { HoldfastError, nearestTo } from '#src/errors.ts';

/** What is told of a field when its value does not fit. `mend` may depend on what was found, and `written` is the scalar as it stands in the file. */
export interface Hint {
  readonly expected: string;
  readonly mend: string | ((found: { value: unknown; written: string | undefined }) => string);
  /** The value is a secret by reference: never shown. */
  readonly secret?: boolean;
  /** A reference may stand in place of the value. */
  readonly reference?: boolean;
}

/** Gives a schema its meaning, for the reference page, and its hint, for mistakes. Wrap it in `.optional()` or `.default()` afterwards. */
export function field<S extends z.ZodType>(schema: S, meaning: string, hint: Hint): S {
  const described = schema.describe(meaning);
  hints.add(described, hint);
  return described;
}

const hints = z.registry<Hint>();

/** Collects the mistakes of one file, at most one for a field. */
export interface Mistakes {
  readonly yaml: YamlFile;
  /** Notes a mistake at a field; `found` is described from the file where it is left out. */
  readonly report: (path: Path, mistake: { expected: string; mend: string; found?: string }) => void;
  /** Reads the file's value, or a part of it, through a schema and notes what does not fit. */
  readonly check: <S extends z.ZodType>(schema: S, value: unknown, path?: Path) => z.output<S> | undefined;
  /** Throws what was noted, in the order of the file: one mistake as itself, several as one error that holds them. */
  readonly throwIfAny: () => void;
}

/** Throws at once where the file cannot be read as YAML. */
export function mistakesIn(file: string): Mistakes {
  const yaml = readYaml(file);
  const noted = new Map<string, HoldfastError>();
  const note = (path: Path, error: HoldfastError): void => {
    const key = JSON.stringify(path);
    if (!noted.has(key)) noted.set(key, error);
  };

  const report: Mistakes['report'] = (path, { expected, mend, found = foundAt(yaml, path) }) => {
    note(
      path,
      new HoldfastError('CONFIG_INVALID_FIELD', { file: yaml.file, ...yaml.at(path), path: pathText(path), found, expected, mend }),
    );
  };

  return {
    yaml,
    report,
    check(schema, value, start = []) {
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      for (const issue of parsed.error.issues) {
        const inner = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
        const path = [...start, ...inner];
        if (issue.code === 'unrecognized_keys') {
          for (const key of issue.keys) note([...path, key], unknownKey(yaml, path, key, knownKeys(schemaAt(schema, inner, value))));
          continue;
        }
        const hint = hintOf(schemaAt(schema, inner, value));
        const found = valueAt(value, inner);
        if (hint === undefined) report(path, unhinted(issue));
        else if (hint.secret === true && ['string', 'number', 'boolean'].includes(typeof found))
          note(path, badSecret(yaml, path, hint, String(found)));
        else report(path, { expected: hint.expected, mend: mendOf(hint, found, yaml.writtenAt(path)) });
      }
      return undefined;
    },
    throwIfAny() {
      const problems = [...yaml.problems, ...noted.values()].toSorted((a, b) => order(a) - order(b));
      if (problems.length === 1) throw problems[0]!;
      if (problems.length > 1) throw new HoldfastError('CONFIG_MISTAKES', { file: yaml.file, count: problems.length }, { problems });
    },
  };
}

/** `connections[0].accounts[1].id`; the whole file is `(top level)`. */
export function pathText(path: Path): string {
  return (
    path
      .map((step, index) =>
        typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${looksSecret.test(step) ? '(not repeated)' : printable(step)}`,
      )
      .join('') || '(top level)'
  );
}

/** What stands at a place of parsed values; undefined where nothing does. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step)
        ? (inner as Record<string | number, unknown>)[step]
        : undefined,
    value,
  );
}

/** A value in a few words, and never one that looks like a secret. */
export function shown(value: unknown, written?: string): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string')
    return looksSecret.test(value) ? 'a text that looks like a secret (it is not repeated)' : `"${printable(value)}"`;
  return typeof value === 'number' || typeof value === 'boolean'
    ? `${printable(written ?? String(value))} (a ${typeof value})`
    : 'something else';
}

function foundAt(yaml: YamlFile, path: Path): string {
  return shown(valueAt(yaml.value, path), yaml.writtenAt(path));
}

const looksSecret =
  /gh[pousr]_|github_pat_|xox[abeprs]-|xapp-|AKIA|ASIA|-----BEGIN|eyJ[\w-]{8}|:\/\/[^/\s]*@|[?&;](?:\w*token|\w*key|secret|password|sig\w*)=|(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{32,}/;

function printable(text: string): string {
  // oxlint-disable-next-line eslint/no-control-regex -- control characters must not reach a terminal
  const clean = text.replaceAll(/[\u0000-\u001F\u007F-\u009F\u2028\u2029]/g, '\uFFFD');
  return clean.length > 80 ? `${clean.slice(0, 77)}...` : clean;
}

function unknownKey(yaml: YamlFile, parent: Path, key: string, known: readonly string[]): HoldfastError {
  const nearest = nearestTo(key, known);
  const mend = nearest === undefined ? 'Remove it, or check the indentation: it may belong elsewhere.' : `Did you mean "${nearest}"?`;
  const place: Position = yaml.keyAt(parent, key);
  const found = looksSecret.test(key) ? '(not repeated)' : printable(key);
  return new HoldfastError('CONFIG_UNKNOWN_KEY', {
    file: yaml.file,
    ...place,
    path: pathText(parent),
    found,
    expected: listed(known),
    mend,
  });
}

function badSecret(yaml: YamlFile, path: Path, hint: Hint, text: string): HoldfastError {
  const code = text.includes('${') ? 'CONFIG_INVALID_FIELD' : 'CONFIG_LITERAL_SECRET';
  const found = 'a text that is not such a reference (it is not repeated)';
  return new HoldfastError(code, {
    file: yaml.file,
    ...yaml.at(path),
    path: pathText(path),
    found,
    expected: hint.expected,
    mend: mendOf(hint, text, undefined),
  });
}

function mendOf({ mend, secret, reference }: Hint, value: unknown, written: string | undefined): string {
  if (secret !== true && reference !== true && typeof value === 'string' && value.includes('${'))
    return 'Write the value itself; references stand for secrets only.';
  return typeof mend === 'string' ? mend : mend({ value, written });
}

function unhinted(issue: z.core.$ZodIssue): { expected: string; mend: string } {
  const expected = issue.code === 'invalid_type' ? (typeNames[issue.expected] ?? issue.expected) : issue.message;
  return { expected, mend: 'See docs/config.md for this field.' };
}

const typeNames: Record<string, string> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
};

export function listed(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : (words[0] ?? 'no key');
}

function order(error: HoldfastError): number {
  return Number(error.data['line'] ?? 0) * 10_000 + Number(error.data['column'] ?? 0);
}

/** The schema of the field at a path; a discriminated union is followed by the value's own discriminator. */
function schemaAt(schema: z.ZodType, path: Path, value: unknown): z.ZodType | undefined {
  const inner = unwrapped(schema);
  const [step, ...rest] = path;
  if (inner instanceof z.ZodDiscriminatedUnion && typeof value === 'object' && value !== null) {
    const { discriminator } = inner.def;
    const option = (inner.options as z.ZodObject[]).find(
      (candidate) => candidate.safeParse(value).error?.issues.every(({ path: at }) => at[0] !== discriminator) ?? true,
    );
    return step === discriminator && option === undefined
      ? (inner.options[0] as z.ZodObject).shape[discriminator]
      : option && schemaAt(option, path, value);
  }
  if (step === undefined) return schema;
  const next = valueAt(value, [step]);
  if (inner instanceof z.ZodObject) return inner.shape[step] && schemaAt(inner.shape[step] as z.ZodType, rest, next);
  if (inner instanceof z.ZodArray) return schemaAt(inner.element as z.ZodType, rest, next);
  if (inner instanceof z.ZodRecord) return schemaAt(inner.valueType as z.ZodType, rest, next);
  return undefined;
}

function knownKeys(schema: z.ZodType | undefined): string[] {
  const inner = schema && unwrapped(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function hintOf(schema: z.ZodType | undefined): Hint | undefined {
  if (schema === undefined) return undefined;
  return hints.get(schema) ?? (isWrapper(schema) ? hintOf(schema.unwrap() as z.ZodType) : undefined);
}

function unwrapped(schema: z.ZodType): z.ZodType {
  return isWrapper(schema) ? unwrapped(schema.unwrap() as z.ZodType) : schema;
}

function isWrapper(schema: z.ZodType): schema is z.ZodOptional | z.ZodDefault | z.ZodPrefault {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
}
