import { describe, expect, test } from '@jest/globals';
import { type Conclusion, type Control, conclusions, type Options } from '#src/window/conclusions.ts';
import type { Evidence, Group } from '#src/window/evidence.ts';
import { controlStrip, ruleStrip } from '#src/window/strip.ts';
import { day, hour, type LookResult, type Run, type ScopeCoverage } from '#src/window/types.ts';

const window = { from: 0, to: 100 * day, asOf: 110 * day };
const scope = (more: Partial<ScopeCoverage> = {}): ScopeCoverage => ({
  hold: day,
  firstLook: -day,
  lastLook: 110 * day,
  gaps: [],
  memory: 30 * day,
  ...more,
});
const run = (result: LookResult, first: number, last: number, more: Partial<Run> = {}): Run => ({
  result,
  first: first * day,
  last: last * day,
  ...more,
});
const clean = [run('pass', -1, 110)];
const flawed = (from: number, to: number) => [run('pass', -1, from - 1), run('fail', from, to), run('pass', to + 1, 110)];
const never: ScopeCoverage = { hold: day, firstLook: null, lastLook: null, gaps: [{ from: 0, to: null, reason: 'denied' }] };

const state = (rule: string, runs: readonly Run[][], more: Partial<Evidence & { kind: 'state' }> = {}, own = scope()): Evidence => ({
  rule,
  kind: 'state',
  severity: 'high',
  scopes: [own],
  groups: runs.map((each, i): Group => ({ item: `i${i}`, scope: own, runs: each })),
  ...more,
});
const events = (
  rule: string,
  results: ('pass' | 'fail' | 'pending' | 'unobserved' | 'not-applicable')[],
  more: Partial<Evidence & { kind: 'event' }> = {},
): Evidence => ({
  rule,
  kind: 'event',
  scopes: [scope()],
  completeness: 'reconciled',
  events: results.map((result, i) => ({ item: `e${i}`, at: i * day, result })),
  ...more,
});
const cadence = (rule: string, doneOn: number[], own = scope(), days = 30): Evidence => {
  const performances = doneOn.map((at) => ({ item: `p${at}`, at: at * day, result: 'pass' as const }));
  return {
    rule,
    kind: 'cadence',
    scopes: [own],
    owed: [{ subject: 's', schedule: { mode: 'rolling', days }, timeZone: 'UTC', since: 0, performances, scopes: [own] }],
  };
};
const control = (key: string[], supporting: string[] = []): Control => ({
  id: 'C',
  versions: [{ from: -Infinity, to: null, key, supporting }],
});

function concluded(
  key: Evidence[],
  supporting: Evidence[] = [],
  more: { named?: string[]; options?: Options; at?: typeof window } = {},
): Conclusion {
  const evidence = new Map([...key, ...supporting].map((each) => [each.rule, each]));
  const ids = (rules: Evidence[]) => rules.map(({ rule }) => rule);
  return conclusions(
    [control([...ids(key), ...(more.named ?? [])], ids(supporting))],
    evidence,
    more.at ?? window,
    more.options,
  )[0] as Conclusion;
}
const short = ({ shortfalls }: Conclusion) => shortfalls.map(({ rule, name }) => `${rule} ${name}`);

describe('one rule', () => {
  const gap = (from: number, hours: number) =>
    scope({ gaps: [{ from: from * day, to: from * day + hours * hour, reason: 'monitor-down' }] });
  const unread = [run('pass', -1, 20), run('unobserved', 21, 30, { reason: 'withheld' }), run('pass', 31, 110)];

  const often = [20, 40, 60].flatMap((at) => [run('pass', at - 17, at), run('unobserved', at + 1, at + 2)]);
  often.unshift(run('pass', -1, 2));
  often.push(run('pass', 63, 110));

  test.each<[string, Evidence, Conclusion['conclusion'], string[]]>([
    ['held throughout', state('r', [clean, clean]), 'no-deviations-noted', []],
    ['one item failed', state('r', [clean, flawed(10, 12)]), 'deviations-noted', []],
    ['one failing look', state('r', [flawed(10, 10)]), 'deviations-noted', []],
    ['failing before the window, fixed before it', state('r', [[run('fail', -3, -2), run('pass', -1, 110)]]), 'no-deviations-noted', []],
    ['failing only after the window', state('r', [[run('pass', -1, 100), run('fail', 101, 110)]]), 'no-deviations-noted', []],
    ['a gap of 72 h', state('r', [clean], {}, gap(10, 72)), 'no-deviations-noted', []],
    ['a gap of 73 h', state('r', [clean], {}, gap(10, 73)), 'not-demonstrated', ['r long-gap']],
    ['a gap of 10 days', state('r', [clean], {}, gap(10, 240)), 'not-demonstrated', ['r low-coverage', 'r long-gap']],
    [
      'a gap of 10 days and a deviation',
      state('r', [flawed(50, 51)], {}, gap(10, 240)),
      'deviations-noted',
      ['r low-coverage', 'r long-gap'],
    ],
    [
      'one of 300 items unread for ten days',
      state('r', [], {
        groups: [
          { item: 'a', count: 299, scope: scope(), runs: clean },
          { item: 'b', scope: scope(), runs: unread },
        ],
      }),
      'not-demonstrated',
      ['r long-gap'],
    ],
    [
      'one of 300 items never read',
      state('r', [...Array.from({ length: 299 }, () => clean), [run('unobserved', -1, 110)]]),
      'not-demonstrated',
      ['r long-gap', 'r unobserved-items'],
    ],
    ['an item unread often, never for long', state('r', [often]), 'not-demonstrated', ['r low-coverage']],
    ['never looked', state('r', [], {}, never), 'not-demonstrated', ['r never-observed', 'r low-coverage', 'r long-gap']],
    ['no scope at all', state('r', [], { scopes: [] }), 'not-demonstrated', ['r never-observed', 'r low-coverage']],
    [
      'one scope never looked, the other clean',
      state('r', [clean], { scopes: [scope(), never] }),
      'not-demonstrated',
      ['r never-observed', 'r low-coverage', 'r long-gap'],
    ],
    ['an empty population, read whole', state('r', []), 'no-deviations-noted', []],
    ['an empty population, not read for ten days', state('r', [], {}, gap(10, 240)), 'not-demonstrated', ['r low-coverage', 'r long-gap']],
    [
      'connected in the middle of the window',
      state('r', [[run('pass', 50, 110)]], {}, scope({ firstLook: 50 * day })),
      'not-demonstrated',
      ['r low-coverage', 'r long-gap'],
    ],
    ['events that pass', events('r', ['pass', 'not-applicable']), 'no-deviations-noted', []],
    ['a failed event', events('r', ['pass', 'fail']), 'deviations-noted', []],
    ['a pending event', events('r', ['pass', 'pending']), 'no-deviations-noted', []],
    ['an unobserved event', events('r', ['pass', 'unobserved']), 'not-demonstrated', ['r unobserved-items']],
    ['no event', events('r', []), 'not-operated', []],
    ['only events that do not apply', events('r', ['not-applicable']), 'not-operated', []],
    ['events not reconciled', events('r', ['pass'], { completeness: 'not-reconciled' }), 'not-demonstrated', ['r not-reconciled']],
    [
      'no event, and the source forgot ten days',
      events('r', [], { scopes: [gap(10, 24 * 40)] }),
      'not-demonstrated',
      ['r low-coverage', 'r long-gap'],
    ],
    ['done in time', cadence('r', [1, 20, 40, 60, 80, 100]), 'no-deviations-noted', []],
    ['done late', cadence('r', [1, 20, 40, 75, 100]), 'deviations-noted', []],
    ['never done', cadence('r', []), 'deviations-noted', []],
    ['never done, as far as was seen', cadence('r', [], never), 'not-demonstrated', ['r never-observed', 'r unobserved-items']],
    ['not due in the window', cadence('r', [], scope(), 365), 'not-operated', []],
    ['done in the window, due again after it', cadence('r', [50], scope(), 365), 'no-deviations-noted', []],
  ])('%s', (_, evidence, conclusion, shortfalls) => {
    const found = concluded([evidence]);
    expect([found.conclusion, short(found)]).toEqual([conclusion, shortfalls]);
  });

  test('reasons and numbers reach the conclusion', () => {
    const found = concluded([state('r', [flawed(50, 51), unread], {}, gap(80, 240))]);
    const facts = found.parts[0]?.key[0];
    expect(facts?.unobserved).toEqual({ 'monitor-down': 20 * day, withheld: 11 * day });
    expect(facts?.measure).toEqual({ held: 166 * day, failed: day, uncertain: 2 * day, unobserved: 31 * day, outside: 0 });
    expect(facts).toMatchObject({ population: 2, applicable: 2, scopeCoverage: 0.9, longestGap: 11 * day });
  });

  test('an item new since the last look is waiting, not unobserved', () => {
    const runs = [run('absent', -1, 109), run('pass', 110, 110)];
    const found = concluded([state('r', [clean, runs])], [], { at: { from: 0, to: 120 * day, asOf: 110.5 * day } });
    expect(found.conclusion).toBe('no-deviations-noted');
    expect(found.parts[0]?.key[0]?.unobserved).toEqual({ 'awaiting-next-look': day });
  });

  test('an empty population is stated', () => {
    expect(concluded([state('r', []), state('s', [clean])]).parts[0]?.emptyPopulations).toEqual(['r']);
    expect(concluded([state('r', [[run('not-applicable', -1, 110)]])]).parts[0]).toMatchObject({
      emptyPopulations: ['r'],
      key: [{ population: 1, applicable: 0 }],
    });
  });
});

test('what could have been done unseen before the control began counts for it as well', () => {
  const own = scope({ firstLook: -60 * day, memory: 10 * day, gaps: [{ from: -20 * day, to: 5 * day, reason: 'denied' }] });
  const state = (known: ScopeCoverage) => concluded([cadence('r', [-40, 20], known)]).parts[0]?.key[0]?.obligations[0]?.state;
  expect([state(own), state(scope({ firstLook: -60 * day }))]).toEqual(['unobserved', 'late']);
});

describe('several rules', () => {
  const bad = state('bad', [flawed(10, 12)]);
  const good = state('good', [clean]);
  const blind = state('blind', [], {}, never);
  const idle = events('idle', []);

  test('the worst key rule decides, and shortfalls are told beside deviations', () => {
    expect(concluded([good, blind]).conclusion).toBe('not-demonstrated');
    expect(concluded([good, blind, bad])).toMatchObject({
      conclusion: 'deviations-noted',
      deviations: { total: 1 },
      shortfalls: [{ rule: 'blind' }, { rule: 'blind' }, { rule: 'blind' }],
    });
  });

  test('not operated only if no key rule had an occasion', () => {
    expect(concluded([idle, cadence('due', [], scope(), 365)]).conclusion).toBe('not-operated');
    expect(concluded([idle, good]).conclusion).toBe('no-deviations-noted');
  });

  test('a key rule that does not exist is a shortfall; without any, nothing was tested', () => {
    const found = concluded([good], [], { named: ['missing'] });
    expect([found.conclusion, short(found)]).toEqual(['not-demonstrated', ['missing rule-not-available']]);
    const none = concluded([], [good], { named: ['missing'] });
    expect([none.conclusion, short(none)]).toEqual(['not-tested', ['missing rule-not-available']]);
    expect(concluded([]).conclusion).toBe('not-tested');
  });

  test('supporting rules lower by their deviations, are told where they lack, and never raise', () => {
    const lowered = concluded([good], [bad]);
    expect([lowered.conclusion, short(lowered)]).toEqual(['not-demonstrated', ['bad supporting-deviations']]);
    expect(lowered).toMatchObject({ deviations: { total: 0 }, supportingDeviations: { total: 1 }, grade: null });
    const told = concluded([good], [blind]);
    expect([told.conclusion, told.parts[0]?.supportingShortfalls.length]).toEqual(['no-deviations-noted', 3]);
    expect(concluded([idle], [good]).conclusion).toBe('not-operated');
    expect(concluded([blind], [good]).conclusion).toBe('not-demonstrated');
  });
});

describe('what became of deviations', () => {
  const open = (from: number) => [run('pass', -1, from - 1), run('fail', from, 110)];
  test.each([
    ['fixed within seven days', [flawed(10, 12)], 'all-remediated-in-time'],
    ['fixed later', [flawed(10, 12), flawed(20, 40)], 'some-late'],
    ['still failing', [flawed(10, 12), flawed(20, 40), open(60)], 'open-at-end'],
    ['open at the end, fixed in time after it', [flawed(98, 102)], 'open-at-end'],
  ])('%s', (_, runs, grade) => {
    expect(concluded([state('r', runs)]).grade).toBe(grade);
  });

  test('a failed event has no clock; an obligation has', () => {
    expect(concluded([events('r', ['fail'])])).toMatchObject({ grade: null, deviations: { total: 1, failedEvents: 1 } });
    expect(concluded([cadence('r', [1, 20, 40, 75, 100])])).toMatchObject({ grade: 'some-late', deviations: { total: 1, late: 1 } });
    expect(concluded([cadence('r', [1])])).toMatchObject({ grade: 'open-at-end', deviations: { total: 1, open: 1 } });
  });

  test('groups count for their items, and what began before the window is carried in', () => {
    const runs = [run('fail', -1, 3), run('pass', 4, 110)];
    const found = concluded([state('r', [], { groups: [{ item: 'a', count: 50, scope: scope(), runs }] })]);
    expect(found.deviations).toEqual({
      total: 50,
      underWaiver: 0,
      waivedInPart: 0,
      inTime: 50,
      late: 0,
      open: 0,
      failedEvents: 0,
      carriedIn: 50,
    });
  });

  test('a waiver is counted, never subtracted', () => {
    const rule = state('r', [flawed(10, 12), flawed(20, 40)]);
    const waived = (from: number, to: number, item: string | null = null) =>
      concluded([rule], [], { options: { waivers: [{ rule: 'r', item, from: from * day, to: to * day }] } });
    expect(waived(0, 50)).toMatchObject({
      conclusion: 'deviations-noted',
      grade: 'all-under-waiver',
      deviations: { total: 2, underWaiver: 2 },
    });
    expect(waived(0, 50, 'i1')).toMatchObject({ grade: 'some-late', deviations: { total: 2, underWaiver: 1, waivedInPart: 0, late: 1 } });
    expect(waived(0, 40)).toMatchObject({ grade: 'some-late', deviations: { total: 2, underWaiver: 1, waivedInPart: 1, late: 1 } });
  });
});

describe('versions of a control', () => {
  const evidence = new Map(
    [state('old', [flawed(10, 12), flawed(60, 62)]), state('new', [clean, flawed(20, 22)]), events('idle', [])].map((each) => [
      each.rule,
      each,
    ]),
  );
  const versions = (...parts: [number, number | null, string[]][]) =>
    conclusions(
      [
        {
          id: 'C',
          versions: parts.map(([from, to, key]) => ({ from: from * day, to: to === null ? null : to * day, key, supporting: [] })),
        },
      ],
      evidence,
      window,
    )[0] as Conclusion;

  test('each is concluded over its own part', () => {
    const found = versions([-50, 30, ['old']], [30, null, ['new']]);
    expect(found.parts.map(({ from, to, conclusion }) => [from / day, to / day, conclusion])).toEqual([
      [0, 30, 'deviations-noted'],
      [30, 100, 'no-deviations-noted'],
    ]);
    expect(found).toMatchObject({ conclusion: 'deviations-noted', deviations: { total: 1 }, notInForce: [] });
    expect(versions([-50, 5, ['old']], [5, null, ['idle']]).conclusion).toBe('not-operated');
  });

  test('a deviation in two parts is one', () => {
    expect(versions([-50, 11, ['old']], [11, null, ['old']]).deviations.total).toBe(2);
  });

  test('a part that nothing tested is not hidden by one that was', () => {
    const found = versions([-50, 5, ['missing']], [5, 10, ['old']]);
    expect([found.conclusion, short(found)]).toEqual(['not-demonstrated', ['missing rule-not-available', ' part-not-tested']]);
  });

  test('a gap in observation is as long as it is, though a version begins in it', () => {
    const own = scope({ gaps: [{ from: 48 * day, to: 52 * day, reason: 'denied' }] });
    const only = new Map([['r', state('r', [clean], {}, own)]]);
    const halves = [
      { from: 0, to: 50 * day, key: ['r'], supporting: [] },
      { from: 50 * day, to: null, key: ['r'], supporting: [] },
    ];
    expect(conclusions([{ id: 'C', versions: halves }], only, window)[0]?.parts.map(({ conclusion }) => conclusion)).toEqual([
      'not-demonstrated',
      'not-demonstrated',
    ]);
  });

  test('so is that of one item', () => {
    const unread = [run('pass', -1, 48), run('unobserved', 49, 51), run('pass', 52, 110)];
    const only = new Map([['r', state('r', [...Array.from({ length: 50 }, () => clean), unread])]]);
    const halves = [0, 50].map((from) => ({ from: from * day, to: from === 0 ? 50 * day : null, key: ['r'], supporting: [] }));
    const found = conclusions([{ id: 'C', versions: halves }], only, window)[0] as Conclusion;
    expect(short(found)).toEqual(['r long-gap', 'r long-gap']);
  });

  test('time before the first version is said to be outside', () => {
    expect(versions([70, null, ['new']])).toMatchObject({ conclusion: 'no-deviations-noted', notInForce: [{ from: 0, to: 70 * day }] });
    expect(versions([200, null, ['new']])).toMatchObject({ conclusion: 'not-tested', parts: [], notInForce: [{ from: 0, to: 100 * day }] });
  });

  test('nothing is concluded of the future', () => {
    const found = conclusions([control(['new'])], evidence, { ...window, asOf: 15 * day })[0];
    expect(found).toMatchObject({ conclusion: 'no-deviations-noted', parts: [{ from: 0, to: 15 * day }], notInForce: [] });
  });
});

test('the strip of a control: the worst of its key rules, each version over its own part', () => {
  const own = scope({ gaps: [{ from: 80 * day, to: 85 * day, reason: 'denied' }] });
  const evidence = new Map(
    [
      state('a', [flawed(10, 12), flawed(12, 14)]),
      state('b', [clean], {}, own),
      events('e', ['pass', 'fail', 'pass']),
      cadence('c', [30, 70]),
    ].map((each) => [each.rule, each]),
  );
  const control = {
    id: 'C',
    versions: [
      { from: 0, to: 50 * day, key: ['a', 'e', 'missing'], supporting: ['c'] },
      { from: 50 * day, to: null, key: ['b', 'c'], supporting: [] },
    ],
  };
  const stripOf = (rule: string) => (evidence.has(rule) ? ruleStrip(evidence.get(rule)!, window) : undefined);
  const { segments, measure, failures } = controlStrip(control, stripOf, window);
  expect(segments.map(({ from, to, state: worst }) => `${from / day}-${to / day} ${worst}`)).toEqual([
    '0-9 held',
    '9-10 uncertain',
    '10-14 failed',
    '14-15 uncertain',
    '15-60 held',
    '60-70 failed',
    '70-80 held',
    '80-85 unobserved',
    '85-100 held',
  ]);
  expect(measure.failed).toBe(14 * day);
  expect(failures).toEqual([day]);
});
