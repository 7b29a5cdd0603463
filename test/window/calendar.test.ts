import { describe, expect, test } from '@jest/globals';
import { calendarPeriods, declaredWindow, localDate } from '#src/window/calendar.ts';
import { day, hour } from '#src/window/types.ts';

const iso = (at: number) => new Date(at).toISOString();
const window = (...args: Parameters<typeof declaredWindow>) => {
  const { from, to } = declaredWindow(...args);
  return [iso(from), iso(to)];
};

describe('a declared window', () => {
  test('both days are included, in the declared zone, across a change of clocks', () => {
    expect(window('2026-01-01', '2026-06-30', 'UTC')).toEqual(['2026-01-01T00:00:00.000Z', '2026-07-01T00:00:00.000Z']);
    expect(window('2026-01-01', '2026-06-30', 'Europe/Berlin')).toEqual(['2025-12-31T23:00:00.000Z', '2026-06-30T22:00:00.000Z']);
    expect(window('2026-01-01', '2026-12-31', 'America/New_York')).toEqual(['2026-01-01T05:00:00.000Z', '2027-01-01T05:00:00.000Z']);
    expect(window('2026-03-01', '2026-03-01', 'Asia/Kathmandu')).toEqual(['2026-02-28T18:15:00.000Z', '2026-03-01T18:15:00.000Z']);
  });

  test.each([
    ['Europe/Berlin', '2026-03-29', 23],
    ['Europe/Berlin', '2026-10-25', 25],
    ['America/Havana', '2026-11-01', 25],
    ['Australia/Lord_Howe', '2026-04-05', 24.5],
  ])('in %s the day %s has %d hours', (zone, date, hours) => {
    const { from, to } = declaredWindow(date, date, zone);
    expect((to - from) / hour).toBe(hours);
  });

  test('where clocks skip midnight, or a whole day, it starts when they have moved', () => {
    expect(window('2018-11-04', '2018-11-04', 'America/Sao_Paulo')).toEqual(['2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z']);
    expect(window('2018-02-17', '2018-02-17', 'America/Sao_Paulo')).toEqual(['2018-02-17T02:00:00.000Z', '2018-02-18T03:00:00.000Z']);
    expect(window('2011-12-29', '2011-12-29', 'Pacific/Apia')).toEqual(['2011-12-29T10:00:00.000Z', '2011-12-30T10:00:00.000Z']);
    expect(window('2011-12-30', '2011-12-30', 'Pacific/Apia')).toEqual(['2011-12-30T10:00:00.000Z', '2011-12-30T10:00:00.000Z']);
  });

  test.each([
    ['2026-02-30', '2026-06-30', 'UTC'],
    ['2026-1-1', '2026-06-30', 'UTC'],
    ['2026-06-30', '2026-01-01', 'UTC'],
    ['2026-01-01', '2026-06-30', 'Europe/Atlantis'],
  ])('%s to %s in %s is refused', (first, last, zone) => {
    expect(() => declaredWindow(first, last, zone)).toThrow(/Invalid time zone|not a date|before it begins/);
  });

  test.each([
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'America/Sao_Paulo',
    'Pacific/Apia',
    'Asia/Tehran',
    'Africa/Cairo',
    'Pacific/Chatham',
  ])('in %s any five days of nine years begin where those before end, at their own date', (zone) => {
    let end: number | undefined;
    for (let at = Date.UTC(2010, 0); at < Date.UTC(2019, 0); at += 5 * day) {
      const date = iso(at).slice(0, 10);
      const { from, to } = declaredWindow(date, date, zone);
      const next = declaredWindow(iso(at + day).slice(0, 10), iso(at + 4 * day).slice(0, 10), zone);
      expect([end ?? from, to]).toEqual([from, next.from]);
      if (from < to) expect(localDate(from, zone)).toBe(date);
      expect(localDate(from - 1, zone) < date).toBe(true);
      end = next.to;
    }
  });
});

describe('calendar periods', () => {
  const names = (unit: Parameters<typeof calendarPeriods>[0], first: string, last: string, zone = 'Europe/Berlin') =>
    calendarPeriods(unit, declaredWindow(first, last, zone), zone).map(({ name }) => name);

  test('those that touch the window, and no others', () => {
    expect(names('month', '2025-12-31', '2026-02-01')).toEqual(['2025-12', '2026-01', '2026-02']);
    expect(names('quarter', '2026-01-01', '2026-06-30')).toEqual(['2026-Q1', '2026-Q2']);
    expect(names('quarter', '2026-02-15', '2026-07-01')).toEqual(['2026-Q1', '2026-Q2', '2026-Q3']);
    expect(names('half-year', '2026-06-30', '2026-07-01')).toEqual(['2026-H1', '2026-H2']);
    expect(names('year', '2025-12-31', '2026-01-01')).toEqual(['2025', '2026']);
    expect(calendarPeriods('month', { from: 5, to: 5 }, 'UTC')).toEqual([]);
  });

  test('they follow each other without hole, in local time', () => {
    const window = declaredWindow('2026-01-01', '2026-12-31', 'America/New_York');
    const periods = calendarPeriods('month', window, 'America/New_York');
    expect(periods.map(({ from }) => from)).toEqual([window.from, ...periods.slice(0, -1).map(({ to }) => to)]);
    expect(periods.at(-1)?.to).toBe(window.to);
    expect(periods.map(({ from }) => localDate(from, 'America/New_York').slice(8))).toEqual(Array.from({ length: 12 }, () => '01'));
  });
});
