import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Condition } from '#src/alerts/condition.ts';
import { step } from '#src/alerts/drift.ts';
import { type Alert, type AlertState, defaultPolicy, type News, noAlerts, type Telling } from '#src/alerts/state.ts';
import type { Severity } from '#src/rule.ts';

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];
const start = Date.parse('2026-03-02T09:00:00Z');

const condition = (key: string, changes: Partial<Condition> = {}): Condition => ({
  key,
  kind: 'drift',
  rule: 'r.one',
  scope: 'aws/1/eu/toy.door',
  item: key,
  name: key,
  severity: 'high',
  headline: 'Doors are shut',
  says: 'It stands open.',
  remedy: 'Shut it.',
  channel: '#doors',
  cause: 'open',
  wider: 'open',
  changes: [],
  lastGood: start - minute,
  before: start - minute,
  firstBad: start,
  due: null,
  baseline: false,
  waiver: null,
  ...changes,
});

/** A story told step by step, with what was told. */
class Story {
  state: AlertState = noAlerts;
  now = start;
  readonly told: (Telling & { at: number })[] = [];

  step(news: News = {}, later = 0): Telling[] {
    this.now += later;
    const { state, tellings } = step(this.state, news, this.now, defaultPolicy);
    this.state = state;
    this.told.push(...tellings.map((telling) => ({ ...telling, at: this.now })));
    return tellings;
  }

  /** Time goes by, seen every so often. */
  pass(span: number, every = 30 * second): this {
    for (const end = this.now + span; this.now < end; ) this.step({}, Math.min(every, end - this.now));
    return this;
  }

  raise(...conditions: Condition[]): this {
    this.step({ raised: conditions.map((each) => ({ condition: each, since: this.now })) });
    return this;
  }

  end(...keys: string[]): this {
    this.step({ ended: keys.map((key) => ({ key, at: this.now, how: 'it holds again' })) });
    return this;
  }

  get words(): string[] {
    return this.told.map((telling) => (telling.is === 'reply' ? telling.said.what : telling.is));
  }
}

describe('grouping', () => {
  test('what has one cause is one message; another change, rule or channel is another', () => {
    const story = new Story()
      .raise(
        condition('a'),
        condition('b'),
        condition('c', { cause: 'other' }),
        condition('d', { rule: 'r.two' }),
        condition('e', { channel: '#x' }),
      )
      .pass(minute);
    expect(story.words).toEqual(['parent', 'parent', 'parent', 'parent']);
    expect(story.told.map(({ alert }) => alert.members.size)).toEqual([2, 1, 1, 1]);
  });

  test('many causes of one sort are one message', () => {
    const story = new Story().raise(...Array.from({ length: 40 }, (_, i) => condition(`k${i}`, { cause: `change ${i}` }))).pass(minute);
    expect(story.told.map(({ alert }) => alert.members.size)).toEqual([40]);
    story.raise(condition('late', { cause: 'change 99' })).pass(6 * minute);
    expect(story.words).toEqual(['parent', 'more', 'edit']);
  });

  test('what comes within two hours joins; what comes later is told anew', () => {
    const story = new Story()
      .raise(condition('a'))
      .pass(hour)
      .raise(condition('b'))
      .pass(10 * minute);
    expect(story.words).toEqual(['parent', 'more', 'edit']);
    story
      .pass(3 * hour, minute)
      .raise(condition('c'))
      .pass(minute);
    expect(story.words.filter((word) => word === 'parent').length).toBe(2);
  });

  test('ten first messages in five minutes, then one digest', () => {
    const story = new Story().raise(...Array.from({ length: 30 }, (_, i) => condition(`k${i}`, { rule: `r.${i}` }))).pass(minute);
    expect(story.words).toEqual(Array.from({ length: 11 }, () => 'parent'));
    expect(story.told.at(-1)!.alert).toMatchObject({ digest: 'burst', rule: null });
    expect(story.told.at(-1)!.alert.members.size).toBe(20);
  });
});

describe('time', () => {
  test('reminders come by severity, never for what is low, and not while nothing can be seen', () => {
    const reminders = (severity: Severity, span: number, news: News = {}) => {
      const story = new Story().raise(condition('a', { severity })).pass(minute);
      for (const end = story.now + span; story.now < end; ) story.step(news, hour);
      return story.words.filter((word) => word === 'reminder').length;
    };
    expect(reminders('critical', 10 * day)).toBe(10);
    expect(reminders('high', 10 * day)).toBe(10);
    expect(reminders('medium', 10 * day)).toBe(3);
    expect(reminders('low', 10 * day)).toBe(0);
    expect(reminders('high', 10 * day, { blind: new Set(['aws/1/eu/toy.door']) })).toBe(0);
  });

  test('an acknowledgement ends reminders until its date, and at once when it gets worse', () => {
    const acknowledged = (story: Story) => {
      const alert = [...story.state.alerts.keys()][0]!;
      story.step({ orders: [{ alert, do: 'acknowledge', by: 'ada', until: story.now + 7 * day, note: '' }] });
      return story;
    };
    const quiet = acknowledged(new Story().raise(condition('a')).pass(minute)).pass(8 * day, hour);
    expect(quiet.words).toEqual(['parent', 'acknowledged', 'edit', 'acknowledgement-over', 'edit', 'reminder']);
    const worse = acknowledged(new Story().raise(condition('a')).pass(minute)).raise(condition('a', { severity: 'critical' }));
    expect(worse.words).toEqual(['parent', 'acknowledged', 'edit', 'worse', 'edit']);
    const more = acknowledged(new Story().raise(condition('a')).pass(minute))
      .raise(condition('b'))
      .pass(10 * minute);
    expect(more.words).toEqual(['parent', 'acknowledged', 'edit', 'more', 'edit']);
    expect([...more.state.alerts.values()][0]!.acknowledged).toBeNull();
  });

  test('what flapped in a scope that is no longer looked at is over', () => {
    const story = new Story().raise(condition('a')).pass(minute);
    const { scope } = condition('a');
    for (let i = 0; i < 8; i++) {
      story.step({ looked: [scope], ended: [{ key: 'a', at: story.now, how: 'it holds again' }] }, minute);
      story.step({ looked: [scope], raised: [{ condition: condition('a'), since: story.now }] }, minute);
    }
    story.step({ looked: [scope], ended: [{ key: 'a', at: story.now, how: 'it holds again' }] }, minute);
    const [alert] = [...story.state.alerts.values()];
    expect([alert!.flapping === null, alert!.resolved]).toEqual([false, null]);
    story.step({ retired: new Set([scope]) }, minute);
    expect(story.state.alerts.get(alert!.id)!.resolved?.how).toBe('it holds again');
  });

  test('taking note of a digest ends what has happened in it, and nothing that can be mended', () => {
    for (const digest of [['event', 'drift'] as const, ['drift', 'event'] as const]) {
      const story = new Story().raise(...digest.map((kind) => condition(kind, { kind, baseline: true }))).pass(minute);
      const [alert] = [...story.state.alerts.values()];
      expect([alert!.digest, alert!.kind]).toEqual(['baseline', digest[0]]);
      story.step({ orders: [{ alert: alert!.id, do: 'acknowledge', by: 'ada', until: story.now + 7 * day, note: '' }] });
      const { members, resolved, acknowledged } = story.state.alerts.get(alert!.id)!;
      expect([members.get('event')!.ended?.how, members.get('drift')!.ended, resolved]).toEqual(['ada took note of it', null, null]);
      expect(acknowledged).not.toBeNull();
      expect(story.end('drift').state.alerts.get(alert!.id)!.resolved).not.toBeNull();
    }
  });

  test('a deadline is told before it comes, and when it has passed', () => {
    const story = new Story().raise(condition('a', { severity: 'low', due: start + 6 * day })).pass(7 * day, hour);
    expect(story.told.map(({ at }, i) => [story.words[i], Math.round((at - start) / day)])).toEqual([
      ['parent', 0],
      ['due-near', 5],
      ['edit', 5],
      ['due-passed', 6],
      ['edit', 6],
    ]);
  });

  test('what is over before it is told is not told; what ends is resolved in place, with the time it took', () => {
    expect(new Story().raise(condition('a')).end('a').pass(hour).words).toEqual([]);
    const story = new Story()
      .raise(condition('a'), condition('b'))
      .pass(10 * minute)
      .end('a')
      .pass(minute)
      .end('b');
    expect(story.words).toEqual(['parent', 'fewer', 'edit', 'resolved', 'edit']);
    expect(story.told.at(-1)!.alert.resolved).toEqual({ at: story.now, how: 'it holds again' });
  });

  test('what comes back within an hour opens the same alert; later it is another', () => {
    const story = new Story()
      .raise(condition('a'))
      .pass(minute)
      .end('a')
      .pass(30 * minute)
      .raise(condition('a'));
    expect(story.words).toEqual(['parent', 'resolved', 'edit', 'again', 'edit']);
    expect(story.state.alerts.size).toBe(1);
    story
      .end('a')
      .pass(2 * hour)
      .raise(condition('a'))
      .pass(minute);
    expect(story.words.filter((word) => word === 'parent').length).toBe(2);
  });

  test('a result that turns again and again is told so once, then once a day, until it is steady', () => {
    const story = new Story();
    const looked = ['aws/1/eu/toy.door'];
    for (let look = 0; look < 2 * 1440; look++) {
      const fails = look % 2 === 0;
      story.step(
        fails
          ? { looked, raised: [{ condition: condition('a'), since: story.now }] }
          : { looked, ended: [{ key: 'a', at: story.now, how: 'it holds again' }] },
        0,
      );
      story.pass(minute);
    }
    const flapping = story.words.indexOf('flapping');
    expect(story.words.slice(0, flapping).filter((word) => word === 'parent')).toEqual(['parent']);
    expect(flapping).toBeLessThan(15);
    expect(story.words.slice(flapping)).toEqual(['flapping', 'edit', 'still-flapping', 'edit']);
    for (let look = 0; look < 21; look++) {
      story.step({ looked }, 0);
      story.pass(minute);
    }
    expect(story.words.slice(-2)).toEqual(['resolved', 'edit']);
  });
});

test('what turns less often goes on flapping until it is rare', () => {
  const story = new Story();
  const turns = (every: number, looks: number) => {
    for (let look = 0; look < looks; look++) {
      const fails = Math.floor(look / every) % 2 === 0;
      const turn = look % every === 0;
      story.step({
        looked: ['aws/1/eu/toy.door'],
        ...(turn && fails && { raised: [{ condition: condition('a'), since: story.now }] }),
        ...(turn && !fails && { ended: [{ key: 'a', at: story.now, how: 'it holds again' }] }),
      });
      story.pass(minute);
    }
    return story.state.flips.get('a')?.flapping ?? false;
  };
  expect(turns(5, 40)).toBe(false);
  expect(turns(2, 40)).toBe(true);
  expect(turns(4, 40)).toBe(true);
  expect(turns(10, 40)).toBe(false);
});

describe('whatever happens', () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  const anyCondition = fc
    .record({
      key: fc.constantFrom(...keys),
      severity: fc.constantFrom<Severity>('low', 'medium', 'high', 'critical'),
      cause: fc.constantFrom('open', 'other'),
      baseline: fc.boolean(),
      due: fc.option(fc.integer({ min: 1, max: 20 }).map((days) => start + days * day)),
    })
    .map(({ key, ...changes }) =>
      condition(key, {
        ...changes,
        rule: key < 'c' ? 'r.one' : 'r.two',
        channel: key === 'f' ? '#x' : '#doors',
        scope: `aws/1/eu/${key < 'd' ? 'x' : 'y'}`,
      }),
    );
  const event = fc.oneof(
    { weight: 5, arbitrary: anyCondition.map((raised) => ({ raised })) },
    { weight: 4, arbitrary: fc.constantFrom(...keys).map((ended) => ({ ended })) },
    { weight: 3, arbitrary: fc.constantFrom('aws/1/eu/x', 'aws/1/eu/y').map((looked) => ({ looked })) },
    { weight: 1, arbitrary: fc.nat(5).map((acknowledge) => ({ acknowledge })) },
    { weight: 1, arbitrary: fc.nat(5).map((assign) => ({ assign })) },
    { weight: 1, arbitrary: fc.boolean().map((blind) => ({ blind })) },
    { weight: 2, arbitrary: fc.constant({}) },
  );
  const later = fc.constantFrom(
    0,
    5 * second,
    31 * second,
    31 * second,
    40 * second,
    50 * second,
    6 * minute,
    40 * minute,
    3 * hour,
    25 * hour,
  );
  const stories = fc.array(fc.tuple(later, event), { minLength: 1, maxLength: 60 });

  /** Told to a story, with what is true in the world beside it: since when each key is wrong. */
  function tell(
    events: readonly (readonly [number, object])[],
    check: (story: Story, wrong: ReadonlyMap<string, number>, tellings: Telling[]) => void,
  ): Story {
    const story = new Story();
    const wrong = new Map<string, number>();
    let blind: ReadonlySet<string> = new Set();
    for (const [wait, given] of events) {
      story.now += wait;
      const news: { -readonly [K in keyof News]: News[K] } = {};
      if ('raised' in given) {
        const raised = given.raised as Condition;
        news.raised = [{ condition: { ...raised, firstBad: story.now }, since: story.now }];
        if (!wrong.has(raised.key)) wrong.set(raised.key, story.now);
      }
      if ('ended' in given) {
        news.ended = [{ key: String(given.ended), at: story.now, how: 'it holds again' }];
        wrong.delete(String(given.ended));
      }
      if ('looked' in given) news.looked = [String(given.looked)];
      if ('blind' in given) blind = new Set(given.blind === true ? ['aws/1/eu/x', 'aws/1/eu/y'] : []);
      const order = 'acknowledge' in given ? given.acknowledge : 'assign' in given ? given.assign : null;
      const alert = order === null ? undefined : [...story.state.alerts.keys()][Number(order)];
      if (alert !== undefined)
        news.orders = [
          'acknowledge' in given
            ? { alert, do: 'acknowledge', by: 'ada', until: story.now + 7 * day, note: '' }
            : { alert, do: 'assign', by: 'ada', to: 'grace' },
        ];
      const tellings = story.step({ ...news, blind });
      check(story, wrong, tellings);
    }
    return story;
  }

  const openIn = (alert: Alert): string[] => [...alert.members].flatMap(([key, { ended }]) => (ended === null ? [key] : []));

  test('what lasts is told, in one alert; what is told as over is over', () => {
    fc.assert(
      fc.property(stories, (events) => {
        tell(events, ({ state, now }, wrong) => {
          const live = [...state.alerts.values()].filter(({ resolved }) => resolved === null);
          for (const [key, since] of wrong) {
            const holding = live.filter((alert) => openIn(alert).includes(key));
            expect(holding.length + (state.waiting.has(key) ? 1 : 0)).toBe(1);
            if (now - since >= defaultPolicy.groupWait) expect(holding.length).toBe(1);
          }
          for (const alert of state.alerts.values()) {
            if (alert.resolved !== null) expect(openIn(alert)).toEqual([]);
            for (const key of openIn(alert)) expect(wrong.has(key)).toBe(true);
            expect(alert.letters).toBeGreaterThan(0);
          }
        });
      }),
      { numRuns: 400 },
    );
  });

  test('every item that goes on failing is named, unless it flaps', () => {
    fc.assert(
      fc.property(stories, (events) => {
        tell(events, ({ state, now, told }, wrong) => {
          for (const [key, since] of wrong) {
            if (now - since < defaultPolicy.groupWait + defaultPolicy.groupInterval || state.flips.get(key)?.flapping) continue;
            const naming = told.filter(
              (telling) =>
                telling.at >= since &&
                (telling.is === 'reply'
                  ? 'members' in telling.said && telling.said.members.some(({ condition: { key: own } }) => own === key)
                  : telling.alert.members.get(key)?.ended === null),
            );
            expect(naming.length).toBeGreaterThan(0);
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  test('letters are numbered without holes, the first message first, and never after it was forgotten', () => {
    fc.assert(
      fc.property(stories, (events) => {
        const { told } = tell(events, () => undefined);
        for (const own of Map.groupBy(told, ({ alert }) => alert.id).values()) {
          expect(own.map(({ letter }) => letter).toSorted((a, b) => a - b)).toEqual(own.map((_, i) => i + 1));
          expect(own.map(({ is }) => is === 'parent')).toEqual(own.map((_, i) => i === 0));
        }
      }),
      { numRuns: 200 },
    );
  });

  test('nobody is flooded: first messages, reminders and news keep their distance', () => {
    fc.assert(
      fc.property(stories, (events) => {
        const { told } = tell(events, () => undefined);
        const parents = told.filter(({ is }) => is === 'parent');
        for (const { at, alert } of parents)
          expect(
            parents.filter(
              (each) =>
                each.alert.channel === alert.channel &&
                each.alert.digest === null &&
                each.at <= at &&
                at - each.at < defaultPolicy.burst.within,
            ).length,
          ).toBeLessThanOrEqual(defaultPolicy.burst.count);
        for (const own of Map.groupBy(told, ({ alert }) => alert.id).values()) {
          const said = (what: string) => own.filter((each) => each.is === 'reply' && each.said.what === what);
          for (const [what, least] of [
            ['reminder', day],
            ['more', defaultPolicy.groupInterval],
            ['fewer', defaultPolicy.groupInterval],
          ] as const)
            for (const [i, each] of said(what).entries()) if (i > 0) expect(each.at - said(what)[i - 1]!.at).toBeGreaterThanOrEqual(least);
          for (const { alert } of said('reminder')) expect([alert.severity === 'low', alert.acknowledged]).toEqual([false, null]);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('a step changes nothing it was given, tells the same again of the same, and nothing more at the same instant', () => {
    fc.assert(
      fc.property(stories, (events) => {
        const story = tell(events, ({ state, now }) => {
          const before = JSON.stringify(told(state));
          const once = step(state, {}, now + 40 * second, defaultPolicy);
          const twice = step(state, {}, now + 40 * second, defaultPolicy);
          expect(JSON.stringify(told(state))).toBe(before);
          expect(JSON.stringify(twice.tellings.map(tellingOf))).toBe(JSON.stringify(once.tellings.map(tellingOf)));
          expect(step(once.state, {}, now + 40 * second, defaultPolicy).tellings).toEqual([]);
        });
        expect(story.told.every(({ alert }) => alert.id.startsWith('HF-'))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  const told = (state: AlertState) => [
    [...state.waiting],
    [...state.alerts.values()].map((alert) => ({ ...alert, members: [...alert.members] })),
    [...state.flips],
    [...state.looks],
    [...state.holders],
    state.parents,
  ];
  const tellingOf = (telling: Telling) => ({ ...telling, alert: telling.alert.id });
});
