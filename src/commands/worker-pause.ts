import { openBeside } from '#src/agent.ts';
import type { Config } from '#src/config.ts';
import { HoldfastError } from '#src/errors.ts';
import type { Operations } from '#src/operations/operations.ts';
import { openJobs } from '#src/schedule/open.ts';
import type { Counts } from '#src/schedule/queue.ts';
import type { Invocation, Options } from './command.ts';
import { counted } from './wellness.ts';

type Order = 'pause' | 'resume';

/** What is ordered of the queue as a whole; null where a worker is to be started. Errors: USAGE. */
export function orderIn({ pause, resume, name, listen }: Options): Order | null {
  if (pause !== true && resume !== true) return null;
  const mend = 'Use: holdfast worker --pause, or holdfast worker --resume';
  if (pause === true && resume === true) throw new HoldfastError('USAGE', { problem: '--pause and --resume exclude each other.', mend });
  if (name !== undefined || listen !== undefined)
    throw new HoldfastError('USAGE', { problem: '--name and --listen belong to a worker, and none is started.', mend });
  return pause === true ? 'pause' : 'resume';
}

/** Pauses the queue, or lets it go on, for all workers. Errors: USAGE, QUEUE_UNREACHABLE, and those of opening it. */
export async function giveOrder(order: Order, settings: Config, { now, answer }: Invocation): Promise<number> {
  await using open = new AsyncDisposableStack();
  const beside = open.use(settings.queue?.redis ? null : await openBeside(settings));
  const queue = open.use(await openJobs(settings, () => beside as Operations, { now, warn: () => undefined }));
  const before = await queue.counts();
  await queue[order]();
  const after = await queue.counts();
  const { paused, waiting, underWay, resting, workers } = after;
  const changed = before.paused !== paused;
  const from = after.pausedSince ?? before.pausedSince;
  const since = from === null ? null : new Date(from).toISOString();
  answer({ paused, changed, since, waiting, underWay, resting, workers }, () =>
    [
      `${order === 'pause' ? pausedText(changed, since) : resumedText(changed, since)} (${queue.name}${settings.queue?.redis ? ', for this version of the program' : ''})`,
      stateOf(after),
      ...(order === 'pause'
        ? [
            'What is not read within `queue.patience` is recorded as not read: a pause is time that nobody observed.',
            'Go on with: holdfast worker --resume',
          ]
        : []),
      '',
    ].join('\n'),
  );
  return 0;
}

const pausedText = (changed: boolean, since: string | null): string =>
  changed ? 'The queue is paused: no worker takes a job.' : `The queue was paused already${since === null ? '' : `, since ${since}`}.`;

const resumedText = (changed: boolean, since: string | null): string =>
  changed
    ? `Workers take jobs again${since === null ? '' : `; the queue was paused since ${since}`}.`
    : 'The queue was not paused: nothing changed.';

const stateOf = ({ waiting, underWay, resting, workers }: Counts): string => {
  const ends = underWay === 0 ? 'nothing is under way' : `${counted(underWay, 'is', 'are')} under way and will end`;
  return `${counted(waiting + resting, 'place waits', 'places wait')}, ${ends}; ${counted(workers, 'worker is', 'workers are')} connected.`;
};
