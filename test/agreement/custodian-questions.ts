import type { Session } from './placebo.ts';

export interface Question {
  /** The item by its name, or by a part of its key. */
  readonly item: string;
  readonly expected: string;
  readonly rule?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** In place of a rule: what was read into a field, `aws.account passwordPolicy`, as JSON. */
  readonly field?: string;
  /** The expectation is read off the recorded data: the author's test asserts something else of the session. */
  readonly readOff?: true;
}

export interface Played extends Session {
  readonly account?: string;
  readonly region?: string;
  readonly asOf?: string;
  readonly ask: readonly Question[];
  /** Tells apart what is asked of one session twice. */
  readonly as?: string;
}
