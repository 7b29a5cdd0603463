import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { markupOf } from '#src/portal/html.ts';
import { type Drawing, monthAxis, stripSvg, summary, withSilence } from '#src/portal/strip.ts';
import { clockIn } from '#src/portal/wording.ts';
import { measure } from '#src/window/measure.ts';
import type { Segment, State } from '#src/window/types.ts';

const hour = 3_600_000;
const start = Date.parse('2026-02-01T00:00:00Z');
const window = { from: start, to: Date.parse('2026-08-01T00:00:00Z'), asOf: Date.parse('2026-07-01T00:00:00Z') };
const clock = clockIn('UTC');
const segment = (state: State, from: number, to: number): Segment => ({ state, from: start + from * hour, to: start + to * hour });
const until = (window.asOf - start) / hour;
const drawing = (segments: readonly Segment[], more: Partial<Drawing> = {}): Drawing => ({ window, segments, clock, ...more });

const rectangles = (drawn: Drawing) =>
  [...markupOf(stripSvg(drawn)).matchAll(/<rect class="([^"]+)" x="([\d.]+)%" width="([\d.]+)%"/g)].map(([, look, x, width]) => ({
    look,
    x: Number(x),
    width: Number(width),
  }));
const looks = (drawn: Drawing) => rectangles(drawn).map(({ look }) => look);

describe('a strip', () => {
  test('draws what was not observed over what held, and what failed over both', () => {
    const drawn = drawing([
      segment('held', 0, 500),
      segment('unobserved', 500, 503),
      segment('failed', 503, 504),
      segment('held', 504, until),
    ]);
    expect(looks(drawn).filter((look) => !look?.includes('lane'))).toEqual(['future', 'held', 'held', 'unobserved', 'failed']);
  });

  test('gives what failed and what was not observed a lane each, so that neither hides the other', () => {
    const drawn = drawing([
      segment('held', 0, 500),
      segment('unobserved', 500, 501),
      segment('failed', 501, 502),
      segment('held', 502, until),
    ]);
    const lanes = [...markupOf(stripSvg(drawn)).matchAll(/<rect class="(\w+ lane)"[^>]* y="([\d.]+)"/g)].map(([, look, y]) => [
      look,
      Number(y),
    ]);
    expect(lanes).toEqual([
      ['unobserved lane', 25],
      ['failed lane', 1.5],
    ]);
  });

  test('draws a stretch of one millisecond, at the end of the window too', () => {
    const drawn = drawing([segment('held', 0, until), { state: 'failed', from: window.asOf - 1, to: window.asOf }], {
      window: { ...window, to: window.asOf },
    });
    const failed = rectangles(drawn).find(({ look }) => look === 'failed');
    expect(failed?.width).toBeGreaterThan(0);
    expect(failed!.x + failed!.width).toBeLessThanOrEqual(100);
  });

  test('draws time that no segment tells of as not observed', () => {
    expect(looks(drawing([]))).toContain('unobserved');
    expect(looks(drawing([segment('held', 0, 100), segment('held', 200, until)]))).toContain('unobserved');
    expect(looks(drawing([segment('held', 0, until)]))).not.toContain('unobserved');
  });

  test('leaves the time to come empty', () => {
    const drawn = rectangles(drawing([segment('held', 0, until)]));
    expect(drawn.map(({ look }) => look)).toEqual(['future', 'held']);
    expect(drawn[0]!.x).toBeCloseTo((until / ((window.to - start) / hour)) * 100, 2);
  });

  test('marks failed events, which have no length', () => {
    expect(
      looks(drawing([segment('outside', 0, until)], { failures: [start + 5 * hour, start + 900 * hour] })).filter(
        (look) => look === 'failed',
      ),
    ).toHaveLength(2);
  });

  test('stays small however often something flaps', () => {
    const flapping = Array.from({ length: 100_000 }, (_, i) => ({
      state: i % 2 ? ('failed' as const) : ('unobserved' as const),
      from: start + i * 60_000,
      to: start + (i + 1) * 60_000,
    }));
    expect(rectangles(drawing(flapping)).length).toBeLessThan(20);
  });

  test('fills the window exactly, whatever the segments leave out', () => {
    const pieces = fc.array(
      fc.tuple(
        fc.constantFrom<State>('held', 'failed', 'uncertain', 'unobserved', 'outside'),
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 1, max: 400 }),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(pieces, (steps) => {
        let at = 0;
        const segments = steps.flatMap(([state, skip, length]) => {
          const from = at + skip;
          at = from + length;
          return at <= until ? [segment(state, from, at)] : [];
        });
        const whole = withSilence(segments, window);
        const time = measure(whole);
        expect(Object.values(time).reduce((sum, ms) => sum + ms, 0)).toBe(window.asOf - window.from);
        expect(time.held).toBe(measure(segments).held);
      }),
    );
  });
});

describe('a strip in words', () => {
  test('tells each kind of time, what is bad first, and counts what it does not tell', () => {
    const bad = [10, 20, 30, 40].map((from) => segment('failed', from, from + 1));
    const words = summary(drawing([...bad, segment('unobserved', 100, 139), segment('held', 139, until)]));
    expect(words.replaceAll('\u00a0', ' ')).toBe(
      '1 Feb 2026 to 30 Jun 2026: did not hold 4 h in 4 stretches (1 Feb 2026, 10:00 to 1 Feb 2026, 11:00 (1 h), 1 Feb 2026, 20:00 to 1 Feb 2026, 21:00 (1 h), 2 Feb 2026, 06:00 to 2 Feb 2026, 07:00 (1 h) and 1 more); ' +
        'not observed 5 d 15 h in 5 stretches (1 Feb 2026, 00:00 to 1 Feb 2026, 10:00 (10 h), 1 Feb 2026, 11:00 to 1 Feb 2026, 20:00 (9 h), 1 Feb 2026, 21:00 to 2 Feb 2026, 06:00 (9 h) and 2 more); held 144 d.',
    );
  });

  test('says before the window that it has not begun', () => {
    expect(summary(drawing([], { window: { ...window, asOf: start - hour } }))).toBe('The window begins on 1 Feb 2026.');
  });
});

test('months are named where there is room for their names', () => {
  const names = [...markupOf(monthAxis(window, clock)).matchAll(/>(\w+)<\/text>/g)].map(([, name]) => name);
  expect(names).toEqual(['Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul']);
});
