import { withoutSecrets } from '#src/redaction.ts';

/**
 * Every failure that an operator can meet: what happened, what to do, whether trying again without a change can help,
 * and the exit code (1 a fault of ours or of the machine, 2 wrong usage or configuration, 3 a connection could not be read at all).
 * `{name}` is filled from the error's data. Literal braces do not occur.
 */
export const errors = {
  // Configuration
  CONFIG_FILE_MISSING: {
    says: 'There is no configuration at {file}.',
    remedy: 'Write one with `holdfast init`, or name another with --config FILE.',
    retry: false,
    exit: 2,
  },
  CONFIG_FILE_UNREADABLE: {
    says: '{file} cannot be read: {reason}.',
    remedy: 'Let the user that runs Holdfast read the file, then start again.',
    retry: false,
    exit: 2,
  },
  CONFIG_FILE_TOO_LARGE: {
    says: '{file} is larger than {limit}.',
    remedy: 'Check that --config names the configuration and not another file.',
    retry: false,
    exit: 2,
  },
  CONFIG_NOT_TEXT: {
    says: '{file}:{line}:{column}: the file is not UTF-8 text.',
    remedy: 'Save the file as UTF-8.',
    retry: false,
    exit: 2,
  },
  CONFIG_NOT_YAML: {
    says: '{file}:{line}:{column}: this is not YAML: {reason}.',
    remedy: '{mend}',
    retry: false,
    exit: 2,
  },
  CONFIG_UNKNOWN_KEY: {
    says: '{file}:{line}:{column}: {path}: the key "{found}" is not known here; expected {expected}.',
    remedy: '{mend}',
    retry: false,
    exit: 2,
  },
  CONFIG_INVALID_FIELD: {
    says: '{file}:{line}:{column}: {path}: found {found}; expected {expected}.',
    remedy: '{mend}',
    retry: false,
    exit: 2,
  },
  CONFIG_LITERAL_SECRET: {
    says: '{file}:{line}:{column}: {path}: a secret is written here in clear (it is not repeated); expected {expected}.',
    remedy: '{mend}',
    retry: false,
    exit: 2,
  },
  CONFIG_MISTAKES: {
    says: '{file} has {count} mistakes.',
    remedy: 'Mend each of them; the list says how.',
    retry: false,
    exit: 2,
  },
  SECRET_NOT_RESOLVED: {
    says: 'The secret {reference} ({where}) cannot be resolved: {reason}.',
    remedy: '{mend}',
    retry: false,
    exit: 2,
  },
  WINDOW_NOT_DECLARED: {
    says: 'No window is declared, so there is nothing to conclude over.',
    remedy: 'Give the first and the last day under `window` in the configuration, or with --from and --to.',
    retry: false,
    exit: 2,
  },

  // Controls and rules
  CONTROL_PARAMETERS_CONFLICT: {
    says: 'Two controls in force at {at} set {rule} {parameter} differently: {first} says {firstValue}, {second} says {secondValue}.',
    remedy: 'Let both say the same, or leave it to one of them: a rule runs once, with one value.',
    retry: false,
    exit: 2,
  },
  RULE_UNKNOWN: {
    says: 'There is no rule "{id}".{suggestion}',
    remedy: 'List the rules with `holdfast rules`.',
    retry: false,
    exit: 2,
  },
  CONTROL_UNKNOWN: {
    says: 'There is no control "{id}".{suggestion}',
    remedy: 'List the controls with `holdfast controls`.',
    retry: false,
    exit: 2,
  },
  CRITERION_UNKNOWN: {
    says: 'There is no criterion "{id}".{suggestion}',
    remedy: 'Give an id such as CC6.1, A1.2 or C1.1.',
    retry: false,
    exit: 2,
  },
  CONNECTION_UNKNOWN: {
    says: 'There is no connection "{id}".{suggestion}',
    remedy: 'Name one of the connections of the configuration.',
    retry: false,
    exit: 2,
  },
  COLLECTOR_UNKNOWN: {
    says: 'There is no collector "{id}".{suggestion}',
    remedy: 'List what is collected with `holdfast check`.',
    retry: false,
    exit: 2,
  },

  // Command line
  USAGE: {
    says: '{problem}',
    remedy: '{mend}',
    retry: false,
    exit: 2,
  },
  COMMAND_UNKNOWN: {
    says: 'There is no command "{command}".{suggestion}',
    remedy: 'List the commands with `holdfast help`.',
    retry: false,
    exit: 2,
  },

  // Connections
  CONNECTION_UNREADABLE: {
    says: 'Nothing could be read over the connection "{connection}": {reason}.',
    remedy: 'See what is missing with `holdfast check`, and what to grant with `holdfast policy {provider}`.',
    retry: true,
    exit: 3,
  },
  CALL_NOT_DECLARED: {
    says: 'The collector {collector} tried the call {call}, which it does not declare. The call was not made.',
    remedy: 'Report this: a collector may make only the calls that it declares.',
    retry: false,
    exit: 1,
  },

  STOPPED: {
    says: 'The process was asked to stop before it had looked at everything.',
    remedy: 'Start it again. What was recorded before is kept; of the look that was given up there is nothing.',
    retry: true,
    exit: 1,
  },

  // Evidence store and ledger
  STORE_LOCKED: {
    says: 'The store {file} is in use by another process{holder}.',
    remedy: 'Stop the other process, or name another store. Only one agent may write to a store.',
    retry: true,
    exit: 2,
  },
  STORE_MISSING: {
    says: 'There is no evidence at {file} yet.',
    remedy: 'Collect some with `holdfast run`, or name another configuration with --config FILE.',
    retry: false,
    exit: 2,
  },
  STORE_NEWER: {
    says: 'The store {file} has schema {found}; this program knows up to {known}.',
    remedy: 'Run the newer version of Holdfast that wrote it. Nothing was changed.',
    retry: false,
    exit: 2,
  },
  STORE_OLDER: {
    says: 'The store {file} has schema {found}, of an earlier version; this program reads {known}.',
    remedy:
      'Start the agent of this version once, as `holdfast run --once` does: it brings the store forward, and every root stays. Copy the store before, should you want to go back.',
    retry: false,
    exit: 2,
  },
  STORE_MIGRATION_CHANGED: {
    says: 'The store {file} was made with another text of migration {migration} than this program has.',
    remedy: 'Run the version of Holdfast that wrote it, and report this. Nothing was changed.',
    retry: false,
    exit: 1,
  },
  STORE_NOT_A_STORE: {
    says: '{file} is not a Holdfast store: {reason}.',
    remedy: 'Name another place under `store`, or move what is there away.',
    retry: false,
    exit: 2,
  },
  STORE_UNWRITABLE: {
    says: 'The store {file} cannot be written: {reason}.',
    remedy: 'Check the free space and the rights on its folder. What was acknowledged before is kept.',
    retry: true,
    exit: 2,
  },
  STORE_UNREACHABLE: {
    says: 'The store {store} does not answer: {reason}.',
    remedy: 'Check that PostgreSQL runs and that the address behind `store` is right. What was acknowledged before is kept.',
    retry: true,
    exit: 2,
  },
  STORE_NOT_EMPTY: {
    says: 'The store {store} holds {rows} rows already.',
    remedy: 'Name an empty schema, or drop this one if nothing in it is needed. Nothing was copied.',
    retry: false,
    exit: 2,
  },
  STORE_ADDRESS: {
    says: 'The address behind `store` is not one of a PostgreSQL database: {reason}. The address is not repeated, for it may hold a password.',
    remedy: 'Write it as postgres://user:password@host:5432/database, with special letters of the password as %xx.',
    retry: false,
    exit: 2,
  },
  STORE_NOT_DURABLE: {
    says: 'The store {store} could lose what it acknowledged: {reason}.',
    remedy: 'Change that on the server. Evidence is acknowledged only where a power cut cannot take it back.',
    retry: false,
    exit: 2,
  },
  STORE_DAMAGED: {
    says: 'The store {file} is damaged: {reason}.',
    remedy: 'Stop, keep a copy of the file, restore the last backup and check it with `holdfast verify`.',
    retry: false,
    exit: 1,
  },
  // Orders of people
  ACTION_NOT_TAKEN: {
    says: 'Nobody took the order within {seconds} s. It is kept, and is done once when the agent takes it.',
    remedy: 'Check that the agent runs, as `holdfast run`, beside this evidence; then look whether it was done before ordering it again.',
    retry: true,
    exit: 1,
  },
  ACTION_REFUSED: {
    says: '{problem}',
    remedy: '{mend}',
    retry: false,
    exit: 2,
  },
  PERSON_UNKNOWN: {
    says: '{who} is none of the people who may act.{suggestion}',
    remedy: 'Say who you are with --by ADDRESS, as holdfast.yaml has it under `people`, or have yourself added there.',
    retry: false,
    exit: 2,
  },

  // Jobs for workers
  QUEUE_NOT_CONFIGURED: {
    says: 'There is no `queue` in the configuration, so there is no work for a worker: the agent collects by itself.',
    remedy: 'Add `queue` there, with the address of a Redis or without; then restart the agent and start its workers.',
    retry: false,
    exit: 2,
  },
  QUEUE_ADDRESS: {
    says: 'The address behind `queue.redis` is not one of a Redis: {reason}. The address is not repeated, for it may hold a password.',
    remedy: 'Write it as rediss://user:password@host:6379, with special letters of the password as %xx.',
    retry: false,
    exit: 2,
  },
  QUEUE_UNREACHABLE: {
    says: 'The queue at {queue} cannot be reached: {reason}.',
    remedy: 'Check that Redis runs, that its address and password are right, and that this machine may connect.',
    retry: true,
    exit: 1,
  },
  QUEUE_TOO_OLD: {
    says: 'The Redis at {queue} is of version {found}; needed is {needed} or later.',
    remedy: 'Use a newer Redis or Valkey.',
    retry: false,
    exit: 2,
  },
  QUEUE_EVICTS: {
    says: 'The Redis at {queue} may throw jobs away when its memory is full: maxmemory-policy is {policy}.',
    remedy:
      'Set maxmemory-policy to noeviction, in redis.conf or in the parameter group of the service, and give the queue a Redis of its own.',
    retry: false,
    exit: 2,
  },
  PACKAGE_EXISTS: {
    says: '{file} exists already.',
    remedy: 'Name another file with --out, or replace it with --force.',
    retry: false,
    exit: 2,
  },
  PACKAGE_EMPTY: {
    says: 'There is nothing to export: {reason}.',
    remedy: 'Name a window in which the agent ran, with --from and --to.',
    retry: false,
    exit: 2,
  },
  PACKAGE_UNWRITABLE: {
    says: 'The package {file} cannot be written: {reason}.',
    remedy: 'Make room, and let the user that runs Holdfast write to the folder; nothing is there under that name yet.',
    retry: true,
    exit: 1,
  },
  STORE_INVARIANT: {
    says: 'The store refused a write that would break what it promises: {reason}.',
    remedy: 'Report this. Nothing of the write was kept.',
    retry: false,
    exit: 1,
  },
  BACKFILL_REFUSED: {
    says: 'The scope {scope} cannot be backfilled so: {reason}.',
    remedy: 'Bring only what was seen, in order, within the life of the scope and before the last cycle. Nothing was recorded.',
    retry: false,
    exit: 2,
  },
  BACKFILL_FILE: {
    says: 'What is to be brought cannot be read from {file}: {reason}.',
    remedy: 'Name a file in JSON or YAML with scope, from, to, reason, run and looks, as docs/backfill.md has it. Nothing was recorded.',
    retry: false,
    exit: 2,
  },
  BACKFILL_FIELD: {
    says: '{file}: {field} {reason}.',
    remedy: '{mend} Nothing was recorded.',
    retry: false,
    exit: 2,
  },
  BACKFILL_MISTAKES: {
    says: '{file} has {count} mistakes.',
    remedy: 'Mend each of them; the list says how.',
    retry: false,
    exit: 2,
  },
  BACKFILL_SOURCE: {
    says: 'The store {file} cannot give these looks: {reason}.',
    remedy: '{mend} Nothing was recorded.',
    retry: false,
    exit: 2,
  },
  SQLITE_TOO_OLD: {
    says: 'SQLite {found} is too old; {needed} or newer is needed.',
    remedy: 'Start Holdfast through bin/holdfast, which brings its own Node and SQLite.',
    retry: false,
    exit: 2,
  },
  POSTGRES_TOO_OLD: {
    says: 'PostgreSQL {found} is too old; {needed} or newer is needed.',
    remedy: 'Bring the server forward, or name another one under `store`.',
    retry: false,
    exit: 2,
  },
  CLOCK_BACKWARDS: {
    says: 'The clock says {now}, which is before {last}, the time of the last record.',
    remedy: 'Set the clock of the machine right (NTP). Nothing is recorded until time has passed the last record.',
    retry: true,
    exit: 1,
  },
  LEDGER_MOVED: {
    says: 'The ledger has {found} entries where {expected} were expected: someone else wrote to it, or an older copy was restored.',
    remedy: 'Run one agent only. After a restore, check the ledger with `holdfast verify` before going on.',
    retry: false,
    exit: 1,
  },
  ALERT_ROUTE_UNKNOWN: {
    says: 'alerts.routes, number {index}: there is no {what} "{name}".{suggestion}',
    remedy: 'Write it as `holdfast controls` or `holdfast rules` lists it, or remove it from the route.',
    retry: false,
    exit: 2,
  },
  ALERTS_NOT_CONFIGURED: {
    says: 'Nobody is told anything: the configuration names neither Slack nor a webhook.',
    remedy: 'Add `alerts` to holdfast.yaml, as docs/slack.md says.',
    retry: false,
    exit: 2,
  },
  ALERT_NOT_DELIVERED: {
    says: 'The message to {channel} was not delivered: {reason}.',
    remedy: '{mend}',
    retry: true,
    exit: 2,
  },
  KEY_UNUSABLE: {
    says: 'The signing key {key} cannot be used: {reason}.',
    remedy: '{mend}',
    retry: false,
    exit: 2,
  },
  KMS_SILENT: {
    says: 'AWS KMS did not do {call} with the key {key}: {reason}.',
    remedy: 'Grant what `holdfast policy aws` names for the key, and see that the key is enabled. What was recorded is kept.',
    retry: true,
    exit: 1,
  },
  LEDGER_KEY_NOT_MADE: {
    says: 'There is no signing key at {file} yet.',
    remedy: 'It is made when `holdfast run` first starts; or make one with `holdfast key --new FILE` and name it under `ledger.key`.',
    retry: false,
    exit: 2,
  },
  LEDGER_KEY_CHANGED: {
    says: 'The ledger {origin} is signed by {before}, and none of the configured keys is one of them.',
    remedy:
      'Name the earlier key under `ledger.previous` for one period, so that both sign. Where it is lost, give the ledger a new `origin` and tell the auditor.',
    retry: false,
    exit: 2,
  },
  SIGNATURE_WRONG: {
    says: 'The key {key} gave a signature that its own public key does not accept.',
    remedy: 'Check that the private key and the public key belong together, and that the KMS key is an Ed25519 key. Nothing was published.',
    retry: false,
    exit: 1,
  },
  STORE_ROLLED_BACK: {
    says: 'The anchor {anchor} keeps a checkpoint of {outside} entries, signed by our own key, and this ledger has {own}: an older copy was restored.',
    remedy:
      'Nothing was signed. Restore the newest copy of the store. Where the rest is lost, go on under a new `ledger.origin` and tell the auditor from which entry on.',
    retry: false,
    exit: 1,
  },
  STORE_FORKED: {
    says: 'The anchor {anchor} keeps another history of this ledger: its checkpoint of {outside} entries is not the one that these {own} entries give.',
    remedy:
      'Nothing was signed. Find the copy whose checkpoint the anchor keeps and go on with that one; two copies were written to. Where it is lost, go on under a new `ledger.origin` and tell the auditor.',
    retry: false,
    exit: 1,
  },
  STORE_NOT_SCRUBBED: {
    says: 'What was taken away may still stand in the log beside {file}: somebody is reading the store.',
    remedy: 'Close what reads it, and start the agent or a command that writes once more. The purge itself is recorded and signed.',
    retry: true,
    exit: 1,
  },
  OPERATIONS_NOT_SCRUBBED: {
    says: 'What was taken away may still stand in free pages of {file}: another process uses it.',
    remedy: 'Stop what uses it, the agent and its workers, and give the same order again. Nothing was erased in the evidence yet.',
    retry: true,
    exit: 1,
  },
  ITEM_NOT_ERASABLE: {
    says: '{item} of {scope} cannot be erased: {reason}.',
    remedy: 'Name the scope and the key as `holdfast results --json` shows them, of an item that is gone. Nothing was erased.',
    retry: false,
    exit: 2,
  },
  LEDGER_KEY_MISSING: {
    says: 'The ledger of {file} was signed before, and there is no key to go on signing it.',
    remedy: 'Give the key back under `ledger` in holdfast.yaml. A new key cannot go on an old ledger unnoticed.',
    retry: false,
    exit: 2,
  },
  VERIFY_FAILED: {
    says: '{what} does not verify: {reason}.',
    remedy: 'Keep this copy, compare it with the checkpoint that you noted earlier, and ask who changed it.',
    retry: false,
    exit: 1,
  },

  // The machine
  PORT_IN_USE: {
    says: 'Nothing can listen on {address}: the port is in use.',
    remedy: 'Stop the other program, or name another port: under `portal.listen`, `metrics.listen`, or after `--listen` of a worker.',
    retry: true,
    exit: 2,
  },
  ADDRESS_UNAVAILABLE: {
    says: 'Nothing can listen on {address}: {reason}.',
    remedy: 'Name an address of this machine: under `portal.listen`, `metrics.listen`, or after `--listen` of a worker.',
    retry: false,
    exit: 2,
  },
  OUTPUT_EXISTS: {
    says: '{file} exists already.',
    remedy: 'Name another file, or remove it first.',
    retry: false,
    exit: 2,
  },
  PROGRAM_FAULT: {
    says: 'Holdfast met a fault of its own: {reason}.',
    remedy: 'Report this with the log around it. What was acknowledged before is kept.',
    retry: false,
    exit: 1,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errors;
export type ErrorValue = string | number | boolean | null;
/** What an error of this code must be told: one value for each placeholder of its texts. More may be given; `toJSON` keeps it. */
export type ErrorData<Code extends ErrorCode> = Record<
  Placeholders<(typeof errors)[Code]['says']> | Placeholders<(typeof errors)[Code]['remedy']>,
  ErrorValue
>;
export type ErrorDocument = {
  code: ErrorCode;
  message: string;
  remedy: string;
  retry: boolean;
  exit: ExitCode;
  data: Record<string, ErrorValue>;
  problems?: ErrorDocument[];
};
export type ExitCode = 1 | 2 | 3;

/** A failure that an operator can act on. `problems` holds the parts when several were found at once. Never give it a secret. */
export class HoldfastError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'HoldfastError';
  readonly code: Code;
  readonly data: Record<string, ErrorValue>;
  readonly remedy: string;
  readonly retry: boolean;
  readonly exit: ExitCode;
  readonly problems: readonly HoldfastError[];

  constructor(
    code: Code,
    data: ErrorData<Code> & Record<string, ErrorValue>,
    options: { cause?: unknown; problems?: readonly HoldfastError[] } = {},
  ) {
    const entry: ErrorEntry = errors[code];
    const said = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, clean(value)]));
    super(fill(entry.says, said), 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.data = said;
    this.remedy = fill(entry.remedy, said);
    this.retry = entry.retry;
    this.exit = entry.exit;
    this.problems = options.problems ?? [];
  }

  /** The documented shape of `--json`. Leaves the cause out: it may hold what a provider answered. */
  toJSON(): ErrorDocument {
    return {
      code: this.code,
      message: this.message,
      remedy: this.remedy,
      retry: this.retry,
      exit: this.exit,
      data: this.data,
      ...(this.problems.length > 0 && { problems: this.problems.map((problem) => problem.toJSON()) }),
    };
  }
}

/** What an operator reads: each failure on a line, what to do on the next. */
export function errorText(error: HoldfastError): string {
  const own = `${error.message}\n  ${error.remedy}`;
  return [own, ...error.problems.map((problem) => errorText(problem))].join('\n');
}

/** ` Did you mean "x"?`, or nothing when no candidate is close. For the `{suggestion}` of the table. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const nearest = nearestTo(word, candidates);
  return nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
}

/** The candidate that differs from the word by a few letters only, if there is one. */
export function nearestTo(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > longestWord) return undefined;
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (best === undefined || distance < best.distance) best = { candidate, distance };
  }
  const tolerated = Math.max(1, Math.floor(word.length / 3));
  return best !== undefined && best.distance <= tolerated ? best.candidate : undefined;
}

/** docs/errors.md: the table as a page. */
export function errorList(): string {
  const rows = Object.entries(errors).map(([code, entry]: [string, ErrorEntry]) =>
    [`\`${code}\``, entry.says, entry.remedy, entry.retry ? 'yes' : 'no', String(entry.exit)].map(cell).join(' | '),
  );
  return `# Errors

What Holdfast says when it cannot go on, what to do, whether trying again without a change can help, and the exit code of the command.
Words in braces are filled in. A \`{mend}\` is particular to the place; it names the key, the permission or the file.

| exit | means |
|---|---|
| 0 | the command did its work |
| 1 | a fault of Holdfast's own, or evidence that does not verify |
| 2 | wrong usage or configuration |
| 3 | a connection could not be read at all |

| code | what happened | what to do | retry helps | exit |
|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join('\n')}
`;
}

type ErrorEntry = { says: string; remedy: string; retry: boolean; exit: ExitCode };
type Placeholders<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;

const clean = (value: ErrorValue): ErrorValue => (typeof value === 'string' ? withoutSecrets(value) : value);

function fill(text: string, data: Record<string, ErrorValue>): string {
  return text.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => (Object.hasOwn(data, name) ? String(data[name]) : placeholder));
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

const longestWord = 80;

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1)!;
}

/** What went wrong first, where closing what was open went wrong after it. */
export function originOf(error: unknown): unknown {
  return error instanceof SuppressedError ? originOf(error.suppressed) : error;
}
