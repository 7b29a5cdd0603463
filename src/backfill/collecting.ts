import type { Collector, Place, Reads, Transport } from '#src/collector.ts';
import { type CallRecord, collectScope, replayTransport } from '#src/cycle/collect.ts';
import type { CollectedItem } from '#src/cycle/items.ts';
import { HoldfastError } from '#src/errors.ts';
import { canonical } from '#src/ledger/canonical.ts';
import type { Unread } from '#src/population.ts';
import type { Brought, BroughtLook } from './input.ts';

/** A look with what today's collector makes of its replies: every item, or why it failed as a whole. */
export type CollectedLook = { readonly asOf: number; readonly hold: number; readonly calls: readonly CallRecord[] } & (
  | { readonly unread: Unread; readonly items?: never }
  | { readonly unread?: never; readonly items: readonly CollectedItem[] }
);

interface With {
  readonly collector: Collector;
  readonly place: Place;
  /** For how long a look at some time vouches, where it does not say so. */
  readonly holdAt: (instant: number) => number;
  /** Where it comes from: a file, with fields to name, or a store. */
  readonly source: string;
}

/**
 * Makes the items of each look from its replies, as a cycle would: cut to the declared fields, refused where they hold a secret. Every call that
 * is brought must be one that the collector makes of this scope, and none that it makes may be missing: BACKFILL_FIELD otherwise.
 */
export async function collectLooks({ looks }: Brought, own: With): Promise<CollectedLook[]> {
  const collected: CollectedLook[] = [];
  for (const [i, look] of looks.entries()) collected.push(await collectLook(look, `looks[${i}]`, own));
  return collected;
}

async function collectLook(
  { asOf, hold, calls, unread }: BroughtLook,
  field: string,
  { collector, place, source, ...own }: With,
): Promise<CollectedLook> {
  const when = { asOf, hold: hold ?? own.holdAt(asOf) };
  if (calls.length === 0 && unread) return { ...when, calls: [], unread };
  const refuse = (where: string, reason: string, mend: string): never => {
    throw new HoldfastError('BACKFILL_FIELD', { file: source, field: `${field}${where}`, reason, mend });
  };
  const operations = Object.keys(collector.reads as Reads);
  for (const [i, { operation }] of calls.entries())
    if (!operations.includes(operation))
      refuse(`.calls[${i}].operation`, `is ${operation}, which ${collector.id} does not call`, `It calls ${operations.join(', ')}.`);
  const { transport, missing, used } = watched(calls);
  const result = await collectScope(collector, place, transport);
  const [lost] = missing;
  if (lost !== undefined) refuse('.calls', `lack the call ${lost}`, 'Add it with its reply or, where it was refused, with its failure.');
  // A look that failed did not come to all of its calls.
  const stray = result.status === 'complete' ? calls.findIndex((each) => !used.has(keyOf(each))) : -1;
  if (stray >= 0 && !unread)
    refuse(
      `.calls[${stray}]`,
      `is a call that ${collector.id} does not make with what the others answered`,
      'Leave it out, or correct its parameters.',
    );
  if (unread) return { ...when, calls: result.calls, unread };
  if (result.status === 'failed') return { ...when, calls: result.calls, unread: result.unread };
  return { ...when, calls: result.calls, items: result.items };
}

const keyOf = ({ operation, parameters }: Pick<CallRecord, 'operation' | 'parameters'>): string => `${operation} ${parameters}`;

/** Answers from what was brought, and notes what was asked for. */
function watched(calls: readonly CallRecord[]) {
  const [missing, used] = [new Set<string>(), new Set<string>()];
  const known = new Set(calls.map(keyOf));
  const replayed = replayTransport(calls);
  const transport: Transport = {
    call(operation, parameters, paged) {
      const key = keyOf({ operation, parameters: canonical(parameters) });
      (known.has(key) ? used : missing).add(key);
      return replayed.call(operation, parameters, paged);
    },
  };
  return { transport, missing, used };
}
