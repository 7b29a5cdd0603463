import { readFileSync, statSync } from 'node:fs';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { HoldfastError } from '#src/errors.ts';

export type Path = readonly (string | number)[];
export type Position = { readonly line: number; readonly column: number };

/** A YAML file as plain values, with the place of each in the text. */
export interface YamlFile {
  readonly file: string;
  readonly value: unknown;
  /** Mistakes that do not hinder reading the rest: keys given twice. */
  readonly problems: readonly HoldfastError[];
  /** Where the value at a path stands; where it is absent, its nearest parent. */
  at(path: Path): Position;
  /** Where a key of the map at a path stands. */
  keyAt(path: Path, key: string): Position;
  /** The text of a scalar as written, which the value does not keep: `0123` is the number 123. */
  writtenAt(path: Path): string | undefined;
}

/** Throws a HoldfastError where the file is absent, unreadable, too large, not text or not YAML. */
export function readYaml(file: string): YamlFile {
  const bytes = readBytes(file);
  const lines = new LineCounter();
  const text = decode(file, bytes);
  const document = parse(file, text, lines);
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const repeated = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  const fatal = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY') ?? document.warnings[0];
  if (fatal !== undefined)
    throw notYaml(file, placeOf(fatal, place), ...(text.startsWith('${', fatal.pos[0] - 1) ? bareReference : explain(fatal)));
  refuseAliases(file, document, place);

  const places = new Map<string, { value: Position; key?: Position; written?: string }>();
  const value = plain(document.contents, [], (path, node, key) => {
    places.set(JSON.stringify(path), {
      value: place(node?.range?.[0] ?? key?.range?.[0] ?? 0),
      ...(key?.range && { key: place(key.range[0]) }),
      ...(isScalar(node) && typeof node.source === 'string' && { written: node.source }),
    });
  });
  const at = (path: Path): Position =>
    places.get(JSON.stringify(path))?.value ?? (path.length > 0 ? at(path.slice(0, -1)) : { line: 1, column: 1 });
  return {
    file,
    value,
    problems: repeated.map((error) => notYaml(file, placeOf(error, place), ...explain(error))),
    at,
    keyAt: (path, key) => places.get(JSON.stringify([...path, key]))?.key ?? at(path),
    writtenAt: (path) => places.get(JSON.stringify(path))?.written,
  };
}

const largest = 1024 * 1024;

function readBytes(file: string): Uint8Array {
  try {
    if (statSync(file).size > largest) throw new HoldfastError('CONFIG_FILE_TOO_LARGE', { file, limit: '1 MiB' });
    return readFileSync(file);
  } catch (cause) {
    if (cause instanceof HoldfastError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new HoldfastError('CONFIG_FILE_MISSING', { file }, { cause });
    throw new HoldfastError('CONFIG_FILE_UNREADABLE', { file, reason: readingFaults[code ?? ''] ?? code ?? 'unknown reason' }, { cause });
  }
}

const readingFaults: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ELOOP: 'its links form a circle',
};

function decode(file: string, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const zero = text.indexOf('\0');
    if (zero === -1) return text;
    throw new HoldfastError('CONFIG_NOT_TEXT', { file, ...placeIn(text.slice(0, zero)) });
  } catch (cause) {
    if (cause instanceof HoldfastError) throw cause;
    // What decodes of a text cut at the fault ends in U+FFFD at the fault.
    const loose = new TextDecoder('utf-8').decode(bytes);
    throw new HoldfastError('CONFIG_NOT_TEXT', { file, ...placeIn(loose.slice(0, Math.max(0, loose.indexOf('\uFFFD')))) }, { cause });
  }
}

function placeIn(before: string): Position {
  const lines = before.split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

function parse(file: string, text: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error', version: '1.2', stringKeys: false });
  } catch (cause) {
    throw notYaml(file, { line: 1, column: 1 }, 'it is nested too deeply', 'Write it with fewer levels.', cause);
  }
}

/** An alias can stand for a billion values, and hides from the reader of one line what it says. */
function refuseAliases(file: string, document: Document, place: (offset: number) => Position): void {
  visit(document, {
    Alias(_, alias) {
      throw notYaml(file, place(alias.range?.[0] ?? 0), 'aliases (*name) are not taken', 'Write the value out where it is meant.');
    },
  });
}

function plain(node: unknown, path: Path, note: (path: Path, node: Node | null, key?: Node) => void, key?: Node): unknown {
  note(path, node as Node | null, key);
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.map((pair: Pair) => {
        const name = isScalar(pair.key)
          ? String(isScalar(pair.key) && typeof pair.key.value !== 'string' ? (pair.key.source ?? pair.key.value) : pair.key.value)
          : '?';
        return [name, plain(pair.value, [...path, name], note, pair.key as Node)];
      }),
    );
  }
  if (isSeq(node)) return node.items.map((item, index) => plain(item, [...path, index], note));
  if (isScalar(node)) return node.value;
  if (isAlias(node)) throw new TypeError('an alias was let through');
  return null;
}

/** Too deep is where the parser gave up, which depends on the machine: then the line is all that is told. */
function placeOf({ code, pos }: YAMLError, place: (offset: number) => Position): Position {
  const found = place(pos[0]);
  return code === 'RESOURCE_EXHAUSTION' ? { ...found, column: 1 } : found;
}

function notYaml(file: string, { line, column }: Position, reason: string, mend: string, cause?: unknown): HoldfastError {
  return new HoldfastError('CONFIG_NOT_YAML', { file, line, column, reason, mend }, cause === undefined ? {} : { cause });
}

/** In our own words: the parser's may quote the text, and the text may hold a secret. */
function explain({ code }: YAMLError): [reason: string, mend: string] {
  return (
    explanations[code] ?? [
      'the text does not fit together here',
      'Check the indentation, the quotes and the brackets of this line and the one before.',
    ]
  );
}

/** Between braces, `token: ${env:NAME}` ends at its own opening brace. */
const bareReference: [string, string] = ['a reference stands without quotes between braces', "Put it in quotes: '${env:NAME}'."];

const explanations: Partial<Record<YAMLError['code'], [string, string]>> = {
  TAB_AS_INDENT: ['a tab indents this line', 'Indent with spaces.'],
  BAD_INDENT: [
    'the indentation does not fit the lines before',
    'Indent the keys of one map by the same number of spaces, and close every bracket and quote.',
  ],
  DUPLICATE_KEY: ['this key is given a second time', 'Keep one of the two.'],
  MULTIPLE_DOCS: ['a second document begins here', 'Remove the line `---`; one file holds one document.'],
  MISSING_CHAR: [
    'a closing quote, bracket or colon is missing',
    'Close the quote or bracket that was opened before, or put `: ` after the key.',
  ],
  BLOCK_AS_IMPLICIT_KEY: [
    'a map begins where a single value is expected',
    'Put the value in quotes if it holds a colon and a space; else start a new line.',
  ],
  MULTILINE_IMPLICIT_KEY: ['a key without a colon', 'Put `: ` after the key.'],
  BAD_SCALAR_START: ['a value cannot begin with this character', 'Put the value in quotes.'],
  BAD_DQ_ESCAPE: ['this escape is not known in double quotes', 'Use single quotes, or write the backslash twice.'],
  BAD_ALIAS: ['aliases (*name) are not taken', 'Write the value out, or put it in quotes if it begins with * or &.'],
  TAG_RESOLVE_FAILED: ['tags (!name) are not taken', 'Remove the tag, or put the value in quotes if it begins with !.'],
  RESOURCE_EXHAUSTION: ['it is nested too deeply', 'Write it with fewer levels.'],
};
