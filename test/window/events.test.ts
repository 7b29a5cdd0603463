import { describe, expect, test } from '@jest/globals';
import { type EventResult, equation, uncovered, within } from '#src/window/events.ts';
import { day, type ScopeCoverage } from '#src/window/types.ts';

const scope = (more: Partial<ScopeCoverage> = {}): ScopeCoverage => ({
  hold: day,
  firstLook: 100 * day,
  lastLook: 200 * day,
  gaps: [],
  memory: 30 * day,
  ...more,
});
const days = (from: number, to: number, asOf = 200) => ({ from: from * day, to: to * day, asOf: asOf * day });
const told = (...args: Parameters<typeof uncovered>) =>
  uncovered(...args).map(({ from, to, reason }) => `${from / day}-${to / day} ${reason}`);

test('an event belongs to the window that holds its instant, and the equation adds up', () => {
  const results: EventResult[] = ['pass', 'pass', 'fail', 'pending', 'unobserved', 'not-applicable', 'pass'];
  const events = results.map((result, i) => ({ item: `e${i}`, at: i, result }));
  expect(within(events, { from: 1, to: 6 }).map(({ item }) => item)).toEqual(['e1', 'e2', 'e3', 'e4', 'e5']);
  const counts = equation(within(events, { from: 0, to: 6 }));
  expect(counts).toEqual({ population: 6, pass: 2, fail: 1, pending: 1, unobserved: 1, notApplicable: 1 });
});

describe('what no look could still have seen', () => {
  test('a source that remembers covers time before the first look, and heals an outage', () => {
    expect(told(scope(), days(60, 200))).toEqual(['60-70 source-forgot']);
    const outage = (length: number) => scope({ gaps: [{ from: 120 * day, to: (120 + length) * day, reason: 'monitor-down' }] });
    expect(told(outage(30), days(100, 200))).toEqual([]);
    expect(told(outage(40), days(100, 200))).toEqual(['120-130 source-forgot']);
    expect(told(scope({ memory: Infinity, gaps: outage(90).gaps }), days(0, 200))).toEqual([]);
  });

  test('a memory that nobody declared is taken for no longer than the horizon', () => {
    const { memory: _, ...undeclared } = scope({ gaps: [{ from: 120 * day, to: 125 * day, reason: 'denied' }] });
    expect(told(undeclared, days(90, 130))).toEqual(['90-99 not-yet-connected', '120-124 denied']);
  });

  test('after the last look: waiting, then silent, then forgotten for good', () => {
    expect(told(scope(), days(190, 300, 201))).toEqual(['200-201 awaiting-next-look']);
    expect(told(scope(), days(190, 300, 210))).toEqual(['200-210 monitor-down']);
    expect(told(scope({ gaps: [{ from: 200 * day, to: null, reason: 'denied' }] }), days(190, 300, 240))).toEqual([
      '200-210 source-forgot',
      '210-240 denied',
    ]);
  });

  test('never looked: nothing is covered', () => {
    const never = { hold: day, firstLook: null, lastLook: null, memory: Infinity };
    expect(told({ ...never, gaps: [] }, days(0, 10))).toEqual(['0-10 not-yet-connected']);
    expect(told({ ...never, gaps: [{ from: 4 * day, to: null, reason: 'denied' }] }, days(0, 10))).toEqual([
      '0-4 not-yet-connected',
      '4-10 denied',
    ]);
  });

  test('a source that forgets sooner than we must look is not covered by looks that far apart', () => {
    expect(told(scope({ hold: 2 * day, memory: day }), days(100, 200))).toEqual(['100-199 source-forgot']);
  });
});
