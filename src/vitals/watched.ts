import type { Collector } from '#src/collector.ts';
import type { Config } from '#src/config.ts';
import { milliseconds } from '#src/duration.ts';
import type { EvidenceReading, EvidenceStore } from '#src/evidence/store.ts';
import type { Operations } from '#src/operations/operations.ts';
import type { OutsideStatus } from '#src/outside.ts';
import type { Measure } from './measure.ts';
import type { Problem } from './problems.ts';

/** What an open agent shows of itself. */
export interface Watched {
  readonly store: EvidenceReading & Pick<EvidenceStore, 'checkpoint'>;
  /** Whether what is written is signed. */
  readonly signs: boolean;
  readonly outside: (asOf: number) => OutsideStatus;
  readonly operations: Operations;
  /** By connection: how often something of it is due, in milliseconds. */
  readonly periods: ReadonlyMap<string, number>;
  /** What other parts know to be wrong. */
  readonly problems?: (now: number) => readonly Problem[];
  /** What other parts have to show, by the names of the metrics; one that throws shows nothing, and the others do. */
  readonly measures?: readonly (() => Promise<readonly Measure[]>)[];
}

/** How often something of each connection is due: as its most frequent collector is. One without collectors is never due. */
export function periodsOf({ connections }: Pick<Config, 'connections'>, collectors: readonly Collector[]): Map<string, number> {
  return new Map(
    connections.flatMap(({ id, provider, without, every }) => {
      const own = collectors.filter((collector) => collector.id.startsWith(`${provider}-`) && !without.includes(collector.id));
      return own.length === 0 ? [] : [[id, Math.min(...own.map((collector) => milliseconds(every[collector.id] ?? collector.every)))]];
    }),
  );
}
