import type { Connection, FoundPlace, Transport } from '#src/collector.ts';
import { type Collected, collectScope } from '#src/cycle/collect.ts';
import { labelOf } from '#src/cycle/declared.ts';
import { explainUnread, isUnread, type Unread } from '#src/population.ts';
import { collectors, rules } from '#src/registry.ts';
import { inspectedBy } from '#src/rule.ts';
import { printable } from './text.ts';

export interface Reading {
  readonly connection: string;
  readonly place: string;
  readonly collector: string;
  readonly population: string;
  readonly items: number | null;
  /** What could not be read: the whole population, or fields of it with how many items they are missing from. */
  readonly unread: readonly { readonly field: string | null; readonly items: number; readonly why: Unread }[];
  /** Rules that stay unobserved for it. */
  readonly rules: readonly string[];
}

/** What each collector may and may not read at every place of a connection. `watch` sees each answer go by. */
export async function readAll(
  connection: Connection,
  places: readonly FoundPlace[],
  {
    without,
    progress,
    watch,
  }: { without: readonly string[]; progress: (text: string) => unknown; watch: (transport: Transport) => Transport },
): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const place of places) {
    const own = collectors.filter(
      ({ id, per }) =>
        id.startsWith(`${connection.provider}-`) &&
        !without.includes(id) &&
        ((per === 'account') === (place.region === 'global') || place.account === 'unknown'),
    );
    if (place.unread && own.length === 0)
      readings.push({
        connection: connection.id,
        place: labelOf(connection.provider, place),
        collector: '',
        population: '',
        items: null,
        unread: [
          {
            field: null,
            items: 0,
            why: place.unread,
          },
        ],
        rules: [],
      });
    const transport = place.unread ? null : watch(connection.open(place));
    for (const collector of own) {
      progress(`\r\u001b[K${connection.id} ${labelOf(connection.provider, place)} ${collector.id}`);
      const collected: Collected = transport
        ? await collectScope(collector, place, transport)
        : { status: 'failed', unread: place.unread!, calls: [] };
      readings.push(readingOf(connection, place, collector, collected));
    }
  }
  progress('\r\u001b[K');
  return readings;
}

function readingOf(
  connection: Connection,
  place: FoundPlace,
  { id, population }: (typeof collectors)[number],
  collected: Collected,
): Reading {
  const common = { connection: connection.id, place: labelOf(connection.provider, place), collector: id, population: population.type };
  const inspecting = (fields: readonly string[] | null) =>
    rules
      .filter((rule) =>
        inspectedBy(rule).some(
          (each) => each.population.type === population.type && (fields === null || each.fields.some((field) => fields.includes(field))),
        ),
      )
      .map((rule) => rule.id);
  if (collected.status === 'failed')
    return { ...common, items: null, unread: [{ field: null, items: 0, why: collected.unread }], rules: inspecting(null) };
  const missing = new Map<string, { field: string; items: number; why: Unread }>();
  for (const { item } of collected.items)
    for (const [field, value] of Object.entries(item))
      if (isUnread(value))
        missing.set(`${field} ${value.call} ${value.unread}`, {
          field,
          items: (missing.get(`${field} ${value.call} ${value.unread}`)?.items ?? 0) + 1,
          why: value,
        });
  return {
    ...common,
    items: collected.items.length,
    unread: [...missing.values()],
    rules: missing.size > 0 ? inspecting([...missing.values()].map(({ field }) => field)) : [],
  };
}

/** A reading in words, over several lines. */
export function readingLine({ connection, place, collector, items, unread, rules: lost }: Reading): string {
  const head = `${unread.length === 0 ? 'ok    ' : items === null ? 'UNREAD' : 'partly'}  ${connection}  ${place}  ${collector}: ${items === null ? 'not read' : `${items} items`}\n`;
  const why = unread
    .map(({ field, items: count, why }) => `          ${field === null ? '' : `${field} of ${count}: `}${explainUnread(why)}\n`)
    .join('');
  return (
    printable(head.trimEnd()) +
    '\n' +
    why
      .split('\n')
      .map((text) => printable(text))
      .join('\n') +
    (lost.length > 0 ? `          stays unobserved: ${lost.join(', ')}\n` : '')
  );
}
