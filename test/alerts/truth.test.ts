import { describe, expect, test } from '@jest/globals';
import { type World, world } from './world.ts';

/** Nothing is said to be over that nobody saw to be so. */

const monitoring = (own: World) =>
  own.channel.shown.flatMap(({ message: { kind, headline, state, resolved } }) =>
    kind === 'monitoring' ? [[headline, state, resolved?.how]] : [],
  );

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
    expect(monitoring(own)).toEqual([[refused, 'open', undefined]]);
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
    expect(monitoring(own)).toEqual([[lacking, 'open', undefined]]);
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
