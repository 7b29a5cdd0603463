import { hostname } from 'node:os';
import { openBeside } from '#src/agent.ts';
import { parseAddress } from '#src/config/fields.ts';
import { connect } from '#src/connections.ts';
import { scopeDeclaration } from '#src/cycle/declared.ts';
import { milliseconds } from '#src/duration.ts';
import { HoldfastError } from '#src/errors.ts';
import { openLog } from '#src/log.ts';
import type { Operations } from '#src/operations/operations.ts';
import { programHash } from '#src/program.ts';
import { collectors } from '#src/registry.ts';
import { openJobs } from '#src/schedule/open.ts';
import { startWorker } from '#src/schedule/worker.ts';
import { stopWhenAsked } from '#src/stopping.ts';
import { buildIn } from '#src/vitals/build.ts';
import { openWorkerSigns } from '#src/vitals/worker-signs.ts';
import type { Command, Options } from './command.ts';
import { logLevelIn, logLevelOption } from './log-level.ts';
import { giveOrder, orderIn } from './worker-pause.ts';

/** What is under way may take so long to end once the process is asked to stop; what is left then is done by another worker. */
const grace = 8_000;

export const worker: Command = {
  summary:
    'A worker: collects what the agent asks for through the queue, with the same holdfast.yaml and secrets. Start as many as wanted.',
  usage: 'worker [--name NAME] [--listen 127.0.0.1:9321] | --pause | --resume',
  options: {
    name: { type: 'string', means: 'How logs and metrics name it; the host and the process when not given' },
    listen: { type: 'string', means: 'Where /healthz, /readyz and /metrics of this worker are served; nowhere when not given' },
    pause: { type: 'boolean', means: 'Start none: from now on no worker takes a job, until --resume; what is under way ends' },
    resume: { type: 'boolean', means: 'Start none: workers take jobs again' },
    ...logLevelOption,
  },
  run: async (invocation) => {
    const { config, options, env, now } = invocation;
    const settings = config();
    if (!settings.queue) throw new HoldfastError('QUEUE_NOT_CONFIGURED', {});
    const order = orderIn(options);
    if (order) return giveOrder(order, settings, invocation);
    const listenAt = listenIn(options);
    const log = openLog(logLevelIn({ options, env }));
    using stopping = stopWhenAsked(log);
    const name = typeof options['name'] === 'string' ? options['name'] : `${hostname()}-${process.pid}`;
    await using open = new AsyncDisposableStack();
    open.defer(() => log.info({ worker: name }, 'stopped'));
    const beside = open.use(settings.queue.redis ? null : await openBeside(settings));
    const queue = open.use(
      await openJobs(settings, () => beside as Operations, {
        now,
        warn: seldom((reason) => log.warn({ reason }, 'the queue is away')),
      }),
    );
    const signs = open.use(
      await openWorkerSigns({
        queue,
        build: buildIn(env),
        patience: milliseconds(settings.queue.patience),
        signal: stopping.signal,
        listenAt,
      }),
    );
    const declaration = scopeDeclaration(settings.scope);
    const connections = await Promise.all(
      settings.connections.map((connection) => connect(connection, { declaration, log, now, reserve: queue.reserve })),
    );
    for (const connection of connections) open.defer(() => connection.close());
    const working = startWorker({
      queue,
      name,
      program: programHash(),
      connections: connections.map(signs.counting),
      collectors,
      warn: (about, said) => log.warn(about, said),
      took: signs.took,
    });
    log.info({ worker: name, queue: queue.name, ...(signs.url !== null && { listen: signs.url }) }, 'worker started');
    await Promise.race([working.ended, once(stopping.signal)]);
    await working.drain(grace);
    return 0;
  },
};

function listenIn({ listen }: Options): { host: string; port: number } | undefined {
  if (typeof listen !== 'string') return undefined;
  const address = parseAddress(listen);
  if (address) return address;
  throw new HoldfastError('USAGE', {
    problem: `There is no address ${listen}.`,
    mend: 'Write --listen 127.0.0.1:9321, or 0.0.0.0:9321 in a container.',
  });
}

const once = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Says the same at most every half minute. */
function seldom(say: (text: string) => void): (text: string) => void {
  const said = new Map<string, number>();
  return (text) => {
    if (performance.now() - (said.get(text) ?? -Infinity) < 30_000) return;
    said.set(text, performance.now());
    say(text);
  };
}
