import { describe, expect, test } from '@jest/globals';
import type { OwedNow } from '#src/alerts/owed.ts';
import { rules } from '#src/registry.ts';
import type { CadenceRule } from '#src/rule.ts';
import type { Obligation } from '#src/window/obligations.ts';
import { hour, minute, start, type World, world } from './world.ts';

/** Nothing is said to be over that nobody saw to be so. */

const monitoring = (own: World) =>
  own.channel.shown.flatMap(({ message: { kind, headline, state, resolved } }) =>
    kind === 'monitoring' ? [[headline, state, resolved?.how]] : [],
  );

const slowed = 'kept asking to slow down until we gave up';

describe('what cannot be read', () => {
  test('stays told while it is refused and then slowed down, and is over once it was read', async () => {
    await using own = await world();
    await own.minutes(5);
    own.groups.refuse = 'denied';
    await own.minutes(1);
    const refused = 'aws cannot be read: The provider refused the call. (2 scopes)';
    expect(monitoring(own)).toEqual([[refused, 'open', undefined]]);
    own.groups.refuse = 'throttled';
    await own.minutes(1);
    expect(monitoring(own)).toEqual([[refused.replace('refused the call', slowed), 'open', undefined]]);
    own.groups.refuse = null;
    await own.minutes(1);
    expect(monitoring(own)).toEqual([[expect.any(String), 'resolved', 'it is read again']]);
  });

  test('is no longer looked at, and not read again, where its place has ceased to be', async () => {
    await using own = await world();
    await own.minutes(2);
    own.groups.refuse = 'denied';
    await own.minutes(1);
    own.groups.regions = [];
    await own.minutes(1);
    expect(monitoring(own)).toEqual([
      [expect.any(String), 'resolved', expect.stringMatching(/^no longer looked at: the provider no longer/)],
    ]);
  });

  test('of a scope that is read, too: a field that is refused and then slowed down is the same message', async () => {
    await using own = await world();
    await own.minutes(2);
    Object.assign(own.groups, { refuse: 'denied', refused: 'ec2:DescribeNetworkInterfaces' });
    await own.minutes(1);
    const lacking = 'aws: ec2:DescribeNetworkInterfaces cannot be read: The provider refused the call. (2 scopes)';
    expect(monitoring(own)).toEqual([[lacking, 'open', undefined]]);
    own.groups.refuse = 'throttled';
    await own.minutes(2);
    expect(monitoring(own)).toEqual([[lacking.replace('refused the call', slowed), 'open', undefined]]);
    own.groups.regions = ['us-east-1'];
    own.groups.refuse = null;
    await own.minutes(1);
    expect(monitoring(own)).toEqual([
      [
        expect.any(String),
        'resolved',
        expect.stringMatching(
          /^1: no longer looked at: .*; 1: no result lacks it any more$|^1: no result lacks it any more; 1: no longer looked at/,
        ),
      ],
    ]);
  });
});

test('what was owed is said to be done only when it was seen done; while nobody can see it, the message says so', async () => {
  const rule = rules.find(({ over }) => over === 'obligations') as CadenceRule;
  const due = start + 4 * hour;
  let obligation = {
    subject: 'aws/1',
    period: '2026-Q1',
    from: start - 100 * hour,
    to: due,
    due,
    done: null,
    state: 'not-yet-due',
  } as Obligation;
  const owed = (): OwedNow[] => [{ rule, scope: 'aws/1', obligation, since: false }];
  await using own = await world({ owed });
  const shown = () =>
    own.channel.shown.map(({ message: { state, headline, says, resolved } }) => [
      state,
      headline.replace(/.*risk. /, ''),
      says,
      resolved?.how,
    ]);
  await own.minutes(2);
  expect(shown()).toEqual([['open', `Due soon: ${rule.title}`, expect.stringMatching(/^Due /), undefined]]);
  own.now = due + minute;
  obligation = { ...obligation, state: 'unobserved' };
  await own.minutes(6);
  expect(shown()).toEqual([
    ['open', `Not known to be done: ${rule.title}`, expect.stringContaining('Whether it was done cannot be said'), undefined],
  ]);
  obligation = { ...obligation, state: 'late', done: own.now };
  await own.minutes(6);
  expect(shown()).toEqual([['resolved', expect.any(String), expect.any(String), 'it was done']]);
});
