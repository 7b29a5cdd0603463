import type { Outcome } from './outcome.ts';

type Source = 'custodian' | 'guard' | 'checkov';

/** One case of somebody else's, put to one of our rules or collectors. */
export interface Case {
  readonly source: Source;
  /** Unique; the disagreements name cases by it. */
  readonly id: string;
  /** The case in its author's words. */
  readonly title: string;
  /** Our rule, or the population and field that our collector reads. */
  readonly about: string;
  /** What its author expects, in our words. */
  readonly expected: string;
  /** The expectation is not its author's, but read off the data by us. */
  readonly readOff?: true;
  readonly run: () => Promise<Ran>;
}

export interface Ran extends Outcome {
  /** What we said to the recording as it is, where we then added answers that it lacks. */
  readonly before?: Outcome;
}
