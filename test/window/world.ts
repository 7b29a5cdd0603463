import fc from 'fast-check';
import type { LookResult, Run, ScopeCoverage, State, Window } from '#src/window/types.ts';

/** A small world, one instant a millisecond: what was looked at when, and what each look saw of each item. Nothing is derived yet. */
export interface World {
  readonly hold: number;
  readonly looks: readonly Look[];
  readonly items: number;
  readonly window: Window;
}

export interface Look {
  readonly at: number;
  /** A failed look sees nothing. */
  readonly ok: boolean;
  readonly results: readonly LookResult[];
  /** Per item, the instant of the change that an event tells for this look; some of them make no sense. */
  readonly changes: readonly (number | undefined)[];
  /** A restart before this look makes the recorder begin new runs. */
  readonly restart: boolean;
}

const result = fc.oneof(
  { weight: 5, arbitrary: fc.constant<LookResult>('pass') },
  { weight: 4, arbitrary: fc.constant<LookResult>('fail') },
  { weight: 1, arbitrary: fc.constant<LookResult>('not-applicable') },
  { weight: 2, arbitrary: fc.constant<LookResult>('unobserved') },
  { weight: 2, arbitrary: fc.constant<LookResult>('absent') },
);

/** Looks come every few instants, with outages; items keep their result for some looks, or flap. */
export const worlds: fc.Arbitrary<World> = fc
  .record({
    items: fc.integer({ min: 1, max: 3 }),
    count: fc.integer({ min: 0, max: 14 }),
    period: fc.integer({ min: 1, max: 6 }),
    calm: fc.integer({ min: 0, max: 3 }),
  })
  .chain(({ items, count, period, calm }) =>
    fc
      .record({
        items: fc.constant(items),
        hold: fc.integer({ min: 1, max: 3 * period }),
        start: fc.integer({ min: 0, max: 10 }),
        steps: fc.array(
          fc.record({
            wait: fc.oneof(
              { weight: 8, arbitrary: fc.integer({ min: 1, max: period }) },
              { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 }) },
            ),
            ok: fc.integer({ min: 0, max: 5 }),
            restart: fc.integer({ min: 0, max: 5 }),
            next: fc.array(fc.record({ result, keep: fc.integer({ min: 0, max: 3 }), change: fc.integer({ min: -9, max: 3 }) }), {
              minLength: items,
              maxLength: items,
            }),
          }),
          { minLength: count, maxLength: count },
        ),
        from: fc.integer({ min: -5, max: 60 }),
        length: fc.integer({ min: 0, max: 60 }),
        later: fc.integer({ min: 0, max: 30 }),
      })
      .map(({ items, hold, start, steps, from, length, later }) => {
        let at = start;
        const looks: Look[] = [];
        for (const { wait, ok, restart, next } of steps) {
          const before = looks.at(-1);
          const results = next.map(({ result: fresh, keep }, i) => (keep < calm ? (before?.results[i] ?? fresh) : fresh));
          looks.push({
            at,
            ok: ok > 0,
            restart: restart === 0,
            results,
            changes: next.map(({ change }) => (change < -4 ? undefined : at + change)),
          });
          at += wait;
        }
        return { hold, looks, items, window: { from, to: from + length, asOf: Math.max(at, from) + later } };
      }),
  );

/** What the store would hand over: runs of each item, and the coverage of the scope. */
export function recorded({ looks: all, hold, items }: World): { scope: ScopeCoverage; runs: Run[][] } {
  const looks = all.filter(({ ok }) => ok);
  const gaps: ScopeCoverage['gaps'][number][] = [];
  const first = looks[0];
  const last = looks.at(-1);
  if (all[0] && first !== all[0]) gaps.push({ from: all[0].at, to: first?.at ?? null, reason: 'denied' });
  for (let i = 0; i + 1 < looks.length; i++) {
    const [from, to] = [looks[i]?.at ?? 0, looks[i + 1]?.at ?? 0];
    if (to - from > hold) gaps.push({ from, to, reason: 'monitor-down' });
  }
  if (last && last !== all.at(-1)) gaps.push({ from: last.at, to: null, reason: 'api-error' });
  const runs = Array.from({ length: items }, (_, item) => {
    const own: Run[] = [];
    for (const { at, results, changes, restart } of looks) {
      const seen = results[item] ?? 'absent';
      const open = own.at(-1);
      if (open?.result === seen && !restart) own[own.length - 1] = { ...open, last: at };
      else {
        const changedAt = open?.result === seen ? undefined : changes[item];
        own.push({
          result: seen,
          first: at,
          last: at,
          ...(seen === 'unobserved' && { reason: 'withheld' }),
          ...(changedAt !== undefined && { changedAt }),
        });
      }
    }
    return own;
  });
  return { scope: { hold, firstLook: first?.at ?? null, lastLook: last?.at ?? null, gaps }, runs };
}

interface Seen {
  at: number;
  result: LookResult;
  changedAt: number | undefined;
}

/** The looks that saw the item, with the change that an event tells where the result is not that of the look just before. */
export function seenOf({ looks }: World, item: number): Seen[] {
  const good = looks.filter(({ ok }) => ok);
  return good.map(({ at, results, changes }, i) => ({
    at,
    result: results[item] ?? 'absent',
    changedAt: good[i - 1]?.results[item] === results[item] ? undefined : changes[item],
  }));
}

/** The oracle: the state of the item during [at, at + 1), from the raw looks and the table of the method, with no notion of runs or gaps. */
export function stateAt(world: World, item: number, at: number): State {
  const seen = seenOf(world, item);
  const observed = seen.filter(({ result: each }) => each !== 'unobserved');
  const a = observed.findLast((look) => look.at <= at);
  const b = observed.find((look) => look.at > at);
  const unreadBetween = seen.some(
    (look) => look.result === 'unobserved' && look.at > (a?.at ?? -Infinity) && look.at < (b?.at ?? Infinity),
  );
  const known = [a, b].filter((look) => look !== undefined);
  if (known.length > 0 && known.every((look) => look.result === 'absent')) return unreadBetween ? 'unobserved' : 'outside';
  if (a && b && !unreadBetween && known.every(({ result }) => result === 'not-applicable')) return 'outside';
  if (!a || !b || b.at - a.at > world.hold) return 'unobserved';
  const means = { pass: 'held', fail: 'failed', 'not-applicable': 'outside', absent: 'outside', unobserved: 'unobserved' } as const;
  const [before, after] = [means[a.result], means[b.result]];
  if (before === after) return before;
  const { changedAt } = b;
  if (changedAt !== undefined && changedAt >= a.at && changedAt <= b.at) return at < changedAt ? before : after;
  return before === 'failed' || after === 'failed' ? 'uncertain' : 'outside';
}
