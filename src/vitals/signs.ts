import type { Logger } from 'pino';
import type { Trouble, Troubles } from '#src/alerts/sources.ts';
import type { Connection } from '#src/collector.ts';
import type { Companion } from '#src/companion.ts';
import type { Config } from '#src/config.ts';
import { type Answering, exposition, verdict } from './answers.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { type Build, type Meter, openMeter } from './meter.ts';
import { type Listener, listen } from './server.ts';
import { openVitals, type Vitals } from './vitals.ts';
import type { Watched } from './watched.ts';

/** The signs of life of one process: what it answers to probes and to Prometheus, and the calls it makes by itself. */
export interface Signs extends Answering, AsyncDisposable {
  readonly vitals: Vitals;
  readonly meter: Meter;
  readonly troubles: Troubles;
  /** An agent is open from now on, until it closes what it is given. */
  accompany(watched: Watched, connections: readonly Connection[]): Companion;
}

interface Parts {
  readonly config: Config;
  readonly build: Build;
  readonly log: Logger;
  /** Epoch ms. */
  readonly now: () => number;
}

/** Opens them, and listens where the configuration says so. Errors: PORT_IN_USE, ADDRESS_UNAVAILABLE. */
export async function openSigns({ config, build, log, now }: Parts): Promise<Signs> {
  const vitals = openVitals({ config, now });
  const meter = openMeter(build);
  const problems = () => vitals.problems(now());
  let connections: readonly Connection[] = [];
  const answering: Answering = {
    async answer(path) {
      if (path === '/healthz') return verdict(vitals.dead(now()));
      if (path === '/readyz') return verdict(problems());
      if (path !== '/metrics') return null;
      const asked = await Promise.allSettled((vitals.watched?.measures ?? []).map((measures) => measures()));
      const facts = {
        vitals,
        file: typeof config.store === 'string' ? config.store : null,
        connections,
        heartbeat: heartbeat?.state() ?? null,
        measures: asked.flatMap((part) => (part.status === 'fulfilled' ? part.value : [])),
        silent: asked.some(({ status }) => status === 'rejected'),
        now: now(),
      };
      return exposition(await meter.text(facts));
    },
  };
  let listener: Listener | null = null;
  try {
    listener = config.metrics ? await listen(answering, config.metrics) : null;
  } catch (error) {
    vitals[Symbol.dispose]();
    throw error;
  }
  const heartbeat = config.heartbeat ? startHeartbeat({ settings: config.heartbeat, problems, log }, now) : null;
  return {
    ...answering,
    vitals,
    meter,
    troubles: (at) => [...vitals.troubles(at), ...(heartbeat ? untaken(heartbeat.state(), at) : [])],
    accompany(watched, own) {
      connections = own;
      const leave = vitals.attach(watched);
      return {
        name: 'signs of life',
        beforeCycles: () => vitals.passes(true),
        async afterCycles(outcomes) {
          vitals.passes(false);
          for (const outcome of outcomes) meter.cycle(outcome);
        },
        close: async () => leave(),
      };
    },
    async [Symbol.asyncDispose]() {
      vitals[Symbol.dispose]();
      await heartbeat?.close();
      await listener?.close();
    },
  };
}

/** One that is not taken may be the network of a moment. */
function untaken({ taken, failures }: ReturnType<Heartbeat['state']>, now: number): Trouble[] {
  if (failures < 3) return [];
  return [
    {
      key: 'heartbeat',
      severity: 'medium',
      headline: 'The sign of life is not taken: nobody outside would notice the end of the agent.',
      says: `${failures} in a row were not taken.`,
      remedy: 'See the log for the reason, and whether `heartbeat.url` still names a check that exists.',
      since: taken ?? now,
    },
  ];
}
