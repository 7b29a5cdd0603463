import { describe, expect, test } from '@jest/globals';
import { measure, ratios } from '#src/window/measure.ts';
import { timeline } from '#src/window/timeline.ts';
import { hour, type LookResult, type Run, type ScopeCoverage } from '#src/window/types.ts';

const h = (hours: number) => hours * hour;
const run = (result: LookResult, first: number, last = first, more: Partial<Run> = {}): Run => ({
  result,
  first: h(first),
  last: h(last),
  ...more,
});
const scope = (more: Partial<ScopeCoverage> = {}): ScopeCoverage => ({ hold: h(2), firstLook: 0, lastLook: h(100), gaps: [], ...more });
const ask = (from: number, to: number, asOf = 1000) => ({ from: h(from), to: h(to), asOf: h(asOf) });
const drawn = (...args: Parameters<typeof timeline>) =>
  timeline(...args).map(({ from, to, state, reason }) => `${from / hour}-${to / hour} ${state}${reason ? ` ${reason}` : ''}`);

describe('bracketing', () => {
  test('the worked example: 41 h held, 4 h failed, 7 h uncertain, 50 h unobserved', () => {
    const runs = [run('pass', 0, 24), run('fail', 30, 34), run('pass', 35, 104)];
    const daily = scope({ hold: h(26), lastLook: h(104), gaps: [{ from: h(48), to: h(98), reason: 'monitor-down' }] });
    const time = measure(timeline(runs, daily, ask(0, 102)));
    expect(time).toEqual({ held: h(41), failed: h(4), uncertain: h(7), unobserved: h(50), outside: 0 });
    const { coverage, held, guaranteed, failing } = ratios(time);
    const percent = (share: number | null) => ((share ?? Number.NaN) * 100).toFixed(1);
    expect([coverage, held, guaranteed].map(percent)).toEqual(['51.0', '78.8', '40.2']);
    expect(failing).toEqual({ least: h(4), most: h(11) });
  });

  test('the first look after the window closes its last bracket; without it, nothing is extrapolated', () => {
    expect(drawn([run('pass', 0, 11)], scope({ lastLook: h(11) }), ask(0, 10))).toEqual(['0-10 held']);
    expect(drawn([run('pass', 0, 9)], scope({ lastLook: h(9) }), ask(0, 10, 10))).toEqual([
      '0-9 held',
      '9-10 unobserved awaiting-next-look',
    ]);
  });

  test('looks exactly the horizon apart still hold; one millisecond more does not', () => {
    const gap = { from: 0, to: h(2) + 1, reason: 'schedule-missed' };
    expect(drawn([run('pass', 0, 2)], scope({ lastLook: h(2) }), ask(0, 2))).toEqual(['0-2 held']);
    expect(drawn([run('pass', 0), { result: 'fail', first: h(2), last: h(2) }], scope(), ask(0, 2))).toEqual(['0-2 uncertain']);
    expect(drawn([{ result: 'pass', first: 0, last: h(2) + 1 }], scope({ gaps: [gap] }), ask(0, 2))).toEqual([
      '0-2 unobserved schedule-missed',
    ]);
  });

  test('a change whose instant an event tells splits the bracket; one that does not fit between the looks does not', () => {
    const split = (changedAt: number) => drawn([run('pass', 0, 4), run('fail', 6, 8, { changedAt })], scope(), ask(0, 8));
    expect(split(h(5))).toEqual(['0-5 held', '5-8 failed']);
    expect(split(h(3))).toEqual(['0-4 held', '4-6 uncertain', '6-8 failed']);
    expect(split(h(7))).toEqual(['0-4 held', '4-6 uncertain', '6-8 failed']);
  });

  test('an unread look is no observation: it neither breaks a bracket nor makes one', () => {
    const unread = run('unobserved', 1, 1, { reason: 'withheld' });
    expect(drawn([run('pass', 0), unread, run('pass', 2)], scope({ lastLook: h(2) }), ask(0, 2))).toEqual(['0-2 held']);
    const long = [
      run('pass', 0),
      run('unobserved', 1, 4, { reason: 'withheld' }),
      run('unobserved', 5, 5, { reason: 'denied' }),
      run('pass', 6),
    ];
    expect(drawn(long, scope({ lastLook: h(6) }), ask(0, 6))).toEqual(['0-4 unobserved withheld', '4-6 unobserved denied']);
  });

  test('unread at every look: unobserved throughout, for the reason given, also after the last look', () => {
    const runs = [run('unobserved', 0, 10, { reason: 'denied' })];
    expect(drawn(runs, scope({ lastLook: h(10) }), ask(-2, 12, 12))).toEqual([
      '-2-0 unobserved not-yet-connected',
      '0-12 unobserved denied',
    ]);
    expect(drawn([run('unobserved', 0, 10)], scope({ lastLook: h(10) }), ask(0, 10))).toEqual(['0-10 unobserved unread']);
  });
});

describe('reasons at the edges', () => {
  test.each([
    ['within the horizon', 11, 'awaiting-next-look'],
    ['at the horizon', 12, 'awaiting-next-look'],
    ['beyond it', 13, 'credential-expired'],
  ])('after the last look, %s', (_, asOf, reason) => {
    const failing = scope({ lastLook: h(10), gaps: [{ from: h(10), to: null, reason: 'credential-expired' }] });
    expect(drawn([run('pass', 0, 10)], failing, ask(9, 100, asOf))).toEqual(['9-10 held', `10-${asOf} unobserved ${reason}`]);
  });

  test('after the last look, beyond the horizon, and no failure recorded: the monitor was down', () => {
    expect(drawn([run('pass', 0, 10)], scope({ lastLook: h(10) }), ask(10, 20))).toEqual(['10-20 unobserved monitor-down']);
  });

  test('before the first look, and never', () => {
    const runs = [run('pass', 5, 10)];
    const attempts = [{ from: h(3), to: h(5), reason: 'denied' }];
    const edge = ['0-3 unobserved not-yet-connected', '3-5 unobserved denied', '5-6 held'];
    expect(drawn(runs, scope({ firstLook: h(5), lastLook: h(10), gaps: attempts }), ask(0, 6))).toEqual(edge);
    expect(drawn([], { hold: h(2), firstLook: null, lastLook: null, gaps: [] }, ask(0, 6))).toEqual(['0-6 unobserved not-yet-connected']);
    const never = { hold: h(2), firstLook: null, lastLook: null, gaps: [{ from: h(3), to: null, reason: 'denied' }] };
    expect(drawn([], never, ask(0, 6))).toEqual(['0-3 unobserved not-yet-connected', '3-6 unobserved denied']);
  });

  test('nothing is said of the future, nor of an empty window', () => {
    expect(drawn([run('pass', 0, 50)], scope(), ask(0, 50, 3))).toEqual(['0-3 held']);
    expect(drawn([run('pass', 0, 50)], scope(), ask(5, 50, 3))).toEqual([]);
    expect(drawn([run('pass', 0, 50)], scope(), ask(5, 5))).toEqual([]);
  });
});

describe('items that come and go', () => {
  test.each<[LookResult, LookResult, string]>([
    ['absent', 'pass', 'outside'],
    ['pass', 'absent', 'outside'],
    ['not-applicable', 'pass', 'outside'],
    ['pass', 'not-applicable', 'outside'],
    ['absent', 'not-applicable', 'outside'],
    ['absent', 'fail', 'uncertain'],
    ['fail', 'absent', 'uncertain'],
    ['fail', 'not-applicable', 'uncertain'],
    ['pass', 'fail', 'uncertain'],
    ['fail', 'pass', 'uncertain'],
  ])('from %s to %s: %s', (a, b, state) => {
    expect(drawn([run(a, 0), run(b, 1)], scope({ lastLook: h(1) }), ask(0, 1))).toEqual([`0-1 ${state}`]);
  });

  test('an item that was not there before and is not there after was not there in between, even through an outage', () => {
    const outage = scope({ lastLook: h(60), gaps: [{ from: h(20), to: h(50), reason: 'monitor-down' }] });
    expect(drawn([run('absent', 0, 60)], outage, ask(-5, 70))).toEqual(['-5-70 outside']);
    const other: LookResult[] = ['pass', 'not-applicable'];
    for (const result of other)
      expect(drawn([run('absent', 0, 20), run(result, 50, 60)], outage, ask(20, 50))).toEqual(['20-50 unobserved monitor-down']);
    expect(drawn([run('not-applicable', 0, 60)], outage, ask(20, 50))).toEqual(['20-50 outside']);
  });

  test('an item that was seen, but never read before it was gone, does not vanish', () => {
    const runs = [run('absent', 0, 1), run('unobserved', 2, 2, { reason: 'withheld' }), run('absent', 3, 9)];
    expect(drawn(runs, scope({ lastLook: h(9) }), ask(0, 9))).toEqual(['0-1 outside', '1-3 unobserved withheld', '3-9 outside']);
    expect(drawn(runs.slice(0, 2), scope({ lastLook: h(2) }), ask(0, 3, 3))).toEqual(['0-1 outside', '1-3 unobserved withheld']);
  });
});
