import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isLocalDate, isTimeZone, type LocalDate, monthsAfter, nextDay, startOfDay } from '#src/config/local-date.ts';

describe('the start of a day', () => {
  test.each([
    ['2026-02-01', 'Europe/Berlin', '2026-01-31T23:00:00.000Z'],
    ['2026-08-01', 'Europe/Berlin', '2026-07-31T22:00:00.000Z'],
    ['2026-01-01', 'UTC', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
    ['2026-01-01', 'Pacific/Pago_Pago', '2026-01-01T11:00:00.000Z'],
    ['2026-01-01', 'Asia/Kathmandu', '2025-12-31T18:15:00.000Z'],
    // The clocks go forward at midnight: the day begins at 01:00.
    ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    // Samoa crossed the date line and had no 30 December 2011.
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['2011-12-31', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
  ])('%s in %s', (date, timeZone, expected) => {
    expect(new Date(startOfDay(date as LocalDate, timeZone)).toISOString()).toBe(expected);
  });

  test('the clocks show the day from that second on, and an earlier one the second before', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/St_Johns', 'UTC');
    const days = fc
      .integer({ min: 0, max: 3650 })
      .map((day) => new Date(Date.UTC(2020, 0, 1 + day)).toISOString().slice(0, 10) as LocalDate);
    fc.assert(
      fc.property(days, zones, (date, timeZone) => {
        const shown = (instant: number): string => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(instant);
        const start = startOfDay(date, timeZone);
        expect(shown(start)).toBe(date);
        expect(shown(start - 1000) < date).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

test('days of the calendar', () => {
  expect(['2026-02-28', '2024-02-29', '2026-12-31'].every(isLocalDate)).toBe(true);
  expect(
    ['2026-02-29', '2026-02-30', '2026-13-01', '2026-00-10', '2026-1-1', '26-01-01', '2026-01-01T00:00:00Z', ''].some(isLocalDate),
  ).toBe(false);
});

test('time zones', () => {
  expect(['Europe/Berlin', 'UTC', 'America/Argentina/Ushuaia'].every(isTimeZone)).toBe(true);
  expect(['Europe/Berln', '+02:00', '', 'local', '2'].some(isTimeZone)).toBe(false);
});

test('days and months on', () => {
  expect(nextDay('2026-02-28')).toBe('2026-03-01');
  expect(nextDay('2026-12-31')).toBe('2027-01-01');
  expect(monthsAfter('2026-02-01', 12)).toBe('2027-02-01');
  expect(monthsAfter('2024-02-29', 12)).toBe('2025-02-28');
  expect(monthsAfter('2026-08-31', 6)).toBe('2027-02-28');
});
