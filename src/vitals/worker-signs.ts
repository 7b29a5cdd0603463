import { Counter, Histogram } from 'prom-client';
import type { Connection } from '#src/collector.ts';
import type { Queue } from '#src/schedule/queue.ts';
import { type Answering, exposition, verdict } from './answers.ts';
import { quotaMeasures, textOf } from './gauges.ts';
import { type Build, openCounting } from './meter.ts';
import { type Problem, spanInWords } from './problems.ts';
import { type Listener, listen } from './server.ts';

/** The signs of life of a worker: what it answers to probes and to Prometheus. */
export interface WorkerSigns extends Answering, AsyncDisposable {
  /** Where it listens; null where it does not. */
  readonly url: string | null;
  /** Counts the calls over a connection. */
  counting(connection: Connection): Connection;
  /** A job was taken; the answer is called when it ended. */
  took(): (failed: boolean) => void;
}

interface Parts {
  readonly queue: Pick<Queue, 'counts'>;
  readonly build: Build;
  /** How long a cycle waits for its workers, in ms. */
  readonly patience: number;
  /** Aborts when the worker is asked to stop. */
  readonly signal: AbortSignal;
  /** Absent: it listens nowhere. */
  readonly listenAt?: { readonly host: string; readonly port: number } | undefined;
  /** Milliseconds of a clock that nobody sets. */
  readonly running?: () => number;
}

/** Probes do not wait for longer, in ms. */
const atMost = 2_000;

/** What the queue said is good for so long, in ms: whoever may ask here cannot make it ask much there. */
const fresh = 1_000;

/** Errors: PORT_IN_USE, ADDRESS_UNAVAILABLE. */
export async function openWorkerSigns({
  queue,
  build,
  patience,
  signal,
  listenAt,
  running = () => performance.now(),
}: Parts): Promise<WorkerSigns> {
  const { registry, counting } = openCounting(build);
  const registers = [registry];
  const taken = new Counter({ name: 'holdfast_worker_jobs_taken_total', help: 'Jobs that this worker took.', registers });
  const ended = new Counter({
    name: 'holdfast_worker_jobs_total',
    help: 'Jobs that ended here: done, or failed, to be tried again.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['done', 'failed']) ended.inc({ outcome }, 0);
  const durations = new Histogram({
    name: 'holdfast_worker_job_duration_seconds',
    help: 'From taking a job, which is one place of a cycle, to its end.',
    buckets: [0.5, 1, 5, 15, 60, 300, 900, 3_600],
    registers,
  });
  /** Since when each is under way. */
  const underWay = new Set<{ readonly since: number }>();
  const connections: Connection[] = [];

  let asked: { readonly at: number; readonly answer: Promise<Problem[]> } | null = null;
  const away = (): Promise<Problem[]> => {
    if (asked === null || running() - asked.at > fresh) asked = { at: running(), answer: troubleOf(queue) };
    return asked.answer;
  };

  /** The agent has given up on a job of such an age, so that it hangs where it has not ended. */
  const longest = Math.max(2 * patience, 3_600_000);
  const stuck = (): Problem[] => {
    const oldest = Math.max(0, ...[...underWay].map(({ since }) => running() - since));
    return oldest > longest ? [{ key: 'job', says: `a job that was taken ${spanInWords(oldest)} ago has not ended` }] : [];
  };
  const stopping = (): Problem[] => (signal.aborted ? [{ key: 'stopping', says: 'it was asked to stop, and takes no more jobs' }] : []);
  const problems = async (): Promise<Problem[]> => [...stuck(), ...stopping(), ...(await away())];

  const answering: Answering = {
    async answer(path) {
      if (path === '/healthz') return verdict(stuck());
      if (path === '/readyz') return verdict(await problems());
      if (path !== '/metrics') return null;
      const measures = [
        {
          name: 'holdfast_worker_ready',
          help: 'Whether the worker is well: what /readyz says.',
          value: (await problems()).length === 0 ? 1 : 0,
        },
        { name: 'holdfast_worker_jobs_under_way', help: 'Jobs that it took and has not ended.', value: underWay.size },
        ...quotaMeasures(connections),
      ];
      return exposition((await registry.metrics()) + textOf(measures));
    },
  };
  const listener: Listener | null = listenAt ? await listen(answering, listenAt) : null;
  return {
    ...answering,
    url: listener?.url ?? null,
    counting(connection) {
      connections.push(connection);
      return counting(connection);
    },
    took() {
      const job = { since: running() };
      underWay.add(job);
      taken.inc();
      return (failed) => {
        underWay.delete(job);
        ended.inc({ outcome: failed ? 'failed' : 'done' });
        durations.observe((running() - job.since) / 1_000);
      };
    },
    async [Symbol.asyncDispose]() {
      await listener?.close();
    },
  };
}

/** Why nothing is taken from the queue; empty where it answers. */
async function troubleOf(queue: Parts['queue']): Promise<Problem[]> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`the queue did not answer within ${atMost / 1_000} s`)), atMost);
  try {
    await Promise.race([queue.counts(), late]);
    return [];
  } catch (error) {
    return [{ key: 'queue', says: Error.isError(error) ? error.message : String(error) }];
  } finally {
    clearTimeout(timer);
  }
}
