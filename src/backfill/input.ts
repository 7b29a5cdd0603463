import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { CallRecord } from '#src/cycle/collect.ts';
import { parseDuration } from '#src/duration.ts';
import { HoldfastError } from '#src/errors.ts';
import { canonical } from '#src/ledger/canonical.ts';
import { type Unread, type UnreadReason, unreadReasons } from '#src/population.ts';

/** Looks at one scope that somebody brings: with the replies as they came, from which the items are made again. Instants in epoch ms. */
export interface Brought {
  /** connection/account/region/population */
  readonly scope: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly run: string;
  readonly looks: readonly BroughtLook[];
}

export interface BroughtLook {
  readonly asOf: number;
  /** Null: what looks at the scope vouched for at that time. */
  readonly hold: number | null;
  readonly calls: readonly CallRecord[];
  /** Why the look failed as a whole; null where that follows from its calls, or where it did not. */
  readonly unread: Unread | null;
}

/** A message of a field: what is wrong, and what to write in its place. */
const wants = (wrong: string, mend: string) => ({ error: `${wrong}\n${mend}` });

const text = (name: string, example: string) => {
  const told = wants(`is no ${name}`, `Write ${example}.`);
  return z.string(told).refine((value) => value.trim() !== '', told);
};
const instant = () => {
  const told = wants('is no instant', 'Write it with its zone, as 2026-03-01T12:00:00Z.');
  return z
    .string(told)
    .refine((value) => /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value)), told)
    .transform((value) => Date.parse(value));
};
const whole = (name: string, example: number) => z.int(wants(`is no ${name}`, `Write a whole number, as ${example}.`)).nonnegative();
function isCanonical(value: unknown): boolean {
  try {
    return canonical(value) !== '';
  } catch {
    return false;
  }
}
const reasons = Object.keys(unreadReasons) as [UnreadReason, ...UnreadReason[]];
const reason = z.enum(reasons, wants('is no reason that is known', `Write one of ${reasons.join(', ')}.`));

const call = z
  .strictObject({
    operation: text('operation', 'the call as the collector declares it, as ec2:DescribeVpcs'),
    parameters: z
      .record(z.string(), z.unknown(), wants('are no parameters', 'Write the parameters of the call as an object.'))
      .refine(isCanonical, wants('hold a number that is no whole one', 'Write the parameters as the call was made.'))
      .default({}),
    page: whole('page', 0).optional(),
    status: whole('status', 200).optional(),
    requestId: z.string(wants('is no request id', 'Write the id that the provider gave to the request, or leave it out.')).default(''),
    reply: z.unknown().optional(),
    failure: z
      .strictObject(
        { reason, code: z.string().default(''), detail: z.string().default('') },
        wants('is no failure', 'Write reason, code and detail.'),
      )
      .optional(),
  })
  .refine(
    ({ reply, failure }) => (reply === undefined) !== (failure === undefined),
    wants('has not just one of reply and failure', 'Write what the provider answered as `reply`, or how the call failed as `failure`.'),
  );

const look = z.strictObject({
  at: instant(),
  hold: z
    .string(wants('is no duration', 'Write it as 2h or 30m, or leave it out.'))
    .refine((value) => parseDuration(value) !== undefined, wants('is no duration', 'Write it as 2h or 30m, or leave it out.'))
    .optional(),
  calls: z.array(call, wants('is no list of calls', 'List the calls of the look with their replies.')).default([]),
  unread: z
    .strictObject({ unread: reason, call: z.string().default(''), needs: z.string().default(''), detail: z.string().default('') })
    .optional(),
});

const file = z.strictObject(
  {
    scope: text('scope', 'connection/account/region/population, as `results --json` shows it').refine(
      (value) => value.split('/').length >= 4,
      wants('has not four parts', 'Write connection/account/region/population, as `results --json` shows it.'),
    ),
    from: instant(),
    to: instant(),
    reason: text('reason', 'why the looks come only now; auditors read it'),
    run: text('run', 'what brought the data: the id of the run of that time, or of the import'),
    looks: z.array(look, wants('is no list of looks', 'List the looks in order of time; an empty list says that nobody looked.')),
  },
  wants('is no object', 'Write scope, from, to, reason, run and looks.'),
);

/** Reads what is to be brought. Errors: BACKFILL_FILE; one mistake as BACKFILL_FIELD, several as BACKFILL_MISTAKES. */
export function readBrought(path: string): Brought {
  const parsed = file.safeParse(valueIn(path));
  if (!parsed.success)
    throw mistakes(
      path,
      parsed.error.issues.flatMap((issue) => mistakesOf(path, issue)),
    );
  const { looks, ...rest } = parsed.data;
  const found: HoldfastError[] = [];
  if (rest.from >= rest.to) found.push(mistake(path, 'to', 'is not after `from`', 'Write the first instant that is no longer corrected.'));
  for (const [i, { at, calls, unread }] of looks.entries()) {
    if (at < rest.from || at >= rest.to)
      found.push(mistake(path, `looks[${i}].at`, 'is not within [from, to)', 'Widen `from` and `to`, or leave the look out.'));
    if (i > 0 && at <= looks[i - 1]!.at)
      found.push(mistake(path, `looks[${i}].at`, 'is not after the look before', 'Sort the looks by time.'));
    if (calls.length === 0 && !unread)
      found.push(
        mistake(path, `looks[${i}]`, 'has neither calls nor `unread`', 'Give the calls that saw it, or say why nobody could look.'),
      );
  }
  if (found.length > 0) throw mistakes(path, found);
  return {
    ...rest,
    looks: looks.map(({ at: asOf, hold, calls, unread }) => ({
      asOf,
      hold: hold === undefined ? null : parseDuration(hold)!,
      calls: callsOf(calls),
      unread: unread ?? null,
    })),
  };
}

/** Pages that are not numbered are counted as they come. */
function callsOf(given: readonly z.infer<typeof call>[]): CallRecord[] {
  const pages = new Map<string, number>();
  return given.map(({ operation, parameters, page, status, requestId, reply, failure }) => {
    const asked = `${operation} ${canonical(parameters)}`;
    const own = page ?? pages.get(asked) ?? 0;
    pages.set(asked, own + 1);
    const common = { operation, parameters: canonical(parameters), page: own, requestId };
    if (failure) return { ...common, status: status ?? 0, reply: null, failure };
    return { ...common, status: status ?? 200, reply: JSON.stringify(reply) };
  });
}

const largest = 256 * 1024 * 1024;

function valueIn(path: string): unknown {
  const refuse = (why: string, cause?: unknown): never => {
    throw new HoldfastError('BACKFILL_FILE', { file: path, reason: why }, { cause });
  };
  let written = '';
  try {
    const bytes = readFileSync(path);
    if (bytes.length > largest) refuse(`it has ${bytes.length} bytes, more than ${largest}`);
    written = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    refuse(
      code === 'ENOENT' ? 'there is no such file' : code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is no text in UTF-8' : `${code}`,
      error,
    );
  }
  try {
    return JSON.parse(written) as unknown;
  } catch (error) {
    if (/^\s*[{[]/.test(written)) refuse(`it is no JSON: ${(error as Error).message.replace(/, "[\s\S]*$/, '')}`, error);
  }
  const document = parseDocument(written, { prettyErrors: true, logLevel: 'error' });
  const [fault] = document.errors;
  if (fault) refuse(`it is no YAML, at line ${fault.linePos?.[0].line ?? 1}`);
  return document.toJS({ maxAliasCount: 0 }) as unknown;
}

function mistakesOf(path: string, issue: z.core.$ZodIssue): HoldfastError[] {
  const field = issue.path.reduce<string>(
    (at, key) => (typeof key === 'number' ? `${at}[${key}]` : at === '' ? String(key) : `${at}.${String(key)}`),
    '',
  );
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      mistake(path, field === '' ? key : `${field}.${key}`, 'is no field of it', 'Remove it, or correct its name.'),
    );
  const [wrong = '', mend = 'Write it as docs/backfill.md has it.'] = issue.message.split('\n');
  return [mistake(path, field || 'the whole', wrong, mend)];
}

export const mistake = (path: string, field: string, reason: string, mend: string): HoldfastError =>
  new HoldfastError('BACKFILL_FIELD', { file: path, field, reason, mend });

const mistakes = (path: string, found: readonly HoldfastError[]): HoldfastError =>
  found.length === 1 ? found[0]! : new HoldfastError('BACKFILL_MISTAKES', { file: path, count: found.length }, { problems: found });
