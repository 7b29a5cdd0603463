import type { Order, Orders } from '#src/alerts/sources.ts';
import type { BodyOf } from '#src/evidence/entries.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { waiversIn } from '#src/waivers/tell.ts';

type Ledger = Pick<EvidenceStore, 'head' | 'entries' | 'writtenAt' | 'keyOf'>;

/** What people ordered of alerts and of waivers, as the ledger records it; read only where it has grown. */
export function alertOrders(store: Ledger): Orders {
  return (from) => {
    const { size: to } = store.head();
    if (from === null || from >= to) return { orders: [], to };
    const actions = store.entries('action').filter(({ index }) => index >= from);
    const orders = [
      ...actions.map(({ index, body }) => ({ index, order: orderOf(body as BodyOf<'action'>) })),
      ...(store.entries('waiver').some(({ index }) => index >= from) ? waiverOrders(store, from) : []),
    ];
    return { orders: orders.toSorted((a, b) => a.index - b.index).map(({ order }) => order), to };
  };
}

function orderOf({ by, deed }: BodyOf<'action'>): Order {
  return deed.do === 'assign'
    ? { do: 'assign', alert: deed.alert, by, to: deed.to }
    : { do: 'acknowledge', alert: deed.alert, by, until: Date.parse(deed.until), note: deed.note };
}

const done = { approved: 'approved', refused: 'refused', withdrawn: 'withdrew' } as const;

/** What becomes of a waiver is told where what it is for is told. Leaves that are not honoured change nothing, and are not told. */
const waiverOrders = (store: Ledger, from: number): { index: number; order: Order }[] =>
  waiversIn(store).waivers.flatMap(({ id, rule, items, until, steps }) =>
    steps
      .filter(({ index, flaw }) => index >= from && flaw === null)
      .map(({ index, step, by, reason }) => {
        const headline =
          step === 'requested'
            ? `${by} asks for a waiver until ${new Date(until).toISOString().slice(0, 10)}.`
            : `${by} ${done[step]} the waiver ${id}.`;
        return { index, order: { do: 'tell', rule, items, headline, lines: reason === '' ? [] : [reason] } };
      }),
  );
