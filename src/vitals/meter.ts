import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Answer, CallFailure, type Connection, type Transport } from '#src/collector.ts';
import type { CycleOutcome } from '#src/cycle/cycle.ts';
import { type Gauges, gauges } from './gauges.ts';

export interface Build {
  readonly version: string;
  readonly revision: string;
}

/** What is counted while the agent works. No name of an item, an account or a person is ever a label. */
export interface Meter {
  /** Counts the calls over a connection: by provider, operation and what came of them. */
  counting(connection: Connection): Connection;
  cycle(outcome: CycleOutcome): void;
  /** A cycle was given up, or ended by a fault. */
  interrupted(connection: string): void;
  /** A letter arrived so many seconds after it was written. */
  delivered(seconds: number): void;
  /** The text that Prometheus reads. `facts` are asked for now. */
  text(facts: Gauges): Promise<string>;
}

interface Counting {
  readonly registry: Registry;
  counting(connection: Connection): Connection;
}

/** What every process counts: itself, and its calls. */
export function openCounting({ version, revision }: Build): Counting {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: 'holdfast_build_info', help: 'Which program this is.', labelNames: ['version', 'revision', 'node'], registers }).set(
    { version, revision, node: process.version },
    1,
  );
  const calls = new Counter({
    name: 'holdfast_provider_calls_total',
    help: 'Answers of providers, pages each by itself: answered, or why not.',
    labelNames: ['provider', 'operation', 'outcome'],
    registers,
  });
  return {
    registry,
    counting: (connection) => ({
      ...connection,
      open: (place, signal) =>
        counted(connection.open(place, signal), (operation, outcome) => {
          calls.inc({ provider: connection.provider, operation, outcome });
        }),
    }),
  };
}

export function openMeter(build: Build): Meter {
  const { registry, counting } = openCounting(build);
  const registers = [registry];
  const cycles = new Counter({
    name: 'holdfast_cycles_total',
    help: 'Cycles, by what became of them.',
    labelNames: ['connection', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'holdfast_cycle_duration_seconds',
    help: 'From the instant of a cycle to its end; the commit is not in it.',
    labelNames: ['connection'],
    buckets: [1, 5, 15, 60, 300, 900, 3_600],
    registers,
  });
  const deliveries = new Histogram({
    name: 'holdfast_alert_delivery_seconds',
    help: 'From a message that was written to the channel that took it.',
    buckets: [1, 2, 5, 15, 60, 300, 3_600],
    registers,
  });

  return {
    counting,
    cycle({ record }) {
      cycles.inc({ connection: record.connection, outcome: 'committed' });
      durations.observe({ connection: record.connection }, (record.ended - record.asOf) / 1_000);
    },
    interrupted: (connection) => cycles.inc({ connection, outcome: 'interrupted' }),
    delivered: (seconds) => deliveries.observe(seconds),
    text: async (facts) => (await registry.metrics()) + gauges(facts),
  };
}

/** A transport whose every answer and failure is told, and otherwise the same. */
function counted(transport: Transport, tell: (operation: string, outcome: string) => void): Transport {
  return {
    async *call(operation, parameters, paged): AsyncGenerator<Answer> {
      try {
        for await (const answer of transport.call(operation, parameters, paged)) {
          tell(operation, 'answered');
          yield answer;
        }
      } catch (error) {
        tell(operation, error instanceof CallFailure ? error.reason : 'fault');
        throw error;
      }
    },
  };
}
