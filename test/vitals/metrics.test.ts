import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { CallFailure, type Connection } from '#src/collector.ts';
import type { Config } from '#src/config.ts';
import type { CycleOutcome } from '#src/cycle/cycle.ts';
import type { Gauges } from '#src/vitals/gauges.ts';
import { openMeter } from '#src/vitals/meter.ts';
import { openSigns } from '#src/vitals/signs.ts';
import type { Watched } from '#src/vitals/watched.ts';
import { read, valueOf } from './exposition.ts';
import { hour, patient } from './world.ts';

const facts = (over: Partial<Gauges> = {}): Gauges => {
  const { vitals, state } = patient();
  return { vitals, file: null, connections: [], heartbeat: null, measures: [], now: state.wall, ...over };
};

const build = { version: '0.1.0', revision: 'abc' };

test('calls are counted by provider, operation and what came of them; what is passed on is untouched', async () => {
  const meter = openMeter(build);
  const connection = {
    id: 'aws',
    provider: 'aws',
    open: () => ({
      async *call(operation: string) {
        yield { body: 1, status: 200, requestId: 'a' };
        if (operation === 'ec2:Two') yield { body: 2, status: 200, requestId: 'b' };
        if (operation === 'ec2:Throttled') throw new CallFailure('throttled', { detail: 'slow' });
        if (operation === 'ec2:Broken') throw new TypeError('bug');
      },
    }),
  } as unknown as Connection;
  const transport = meter.counting(connection).open({ account: '1', region: 'r' });
  const answers = await Array.fromAsync(transport.call('ec2:Two', {}, true));
  expect(answers.map(({ body }) => body)).toEqual([1, 2]);
  await expect(Array.fromAsync(transport.call('ec2:Throttled', {}, true))).rejects.toThrow('slow');
  await expect(Array.fromAsync(transport.call('ec2:Broken', {}, true))).rejects.toThrow('bug');
  const samples = read(await meter.text(facts()));
  const counted = (operation: string, outcome: string) =>
    valueOf(samples, 'holdfast_provider_calls_total', { provider: 'aws', operation, outcome });
  expect(counted('ec2:Two', 'answered')).toBe(2);
  expect(counted('ec2:Throttled', 'throttled')).toBe(1);
  expect(counted('ec2:Broken', 'fault')).toBe(1);
});

test('what an operator must see is there: ages, unread scopes by reason, items, anchors, quotas, sizes, the program', async () => {
  const { vitals, watched, state, pass } = patient();
  const scope = (population: string, unread: string | null, items: number) => ({
    scope: { connection: 'aws', account: '1', region: 'r', population },
    retired: null,
    failing: unread && { since: 0, unread: { unread } },
    items: { size: items },
  });
  const held = new Map(
    [
      scope('aws.vpc', null, 7),
      scope('aws.vpc', null, 5),
      scope('aws.region', 'denied', 1),
      { ...scope('aws.region', null, 9), retired: {} },
    ].map((each, i) => [String(i), each]),
  );
  vitals.attach({
    ...watched,
    store: { ...watched.store, held } as unknown as Watched['store'],
    outside: () => ({
      signed: null,
      keyBesideEvidence: false,
      anchors: [
        {
          name: 'worm',
          kind: 's3',
          size: 5,
          at: 1,
          leavesBehind: 3,
          behindSince: state.wall - hour,
          late: true,
          fault: { at: 1, attempts: 4, reason: '', mend: '', nextAt: 2 },
        },
      ],
    }),
  });
  pass(hour);
  const meter = openMeter(build);
  meter.cycle({ record: { connection: 'aws', asOf: 0, ended: 4_000 } } as unknown as CycleOutcome);
  const samples = read(
    await meter.text(
      facts({
        vitals,
        now: state.wall,
        connections: [{ id: 'github-main', provider: 'github', quotas: () => [{ name: 'core', left: 4_000, of: 5_000 }] }],
        heartbeat: { taken: state.wall - 1_000, failures: 0 },
        measures: [{ name: 'holdfast_queue_jobs', help: 'Jobs.', labels: { state: 'waiting' }, value: 2 }],
      }),
    ),
  );
  expect(valueOf(samples, 'holdfast_build_info', build)).toBe(1);
  expect(valueOf(samples, 'holdfast_ready')).toBe(1);
  expect(valueOf(samples, 'holdfast_cycle_age_seconds', { connection: 'aws' })).toBe(3_600);
  expect(valueOf(samples, 'holdfast_cycle_duration_seconds_sum', { connection: 'aws' })).toBe(4);
  expect(valueOf(samples, 'holdfast_cycles_total', { connection: 'aws', outcome: 'committed' })).toBe(1);
  expect(valueOf(samples, 'holdfast_scopes', { connection: 'aws', state: 'denied' })).toBe(1);
  expect(valueOf(samples, 'holdfast_scopes', { connection: 'aws', state: 'read' })).toBe(2);
  expect(valueOf(samples, 'holdfast_items', { population: 'aws.vpc' })).toBe(12);
  expect(valueOf(samples, 'holdfast_anchor_leaves_behind', { anchor: 'worm' })).toBe(3);
  expect(valueOf(samples, 'holdfast_anchor_failures', { anchor: 'worm' })).toBe(4);
  expect(valueOf(samples, 'holdfast_provider_quota_left', { connection: 'github-main', provider: 'github', quota: 'core' })).toBe(4_000);
  expect(valueOf(samples, 'holdfast_disk_free_bytes')).toBe(100 * 2 ** 30);
  expect(valueOf(samples, 'holdfast_heartbeat_age_seconds')).toBe(1);
  expect(valueOf(samples, 'holdfast_queue_jobs', { state: 'waiting' })).toBe(2);
  expect(valueOf(samples, 'process_resident_memory_bytes')).toBeGreaterThan(0);
});

test('while the store is away they answer that the agent is not ready, with all that is known without it', async () => {
  const { watched, state } = patient();
  const config = { store: ':memory:', folder: '/nowhere', metrics: null, heartbeat: null } as unknown as Config;
  await using signs = await openSigns({ config, build, log: pino({ level: 'silent' }), now: () => state.wall });
  const part = (name: string) => async () => (state.away ? Promise.reject(new Error('away')) : [{ name, help: 'Some.', value: 2 }]);
  const connection = { id: 'github-main', provider: 'github', quotas: () => [{ name: 'core', left: 4_000, of: 5_000 }] };
  signs.accompany(
    { ...watched, measures: [part('holdfast_letters_waiting'), async () => [{ name: 'holdfast_queue_up', help: 'Some.', value: 1 }]] },
    [connection as unknown as Connection],
  );
  const asked = async () => {
    const { status, text } = (await signs.answer('/metrics'))!;
    const samples = read(text);
    return [
      status,
      ...[
        'holdfast_ready',
        'holdfast_ledger_leaves',
        'holdfast_ledger_signed_leaves',
        'holdfast_letters_waiting',
        'holdfast_queue_up',
        'holdfast_provider_quota_left',
      ].map((name) => (samples.some((sample) => sample.name === name) ? valueOf(samples, name) : null)),
    ];
  };
  expect(await asked()).toEqual([200, 1, 10, 10, 2, 1, 4_000]);
  state.away = true;
  expect(await asked()).toEqual([200, 0, 10, null, null, 1, 4_000]);
  state.away = false;
  expect(await asked()).toEqual([200, 1, 10, 10, 2, 1, 4_000]);
});

test('a part that cannot tell its measures is no silence: the agent is not ready', async () => {
  const { vitals, watched, state } = patient();
  vitals.attach(watched);
  const ready = async (silent: boolean) =>
    valueOf(read(await openMeter(build).text(facts({ vitals, silent, now: state.wall }))), 'holdfast_ready');
  expect([await ready(false), await ready(true)]).toEqual([1, 0]);
});

test('a label is text, whatever it holds; many items and accounts make no more lines', async () => {
  const { vitals, watched, state } = patient();
  const hostile = 'a"} 1\nholdfast_ready 1\n\\';
  const held = new Map(
    Array.from({ length: 5_000 }, (_, i) => [
      String(i),
      {
        scope: { connection: hostile, account: `${i}`, region: `r${i}`, population: 'aws.vpc' },
        retired: null,
        failing: null,
        items: { size: 10 },
      },
    ]),
  );
  vitals.attach({ ...watched, store: { ...watched.store, held } as unknown as Watched['store'] });
  const samples = read(await openMeter(build).text(facts({ vitals, now: state.wall })));
  expect(valueOf(samples, 'holdfast_items', { connection: hostile })).toBe(50_000);
  expect(samples.filter(({ name }) => name === 'holdfast_ready')).toHaveLength(1);
  expect(samples.filter(({ name }) => name.startsWith('holdfast_')).length).toBeLessThan(50);
});
