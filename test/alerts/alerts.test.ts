import { describe, expect, test } from '@jest/globals';
import type { Trouble, WaiverNotice } from '#src/alerts/sources.ts';
import { queueProblems } from '#src/alerts/tally.ts';
import { scopeKey } from '#src/evidence/store.ts';
import { watchQueue } from '#src/schedule/watch.ts';
import { hour, minute, start, world } from './world.ts';

const day = 24 * hour;
const publicPort = 'aws.ec2.security-group-no-public-admin-ports';

test('400 drifts of one changed template are at most three messages: the right change, who made it, and it is resolved in place', async () => {
  const changed = {
    at: start + 2 * minute - 20_000,
    actor: { name: 'deploy-role', kind: 'role', through: 'CloudFormation' },
    operation: 'AuthorizeSecurityGroupIngress',
    source: 'CloudTrail',
    id: 'e-1',
  } as const;
  const questions: unknown[] = [];
  await using own = await world({
    findActor: async (question) => {
      questions.push(question);
      return { known: true, events: [changed] };
    },
  });
  own.groups.count = 200;
  await own.minutes(2);
  expect(own.channel.shown).toEqual([]);

  own.groups.open = 200;
  await own.minutes(1);
  expect(own.channel.shown.length).toBeGreaterThan(0);
  expect(own.channel.shown.length).toBeLessThanOrEqual(3);
  const [first] = own.channel.shown;
  expect(first!.message).toMatchObject({
    state: 'open',
    count: 400,
    rule: { id: publicPort },
    alike: true,
    changes: [
      { field: 'ingress[]', before: null, after: '{"from":22,"peers":[{"kind":"ipv4","value":"0.0.0.0/0"}],"protocol":"tcp","to":22}' },
    ],
    by: { known: true, events: [changed] },
    lastGood: start + minute,
    firstBad: start + 2 * minute,
  });
  expect(first!.message.controls[0]).toMatchObject({ id: 'NW-01', owner: 'Head of Platform' });
  expect(questions.length).toBeLessThanOrEqual(9);
  expect(questions[0]).toMatchObject({ from: start + minute, to: start + 2 * minute });

  own.groups.open = 100;
  await own.minutes(1);
  await own.wait(6 * minute);
  expect(own.channel.shown[0]!.thread.map(({ headline }) => headline)).toEqual(['200 items fewer. 200 of 400 items still fail.']);
  own.groups.open = 0;
  await own.minutes(1);
  const drifts = own.channel.shown.filter(({ message: { kind } }) => kind === 'drift');
  expect(drifts.length).toBeLessThanOrEqual(3);
  for (const { message, thread } of drifts) {
    expect(message.state).toBe('resolved');
    expect(message.actions).toEqual([]);
    expect(thread.at(-1)!.headline).toMatch(/^Over after .*: it holds again\.$/);
  }
}, 60_000);

test('from the change to the message it takes less than two minutes with a look a minute', async () => {
  await using own = await world();
  await own.minutes(2);
  own.now += 1;
  const changedAt = own.now - minute;
  own.groups.open = 1;
  await own.look();
  while (own.channel.letters.length === 0) {
    own.now += 5_000;
    await own.alerts.tick();
    await own.alerts.settled();
  }
  expect(own.now - changedAt).toBeLessThan(2 * minute);
});

test('what fails at the first look of a company is one digest, and not a message each', async () => {
  await using own = await world();
  own.groups.open = 15;
  await own.minutes(2);
  expect(own.channel.shown.map(({ message }) => [message.headline, message.rule, message.count])).toEqual([
    ['What failed when it was looked at for the first time: 30 items.', null, 30],
  ]);
  own.groups.open = 16;
  await own.minutes(1);
  expect(own.channel.shown.map(({ message }) => message.count)).toEqual([30, 2]);
  own.groups.open = 0;
  await own.minutes(1);
  expect(own.channel.shown.map(({ message }) => message.state)).toEqual(['resolved', 'resolved']);
});

test('what a new rule finds is no change: it is one digest', async () => {
  await using own = await world();
  own.without = publicPort;
  own.groups.open = 5;
  await own.minutes(2);
  own.without = null;
  await own.minutes(1);
  expect(own.channel.shown.map(({ message }) => [message.headline, message.count])).toEqual([
    ['What failed when it was looked at for the first time: 10 items.', 10],
  ]);
});

test('a result that is over before others were waited for is never told; the evidence has it', async () => {
  const asked: string[][] = [];
  await using own = await world({ reread: (scopes) => void asked.push(scopes.map(scopeKey)) });
  await own.minutes(2);
  own.groups.open = 1;
  await own.look();
  expect(asked).toEqual([['aws/111122223333/eu-central-1/aws.security-group', 'aws/111122223333/us-east-1/aws.security-group']]);
  own.now += 10_000;
  own.groups.open = 0;
  await own.look();
  await own.minutes(2);
  expect(own.channel.letters).toEqual([]);
  expect([...own.store.runs({ from: 0, to: own.now, rule: publicPort })].filter(({ result }) => result === 'fail').length).toBe(2);
});

test('a source that cannot be read resolves nothing: one message says that it is lost, and the drift stays open', async () => {
  await using own = await world();
  await own.minutes(2);
  own.groups.open = 1;
  await own.minutes(1);
  own.groups.refuse = 'denied';
  await own.minutes(5);
  const [drift, lost, ...others] = own.channel.shown;
  expect(others).toEqual([]);
  expect(drift!.message.state).toBe('open');
  expect(drift!.thread).toEqual([]);
  expect(lost!.message).toMatchObject({ kind: 'monitoring', state: 'open' });
  own.groups.refuse = null;
  own.groups.open = 0;
  await own.minutes(1);
  expect(own.channel.shown.map(({ message }) => [message.kind, message.state, message.resolved?.how])).toEqual([
    ['drift', 'resolved', 'it holds again'],
    ['monitoring', 'resolved', 'it is read again'],
  ]);
});

describe('waivers', () => {
  const waiver = (key: string, changes: Partial<WaiverNotice> = {}): WaiverNotice => ({
    id: 'W-1',
    rule: publicPort,
    items: ['eu-central-1', 'us-east-1'].map((region) => ({
      scope: `aws/111122223333/${region}/aws.security-group`,
      item: `arn:aws:ec2:${region}:111122223333:security-group/sg-${region}-${key}`,
    })),
    state: 'approved',
    requestedBy: 'Ada',
    requestedAt: start,
    decidedBy: 'Grace',
    reason: 'a migration',
    compensating: 'a proxy in front',
    from: start,
    until: start + 4 * hour,
    renewed: false,
    ...changes,
  });

  test('what is waived is over for alerts with the reason, and told again when the waiver ends', async () => {
    let waivers: readonly WaiverNotice[] = [];
    await using own = await world({ waivers: () => waivers });
    await own.minutes(2);
    own.groups.open = 1;
    await own.minutes(1);
    waivers = [waiver('00000', { until: own.now + 4 * hour, from: own.now })];
    await own.alerts.tick();
    await own.alerts.settled();
    const [first] = own.channel.shown;
    expect(first!.message.resolved?.how).toMatch(/^waived until .* \(W-1, approved by Grace\)/);
    own.now += 3.5 * hour;
    await own.minutes(1);
    expect(own.channel.shown[1]!.message).toMatchObject({ kind: 'waiver', state: 'open', severity: 'medium' });
    own.now += hour;
    await own.minutes(1);
    expect(own.channel.shown.slice(1).map(({ message }) => [message.kind, message.state, message.severity])).toEqual([
      ['waiver', 'open', 'high'],
      ['drift', 'open', 'low'],
    ]);
  });

  /** What stands in the thread of the waiver, day by day, each day under a new agent; and the message at last. */
  async function endOf(days: number, fails: boolean) {
    let waivers: readonly WaiverNotice[] = [];
    await using own = await world({ waivers: () => waivers });
    await own.minutes(2);
    if (fails) own.groups.open = 1;
    await own.minutes(1);
    const from = own.now;
    waivers = [waiver('00000', { from, until: from + days * day })];
    const told: [day: number, headline: string][] = [];
    for (let passed = 0; passed <= days + 2; passed++) {
      own.now = from + passed * day;
      await own.minutes(2);
      await own.alerts.close();
      (own as { alerts: unknown }).alerts = own.again();
      await own.minutes(1);
      const about = own.channel.shown.filter(({ message }) => message.kind === 'waiver');
      expect(about.length).toBeLessThan(2);
      const said = about.flatMap(({ thread }) => [null, ...thread.map(({ headline }) => headline)]);
      for (const headline of said.slice(told.length)) told.push([days - passed, headline ?? 'first']);
    }
    return { told, ...own.channel.shown.find(({ message }) => message.kind === 'waiver')! };
  }

  test('its end is told 14, 3 and 1 days before and when it is there, each once, whoever begins anew between', async () => {
    const { told, message, thread } = await endOf(20, true);
    expect(told.filter(([, headline]) => !headline.startsWith('Still so'))).toEqual([
      [14, 'first'],
      [3, expect.stringMatching(/^The waiver ends in (3 d|2 d 23 h), at 2026-/)],
      [1, expect.stringMatching(/^The waiver ends in (1 d|23 h 5\d min|24 h), at 2026-/)],
      [0, 'Worse: the severity was medium and is high.'],
      [0, expect.stringMatching(/^A waiver expired on 2026-.*, and what it covered still fails\.$/)],
    ]);
    expect(message).toMatchObject({ state: 'open', severity: 'high' });
    for (const words of [message.says, thread[0]!.lines.join('\n')]) expect(words).toContain('Asked for by Ada, approved by Grace.');
  });

  test('where what it covered was mended, it is told that it ended, and nothing more', async () => {
    const { told, message } = await endOf(20, false);
    expect(told.map(([left]) => left)).toEqual([14, 3, 1, 0]);
    expect(message).toMatchObject({ state: 'resolved', resolved: { how: 'it ended, and nothing that it covered still fails' } });
  });

  test('of a short one only what lies within it is told', async () => {
    const { told } = await endOf(2, false);
    expect(told.map(([left]) => left)).toEqual([1, 0]);
  });

  test('who was away hears at once, and once, how long is left', async () => {
    let waivers: readonly WaiverNotice[] = [];
    await using own = await world({ waivers: () => waivers });
    await own.minutes(2);
    const from = own.now;
    waivers = [waiver('00000', { from, until: from + 30 * day })];
    own.now = from + 17 * day;
    await own.minutes(2);
    own.now = from + 29.5 * day;
    await own.minutes(3);
    expect(own.channel.shown).toHaveLength(1);
    expect(own.channel.shown[0]!.thread.filter(({ headline }) => /^The waiver ends in 1[12] h/.test(headline))).toHaveLength(1);
  });

  test('a request is told once, with the buttons to decide it', async () => {
    let waivers = [waiver('00000', { state: 'requested', from: null, decidedBy: null })];
    await using own = await world({ waivers: () => waivers });
    await own.minutes(2);
    expect(own.channel.shown.map(({ message }) => [message.kind, message.waiver, message.actions])).toEqual([
      ['waiver', 'W-1', ['approve-waiver', 'refuse-waiver']],
    ]);
    waivers = [waiver('00000', { state: 'over' })];
    await own.minutes(1);
    expect(own.channel.shown[0]!.message.state).toBe('resolved');
  });
});

test('a trouble of the agent itself is an alert for as long as it lasts', async () => {
  let troubles: Trouble[] = [
    { key: 'disk', severity: 'high', headline: 'The disk is nearly full.', says: '2 % left.', remedy: 'Free some.', since: start },
  ];
  await using own = await world({ troubles: [() => troubles] });
  await own.minutes(2);
  expect(own.channel.shown.map(({ message }) => [message.kind, message.headline])).toEqual([['operations', 'The disk is nearly full.']]);
  troubles = [];
  await own.minutes(1);
  expect(own.channel.shown[0]!.message.resolved?.how).toBe('it is well again');
});

test('a paused queue is told by an alert and to whoever asks for the status, until it goes on', async () => {
  let paused = false;
  const counts = async () => ({ waiting: 3, underWay: paused ? 0 : 1, resting: 0, workers: 1, paused, pausedSince: paused ? start : null });
  const watch = watchQueue({ name: 'q', counts }, 30 * minute, () => start, null);
  await using own = await world({ troubles: [watch.troubles] });
  await own.minutes(1);
  expect(queueProblems(own.operations)).toEqual([]);
  paused = true;
  await watch.sample();
  await own.minutes(2);
  const says = 'queue is paused since 2026-03-02T09:00:00.000Z: nothing is collected';
  expect(own.channel.shown.map(({ message }) => message.headline)).toEqual([`The ${says}.`]);
  expect(queueProblems(own.operations)).toEqual([{ key: 'queue paused', says: `the ${says}` }]);
  paused = false;
  await watch.sample();
  await own.minutes(1);
  expect(queueProblems(own.operations)).toEqual([]);
});

test('an acknowledgement and an assignment stand in the message; what is no alert is known to be none', async () => {
  await using own = await world();
  await own.minutes(2);
  own.groups.open = 1;
  await own.minutes(1);
  const id = own.channel.shown[0]!.message.alert;
  expect(own.alerts.find(id)).toMatchObject({ state: 'open', rule: publicPort, items: [{}, {}] });
  expect([own.alerts.has(id), own.alerts.has('HF-NONE')]).toEqual([true, false]);
  const until = new Date(own.now + 24 * hour).toISOString();
  const by = 'ada@example.com';
  await own.record('action', { action: 'a', by, deed: { do: 'acknowledge', alert: id, until, note: 'on it' } });
  await own.record('action', { action: 'b', by, deed: { do: 'assign', alert: id, to: 'grace@example.com' } });
  await own.alerts.tick();
  await own.alerts.settled();
  const { message, thread } = own.channel.shown[0]!;
  expect(message).toMatchObject({ state: 'acknowledged', assigned: 'grace@example.com', acknowledged: { by: 'ada@example.com' } });
  expect(thread.map(({ lines }) => lines)).toEqual([['on it'], []]);
});

test('an agent that starts again goes on where the last one was, and tells what it missed', async () => {
  await using own = await world();
  await own.minutes(2);
  own.groups.open = 1;
  await own.minutes(1);
  await own.alerts.close();
  own.groups.open = 2;
  await own.look();
  own.now += minute;
  const next = own.again();
  await next.tick();
  await next.settled();
  expect(own.channel.shown.map(({ message }) => [message.count, message.state])).toEqual([[2, 'open']]);
  own.now += 10 * minute;
  await next.tick();
  await next.settled();
  expect(own.channel.shown[0]!.thread.map(({ headline }) => headline)).toEqual(['2 items more. 4 in all now.']);
  await next.close();
});

test('of two agents over one memory only one tells', async () => {
  await using own = await world();
  const other = own.again();
  await own.minutes(2);
  own.groups.open = 1;
  await own.look();
  for (let i = 0; i < 12; i++) {
    own.now += 5_000;
    await Promise.all([own.alerts.tick(), other.tick()]);
    await Promise.all([own.alerts.settled(), other.settled()]);
  }
  expect(own.channel.letters.length).toBe(1);
  await other.close();
});
