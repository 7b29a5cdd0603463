import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clockIn, countdown, duration, hours, listed, percent } from '#src/portal/wording.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

describe('a share', () => {
  test.each([
    [1, '100.0 %'],
    [0.99999, '99.9 %'],
    [0.9997, '99.9 %'],
    [0.991, '99.1 %'],
    [0.291, '29.1 %'],
    [0.0004, 'under 0.1 %'],
    [0, '0.0 %'],
    [null, '–'],
  ])('%d reads %s', (share, says) => {
    expect(plain(percent(share))).toBe(says);
  });

  test('reads 100.0 % only when nothing is missing', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (share) => {
        expect(percent(share)).not.toContain('100');
      }),
    );
  });
});

describe('a length of time', () => {
  test.each([
    [0, '0 h'],
    [1, 'under 1 min'],
    [52 * minute, '52 min'],
    [hour, '1 h'],
    [260 * minute, '4 h 20 min'],
    [61 * hour, '61 h'],
    [100 * hour, '4 d 4 h'],
    [24 * day, '24 d'],
  ])('%d ms reads %s', (ms, says) => {
    expect(plain(duration(ms))).toBe(says);
  });

  test('that is more than nothing never reads as nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * day }), fc.constantFrom(Math.floor, Math.round, Math.ceil), (ms, round) => {
        expect(plain(duration(ms, round))).not.toMatch(/^0 /);
        expect(plain(hours(ms))).not.toMatch(/^0 /);
      }),
    );
  });

  test('can be rounded for what it bounds', () => {
    expect(plain(duration(61.6 * hour, Math.floor))).toBe('61 h');
    expect(plain(duration(61.2 * hour, Math.ceil))).toBe('62 h');
  });

  test.each([
    [56 * minute, '56 min'],
    [20.9 * hour, '20 h'],
    [52 * hour, '2 d 4 h'],
    [2 * day, '2 d'],
  ])('to come, %d ms, reads %s', (ms, says) => {
    expect(plain(countdown(ms))).toBe(says);
  });
});

test('a clock writes instants in its zone, with the offset where they are evidence', () => {
  const clock = clockIn('Europe/Berlin');
  expect(clock.day(Date.parse('2026-01-31T23:00:00Z'))).toBe('1 Feb 2026');
  expect(clock.time(Date.parse('2026-03-29T01:30:00Z'))).toBe('29 Mar 2026, 03:30');
  expect(clock.exact(Date.parse('2026-10-25T00:30:00Z'))).toBe('25 Oct 2026, 02:30:00 GMT+2');
  expect(clock.exact(Date.parse('2026-10-25T01:30:00Z'))).toBe('25 Oct 2026, 02:30:00 GMT+1');
  expect(clock.date(Date.parse('2026-01-31T23:00:00Z'))).toBe('2026-02-01');
});

test('a list reads as a sentence does', () => {
  expect([listed([]), listed(['a']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
});
