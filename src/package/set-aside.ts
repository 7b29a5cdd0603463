import type { HeldItem } from '#src/evidence/store.ts';
import { byUtf8 } from '#src/ledger/order.ts';
import type { Context } from '#src/report/context.ts';
import { within } from '#src/window/events.ts';
import type { Interval } from '#src/window/types.ts';
import { type Cell, csv } from './csv.ts';
import { leafThatBrought, type Owing, owedBy, type Telling } from './results.ts';

/** How many there are, for the first page. */
export interface LapsesSetAside {
  readonly events: number;
  readonly obligations: number;
}

type Events = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The events that failed and the obligations that were late or missed, as the cycles recorded them, and that are told otherwise in the window
 * since a correction stands in place of looks of theirs. No files where nothing was corrected.
 */
export async function writeLapsesSetAside(telling: Telling, recorded: Context, events: Events): Promise<LapsesSetAside> {
  const { spool, backfills } = telling;
  if (backfills.length === 0) return { events: 0, obligations: 0 };
  const failed = eventsSetAside(telling, recorded, events);
  await spool.add('results/set-aside-events.csv', csv(['rule', 'scope', 'item', 'at', 'severity', 'message', 'backfilled'], failed));
  const lapsed = obligationsSetAside(telling, recorded);
  await spool.add('results/set-aside-obligations.csv', csv(['rule', 'subject', 'period', 'from', 'to', 'due', 'recorded', 'told'], lapsed));
  return { events: failed.length, obligations: lapsed.length };
}

function eventsSetAside(telling: Telling, recorded: Context, events: Events): Cell[][] {
  const { context, window, backfills } = telling;
  const corrected = new Set(backfills.map(({ scope }) => scope));
  const scopes = [...recorded.store.held].filter(([key]) => corrected.has(key)).sort(([a], [b]) => byUtf8(a, b));
  const broughtBy = leafThatBrought(telling);
  return [...events].flatMap(([rule, populations]) =>
    scopes.flatMap(([key, { scope, items }]) => {
      if (!populations.has(scope.population)) return [];
      const failed = failedIn(items, rule, window);
      const now = context.store.held.get(key)?.items ?? new Map<string, HeldItem>();
      const still = failedIn(now, rule, window);
      return [...failed]
        .filter(([item]) => !still.has(item))
        .sort(([a], [b]) => byUtf8(a, b))
        .map(([item, { at, severity, message }]) => [
          rule,
          key,
          item,
          iso(at),
          severity,
          message,
          now.has(item) ? broughtBy(key, item) : null,
        ]);
    }),
  );
}

/** What was said of the events that failed under a rule in the window. */
function failedIn(items: ReadonlyMap<string, HeldItem>, rule: string, window: Interval) {
  const failed = [...items].flatMap(([item, { at, judgements }]) => {
    const said = judgements.find((judgement) => judgement.rule === rule);
    return at !== null && said?.result === 'fail' ? [{ item, at, severity: said.severity, message: said.message }] : [];
  });
  return new Map(within(failed, window).map((each) => [each.item, each]));
}

function obligationsSetAside({ context, window }: Telling, recorded: Context): Cell[][] {
  const told = new Map(owedBy(context, window).map((one) => [slotOf(one), one.state]));
  return owedBy(recorded, window)
    .filter((one) => (one.state === 'late' || one.state === 'missed') && told.get(slotOf(one)) !== one.state)
    .map((one) => {
      const { rule, subject, period, from, to, due, state } = one;
      return [rule, subject, period, iso(from), iso(to), iso(due), state, told.get(slotOf(one))];
    });
}

const slotOf = ({ rule, subject, period, from }: Owing): string => JSON.stringify([rule, subject, period, from]);

const iso = (instant: number): string => new Date(instant).toISOString();
