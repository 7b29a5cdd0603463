import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Deviation, deviations } from '#src/window/deviations.ts';
import { uncovered } from '#src/window/events.ts';
import { longestUnobserved, type Measure, measure, nothing, ratios, sum } from '#src/window/measure.ts';
import { ruleStrip } from '#src/window/strip.ts';
import { timeline } from '#src/window/timeline.ts';
import type { Run, Segment, State, Window } from '#src/window/types.ts';
import { type Look, recorded, seenOf, stateAt, type World, worlds } from './world.ts';

const instants = ({ from, to, asOf }: Window) => Array.from({ length: Math.max(0, Math.min(to, asOf) - from) }, (_, i) => from + i);
const drawn = (world: World, item: number, window = world.window): Segment[] =>
  timeline(recorded(world).runs[item] ?? [], recorded(world).scope, window);
const stateIn = (segments: readonly Segment[], at: number): State | undefined =>
  segments.find(({ from, to }) => from <= at && at < to)?.state;
const held = (world: World): number => sum(recorded(world).runs.map((_, item) => measure(drawn(world, item)))).held;
/** Without what events tell: the change at a look is known whether or not the look happens, and so belongs to no look. */
const eventless = (world: World): World => ({ ...world, looks: world.looks.map((look) => ({ ...look, changes: [] })) });
const without = (world: World, look: Look): World => ({ ...world, looks: world.looks.filter((other) => other !== look) });
const holds = (property: (world: World) => void, numRuns = 1000) => fc.assert(fc.property(worlds, property), { numRuns });

describe('the timeline', () => {
  test('equals the oracle at every instant, and in every sum', () => {
    holds((world) => {
      for (let item = 0; item < world.items; item++) {
        const segments = drawn(world, item);
        const expected = instants(world.window).map((at) => stateAt(world, item, at));
        expect(instants(world.window).map((at) => stateIn(segments, at))).toEqual(expected);
        const sums: Measure = { ...nothing };
        for (const state of expected) sums[state]++;
        expect(measure(segments)).toEqual(sums);
      }
    }, 3000);
  });

  test('tiles the window without overlap or hole; neighbors differ; what is unobserved says why', () => {
    holds((world) => {
      for (let item = 0; item < world.items; item++) {
        const segments = drawn(world, item);
        const { from, to, asOf } = world.window;
        let at = from;
        for (const [i, segment] of segments.entries()) {
          expect(segment.from).toBe(at);
          expect(segment.to).toBeGreaterThan(segment.from);
          expect(segment.state === 'unobserved' ? typeof segment.reason : segment.reason).toBe(
            segment.state === 'unobserved' ? 'string' : undefined,
          );
          const before = segments[i - 1];
          expect(before?.state === segment.state && before.reason === segment.reason).toBe(false);
          at = segment.to;
        }
        expect(at).toBe(Math.max(from, Math.min(to, asOf)));
      }
    });
  });

  test('is additive: [a, c) is [a, b) and [b, c)', () => {
    fc.assert(
      fc.property(worlds, fc.nat(60), (world, cut) => {
        const { from, to } = world.window;
        const middle = Math.min(to, from + cut);
        for (let item = 0; item < world.items; item++) {
          const parts = [drawn(world, item, { ...world.window, to: middle }), drawn(world, item, { ...world.window, from: middle })];
          expect(sum(parts.map((part) => measure(part)))).toEqual(measure(drawn(world, item)));
        }
      }),
      { numRuns: 1500 },
    );
  });

  test('does not change with how restarts cut the runs', () => {
    holds((world) => {
      const calm = { ...world, looks: world.looks.map((look) => ({ ...look, restart: false })) };
      for (let item = 0; item < world.items; item++) expect(drawn(calm, item)).toEqual(drawn(world, item));
    });
  });

  test('the longest stretch without observation is the longest row of unobserved instants', () => {
    holds((world) => {
      const row = instants(world.window).map((at) => (stateAt(world, 0, at) === 'unobserved' ? 'u' : ' '));
      const longest = Math.max(
        0,
        ...row
          .join('')
          .split(' ')
          .map((stretch) => stretch.length),
      );
      expect(longestUnobserved(drawn(world, 0), world.window)).toBe(longest);
    });
  });

  test('guaranteed <= held <= 1 and failing time is a range', () => {
    holds((world) => {
      const { coverage, held: share, guaranteed, failing } = ratios(measure(drawn(world, 0)));
      expect(failing.most).toBeGreaterThanOrEqual(failing.least);
      if (share !== null && guaranteed !== null && coverage !== null) {
        expect(guaranteed).toBeLessThanOrEqual(share);
        expect(coverage * share).toBeCloseTo(guaranteed, 10);
      }
    });
  });
});

describe('silence never helps', () => {
  test('losing a look that failed to read anything, or that passed, never raises held time', () => {
    holds((full) => {
      const world = eventless(full);
      for (const look of world.looks) {
        if (!look.results.every((result) => result === 'pass' || result === 'unobserved')) continue;
        expect(held(without(world, look))).toBeLessThanOrEqual(held(world));
      }
    });
  });

  test('where the horizon is shorter than two periods, losing any look, or reading nothing at it, never raises held time', () => {
    holds((world) => {
      const spaced = eventless(world).looks.map((look, i) => ({ ...look, at: i * 4 + (i % 2) }));
      const strict: World = { ...world, hold: Math.min(world.hold, 7), looks: spaced, window: { ...world.window, asOf: 200 } };
      for (const look of strict.looks) {
        const blind = { ...look, results: look.results.map(() => 'unobserved' as const) };
        expect(held(without(strict, look))).toBeLessThanOrEqual(held(strict));
        expect(held({ ...strict, looks: strict.looks.map((other) => (other === look ? blind : other)) })).toBeLessThanOrEqual(held(strict));
      }
    }, 800);
  });

  test('a world without successful looks is unobserved throughout', () => {
    holds((world) => {
      const blind = { ...world, looks: world.looks.map((look) => ({ ...look, ok: false })) };
      const { from, to, asOf } = world.window;
      expect(measure(drawn(blind, 0))).toEqual({ ...nothing, unobserved: Math.max(0, Math.min(to, asOf) - from) });
    }, 300);
  });
});

describe('deviations', () => {
  const of = (world: World, item: number, asOf = world.window.asOf): Deviation[] =>
    deviations(
      {
        rule: 'r',
        item: `${item}`,
        severity: 'high',
        deadlines: { critical: 1, high: 5, medium: 9, low: 9 },
        runs: recorded(world).runs[item] ?? [],
      },
      asOf,
    );

  test('equal those counted look by look', () => {
    holds((world) => {
      for (let item = 0; item < world.items; item++) {
        const expected: Partial<Deviation>[] = [];
        let open: { lastGood: number | null; firstBad: number; lastBad: number } | undefined;
        let lastGood: number | null = null;
        for (const { at, result } of seenOf(world, item)) {
          if (result === 'unobserved') continue;
          if (result === 'fail') {
            open = open ? { ...open, lastBad: at } : { lastGood, firstBad: at, lastBad: at };
            continue;
          }
          if (open) expected.push({ ...open, firstGood: at, closedBy: result === 'absent' ? 'gone' : result });
          open = undefined;
          if (result === 'pass') lastGood = at;
        }
        if (open) expected.push({ ...open, firstGood: null, closedBy: null });
        const found = of(world, item);
        expect(found).toEqual(expected.map((deviation) => expect.objectContaining(deviation)));
        for (const { minDuration, maxDuration, began, firstBad, lastBad, ended, due, remediated } of found) {
          expect(minDuration).toBeGreaterThanOrEqual(0);
          if (maxDuration !== null) expect(maxDuration).toBeGreaterThanOrEqual(minDuration);
          expect(began <= firstBad && due === firstBad + 5 && (ended ?? Infinity) >= lastBad).toBe(true);
          const settled = ended === null ? (world.window.asOf > due ? 'overdue' : 'pending') : ended > due ? 'late' : 'in-time';
          expect(remediated).toBe(settled);
        }
      }
    });
  });

  test('hold all failing time of the timeline and none of what held', () => {
    holds((world) => {
      for (let item = 0; item < world.items; item++) {
        const found = of(world, item);
        const segments = drawn(world, item);
        for (const at of instants(world.window)) {
          const state = stateIn(segments, at);
          const inside = found.some(({ began, ended }) => began <= at && at < (ended ?? Infinity));
          if (state === 'failed') expect(inside).toBe(true);
          if (state === 'held') expect(inside).toBe(false);
        }
      }
    });
  });

  test('are the same, by id, after restarts and as time goes on', () => {
    holds((world) => {
      const ids = (deviation: Deviation[]) => deviation.map(({ id }) => id);
      const calm = { ...world, looks: world.looks.map((look) => ({ ...look, restart: false })) };
      expect(ids(of(calm, 0, 500))).toEqual(ids(of(world, 0)));
      const earlier = { ...world, looks: world.looks.slice(0, -1) };
      const known = ids(of(world, 0));
      expect(ids(of(earlier, 0)).every((id) => known.includes(id))).toBe(true);
    });
  });
});

test('events are covered where a later look came while the source remembered', () => {
  fc.assert(
    fc.property(worlds, fc.integer({ min: 0, max: 25 }), (world, memory) => {
      const scope = { ...recorded(world).scope, memory };
      const looks = world.looks.filter(({ ok }) => ok).map(({ at }) => at);
      const found = uncovered(scope, world.window);
      for (const at of instants(world.window)) {
        const covered = looks.some((look) => look >= at + 1 && look - at <= memory);
        const stretches = found.filter(({ from, to }) => from <= at && at < to);
        expect(stretches.length).toBeLessThanOrEqual(1);
        // Between looks whose exact times are not kept, a source that forgets within the horizon cannot be shown to be covered.
        if (memory >= world.hold) expect(stretches.length === 0).toBe(covered);
        else if (!covered) expect(stretches.length).toBe(1);
        if (stretches[0]?.reason === 'source-forgot')
          expect(looks.every((look) => look <= at || look - at > memory || memory < world.hold)).toBe(true);
      }
      const blind = uncovered({ ...recorded(world).scope, firstLook: null, lastLook: null }, world.window);
      expect(blind.reduce((total, { from, to }) => total + to - from, 0)).toBe(instants(world.window).length);
    }),
    { numRuns: 2000 },
  );
});

test('the strip shows at each instant the worst that any item or scope was in', () => {
  holds((world) => {
    const { scope, runs } = recorded(world);
    const groups = runs.map((each, item) => ({ item: `${item}`, scope, runs: each }));
    const evidence = { rule: 'r', kind: 'state', severity: 'high', scopes: [scope], groups } as const;
    const { segments, measure: time } = ruleStrip(evidence, world.window);
    const looks: Run[] = scope.firstLook === null ? [] : [{ result: 'pass', first: scope.firstLook, last: scope.lastLook ?? 0 }];
    const whole = timeline(looks, scope, world.window);
    const order: State[] = ['failed', 'uncertain', 'unobserved', 'held', 'outside'];
    let failed = 0;
    for (const at of instants(world.window)) {
      const states = runs.map((_, item) => stateAt(world, item, at));
      if (stateIn(whole, at) === 'unobserved') states.push('unobserved');
      const worst = order.find((state) => states.includes(state)) ?? 'outside';
      expect(stateIn(segments, at)).toBe(worst);
      if (worst === 'failed') failed++;
    }
    expect(time.failed).toBe(failed);
  });
});
