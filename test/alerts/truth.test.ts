import { describe, expect, test } from '@jest/globals';
import type { OwedNow } from '#src/alerts/owed.ts';
import type { WaiverNotice } from '#src/alerts/sources.ts';
import { stepKept, stepsProblem } from '#src/alerts/steps.ts';
import { rules } from '#src/registry.ts';
import { deadlinesOf } from '#src/report/asking.ts';
import type { CadenceRule, Rule } from '#src/rule.ts';
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

test('a field that is slowed down and stays unread is told once that lasts for two periods, also by who begins anew', async () => {
  await using own = await world();
  await own.minutes(2);
  Object.assign(own.groups, { refuse: 'throttled', refused: 'ec2:DescribeNetworkInterfaces' });
  await own.minutes(2);
  expect(monitoring(own)).toEqual([]);
  await own.minutes(3);
  const lacking = `aws: ec2:DescribeNetworkInterfaces cannot be read: The provider ${slowed}. (2 scopes)`;
  expect(monitoring(own)).toEqual([[lacking, 'open', undefined]]);
  await own.alerts.close();
  for (const table of ['alert_member', 'alert']) own.operations.db.prepare(`DELETE FROM ${table}`).run();
  (own as { alerts: unknown }).alerts = own.again();
  await own.wait(minute);
  expect(monitoring(own).map(([headline]) => headline)).toEqual([lacking, lacking]);
  own.groups.refuse = null;
  await own.minutes(1);
  expect(monitoring(own)[1]).toEqual([expect.any(String), 'resolved', 'no result lacks it any more']);
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

describe('what people order', () => {
  const by = 'ada@example.com';
  const drifting = async (own: World): Promise<string> => {
    await own.minutes(2);
    own.groups.open = 1;
    await own.minutes(1);
    return own.channel.shown[0]!.message.alert;
  };
  const acknowledge = (own: World, alert: string) =>
    own.record('action', {
      action: 'a',
      by,
      deed: { do: 'acknowledge', alert, until: new Date(own.now + 24 * hour).toISOString(), note: 'on it' },
    });
  const thread = (own: World) => own.channel.shown[0]!.thread.map(({ headline }) => headline.replace(/ until .*/, ''));
  const noted = ['ada@example.com took note of it. No reminders'];

  test('is done after a crash between the ledger and the alerts, once', async () => {
    await using own = await world();
    const alert = await drifting(own);
    await acknowledge(own, alert);
    await own.alerts.close();
    for (let i = 0; i < 2; i++) {
      const next = own.again();
      await next.tick();
      await next.settled();
      await next.close();
    }
    expect([own.channel.shown[0]!.message.state, thread(own)]).toEqual(['acknowledged', noted]);
  });

  test('is done where the first attempt could not be kept', async () => {
    const errors: unknown[] = [];
    await using own = await world({ log: { info: () => undefined, warn: () => undefined, error: (...said) => void errors.push(said) } });
    const alert = await drifting(own);
    await acknowledge(own, alert);
    const { transaction } = own.operations;
    let left = 2;
    Object.assign(own.operations, {
      transaction: (work: () => unknown) => {
        if (--left === 0) throw new Error('the disk is full');
        return transaction(work);
      },
    });
    await own.wait(minute);
    expect(errors.length).toBe(1);
    expect([own.channel.shown[0]!.message.state, thread(own)]).toEqual(['acknowledged', noted]);
  });

  test('of a waiver is said where its items are told, and only what is honoured', async () => {
    await using own = await world();
    await drifting(own);
    const people = [by, 'grace@example.com'].map((email) => ({ email, also: [], name: email, roles: ['owner', 'approver'] }));
    await own.record('people', { people, waivers: { longestDays: 90 } });
    const scope = 'aws/111122223333/us-east-1/aws.security-group';
    const item = 'arn:aws:ec2:us-east-1:111122223333:security-group/sg-us-east-1-00000';
    const until = new Date(own.now + 24 * hour).toISOString();
    const rule = 'aws.ec2.security-group-no-public-admin-ports';
    const asked = { step: 'requested', rule, items: [{ scope, item }], reason: 'a migration', compensating: 'a proxy', until };
    await own.record('waiver', { action: 'a', by, waiver: 'W-AAAAAA', ...asked });
    await own.record('waiver', { action: 'b', by, waiver: 'W-AAAAAA', step: 'approved', reason: 'my own' });
    await own.record('waiver', { action: 'c', by: 'grace@example.com', waiver: 'W-AAAAAA', step: 'approved', reason: 'for once' });
    await own.wait(minute);
    expect(thread(own)).toEqual(['ada@example.com asks for a waiver', 'grace@example.com approved the waiver W-AAAAAA.']);
  });
});

test('what was open before a channel was named is told once one is, as one digest, and goes on there', async () => {
  await using own = await world({}, null);
  await own.minutes(2);
  own.groups.open = 1;
  await own.minutes(3);
  Object.assign(own.groups, { refuse: 'denied', refused: 'ec2:DescribeNetworkInterfaces' });
  await own.minutes(2);
  expect([own.alerts.list().map(({ channel }) => channel), own.channel.shown]).toEqual([[null, null], []]);
  await own.alerts.close();
  const named = { watching: { ...asEvents, rules: new Map(rules.map((rule) => [rule.id, rule])) } };
  for (let i = 0; i < 2; i++) {
    (own as { alerts: unknown }).alerts = own.again(named);
    await own.minutes(2);
    expect(own.channel.shown.map(({ message: { headline, state } }) => [headline, state])).toEqual([
      ['What was open before a channel was named: 4 items.', 'open'],
    ]);
    expect(own.alerts.list().map(({ channel, told }) => [channel, typeof told])).toEqual([['#compliance', 'number']]);
    await own.alerts.close();
  }
  (own as { alerts: unknown }).alerts = own.again(named);
  Object.assign(own.groups, { open: 0, refuse: null });
  await own.minutes(2);
  expect(own.channel.shown.map(({ message: { state } }) => state)).toEqual(['resolved']);
});

test('that alerts are not worked out is a problem after five minutes, and ends with the next good step', async () => {
  await using own = await world({ log: { info: () => undefined, warn: () => undefined, error: () => undefined } });
  expect([own.alerts.known(), own.alerts.list()]).toEqual([false, []]);
  await own.minutes(1);
  const next = own.again();
  expect([own.alerts.known(), next.known(), stepKept(own.operations)! > start]).toEqual([true, true, true]);
  const { transaction } = own.operations;
  const problems = () => stepsProblem(own.alerts.lastStep(), own.now).map(({ says }) => says);
  const kept = stepKept(own.operations);
  Object.assign(own.operations, {
    transaction: () => {
      throw new Error('the disk is full');
    },
  });
  await own.wait(4 * minute);
  expect(problems()).toEqual([]);
  await own.wait(2 * minute);
  expect(problems()).toEqual([expect.stringMatching(/^alerts were not worked out for 6 min \(the disk is full\)/)]);
  expect(stepsProblem({ at: stepKept(own.operations)!, fault: null }, own.now)).toHaveLength(1);
  Object.assign(own.operations, { transaction });
  await own.wait(minute);
  expect([problems(), stepKept(own.operations)! > kept!]).toEqual([[], true]);
  await next.close();
});

const asEvents = {
  rules: new Map(rules.map((rule) => [rule.id, { ...rule, kind: 'event' } as Rule])),
  deadlines: () => deadlinesOf({ parametersOf: () => ({}) }),
  route: () => '#compliance',
  periodOf: () => minute,
};

test.each<['approved' | 'over', number]>([
  ['approved', 1],
  ['over', 2],
])('an event under waiver is told again only where the waiver was withdrawn: %s', async (state, told) => {
  let waivers: readonly WaiverNotice[] = [];
  await using own = await world({ watching: asEvents, waivers: () => waivers });
  await own.minutes(2);
  own.groups.open = 1;
  await own.minutes(1);
  const rule = 'aws.ec2.security-group-no-public-admin-ports';
  const items = ['eu-central-1', 'us-east-1'].map((region) => ({
    scope: `aws/111122223333/${region}/aws.security-group`,
    item: `arn:aws:ec2:${region}:111122223333:security-group/sg-${region}-00000`,
  }));
  const [from, until] = [own.now, own.now + 24 * hour];
  const by = { requestedBy: 'Ada', requestedAt: from, decidedBy: 'Grace', reason: '', compensating: '', renewed: false };
  waivers = [{ id: 'W-1', rule, items, state: 'approved', from, until, ...by }];
  await own.minutes(1);
  await own.alerts.close();
  own.now = until + hour;
  waivers = [{ ...waivers[0]!, state }];
  for (let i = 0; i < 2; i++) {
    (own as { alerts: unknown }).alerts = own.again();
    await own.minutes(1);
    await own.alerts.close();
  }
  const events = own.channel.shown.filter(({ message: { kind } }) => kind === 'event');
  expect(events.map(({ message }) => message.state)).toEqual(['resolved', ...(told === 2 ? ['open'] : [])]);
});

test('an event of which somebody took note does not come back, whoever begins anew, and however late', async () => {
  await using own = await world({ watching: asEvents });
  await own.minutes(2);
  own.groups.open = 1;
  await own.minutes(1);
  expect(own.channel.shown.map(({ message: { kind, count } }) => [kind, count])).toEqual([['event', 2]]);
  const deed = { do: 'acknowledge', alert: own.channel.shown[0]!.message.alert, until: new Date(own.now + hour).toISOString(), note: '' };
  await own.record('action', { action: 'a', by: 'ada@example.com', deed });
  await own.minutes(1);
  for (const later of [0, 2 * hour, 31 * 24 * hour, 24 * hour]) {
    await own.alerts.close();
    own.now += later;
    await own.look();
    (own as { alerts: unknown }).alerts = own.again();
    await own.wait(minute);
    expect(own.channel.shown.flatMap(({ message: { kind, state } }) => (kind === 'event' ? state : []))).toEqual(['resolved']);
  }
  const noted = () => own.operations.db.prepare('SELECT key FROM alert_noted').all().length;
  expect([own.operations.db.prepare('SELECT id FROM alert').all().length, noted()]).toEqual([0, 2]);
  own.groups.count = 0;
  await own.look();
  own.now += 25 * hour;
  await own.minutes(1);
  expect(noted()).toBe(0);
});

test('what got worse while nobody told is told at the next start', async () => {
  await using own = await world();
  await own.minutes(2);
  Object.assign(own.groups, { open: 1, port: 22 });
  await own.minutes(1);
  const says = own.channel.shown[0]!.message.says;
  await own.alerts.close();
  own.groups.port = 3389;
  await own.look();
  const next = own.again();
  await next.tick();
  own.groups.open = 2;
  await own.look();
  await next.tick();
  await next.settled();
  const member = own.operations.db.prepare('SELECT data FROM alert_member LIMIT 1').get()!;
  expect(JSON.parse(String(member['data'])).condition.says).not.toBe(says);
  await next.close();
});

test('a trouble is told before anything was looked at', async () => {
  const trouble = { key: 'disk', severity: 'high', headline: 'The disk is nearly full.', says: '', remedy: '', since: start } as const;
  await using own = await world({ troubles: [() => [trouble]] });
  await own.wait(minute);
  expect(own.channel.shown.map(({ message }) => message.headline)).toEqual(['The disk is nearly full.']);
});

test('what is open is listed and found also where another agent tells', async () => {
  await using own = await world();
  await own.minutes(2);
  own.groups.open = 1;
  await own.minutes(1);
  const other = own.again();
  await other.tick();
  const [alert] = own.alerts.list();
  expect(other.list()).toEqual([alert]);
  expect(other.find(alert!.alert)).toMatchObject({ state: 'open' });
  await other.close();
});
