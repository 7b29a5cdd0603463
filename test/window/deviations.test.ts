import { describe, expect, test } from '@jest/globals';
import { carriedInto, deviations, type Judged, openIn } from '#src/window/deviations.ts';
import { day, hour, type LookResult, type Run } from '#src/window/types.ts';

const run = (result: LookResult, first: number, last = first, more: Partial<Run> = {}): Run => ({
  result,
  first: first * hour,
  last: last * hour,
  ...more,
});
const found = (runs: readonly Run[], asOf = 1000, more: Partial<Judged> = {}) =>
  deviations({ rule: 'r', item: 'i', severity: 'critical', runs, ...more }, asOf * hour);

describe('what is one deviation', () => {
  const count = (...results: LookResult[]) => found(results.map((result, i) => run(result, i))).length;
  test('F-U-F is one, F-P-F and F-N-F are two, F-absent-F is two', () => {
    expect(count('fail', 'unobserved', 'fail')).toBe(1);
    expect(count('fail', 'fail')).toBe(1);
    expect(count('fail', 'pass', 'fail')).toBe(2);
    expect(count('fail', 'not-applicable', 'fail')).toBe(2);
    expect(count('fail', 'absent', 'fail')).toBe(2);
    expect(count('pass', 'unobserved', 'absent')).toBe(0);
  });

  test('the worked example: last good d2 00:00, seen failing d2 06:00, seen fixed d2 11:00', () => {
    expect(found([run('pass', 0, 24), run('fail', 30, 34), run('pass', 35, 104)])).toEqual([
      {
        id: 'r/i@1970-01-02T06:00:00.000Z',
        rule: 'r',
        item: 'i',
        count: 1,
        severity: 'critical',
        lastGood: 24 * hour,
        firstBad: 30 * hour,
        lastBad: 34 * hour,
        firstGood: 35 * hour,
        closedBy: 'pass',
        minDuration: 4 * hour,
        maxDuration: 11 * hour,
        due: 30 * hour + day,
        remediated: 'in-time',
        began: 30 * hour,
        ended: 35 * hour,
      },
    ]);
  });

  test('a single failing look between two passing ones is one, of no observed length but with bounds', () => {
    expect(found([run('pass', 0, 1), run('fail', 2), run('pass', 3)])).toMatchObject([
      { minDuration: 0, maxDuration: 2 * hour, closedBy: 'pass' },
    ]);
  });

  test('the instants that events tell narrow its bounds', () => {
    const runs = [run('pass', 0, 1), run('fail', 3, 4, { changedAt: 2 * hour }), run('absent', 6, 7, { changedAt: 5 * hour })];
    expect(found(runs)).toMatchObject([
      { began: 2 * hour, ended: 5 * hour, minDuration: 3 * hour, maxDuration: 3 * hour, firstBad: 3 * hour, firstGood: 6 * hour },
    ]);
    expect(found([run('pass', 0, 1), run('fail', 3, 4, { changedAt: 0 })])).toMatchObject([{ began: 3 * hour }]);
  });

  test('failing since the first look: no last good, no upper bound', () => {
    expect(found([run('fail', 0, 1), run('pass', 2)])).toMatchObject([{ lastGood: null, maxDuration: null }]);
    expect(found([run('absent', 0, 1), run('fail', 2, 3), run('absent', 4, 5)])).toMatchObject([
      { lastGood: null, closedBy: 'gone', minDuration: hour, maxDuration: 3 * hour },
    ]);
    expect(found([run('pass', 0), run('not-applicable', 1), run('fail', 2), run('not-applicable', 3)])).toMatchObject([
      { lastGood: 0, closedBy: 'not-applicable', maxDuration: 2 * hour },
    ]);
  });
});

describe('the clock', () => {
  test.each([
    [25, 'in-time'],
    [26, 'late'],
  ])('fixed at hour %d: %s', (fixed, remediated) => {
    expect(found([run('pass', 0), run('fail', 1, 2), run('pass', fixed)])).toMatchObject([{ remediated }]);
  });

  test.each([
    [25, 'pending'],
    [26, 'overdue'],
  ])('still open at hour %d: %s', (asOf, remediated) => {
    expect(found([run('pass', 0), run('fail', 1, 2)], asOf)).toMatchObject([
      { remediated, firstGood: null, closedBy: null, maxDuration: asOf * hour },
    ]);
  });

  test('it runs on while unobserved, and starts anew only after a look that saw it otherwise', () => {
    expect(found([run('fail', 0), run('unobserved', 1, 40), run('fail', 41), run('pass', 42)])).toMatchObject([
      { remediated: 'late', due: day },
    ]);
    expect(found([run('fail', 0), run('unobserved', 1, 40)], 41)).toMatchObject([{ remediated: 'overdue' }]);
  });

  test('severity and deadlines set it', () => {
    const runs = [run('fail', 0)];
    expect(found(runs, 0, { severity: 'low' })[0]?.due).toBe(90 * day);
    expect(found(runs, 0, { severity: 'high', deadlines: { critical: 1, high: 2, medium: 3, low: 4 } })[0]?.due).toBe(2);
  });
});

test('it belongs to the windows in which it was open; carried in where it began before', () => {
  const [deviation] = found([run('pass', 0), run('fail', 10, 12), run('pass', 20)]);
  const ask = (from: number, to: number) => {
    const window = { from: from * hour, to: to * hour };
    return deviation && [openIn(deviation, window), carriedInto(deviation, window)];
  };
  expect(ask(0, 10)).toEqual([false, false]);
  expect(ask(10, 11)).toEqual([true, false]);
  expect(ask(0, 30)).toEqual([true, false]);
  expect(ask(15, 16)).toEqual([true, true]);
  expect(ask(20, 30)).toEqual([false, false]);
});
