import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { slackChannel } from '#src/alerts/slack.ts';
import { webhookChannel } from '#src/alerts/slack-webhook.ts';
import { secretOf } from '#src/config/secret.ts';
import { type SlackDouble, startSlack, workspace } from '#test/doubles/slack.ts';
import { minute, start, type World, world } from './world.ts';

let slack: SlackDouble;
let own = { now: start } as World;
beforeEach(async () => {
  slack = await startSlack({ burst: 100, now: () => own.now });
  const token = secretOf('${env:SLACK_TOKEN}', 'test', { folder: '/', env: { SLACK_TOKEN: workspace.token } });
  own = await world(
    {
      channel: slackChannel({ token, interactive: true, endpoint: slack.endpoint }),
      findActor: async ({ to }) => ({
        known: true,
        events: [
          {
            at: to - 20_000,
            actor: { name: 'deploy-role', kind: 'role', through: 'CloudFormation' },
            operation: 'AuthorizeSecurityGroupIngress',
            source: 'CloudTrail',
            id: 'e-1',
          },
        ],
      }),
    },
    '#security',
  );
});
afterEach(async () => {
  await own[Symbol.asyncDispose]();
  await slack.close();
  expect(slack.faults).toEqual([]);
});

test('2,000 drifts of one template in Slack: at most three messages, with the change and who made it; the thread tells the rest, and the first message how it ended', async () => {
  own.groups.count = 1_000;
  await own.minutes(2);
  own.groups.open = 1_000;
  await own.minutes(1);
  const parents = slack.posted.filter(({ thread }) => thread === null);
  expect(parents.length).toBeGreaterThan(0);
  expect(parents.length).toBeLessThanOrEqual(3);
  const screen = slack.screen(parents[0]!.channel);
  expect(screen).toContain('2,000');
  expect(screen).toContain('0.0.0.0/0');
  expect(screen).toContain('deploy-role');
  expect(screen).toContain('CloudFormation');
  own.groups.open = 0;
  await own.minutes(1);
  expect(slack.posted.filter(({ thread }) => thread === null).length).toBe(parents.length);
  expect(slack.screen(parents[0]!.channel)).toMatch(/it holds again/);
}, 60_000);

test('over a webhook a drift is told once, then what somebody does about it and its end, each in one message', async () => {
  await own[Symbol.asyncDispose]();
  const address = secretOf('${env:W}', 'test', { folder: '/', env: { W: slack.webhook } });
  own = await world({ channel: webhookChannel({ address }) }, 'webhook');
  const told = () => slack.posted.map((message) => slack.seen(message).text);
  await own.minutes(2);
  own.groups.open = 2;
  await own.minutes(1);
  expect(told()).toEqual([expect.stringMatching(/^# /)]);
  const deed = {
    do: 'acknowledge',
    alert: own.alerts.list()[0]!.alert,
    until: new Date(own.now + 60 * minute).toISOString(),
    note: 'on it',
  };
  await own.record('action', { action: 'a', by: 'dana@example.com', deed });
  await own.wait(minute);
  expect(told().slice(1)).toEqual([expect.stringMatching(/HF-\w+: dana@example.com took note of it/)]);
  own.groups.open = 0;
  await own.minutes(1);
  await own.minutes(3);
  expect(told().slice(2)).toEqual([expect.stringMatching(/HF-\w+: Over after 2 min: it holds again/)]);
}, 60_000);

test('an answer that is lost on the way is found again, and nothing is told twice', async () => {
  await own.minutes(2);
  slack.disturb(/chat\.postMessage/, 'lose', 1);
  own.groups.open = 1;
  await own.minutes(1);
  await own.wait(minute);
  expect(slack.posted.length).toBe(1);
});
