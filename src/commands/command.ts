import type { Agent } from '#src/agent.ts';
import type { Config } from '#src/config.ts';
import type { Report } from '#src/report/types.ts';

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a process hands its command. Nothing below reads the environment or the clock by itself. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly now: () => number;
}

/** An option that may be repeated is a list. */
export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface Invocation extends Surroundings {
  readonly options: Options;
  readonly operands: readonly string[];
  /** The configuration: `--config`, or holdfast.yaml in the working directory; with `--example` the example company's. */
  config(): Config;
  /** Opens the evidence for reading, answers, and closes it again. */
  reading<T>(ask: (report: Report, agent: Agent) => T | Promise<T>): Promise<T>;
  /** Writes the document with `--json`, the text without. */
  answer(document: unknown, text: () => string): void;
}

export interface Command {
  readonly summary: string;
  /** As shown in the usage: `results [--rule ID]`. */
  readonly usage: string;
  readonly options?: Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly multiple?: true; readonly means: string }>>;
  readonly operands?: readonly [least: number, most: number];
  run(invocation: Invocation): Promise<number>;
}

/** The instant that an option names: a date (its start in UTC) or an ISO 8601 time. */
export function instantOf(text: string): number | null {
  return /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(Date.parse(text)) ? Date.parse(text) : null;
}
