import { mkdtempSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import coverageRule from '#rules/meta/collection-coverage.ts';
import remediatedRule from '#rules/meta/finding-remediated-in-sla.ts';
import { loadControls } from '#src/controls.ts';
import { criteriaIn } from '#src/criteria.ts';
import { runCycle } from '#src/cycle/cycle.ts';
import { hour } from '#src/duration.ts';
import { openSqlite } from '#src/evidence/sqlite.ts';
import type { EvidenceStore } from '#src/evidence/store.ts';
import { openReport } from '#src/report/report.ts';
import type { Report } from '#src/report/types.ts';
import { newWorld, settingsAt, start, toyConnection, toyRules, type World } from '../cycle/world.ts';

const controlsText = `
- id: ZZ-01
  title: Doors
  statement: Doors are shut.
  owner: Janitor
  type: [preventive, automated]
  frequency: continuous
  criteria: [CC6.4]
  key: [toy.door-shut]
  supporting: []
- id: ZZ-02
  title: Locks
  statement: Locks are of steel.
  owner: Janitor
  type: [preventive, automated]
  frequency: continuous
  criteria: [CC6.4]
  key: [toy.door-locked]
  supporting: []
- id: ZZ-03
  title: Nothing tests it yet
  statement: Keys are counted.
  owner: Janitor
  type: [preventive, manual]
  frequency: annual
  criteria: [CC6.4]
  key: [toy.keys-counted]
  supporting: [toy.door-shut]
- id: ZZ-04
  title: Watching
  statement: We look, and mend in time.
  owner: Janitor
  type: [detective, automated]
  frequency: continuous
  criteria: [CC4.1]
  key: [meta.collection-coverage, meta.finding-remediated-in-sla]
  supporting: []
`;

const rules = [...toyRules, coverageRule, remediatedRule];
let starter: string;

beforeAll(async () => {
  starter = join(mkdtempSync(join(tmpdir(), 'holdfast-report-')), 'controls.yaml');
  await writeFile(starter, controlsText);
});

/** Two days of hourly looks at the toy provider, with what happens at which hour. */
async function twoDays(
  events: Record<number, (world: World) => void>,
  lookAt: (hour: number) => boolean = () => true,
): Promise<{ store: EvidenceStore; report: (asOf?: number) => Report }> {
  const world = newWorld();
  world.doors = {
    north: [
      { id: 'n1', open: false },
      { id: 'n2', open: false },
    ],
    south: [{ id: 's1', open: false }],
  };
  const store = openSqlite(':memory:');
  let hours = 0;
  const settings = settingsAt(() => hours);
  for (hours = 0; hours <= 48; hours++) {
    events[hours]?.(world);
    if (lookAt(hours)) await runCycle(toyConnection(world), store, settings);
  }
  const controls = loadControls([], { timeZone: 'UTC', starter: [starter] });
  const declared = { from: '2026-03-01', to: '2026-03-02', timeZone: 'UTC', start, end: start + 48 * hour };
  const common = {
    store,
    rules,
    controls,
    criteria: criteriaIn(['security']),
    company: 'Toy',
    example: false,
    declared,
    timeZone: 'UTC',
    thresholds: { coverage: 0.95, gap: 72 * hour },
    parametersAt: () => ({}),
  };
  return { store, report: (asOf = start + 48 * hour) => openReport({ ...common, asOf }) };
}

const word = (report: Report, id: string) => report.controls().find((control) => control.id === id)!.conclusion;

describe('a window over recorded evidence', () => {
  test('held at every look', async () => {
    const { report } = await twoDays({});
    const control = report()
      .controls()
      .find(({ id }) => id === 'ZZ-01')!;
    expect(control).toMatchObject({ conclusion: 'no-deviations-noted', observed: 1, tally: { total: 0 } });
    expect(control.strip!.segments).toEqual([{ from: start, to: start + 48 * hour, state: 'held' }]);
    expect(word(report(), 'ZZ-03')).toBe('not-tested');
    expect(word(report(), 'ZZ-04')).toBe('no-deviations-noted');
  });

  test('one failing look between two passing ones is a deviation with bounds', async () => {
    const { report } = await twoDays({
      10: (world) => (world.doors.north![1]!.open = true),
      11: (world) => (world.doors.north![1]!.open = false),
    });
    expect(word(report(), 'ZZ-01')).toBe('deviations-noted');
    expect(report().deviations()).toMatchObject([
      {
        rule: 'toy.door-shut',
        item: 'door:n2',
        name: 'n2',
        message: 'It stands open.',
        atLeast: 0,
        atMost: 7200,
        clock: 'in-time',
        closedBy: 'pass',
        lastGood: '2026-03-01T09:00:00.000Z',
        firstBad: '2026-03-01T10:00:00.000Z',
        firstGood: '2026-03-01T11:00:00.000Z',
      },
    ]);
    expect(report().rule('toy.door-shut')!.items[0]!.measure).toMatchObject({ failed: 0, uncertain: 2 * hour, held: 46 * hour });
  });

  test('time that was not looked at is nobody’s success, and is what the stream failed', async () => {
    const { report, store } = await twoDays({
      20: (world) => (world.failing['north toy:ListDoors'] = 'denied'),
      30: (world) => (world.failing = {}),
    });
    expect(store.gaps(0, Infinity)).toMatchObject([
      { scope: 'toy/house/north/toy.door', from: start + 19 * hour, to: start + 30 * hour, reason: 'denied' },
    ]);
    const [n1] = report().rule('toy.door-shut')!.items;
    expect(n1).toMatchObject({ measure: { unobserved: 11 * hour, held: 37 * hour } });
    expect(word(report(), 'ZZ-01')).toBe('not-demonstrated');
    const stream = report()
      .rule('meta.collection-coverage')!
      .items.find(({ item }) => item === 'toy/house/north/toy.door')!;
    expect(stream.measure).toMatchObject({ failed: 11 * hour, held: 37 * hour, uncertain: 0, unobserved: 0 });
    expect(word(report(), 'ZZ-04')).toBe('deviations-noted');
  });

  test('an outage of the monitor is unobserved everywhere, with its own reason', async () => {
    const { report, store } = await twoDays({}, (hour) => hour < 12 || hour > 20);
    expect(new Set(store.gaps(0, Infinity).map(({ reason }) => reason))).toEqual(new Set(['monitor-down']));
    for (const { measure } of report().rule('toy.door-locked')!.items) expect(measure.unobserved).toBe(10 * hour);
    for (const { measure } of report().rule('meta.collection-coverage')!.items) expect(measure.failed).toBe(10 * hour);
  });

  test('a field that cannot be read makes only its rule unobserved, and says which call', async () => {
    const { report } = await twoDays({ 24: (world) => (world.failing['south toy:GetLock'] = 'throttled') });
    const locked = report()
      .rule('toy.door-locked')!
      .items.find(({ item }) => item === 'door:s1')!;
    expect(locked.result).toBe('unobserved');
    expect(locked.segments.at(-1)).toMatchObject({ state: 'unobserved', reason: 'throttled' });
    expect(report().results({ rule: 'toy.door-locked', item: 'door:s1' })).toMatchObject([
      { result: 'unobserved', message: 'toy:GetLock: throttled, Refused', reason: { reason: 'throttled', call: 'toy:GetLock' } },
    ]);
    expect(word(report(), 'ZZ-01')).toBe('no-deviations-noted');
    expect(word(report(), 'ZZ-02')).toBe('not-demonstrated');
  });

  test('the present: what was not looked at for longer than the hold is unobserved now', async () => {
    const { report } = await twoDays({});
    expect(
      new Set(
        report(start + 49 * hour)
          .results({ rule: 'toy.door-shut' })
          .map(({ result }) => result),
      ),
    ).toEqual(new Set(['pass']));
    expect(
      new Set(
        report(start + 60 * hour)
          .results({ rule: 'toy.door-shut' })
          .map(({ result }) => result),
      ),
    ).toEqual(new Set(['unobserved']));
  });

  test('the past: results at an instant are those of the look before it', async () => {
    const { report } = await twoDays({
      10: (world) => (world.doors.north![1]!.open = true),
      30: (world) => (world.doors.north![1]!.open = false),
    });
    const at = (hours: number) =>
      report()
        .results({ rule: 'toy.door-shut', item: 'door:n2', at: start + hours * hour })
        .map(({ result }) => result);
    expect([at(5), at(15), at(35), at(-1)]).toEqual([['pass'], ['fail'], ['pass'], []]);
  });

  test('an item that appears later is judged from then on; one that is gone stays in the population of the window', async () => {
    const { report } = await twoDays({
      10: (world) => world.doors.south!.push({ id: 's2', open: false }),
      20: (world) => (world.doors.south = world.doors.south!.filter(({ id }) => id !== 's1')),
    });
    const items = Object.fromEntries(
      report()
        .rule('toy.door-shut')!
        .items.map(({ item, measure }) => [item, measure]),
    );
    expect(items['door:s2']).toMatchObject({ held: 38 * hour, outside: 10 * hour, unobserved: 0 });
    expect(items['door:s1']).toMatchObject({ held: 19 * hour, outside: 29 * hour });
    expect(
      report()
        .controls()
        .find(({ id }) => id === 'ZZ-01')!.key[0]!.facts!.population,
    ).toBe(4);
  });

  test('an open deviation past its deadline is overdue, and a failed event of the control that watches', async () => {
    const { report } = await twoDays({ 1: (world) => (world.doors.north![0]!.open = true) });
    expect(report().deviations()).toMatchObject([{ clock: 'pending' }]);
    expect(report(start + 9 * 24 * hour).deviations({ from: start, to: start + 48 * hour, asOf: start + 9 * 24 * hour })).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ rule: 'toy.door-shut', clock: 'overdue' })]),
    );
  });

  test('one item: the records behind its verdicts, and the calls of the latest look', async () => {
    const { report } = await twoDays({ 10: (world) => (world.doors.north![1]!.open = true) });
    const item = report().item('toy.door-shut', 'toy/house/north/toy.door', 'door:n2')!;
    expect(item.records.map(({ result, message }) => [result, message])).toEqual([
      ['pass', 'It is shut.'],
      ['fail', 'It stands open.'],
    ]);
    expect(JSON.parse(item.records[1]!.snapshot!)).toEqual({ key: 'door:n2', name: 'n2', open: true, lock: 'steel' });
    expect(new Set(item.calls.map(({ operation }) => operation))).toEqual(new Set(['toy:ListDoors', 'toy:GetLock']));
  });
});
