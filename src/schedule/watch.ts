import type { Trouble, Troubles } from '#src/alerts/sources.ts';
import type { Measure } from '#src/vitals/measure.ts';
import type { Problem } from '#src/vitals/problems.ts';
import type { Counts, Queue } from './queue.ts';

/** Watches a queue from the outside: what it holds, and what is wrong with it for longer than a moment. */
export interface QueueWatch {
  measures(): Promise<readonly Measure[]>;
  readonly troubles: Troubles;
  /** Why the agent is not well: it is paused. What else is wrong with it shows in the ages of the connections. */
  problems(): readonly Problem[];
  /** Asks it. Called every few seconds by itself. */
  sample(): Promise<void>;
  close(): void;
}

const minute = 60_000;

/** `patience` is how long a cycle waits, in ms. `every`: ms between two samples; null: only when asked. */
export function watchQueue(
  queue: Pick<Queue, 'name' | 'counts'>,
  patience: number,
  now: () => number,
  every: number | null = 15_000,
): QueueWatch {
  let counts: Counts | null = null;
  /** Since when, epoch ms: it does not answer; it is paused; jobs wait and nobody takes one; jobs wait at all. */
  const since: Record<'away' | 'paused' | 'idle' | 'waiting', number | null> = { away: null, paused: null, idle: null, waiting: null };
  let reason = '';

  const sample = async (): Promise<void> => {
    try {
      counts = await queue.counts();
    } catch (error) {
      counts = null;
      reason = Error.isError(error) ? error.message : String(error);
    }
    const at = now();
    const lasting = (before: number | null, still: boolean) => (still ? (before ?? at) : null);
    since.away = lasting(since.away, counts === null);
    if (counts === null) return;
    const { paused, pausedSince, waiting, underWay } = counts;
    since.paused = paused ? (pausedSince ?? lasting(since.paused, true)) : null;
    since.idle = lasting(since.idle, !paused && waiting > 0 && underWay === 0);
    since.waiting = lasting(since.waiting, !paused && waiting > 0);
  };
  const timer = every === null ? undefined : setInterval(() => void sample(), every).unref();

  const pausedSince = (from: number): string => `queue is paused since ${new Date(from).toISOString()}: nothing is collected`;

  return {
    sample,
    async measures() {
      await sample();
      const help = 'Jobs for workers: one for each place of a cycle.';
      const jobs = counts ? Object.entries({ waiting: counts.waiting, 'under-way': counts.underWay, resting: counts.resting }) : [];
      return [
        { name: 'holdfast_queue_up', help: 'Whether the queue answers.', value: counts ? 1 : 0 },
        ...jobs.map(([state, value]) => ({ name: 'holdfast_queue_jobs', help, labels: { state }, value })),
        ...(counts
          ? [
              { name: 'holdfast_queue_workers', help: 'Workers that are connected.', value: counts.workers },
              { name: 'holdfast_queue_paused', help: 'Whether it is paused, so that nobody takes a job.', value: counts.paused ? 1 : 0 },
            ]
          : []),
      ];
    },
    troubles(at) {
      const lasts = (from: number | null, span: number): from is number => from !== null && at - from >= span;
      const trouble = (key: string, from: number, headline: string, says: string, remedy: string): Trouble => ({
        key: `queue ${key}`,
        severity: 'high',
        headline,
        says,
        remedy,
        since: from,
      });
      if (lasts(since.away, minute))
        return [
          trouble(
            'away',
            since.away,
            'The queue cannot be reached: nothing is collected.',
            reason,
            'See that Redis runs and that the agent may connect; `holdfast check` tells more.',
          ),
        ];
      if (since.paused !== null)
        return [
          trouble(
            'paused',
            since.paused,
            `The ${pausedSince(since.paused)}.`,
            `${counts?.waiting ?? 0} places wait, ${counts?.underWay ?? 0} are under way. What is not read meanwhile is time that nobody observed.`,
            'Give `holdfast worker --resume` once the work for which it was paused is done.',
          ),
        ];
      if (lasts(since.idle, 2 * minute))
        return [
          trouble(
            'idle',
            since.idle,
            'No worker takes jobs: nothing is collected.',
            `${counts?.waiting ?? 0} places wait at ${queue.name}; ${counts?.workers ?? 0} workers are connected.`,
            'Start `holdfast worker`, of the same version as the agent.',
          ),
        ];
      if (lasts(since.waiting, patience / 2))
        return [
          trouble(
            'slow',
            since.waiting,
            'The workers do not keep up: what is not collected in time is recorded as not read.',
            `${counts?.waiting ?? 0} places wait; ${counts?.workers ?? 0} workers are connected.`,
            'Start more workers, or let less be due at a time with `every`.',
          ),
        ];
      return [];
    },
    problems: () => (since.paused === null ? [] : [{ key: 'queue', says: `the ${pausedSince(since.paused)}` }]),
    close: () => clearInterval(timer),
  };
}
