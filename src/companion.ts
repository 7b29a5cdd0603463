import type { CycleOutcome } from '#src/cycle/cycle.ts';

/** What goes on beside the cycles of a working agent: alerts, orders of people, signs of life. A cycle never fails because of one. */
export interface Companion {
  readonly name: string;
  /** Before a pass over the due connections. */
  beforeCycles?(): void;
  /** After a pass over the due connections, also where nothing was due. Must not throw, and not take long. */
  afterCycles?(outcomes: readonly CycleOutcome[]): Promise<void>;
  /** Ends what it does within a second or two; what is left is durable. */
  close(): Promise<void>;
}
