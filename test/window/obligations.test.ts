import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { calendarPeriods } from '#src/window/calendar.ts';
import { standing } from '#src/window/evidence.ts';
import { type Obligation, type Owed, obligations, type Performance, type Schedule } from '#src/window/obligations.ts';
import { day } from '#src/window/types.ts';

const at = (date: string) => Date.parse(`${date}T00:00:00Z`);
const done = (...dates: string[]): Performance[] => dates.map((date) => ({ item: date, at: at(date), result: 'pass' }));
const ask = (from: string, to: string, asOf: string) => ({ from: at(from), to: at(to), asOf: at(asOf) });
const quarterly: Schedule = { mode: 'calendar', period: 'quarter', graceDays: 14 };
const rolling: Schedule = { mode: 'rolling', days: 30 };
const owed = (schedule: Schedule, performances: Performance[], more: Partial<Owed> = {}): Owed => ({
  subject: 's',
  schedule,
  timeZone: 'UTC',
  since: at('2026-01-01'),
  performances,
  uncovered: [],
  ...more,
});
const told = (rows: Obligation[]) =>
  rows.map(({ period, state, item, days, inWindow }) =>
    [period.slice(0, 10), state, item, days, inWindow ? 'in' : 'touches'].filter((part) => part !== null).join(' '),
  );
const half = ask('2026-01-01', '2026-07-01', '2026-12-01');

describe('once per calendar period', () => {
  test.each<[string, Performance[], string[]]>([
    ['in its period', done('2026-02-01', '2026-05-01'), ['2026-Q1 met 2026-02-01 -73 in', '2026-Q2 met 2026-05-01 -75 in']],
    ['in grace', done('2026-04-10', '2026-06-01'), ['2026-Q1 met 2026-04-10 -5 in', '2026-Q2 met 2026-06-01 -44 in']],
    ['on the day that it is due', done('2026-04-15', '2026-06-01'), ['2026-Q1 met 2026-04-15 0 in', '2026-Q2 met 2026-06-01 -44 in']],
    [
      'one too many, after the first was due: the first is late, not missed',
      done('2026-04-20', '2026-06-01'),
      ['2026-Q1 late 2026-06-01 47 in', '2026-Q2 met 2026-04-20 -86 in'],
    ],
    ['nothing', [], ['2026-Q1 missed 230 in', '2026-Q2 missed 139 in']],
  ])('%s', (_, performances, rows) => {
    expect(told(obligations(owed(quarterly, performances), half))).toEqual(rows);
  });

  test('one performance meets one period: that in grace of the first does not meet the second as well', () => {
    expect(told(obligations(owed(quarterly, done('2026-04-10')), half))).toEqual(['2026-Q1 met 2026-04-10 -5 in', '2026-Q2 missed 139 in']);
  });

  test('not due yet, until the day after grace; what has not happened yet is not done', () => {
    const during = ask('2026-01-01', '2026-07-01', '2026-04-15');
    expect(told(obligations(owed(quarterly, done('2026-05-01')), during))).toEqual(['2026-Q1 not-yet-due in', '2026-Q2 not-yet-due in']);
  });

  test('a period that touches the window but ends after it is in the table and not answered for', () => {
    const rows = obligations(owed(quarterly, done('2026-02-01', '2026-05-01')), ask('2026-02-15', '2026-08-15', '2026-12-01'));
    expect(told(rows)).toEqual(['2026-Q1 met 2026-02-01 -73 in', '2026-Q2 met 2026-05-01 -75 in', '2026-Q3 missed 47 touches']);
  });

  test('only what qualifies counts', () => {
    const failed: Performance[] = [{ item: 'x', at: at('2026-02-01'), result: 'fail' }];
    expect(obligations(owed(quarterly, failed), half)[0]?.state).toBe('missed');
    expect(obligations(owed(quarterly, [{ item: 'x', at: at('2026-02-01'), result: 'unobserved' }]), half)[0]?.state).toBe('unobserved');
  });

  test('before it is owed and after, nothing is', () => {
    const rows = obligations(owed(quarterly, [], { since: at('2026-04-01'), until: at('2026-06-30') }), half);
    expect(rows).toEqual([]);
  });

  test('hidden time makes missed and late unobserved, and takes nothing from what was done', () => {
    const hidden = { uncovered: [{ from: at('2026-03-01'), to: at('2026-03-02') }] };
    expect(told(obligations(owed(quarterly, done('2026-05-01'), hidden), half))).toEqual([
      '2026-Q1 unobserved in',
      '2026-Q2 met 2026-05-01 -75 in',
    ]);
    expect(told(obligations(owed(quarterly, done('2026-02-01', '2026-05-01'), hidden), half)).map((row) => row.split(' ')[1])).toEqual([
      'met',
      'met',
    ]);
    // Had the first quarter been done unseen, what was done in April would have met the second.
    expect(told(obligations(owed(quarterly, done('2026-04-10'), hidden), half))).toEqual([
      '2026-Q1 met 2026-04-10 -5 in',
      '2026-Q2 unobserved in',
    ]);
  });
});

describe('never more than so many days', () => {
  const year = ask('2026-03-01', '2026-07-01', '2026-12-01');
  test('the last before the window counts, and lapses count where they lie', () => {
    const rows = obligations(owed(rolling, done('2026-02-20', '2026-03-20', '2026-05-01', '2026-05-20', '2026-06-15', '2026-08-30')), year);
    expect(told(rows)).toEqual([
      '2026-02-20 met 2026-03-20 -2 in',
      '2026-03-20 late 2026-05-01 12 in',
      '2026-05-01 met 2026-05-20 -11 in',
      '2026-05-20 met 2026-06-15 -4 in',
      '2026-06-15 late 2026-08-30 46 touches',
    ]);
  });

  test('a lapse that began before the window and ends in it is of the window; never done is counted from `since`', () => {
    expect(told(obligations(owed(rolling, done('2026-04-01')), year))).toEqual([
      '2026-01-01 late 2026-04-01 60 in',
      '2026-04-01 missed 214 in',
    ]);
    expect(told(obligations(owed(rolling, done('2025-11-01')), year))).toEqual(['2025-11-01 missed 365 in']);
  });

  test('what may have been done unseen before `since` is counted from too', () => {
    const hidden = { uncovered: [{ from: at('2025-12-25'), to: at('2025-12-28') }] };
    const january = ask('2026-01-01', '2026-01-31', '2026-01-31');
    expect(obligations(owed(rolling, done('2025-11-01', '2026-01-20'), hidden), january)[0]?.state).toBe('unobserved');
    expect(obligations(owed(rolling, done('2025-11-01', '2026-01-28'), hidden), january)[0]?.state).toBe('late');
  });

  test('exactly the days is in time', () => {
    expect(told(obligations(owed(rolling, done('2026-02-20', '2026-03-22')), ask('2026-03-01', '2026-04-01', '2026-04-21')))).toEqual([
      '2026-02-20 met 2026-03-22 0 in',
      '2026-03-22 not-yet-due touches',
    ]);
  });

  test('hidden time may have held what is missing, if it is near enough', () => {
    const state = (from: string, to: string) =>
      obligations(
        owed(rolling, done('2026-03-01', '2026-04-20'), { uncovered: [{ from: at(from), to: at(to) }] }),
        ask('2026-03-01', '2026-04-20', '2026-12-01'),
      )[0]?.state;
    expect(state('2026-03-20', '2026-03-25')).toBe('unobserved');
    expect(state('2026-03-20', '2026-03-21')).toBe('late');
    expect(state('2026-03-05', '2026-03-10')).toBe('late');
    expect(state('2026-04-05', '2026-04-10')).toBe('late');
  });

  test('who left owes nothing more', () => {
    expect(told(obligations(owed(rolling, done('2026-03-10'), { until: at('2026-04-01') }), year))).toEqual([
      '2026-01-01 late 2026-03-10 38 in',
    ]);
  });
});

describe('any history', () => {
  const start = at('2026-01-01');
  const histories = fc.record({
    schedule: fc.oneof(
      fc.record({
        mode: fc.constant('calendar' as const),
        period: fc.constant('month' as const),
        graceDays: fc.integer({ min: 0, max: 20 }),
      }),
      fc.record({ mode: fc.constant('rolling' as const), days: fc.integer({ min: 5, max: 60 }) }),
    ),
    performances: fc
      .array(fc.integer({ min: -40, max: 300 }), { maxLength: 9 })
      .map((days) => days.map((each, i): Performance => ({ item: `p${i}`, at: start + each * day + i, result: 'pass' }))),
    uncovered: fc
      .array(fc.record({ from: fc.integer({ min: 0, max: 280 }), length: fc.integer({ min: 1, max: 25 }) }), { maxLength: 2 })
      .map((stretches) => stretches.map(({ from, length }) => ({ from: start + from * day, to: start + (from + length) * day }))),
    window: fc
      .record({ from: fc.integer({ min: 0, max: 200 }), length: fc.integer({ min: 1, max: 200 }), asOf: fc.integer({ min: 1, max: 400 }) })
      .map(({ from, length, asOf }) => ({ from: start + from * day, to: start + (from + length) * day, asOf: start + asOf * day })),
  });
  const rowsOf = (
    { schedule, performances, uncovered }: Pick<Owed, 'schedule' | 'performances' | 'uncovered'>,
    window: Obligation | { from: number; to: number; asOf: number },
  ) => obligations({ subject: 's', timeZone: 'UTC', since: start, schedule, performances, uncovered }, { asOf: 0, ...window });

  test('a performance meets at most one obligation, in time if met, late if late; what is not done says so', () => {
    fc.assert(
      fc.property(histories, ({ window, ...history }) => {
        const rows = rowsOf(history, window);
        const items = rows.flatMap(({ item }) => item ?? []);
        expect(new Set(items).size).toBe(items.length);
        for (const { state, done: when, due } of rows) {
          if (state === 'met') expect(when !== null && when <= due && when <= window.asOf).toBe(true);
          if (state === 'late') expect(when !== null && when > due && when <= window.asOf).toBe(true);
          if (state === 'missed') expect(when === null && window.asOf > due).toBe(true);
          if (state === 'not-yet-due') expect(window.asOf <= due).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('the same obligation reads the same whatever window is asked about', () => {
    fc.assert(
      fc.property(histories, ({ window, ...history }) => {
        const all = rowsOf(history, { from: start - 100 * day, to: start + 500 * day, asOf: window.asOf });
        for (const { inWindow: _, ...row } of rowsOf(history, window))
          expect(all).toContainEqual({ ...row, inWindow: expect.any(Boolean) });
      }),
      { numRuns: 600 },
    );
  });

  test('as many calendar periods are met as can be', () => {
    fc.assert(
      fc.property(histories, ({ window, performances }) => {
        const graceDays = 10;
        const everything = { from: start, to: start + 400 * day, asOf: window.asOf };
        const rows = rowsOf({ schedule: { mode: 'calendar', period: 'month', graceDays }, performances, uncovered: [] }, everything);
        const periods = calendarPeriods('month', everything, 'UTC');
        const open = performances.filter((each) => each.at <= window.asOf);
        expect(rows.filter(({ state }) => state === 'met').length).toBe(
          matching(
            periods.map(({ from, to }) => open.flatMap((each, i) => (each.at >= from && each.at <= to + graceDays * day ? [i] : []))),
          ),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('hidden time never makes anything met, and is why it is unobserved exactly where it could have made it met', () => {
    fc.assert(
      fc.property(histories, ({ window, ...history }) => {
        const everything = { from: start, to: start + 500 * day, asOf: window.asOf };
        const seen = rowsOf({ ...history, uncovered: [] }, everything);
        const rows = rowsOf(history, everything);
        expect(rows.map(({ period, item }) => [period, item])).toEqual(seen.map(({ period, item }) => [period, item]));
        const filled = [...history.performances, ...unseen(history.uncovered, window.asOf)];
        const atBest = rowsOf({ ...history, performances: filled, uncovered: [] }, everything);
        for (const [i, row] of rows.entries()) {
          const lapsed = seen[i]?.state === 'late' || seen[i]?.state === 'missed';
          if (!lapsed) expect(row.state).toBe(seen[i]?.state);
          else {
            const end = row.done ?? window.asOf;
            const related = atBest.filter((best) =>
              history.schedule.mode === 'calendar' ? best.period === row.period : best.from < end && (best.done ?? window.asOf) > row.from,
            );
            const couldBeMet = related.every(({ state }) => state === 'met' || state === 'not-yet-due');
            expect(row.state).toBe(couldBeMet ? 'unobserved' : seen[i]?.state);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  /** Whatever could have been done in the hidden time: often, up to its last millisecond. */
  const unseen = (uncovered: Owed['uncovered'], asOf: number): Performance[] =>
    uncovered.flatMap(({ from, to }) => {
      const days = Array.from({ length: Math.round((to - from) / day) }, (_, i) => from + i * day);
      return [...days.flatMap((each) => [each, each + 1, each + 2, each + 3]), to - 1]
        .filter((each) => each <= asOf)
        .map((each): Performance => ({ item: `unseen ${from} ${each}`, at: each, result: 'pass' }));
    });

  /** The greatest number of periods that can each have a performance of their own, by augmenting paths. */
  function matching(choices: number[][]): number {
    const taken = new Map<number, number>();
    const place = (period: number, tried: Set<number>): boolean =>
      (choices[period] ?? []).some((each) => {
        if (tried.has(each)) return false;
        tried.add(each);
        const other = taken.get(each);
        if (other !== undefined && !place(other, tried)) return false;
        taken.set(each, period);
        return true;
      });
    return choices.filter((_, period) => place(period, new Set())).length;
  }
});

describe('how a subject stands', () => {
  const stands = (performances: Performance[], asOf: string, more: Partial<Owed> = {}) => {
    const found = standing({ ...owed(quarterly, performances, more), scopes: [] }, at(asOf));
    return found && `${found.period} ${found.state}`;
  };

  test('what was missed counts until it is made up for, whatever is due next', () => {
    expect(stands([], '2026-02-01')).toBe('2026-Q1 not-yet-due');
    expect(stands(done('2026-02-01'), '2026-04-01')).toBe('2026-Q2 not-yet-due');
    expect(stands(done('2026-02-01'), '2026-07-10')).toBe('2026-Q3 not-yet-due');
    expect(stands(done('2026-02-01'), '2026-07-16')).toBe('2026-Q2 missed');
    expect(stands(done('2026-02-01', '2026-07-20'), '2026-07-21')).toBe('2026-Q3 met');
    expect(stands(done('2026-02-01'), '2026-08-01', { until: at('2026-05-01') })).toBe(null);
  });
});
