import { describe, expect, test } from '@jest/globals';
import type { Condition } from '#src/alerts/condition.ts';
import { coveredBy } from '#src/alerts/covered.ts';
import { waiverConditions, waiverOver } from '#src/alerts/notices.ts';
import { obligationConditions, obligationEnded } from '#src/alerts/obligations.ts';
import { isSilence, silences, unreadFields } from '#src/alerts/silence.ts';
import type { WaiverNotice } from '#src/alerts/sources.ts';
import type { Covered } from '#src/alerts/watching.ts';
import type { HeldScope, ResultRun } from '#src/evidence/store.ts';
import type { Unread } from '#src/population.ts';
import { rules } from '#src/registry.ts';
import type { CadenceRule } from '#src/rule.ts';
import type { Obligation } from '#src/window/obligations.ts';

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const now = Date.parse('2026-03-02T09:00:00Z');
const route = () => '#a';

test('an obligation is told a week before it is due, low, and as missed with the severity of its rule', () => {
  const rule = rules.find(({ over }) => over === 'obligations') as CadenceRule;
  const owed = (changes: Partial<Obligation>) => [
    {
      rule,
      scope: 'aws/1',
      obligation: {
        subject: 'aws/1',
        period: '2026-Q1',
        from: now - 80 * day,
        to: now,
        due: now + 6 * day,
        done: null,
        state: 'not-yet-due',
        ...changes,
      } as Obligation,
      since: false,
    },
  ];
  const told = (changes: Partial<Obligation>) =>
    obligationConditions(owed(changes), { route, open: new Map(), now }).map(({ severity, key }) => [severity, key]);
  const key = `owed\n${rule.id}\naws/1\n2026-Q1`;
  expect(told({})).toEqual([['low', key]]);
  expect(told({ due: now + 8 * day })).toEqual([]);
  expect(told({ due: now - day, state: 'missed' })).toEqual([[rule.severity, key]]);
  for (const state of ['met', 'late'] as const) expect(told({ due: now - day, state, done: now })).toEqual([]);
  expect(told({ due: now - day, state: 'unobserved' })).toEqual([]);
  const ended = (changes: Partial<Obligation>) => obligationEnded(owed(changes), now)({ key } as Condition);
  expect([ended({ state: 'met', done: now }), ended({ state: 'late', done: now })]).toEqual(['it was done', 'it was done']);
  expect([ended({ state: 'unobserved', due: now - day }), ended({ state: 'unobserved', done: now })]).toEqual([null, 'it was done']);
  expect([ended({ period: '2026-Q2' }), ended({ due: now + 8 * day })]).toEqual(['no longer owed', 'it is due later, 2026-03-10T09:00Z']);
});

const waiver: WaiverNotice = {
  id: 'W-1',
  rule: 'r',
  items: [{ scope: 's', item: 'i' }],
  state: 'approved',
  requestedBy: 'Ada',
  requestedAt: now - day,
  decidedBy: 'Grace',
  reason: 'a migration',
  compensating: 'a proxy',
  from: now - day,
  until: now + 60 * day,
  renewed: false,
};

test.each<[string, Partial<WaiverNotice>, boolean, string | null]>([
  ['far from its end', {}, true, null],
  ['two weeks before', { until: now + 13 * day, from: now - 60 * day }, true, 'medium'],
  ['renewed', { until: now + 13 * day, from: now - 60 * day, renewed: true }, true, null],
  ['expired, and mended', { until: now - hour }, false, null],
  ['expired, and not mended', { until: now - hour }, true, 'high'],
  ['asked for', { state: 'requested', from: null, decidedBy: null }, true, 'low'],
  ['asked for, and lapsed', { state: 'requested', from: null, decidedBy: null, until: now - 1 }, true, null],
  ['refused', { state: 'over' }, true, null],
])('a waiver %s', (_, changes, fails, severity) => {
  const told = waiverConditions([{ ...waiver, ...changes }], { route, covered: () => (fails ? 'fails' : 'mended'), now });
  expect(told.map((each) => each.severity)).toEqual(severity === null ? [] : [severity]);
});

test.each<[string, Partial<WaiverNotice>, string]>([
  ['ended', { until: now - hour }, 'it ended, and nothing that it covered still fails'],
  ['renewed', { renewed: true }, 'it was renewed'],
  ['withdrawn', { state: 'over' }, 'it was withdrawn'],
])('of a waiver that is %s it is told how it is over', (_, changes, how) => {
  const [condition] = waiverConditions([{ ...waiver, until: now + day }], { route, covered: () => 'fails', now: now + day / 2 });
  expect(waiverOver([{ ...waiver, ...changes }], () => 'mended', now)(condition!)).toBe(how);
});

test('a request that lapsed is told as undecided, one that was decided as decided', () => {
  const [condition] = waiverConditions([{ ...waiver, state: 'requested' }], { route, covered: () => 'fails', now });
  expect(waiverOver([{ ...waiver, state: 'requested', until: now - 1 }], () => 'mended', now)(condition!)).toBe(
    'nobody decided it before its end',
  );
  expect(waiverOver([waiver], () => 'mended', now)(condition!)).toBe('it was decided');
});

test.each<[Covered, string | null]>([
  ['fails', 'what it covered still fails.'],
  ['failed', 'what it covered failed when it was last seen, and cannot be seen.'],
  ['unknown', 'it is not known whether what it covered still fails.'],
  ['past', null],
  ['rule-off', null],
  ['mended', null],
])('a waiver that expired, where what it covered %s', (covered, says) => {
  const told = waiverConditions([{ ...waiver, until: now - hour }], { route, covered: () => covered, now });
  expect(told.map(({ headline }) => headline.replace(/.*?, and /, ''))).toEqual(says === null ? [] : [says]);
});

const held = (changes: Partial<HeldScope> = {}): HeldScope => ({
  scope: { connection: 'aws', account: '1', region: 'eu', population: 'aws.s3-bucket' },
  hold: 2 * hour,
  firstLook: now - 10 * day,
  lastLook: now - 30 * minute,
  failing: null,
  retired: null,
  items: new Map(),
  ...changes,
});
const unread = (reason: Unread['unread']): Unread => ({ unread: reason, call: 's3:ListBuckets', needs: 's3:ListAllMyBuckets', detail: '' });

test.each<[Covered, string]>([
  ['past', 'it ended, and what it covered has happened, and does not go on failing'],
  ['rule-off', 'it ended, and the rule is switched off'],
  ['mended', 'it ended, and nothing that it covered still fails'],
])('how a waiver is over where what it covered is %s', (covered, how) => {
  const over = waiverOver([{ ...waiver, until: now - hour }], () => covered, now);
  expect(over({ key: 'waiver\nW-1', waiver: 'W-1' } as Condition)).toBe(how);
});

describe('what becomes of what a waiver covered', () => {
  const ofState = rules.find(({ id }) => id.startsWith('aws.s3') && !id.includes('account'))!;
  const scope = 'aws/1/eu/aws.s3-bucket';
  const look = (
    result: string | null,
    { before = 'fail', gone = false, ...changes }: Partial<HeldScope> & { before?: string; gone?: boolean } = {},
  ) =>
    coveredBy({
      store: {
        held: new Map([
          [
            scope,
            held({ items: new Map(result === null ? [] : [['i', { judgements: [{ rule: ofState.id, result }] } as never]]), ...changes }),
          ],
        ]),
        runs: () =>
          [
            { result: before, gone },
            { result: 'unobserved', gone: false },
          ] as ResultRun[],
      } as never,
      rules: new Map(rules.map((rule) => [rule.id, rule])),
    });
  const own = (changes: Partial<WaiverNotice> = {}) => ({ ...waiver, rule: ofState.id, items: [{ scope, item: 'i' }], ...changes });

  test.each<[string, Parameters<typeof look>, Covered]>([
    ['fails', ['fail'], 'fails'],
    ['failed, and its scope cannot be read', ['fail', { failing: { since: now, unread: unread('throttled') } }], 'failed'],
    ['failed, and cannot be seen', ['unobserved'], 'failed'],
    ['passed, and cannot be seen', ['unobserved', { before: 'pass' }], 'mended'],
    ['was gone, is back and cannot be seen', ['unobserved', { gone: true }], 'mended'],
    ['was never seen', ['unobserved', { before: 'pending' }], 'unknown'],
    ['passes', ['pass'], 'mended'],
    ['is gone', [null], 'mended'],
    ['is where nobody ever looked', [null, { lastLook: null }], 'unknown'],
  ])('%s', (_, args, covered) => expect(look(...args)(own())).toBe(covered));

  test('of events and obligations, of rules over the monitor, and of a rule that is switched off', () => {
    const of = (rule: string, items = own().items) => look('pass')(own({ rule, items }));
    const [event, cadence] = ['event', 'cadence'].map((kind) => rules.find((rule) => rule.kind === kind)!.id) as [string, string];
    expect([of(event), of(cadence)]).toEqual(['past', 'past']);
    expect(of('meta.waiver-approved-and-unexpired', [{ scope, item: 'W-2' }])).toBe('unknown');
    expect(of('no.such-rule')).toBe('rule-off');
  });

  test('the worst of several decides', () => {
    expect(
      look('pass')(
        own({
          items: [
            { scope, item: 'i' },
            { scope: 'elsewhere', item: 'i' },
          ],
        }),
      ),
    ).toBe('unknown');
  });
});

const lost = (changes: Partial<HeldScope>) =>
  silences(
    {
      store: { held: new Map([['aws/1/eu/aws.s3-bucket', held(changes)]]) } as never,
      rules: new Map(),
      deadlines: () => ({}) as never,
      route,
      periodOf: () => hour,
    },
    new Map(),
    now,
  );

test.each<[string, Partial<HeldScope>, boolean]>([
  ['read in time', {}, false],
  ['not looked at for twice its period', { lastLook: now - 2 * hour - 1 }, true],
  ['refused a minute ago', { failing: { since: now - minute, unread: unread('denied') } }, true],
  ['throttled a minute ago', { failing: { since: now - minute, unread: unread('throttled') } }, false],
  ['throttled for twice its period', { failing: { since: now - hour, unread: unread('throttled') }, lastLook: now - 3 * hour }, true],
  ['never read, and throttled', { firstLook: null, lastLook: null, failing: { since: now - 3 * hour, unread: unread('throttled') } }, true],
  ['retired', { lastLook: now - 9 * hour, retired: { at: now - hour, reason: '' } }, false],
])('a scope %s', (_, changes, told) => {
  expect(lost(changes).map(isSilence)).toEqual(told ? [true] : []);
});

test('a call that is refused for many items is one condition of its scope, with how many results it hides', () => {
  const judgement = { rule: 'r', result: 'unobserved', message: '', severity: 'high', unread: unread('denied') } as const;
  const items = new Map(['a', 'b', 'c'].map((key) => [key, { item: { key, name: key }, judgements: [judgement] } as never]));
  const told = unreadFields(held({ items }), { route, periodOf: () => hour } as never, new Map(), now).told;
  expect(told.map(({ key, says }) => [key, says.slice(0, 27)])).toEqual([
    ['unread\naws/1/eu/aws.s3-bucket\ns3:ListBuckets', '3 results are not observed.'],
  ]);
});
