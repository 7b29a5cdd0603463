import type { Account, Region, World } from './world.ts';

/** One request, understood: what is asked, where, and of which account. */
export interface Call {
  /** As in `ec2:DescribeVolumes`. */
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  /** 0 for the first. */
  readonly page: number;
}

/** What an operation answers from. */
export interface Told extends Call {
  readonly world: World;
  readonly here: Account;
  readonly place: Region;
  /** The part of a list that belongs to the page asked for, and the token of the next. */
  paged<T>(list: readonly T[]): { readonly part: readonly T[]; readonly next: string | undefined };
  text(parameter: string): string | undefined;
}

/** A refusal in AWS's own words; each protocol writes it in its own way. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.headers = headers;
  }
}

/** Answers one operation: what stands in the body. */
export type Operation = (told: Told) => unknown;
