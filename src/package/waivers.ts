import type { BodyOf } from '#src/evidence/entries.ts';
import type { LedgerEntry } from '#src/evidence/store.ts';
import { canonical, type Json } from '#src/ledger/canonical.ts';
import type { DeviationRow } from '#src/report/types.ts';
import { personAt, type Roster } from '#src/waivers/people.ts';
import type { ToldWaivers } from '#src/waivers/tell.ts';
import { type Step, stepOf, type Waiver } from '#src/waivers/waivers.ts';
import { type Cell, csv } from './csv.ts';
import type { Telling } from './results.ts';

/** What the first page tells of waivers. */
export interface WaiversTold {
  /** Those that were in force at some time of the window. */
  readonly inForce: number;
  /** Leaves that break a rule of waivers, and why. */
  readonly dishonoured: readonly { readonly index: number; readonly says: string }[];
}

/** Every waiver that the log tells, what stood under which in the window, and what people did about alerts. */
export async function writeWaivers(
  { spool, context, window }: Omit<Telling, 'nameOf'>,
  deviations: readonly DeviationRow[],
): Promise<WaiversTold> {
  const { waivers, strays } = context.waivers();
  await spool.add('results/waivers.json', `${canonical(documentOf({ waivers, strays }))}\n`);
  const inForce = waivers.filter((waiver) => waiver.inForce && waiver.inForce.from < window.to && waiver.inForce.to > window.from);
  await spool.add(
    'results/waivers.csv',
    csv(
      ['waiver', 'rule', 'scope', 'item', 'from', 'to', 'requestedBy', 'approvedBy', 'reason', 'deviations'],
      inForce.flatMap((waiver) =>
        waiver.items.map(({ scope, item }): Cell[] => [
          waiver.id,
          waiver.rule,
          scope,
          item,
          iso(waiver.inForce!.from),
          iso(waiver.inForce!.to),
          stepOf(waiver, 'requested')!.name,
          stepOf(waiver, 'approved')!.name,
          waiver.reason,
          deviations.filter((row) => isUnder(row, waiver, scope, item)).map(({ id }) => id),
        ]),
      ),
    ),
  );
  await writeActions({ spool, entries: [...context.store.entries('people'), ...context.store.entries('action')] });
  const flawed = waivers.flatMap(({ id, steps }) =>
    steps.flatMap(({ index, step, flaw }) => (flaw === null ? [] : [{ index, says: `${id} ${step}: ${flaw}` }])),
  );
  return { inForce: inForce.length, dishonoured: [...flawed, ...strays.map(({ index, says }) => ({ index, says }))] };
}

/** A row that stands for several streams stands under what each of them stands under. */
const isUnder = (row: DeviationRow, { id }: Waiver, scope: string, item: string): boolean =>
  row.waivers.some((waiver) => waiver.id === id) && (row.count > 1 || (row.scope === scope && row.item === item));

const documentOf = ({ waivers, strays }: ToldWaivers): Json => ({
  waivers: waivers.map(({ id, rule, items, reason, compensating, until, renews, renewedBy, inForce, steps }) => ({
    id,
    rule,
    items: items.map(({ scope, item }) => ({ scope, item })),
    reason,
    compensating,
    until: iso(until),
    renews,
    renewedBy,
    inForce: inForce && { from: iso(inForce.from), to: iso(inForce.to) },
    steps: steps.map(stepOut),
  })),
  strays: strays.map(({ index, at, flaw }) => ({ index, at: iso(at), flaw })),
});

const stepOut = ({ step, by, name, at, index, via, reason, broken }: Step): Json => ({
  step,
  by,
  name,
  at: iso(at),
  index,
  way: via.way,
  reason,
  flaw: broken,
});

/** What people did about alerts: each with the leaf that says so. */
async function writeActions({ spool, entries }: Pick<Telling, 'spool'> & { entries: readonly LedgerEntry[] }): Promise<void> {
  let roster: Roster | null = null;
  const rows: Cell[][] = [];
  for (const { index, kind, asOf, body } of entries.toSorted((a, b) => a.index - b.index)) {
    if (kind === 'people') roster = body as Roster;
    else {
      const { by, at, via, deed } = body as BodyOf<'action'>;
      const [to, until, note] = deed.do === 'assign' ? [deed.to, null, null] : [null, deed.until, deed.note];
      rows.push([index, iso(asOf), at, by, personAt(roster, by)?.name ?? by, via.way, deed.do, deed.alert, to, until, note]);
    }
  }
  await spool.add(
    'results/actions.csv',
    csv(['index', 'recorded', 'at', 'by', 'name', 'way', 'what', 'alert', 'to', 'until', 'note'], rows),
  );
}

const iso = (instant: number): string => new Date(instant).toISOString();
