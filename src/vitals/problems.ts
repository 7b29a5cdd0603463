import type { EvidenceReading } from '#src/evidence/store.ts';
import { monitorPlace } from '#src/populations/monitor-place.ts';

/** Why the agent is not well. `key` is the same for as long as it is the same. */
export interface Problem {
  readonly key: string;
  readonly says: string;
}

/** The last cycle of a connection that has something due, and whether it sees anything. Instants in epoch ms. */
export interface Ages {
  readonly connection: string;
  /** Null where there was none. */
  readonly ended: number | null;
  /** How often something of it is due, in milliseconds. */
  readonly period: number;
  /** Why not one scope of it can be read now; empty while one can, or where there is none. */
  readonly blind: readonly string[];
}

/** Those of the connections whose periods are given, in milliseconds. */
export function agesOf(periods: ReadonlyMap<string, number>, store: Pick<EvidenceReading, 'held' | 'lastCycle'>): Ages[] {
  // That places are known reads nothing in them; where even they never were, that is all there is to see.
  const [inPlaces, ofPlaces] = [new Map<string, Set<string | null>>(), new Map<string, Set<string | null>>()];
  for (const { scope, retired, failing } of store.held.values()) {
    if (retired) continue;
    const reasons = scope.population === monitorPlace.type ? ofPlaces : inPlaces;
    reasons.set(scope.connection, (reasons.get(scope.connection) ?? new Set()).add(failing && failing.unread.unread));
  }
  return [...periods].map(([connection, period]) => {
    const own = [...(inPlaces.get(connection) ?? ofPlaces.get(connection) ?? [])];
    const blind = own.includes(null) ? [] : own.flatMap((reason) => reason ?? []).toSorted();
    return { connection, period, ended: store.lastCycle(connection)?.ended ?? null, blind };
  });
}

/**
 * Connections that are not seen: their last cycle is older than allowed, twice their period where nothing else is said, or no scope of them can
 * be read. A cycle in which everything was refused is no look.
 */
export function unseenIn(ages: Iterable<Ages>, now: number, within?: number): Problem[] {
  return [...ages].flatMap(({ connection, ended, period, blind }): Problem[] => {
    const late = ended === null || now - ended > (within ?? 2 * period);
    const says = [
      ...(ended === null ? [`${connection} was not looked at yet`] : []),
      ...(ended !== null && late ? [`${connection} was last looked at ${spanInWords(now - ended)} ago`] : []),
      ...(late ? [`it is due every ${spanInWords(period)}`] : []),
      ...(blind.length > 0 ? [`nothing of ${connection} can be read (${blind.join(', ')})`] : []),
    ];
    return says.length === 0 ? [] : [{ key: `connection ${connection}`, says: says.join('; ') }];
  });
}

/** A span in one unit, as people say it. */
export function spanInWords(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`;
}
