import pLimit from 'p-limit';
import type { Collector, Connection } from '#src/collector.ts';
import { lookAt } from '#src/cycle/collect.ts';
import { transportsOf } from '#src/cycle/collecting.ts';
import { readQuestion, writeLook } from './question.ts';
import type { Job, Queue, Working } from './queue.ts';

export interface WorkerOptions {
  readonly queue: Queue;
  readonly name: string;
  /** Hash of the sources that collect. */
  readonly program: string;
  readonly connections: readonly Connection[];
  readonly collectors: readonly Collector[];
  /** Scopes looked at at the same time. */
  readonly atOnce?: number;
  readonly warn?: (about: object, said: string) => void;
  /** Told of each job that is taken; the answer is called when it ended, or failed and is to be tried again. */
  readonly took?: () => (failed: boolean) => void;
}

/**
 * Takes jobs of the agent: looks at the scopes of a place and tells what came of each. What a provider does is part of the answer; a job fails
 * only where this worker cannot do it.
 */
export function startWorker({
  queue,
  name,
  program,
  connections,
  collectors,
  atOnce = 8,
  warn = () => undefined,
  took = () => () => undefined,
}: WorkerOptions): Working {
  const limit = pLimit(atOnce);
  const byId = new Map(collectors.map((collector) => [collector.id, collector]));

  async function handle({ payload, tell }: Job): Promise<void> {
    const question = readQuestion(payload);
    if (question.program !== program) throw new Error(`worker ${name} is of another version than the agent`);
    const connection = connections.find(({ id }) => id === question.connection);
    if (!connection) throw new Error(`worker ${name} has no connection ${question.connection} in its configuration`);
    const { place } = question;
    const transport = transportsOf(connection)(place);
    await Promise.all(
      question.scopes.map(({ collector: id, stands, before }) =>
        limit(async () => {
          const collector = byId.get(id);
          if (!collector) throw new Error(`worker ${name} has no collector ${id}`);
          await tell(id, writeLook(await lookAt(collector, place, transport, before, stands)));
        }),
      ),
    );
  }

  return queue.work({ name, atOnce }, async (job) => {
    const ended = took();
    try {
      await handle(job);
      ended(false);
    } catch (error) {
      ended(true);
      warn({ job: job.key, attempt: job.attempt, reason: Error.isError(error) ? error.message : String(error) }, 'job not done');
      throw error;
    }
  });
}
