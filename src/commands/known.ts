import type { Agent } from '#src/agent.ts';
import { controlsOf, parametersAt } from '#src/controls.ts';
import { HoldfastError } from '#src/errors.ts';
import type { LedgerHead } from '#src/evidence/store.ts';
import type { Json } from '#src/ledger/canonical.ts';
import { openReport } from '#src/report/report.ts';
import type { Report } from '#src/report/types.ts';
import { type Invocation, instantOf } from './command.ts';

export const knownOption = {
  'known-at': { type: 'string', means: 'What was known at a time, or to a ledger of so many leaves: 2026-03-01T12:00:00Z or #1234' },
} as const;

/**
 * The report that `--known-at` asks for, with the controls that were recorded then, and the ledger it speaks of; as known now without it.
 * What it says of the ledger goes to standard error, so that the answer itself keeps its shape.
 */
export function knownIn(
  { options, stderr, now }: Pick<Invocation, 'options' | 'stderr' | 'now'>,
  report: Report,
  agent: Agent,
): { report: Report; ledger: LedgerHead } {
  const given = options['known-at'];
  const { store } = agent;
  if (typeof given !== 'string') return { report, ledger: store.head() };
  const { size, asOf } = given.startsWith('#') ? atSize(given, agent) : atInstant(given, agent, now());
  const reading = store.knownAt(size);
  const recorded = reading.entries('controls').at(-1)?.body;
  const controls = recorded === undefined ? agent.controls : controlsOf(recorded as Json);
  const ledger = reading.head();
  stderr.write(`Known to a ledger of ${ledger.size} leaves, root ${ledger.root}, as of ${new Date(asOf).toISOString()}.\n`);
  const reporting = {
    ...agent.reporting(asOf),
    store: reading,
    controls,
    parametersAt: (rule: string, at: number) => parametersAt(controls, rule, at),
  };
  return { report: openReport(reporting), ledger };
}

function atSize(given: string, { store }: Agent): { size: number; asOf: number } {
  const size = /^#\d{1,9}$/.test(given) ? Number(given.slice(1)) : 0;
  const asOf = store.writtenAt(size);
  if (asOf !== null) return { size, asOf };
  throw wrong(given, `Write a size from #1 to #${store.head().size}.`);
}

function atInstant(given: string, { store }: Agent, now: number): { size: number; asOf: number } {
  const asOf = instantOf(given);
  if (asOf === null)
    throw wrong(given, 'Write a date, 2026-03-01, a time with its zone, 2026-03-01T12:00:00Z, or a size of the ledger, #1234.');
  if (asOf > now) throw wrong(given, 'What will be known is not known yet: name a time that has passed.');
  return { size: store.sizeKnownAt(asOf), asOf };
}

const wrong = (given: string, mend: string) => new HoldfastError('USAGE', { problem: `--known-at ${given} names no ledger.`, mend });
