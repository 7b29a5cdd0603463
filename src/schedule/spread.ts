import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from '#src/collector.ts';
import { type Collected, collectedFrom, stands } from '#src/cycle/collect.ts';
import { type CollectDue, type CycleOf, type DueScope, memoryOf } from '#src/cycle/collecting.ts';
import { labelOf } from '#src/cycle/declared.ts';
import { scopeKey } from '#src/evidence/store.ts';
import { withoutSecrets } from '#src/redaction.ts';
import { readLook, type ScopeQuestion, scopeQuestion, writeQuestion } from './question.ts';
import type { NewJob, Queue, Told } from './queue.ts';

export interface Spreading {
  readonly queue: Queue;
  /** Hash of the sources that collect. */
  readonly program: string;
  /** The longest that a cycle waits for its workers, in ms. */
  readonly patience: number;
  /** Where nothing ends and nobody is at work, the longest that it waits, in ms. */
  readonly silence?: number;
  /** Between two questions for what was told, in ms. */
  readonly poll?: number;
  /** Told why the queue cannot be reached, once for each cycle. */
  readonly warn: (reason: string) => void;
}

/** A job that is lost from the queue is added again; one that is lost as often as this is given up. */
const adds = 5;

/** A scope that is asked of workers. */
interface Open {
  readonly due: DueScope;
  readonly question: ScopeQuestion;
  readonly index: number;
}

interface PlaceJob extends NewJob {
  /** By collector. What has been told is no longer here. */
  readonly open: Map<string, Open>;
  added: number;
}

/**
 * Has what is due collected by workers: one job for each place, one answer for each scope. The cycle stays one: whoever asked waits, judges
 * and commits. What no worker collected in time has failed, with the reason; nothing that happens to a worker or to the queue ends the cycle
 * or holds it up for longer.
 */
export function collectByWorkers({ queue, program, patience, silence = 300_000, poll = 100, warn }: Spreading): CollectDue {
  return async (due, cycle) => {
    const group = randomUUID();
    const results: Collected[] = [];
    const jobs = jobsOf(due, cycle, group, program);
    const began = performance.now();
    let moved = began;
    let reviewed = began;
    let fault: string | null = null;
    let done = 0;
    const settle = ({ index }: Open, collected: Collected) => {
      results[index] = collected;
      cycle.progress(++done);
    };
    const hear = (told: Told) => {
      const job = jobs.get(told.key);
      if (!job) return;
      if ('gaveUp' in told) for (const open of job.open.values()) settle(open, notCollected(open.due, told.gaveUp));
      else {
        const open = job.open.get(told.part);
        if (open) settle(open, collectedOf(open, told.answer, cycle));
        job.open.delete(told.part);
      }
      if ('gaveUp' in told || job.open.size === 0) jobs.delete(told.key);
    };
    const add = async (some: readonly PlaceJob[]) => {
      await queue.add(some);
      for (const job of some) job.added++;
    };
    /** Finds out whether anybody is at work, and brings back what the queue has lost. */
    const review = async () => {
      const { waiting, underWay, resting, paused } = await queue.counts();
      if (underWay > 0 || resting > 0 || paused) moved = performance.now();
      if (waiting + underWay + resting > 0) return;
      if (paused) return queue.add([...jobs.values()]);
      for (const job of jobs.values()) if (job.added >= adds) hear({ key: job.key, gaveUp: `the queue lost it ${adds} times` });
      await add([...jobs.values()]);
    };

    while (jobs.size > 0 && !cycle.signal?.aborted) {
      const at = performance.now();
      if (at - began > patience || at - moved > silence) break;
      try {
        if ([...jobs.values()].some(({ added }) => added === 0)) {
          await queue.clear();
          await add([...jobs.values()]);
        }
        const told = await queue.told(group);
        for (const each of told) hear(each);
        if (told.length > 0) moved = performance.now();
        else if (jobs.size > 0 && at - reviewed > Math.min(2_000, silence / 4)) {
          reviewed = at;
          await review();
        }
        if (told.length > 0) continue;
      } catch (error) {
        if (fault === null) warn(reasonOf(error));
        fault = reasonOf(error);
      }
      await sleep(poll);
    }
    if (jobs.size > 0) {
      await queue.clear().catch(() => undefined);
      const counts = await queue.counts().catch(() => null);
      const waited = `no worker collected it within ${Math.round((performance.now() - began) / 1_000)} s`;
      const why =
        counts === null
          ? (fault ?? 'the queue does not answer')
          : counts.paused
            ? 'the queue is paused'
            : counts.workers === 0
              ? 'there is no worker'
              : 'the workers did not end in time';
      for (const { open } of jobs.values()) for (const each of open.values()) settle(each, notCollected(each.due, `${waited}: ${why}`));
    }
    return results;
  };
}

function jobsOf(due: readonly DueScope[], cycle: CycleOf, group: string, program: string): Map<string, PlaceJob> {
  const { connection } = cycle;
  const places = Map.groupBy(
    due.map((each, index) => ({ each, index })),
    ({ each }) => labelOf(connection.provider, each.place),
  );
  return new Map(
    [...places].map(([label, scopes]) => {
      const open = scopes.map(({ each, index }): [string, Open] => {
        const key = scopeKey(each.scope);
        const memory = memoryOf(key, cycle);
        const question = scopeQuestion(each.collector, memory, stands(each.collector, cycle.held.get(key)?.items ?? new Map(), memory));
        return [each.collector.id, { due: each, question, index }];
      });
      const key = `${connection.id} ${label}`;
      const { account, region, partition } = scopes[0]!.each.place;
      const place: Place = { account, region, ...(partition !== undefined && { partition }) };
      const payload = writeQuestion({ program, connection: connection.id, place, scopes: open.map(([, { question }]) => question) });
      return [key, { key, group, payload, soon: scopes.some(({ each }) => each.soon), open: new Map(open), added: 0 }];
    }),
  );
}

function collectedOf({ due, question }: Open, answer: Uint8Array, cycle: CycleOf): Collected {
  const key = scopeKey(due.scope);
  try {
    return collectedFrom(readLook(answer, question), cycle.held.get(key)?.items ?? new Map(), memoryOf(key, cycle));
  } catch (error) {
    return notCollected(due, `what a worker told cannot be read: ${reasonOf(error)}`);
  }
}

const notCollected = ({ collector }: DueScope, detail: string): Collected => ({
  status: 'failed',
  calls: [],
  unread: {
    unread: 'unavailable',
    call: Object.keys(collector.reads)[0] ?? collector.id,
    needs: '',
    detail: withoutSecrets(detail).slice(0, 300),
  },
});

const reasonOf = (error: unknown): string => (Error.isError(error) ? error.message.split('\n')[0]!.slice(0, 200) : String(error));
