import { type Connection, type Place, providerOf } from '#src/collector.ts';
import { whySilent } from '#src/investigator.ts';
import { investigators } from '#src/registry.ts';
import { openLogs } from '#src/who/logs.ts';
import type { Found } from './check-found.ts';

/** Whether it will be known who changed something, by account. Never a fault: nothing but that is lost. */
export async function checkWho(
  connection: Connection,
  places: readonly Place[],
  { without, now }: { without: readonly string[]; now: () => number },
): Promise<Found[]> {
  const investigator = investigators.find((each) => providerOf(each) === connection.provider);
  if (!investigator || without.includes(investigator.id)) return [];
  return Promise.all(
    places.map(async (place): Promise<Found> => {
      const signal = AbortSignal.timeout(30_000);
      const logs = openLogs(investigator.reads, {
        transport: connection.open(place, signal),
        remembered: new Map(),
        late: () => signal.aborted,
      });
      const silence = await investigator.probe(logs as never, place, now());
      const outside = `${connection.id} ${place.account}`;
      if (silence === null) return { outside, kind: 'who', ok: true, says: 'it will be known', mend: '' };
      const why = typeof silence === 'string' ? silence : whySilent(silence);
      const mend = typeof silence === 'string' ? '' : `Grant what holdfast policy ${connection.provider} names for it, or leave it.`;
      return { outside, kind: 'who', ok: true, partly: true, says: `it will not be known: ${why}`, mend };
    }),
  );
}
