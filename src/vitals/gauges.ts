import type { Connection } from '#src/collector.ts';
import type { HeldScope } from '#src/evidence/store.ts';
import type { OutsideStatus } from '#src/outside.ts';
import { bytesOf } from './disk.ts';
import type { Measure } from './measure.ts';
import type { Vitals } from './vitals.ts';

/** What is asked for when the metrics are. */
export interface Gauges {
  readonly vitals: Vitals;
  /** Where the evidence is a file. */
  readonly file: string | null;
  readonly connections: readonly Pick<Connection, 'id' | 'provider' | 'quotas'>[];
  readonly heartbeat: { readonly taken: number | null; readonly failures: number } | null;
  readonly measures: readonly Measure[];
  /** Some part could not tell its measures. */
  readonly silent?: boolean;
  readonly now: number;
}

/** Asks for measures, and gives none where whoever knows them cannot be asked. */
type Known = (ask: () => readonly Measure[]) => readonly Measure[];

/** What the agent is like now. Never throws: of a store that is away what is in it is absent, and the agent is not ready. */
export function gauges(facts: Gauges): string {
  const { vitals, measures, silent = false, now } = facts;
  let whole = !silent;
  const known: Known = (ask) => {
    try {
      return ask();
    } catch {
      whole = false;
      return [];
    }
  };
  const told = [...known(() => ages(facts)), ...own(facts), ...evidence(facts, known), ...measures];
  const ready = whole && vitals.problems(now).length === 0;
  return textOf([{ name: 'holdfast_ready', help: 'Whether the agent is well: what /readyz says.', value: ready ? 1 : 0 }, ...told]);
}

/** Values as they are now, in the text format of Prometheus 0.0.4: values of one name stand together. */
export function textOf(measures: readonly Measure[]): string {
  const found = Map.groupBy(measures, ({ name }) => name);
  return [...found]
    .map(([name, values]) => {
      const lines = values.map(({ labels = {}, value }) => `${name}${labelsText(labels)} ${value}`);
      return `# HELP ${name} ${values[0]!.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} gauge\n${lines.join('\n')}\n`;
    })
    .join('');
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const ages = ({ vitals, now }: Gauges): Measure[] =>
  vitals.ages().flatMap(({ connection, ended, period }): Measure[] => [
    ...(ended === null
      ? []
      : [
          {
            name: 'holdfast_cycle_age_seconds',
            help: 'Since the last cycle of the connection ended; absent before the first.',
            labels: { connection },
            value: (now - ended) / 1_000,
          },
        ]),
    {
      name: 'holdfast_cycle_period_seconds',
      help: 'How often something of the connection is due.',
      labels: { connection },
      value: period / 1_000,
    },
  ]);

/** What is known without the store. */
function own({ vitals, file, connections, heartbeat, now }: Gauges): Measure[] {
  const disk = vitals.disk();
  const bytes = file === null ? null : bytesOf(file);
  return [
    ...(disk ? [{ name: 'holdfast_disk_free_bytes', help: 'Left on the volume of the evidence.', value: disk.free }] : []),
    ...(bytes === null ? [] : [{ name: 'holdfast_store_bytes', help: 'The file of the evidence and its log.', value: bytes }]),
    ...quotaMeasures(connections),
    ...(heartbeat
      ? [
          { name: 'holdfast_heartbeat_failures', help: 'Signs of life in a row that were not taken.', value: heartbeat.failures },
          ...(heartbeat.taken === null
            ? []
            : [{ name: 'holdfast_heartbeat_age_seconds', help: 'Since one was taken.', value: (now - heartbeat.taken) / 1_000 }]),
        ]
      : []),
  ];
}

/** What providers last said of the calls that are left. */
export const quotaMeasures = (connections: Gauges['connections']): Measure[] =>
  connections.flatMap(({ id, provider, quotas }) =>
    (quotas?.() ?? []).flatMap(({ name, left, of }): Measure[] => {
      const labels = { connection: id, provider, quota: name };
      return [
        { name: 'holdfast_provider_quota_left', help: 'Calls that the provider still allows in this hour.', labels, value: left },
        { name: 'holdfast_provider_quota', help: 'Calls that it allows in all.', labels, value: of },
      ];
    }),
  );

function evidence({ vitals: { watched }, now }: Gauges, known: Known): Measure[] {
  if (watched === null) return [];
  const { store } = watched;
  return [
    ...known(() => heldIn(store.held.values())),
    ...known(() => [{ name: 'holdfast_ledger_leaves', help: 'Leaves of the ledger.', value: store.head().size }]),
    ...known(() => [
      { name: 'holdfast_ledger_signed_leaves', help: 'Leaves up to the last signed head.', value: store.checkpoint()?.size ?? 0 },
    ]),
    ...known(() => anchorsOf(watched.outside(now), now)),
  ];
}

function heldIn(held: Iterable<HeldScope>): Measure[] {
  const scopes = new Map<string, Measure>();
  const items = new Map<string, Measure>();
  const add = (to: Map<string, Measure>, measure: Measure) => {
    const key = JSON.stringify(measure.labels);
    to.set(key, { ...measure, value: (to.get(key)?.value ?? 0) + measure.value });
  };
  for (const { scope, failing, retired, items: own } of held) {
    if (retired) continue;
    const { connection, population } = scope;
    const state = failing ? failing.unread.unread : 'read';
    add(scopes, {
      name: 'holdfast_scopes',
      help: 'Scopes by what their last look came to: read, or why not.',
      labels: { connection, state },
      value: 1,
    });
    add(items, { name: 'holdfast_items', help: 'Items that are held.', labels: { connection, population }, value: own.size });
  }
  return [...scopes.values(), ...items.values()];
}

const anchorsOf = ({ anchors }: OutsideStatus, now: number): Measure[] =>
  anchors.flatMap(({ name, leavesBehind, behindSince, fault }): Measure[] => {
    const labels = { anchor: name };
    return [
      { name: 'holdfast_anchor_leaves_behind', help: 'Leaves that no publication there covers.', labels, value: leavesBehind },
      {
        name: 'holdfast_anchor_behind_seconds',
        help: 'Age of the oldest leaf that no publication there covers.',
        labels,
        value: behindSince === null ? 0 : (now - behindSince) / 1_000,
      },
      { name: 'holdfast_anchor_failures', help: 'Attempts in a row that failed.', labels, value: fault?.attempts ?? 0 },
    ];
  });
