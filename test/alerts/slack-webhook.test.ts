import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Channel, ChannelFault, Overtaken } from '#src/alerts/channel.ts';
import { webhookChannel } from '#src/alerts/slack-webhook.ts';
import { secretOf } from '#src/config/secret.ts';
import { type SlackDouble, startSlack } from '#test/doubles/slack.ts';
import { drift, letterOf, reply } from './samples.ts';

let slack: SlackDouble;
let channel: Channel;
const over = (address: string) => webhookChannel({ address: secretOf('${env:W}', 'test', { folder: '/', env: { W: address } }) });
const alert = letterOf('1', { is: 'alert', message: drift });
const receipt = { channel: 'C0SECURITY', ts: '1.1' };
const faultOf = async (work: Promise<unknown>): Promise<ChannelFault> =>
  work.then(
    () => Promise.reject(new Error('it was delivered')),
    (error: unknown) => (error instanceof ChannelFault ? error : Promise.reject(error)),
  );

beforeEach(async () => {
  slack = await startSlack({ burst: 10 });
  channel = over(slack.webhook);
});
afterEach(async () => {
  await slack.close();
  expect(slack.faults).toEqual([]);
});

test('a webhook tells everything as messages of their own, without buttons', async () => {
  expect(await channel.deliver(alert)).toBeNull();
  expect(await channel.deliver(letterOf('2', { is: 'reply', message: reply, to: receipt, broadcast: false }))).toBeNull();
  expect(await channel.deliver(letterOf('3', { is: 'edit', message: drift, of: receipt }))).toBeNull();
  expect(slack.posted).toHaveLength(3);
  expect(slack.screen('#security')).toMatch(/Mend by[^]*HF-7K3QZ: Acknowledged by dana/);
  expect(slack.screen('#security')).not.toContain('Acknowledge…');
  expect(await faultOf(channel.find(alert, 0))).toMatchObject({ message: expect.stringContaining('cannot be told') });
});

test('nothing is sent where another process brings it by now', async () => {
  const still = () => {
    throw new Overtaken('another');
  };
  await expect(channel.deliver(alert, still)).rejects.toBeInstanceOf(Overtaken);
  expect(slack.posted).toEqual([]);
});

describe('what goes wrong', () => {
  test('a webhook that was removed', async () => {
    const fault = await faultOf(over(`${slack.webhook}x`).deliver(alert));
    expect(fault).toMatchObject({ permanent: true, mend: expect.stringContaining('alerts.webhook') });
    expect(fault.message).not.toContain('double-secret');
  });
  test('too fast, a fault of Slack, a proxy, a lost answer', async () => {
    slack.disturb(/services/, { status: 429, body: 'rate_limited', headers: { 'retry-after': '3' } }, 1);
    expect(await faultOf(channel.deliver(alert))).toMatchObject({ retryAfter: 3000, permanent: false });
    slack.disturb(/services/, { status: 500, body: 'rollup_error' }, 1);
    expect(await faultOf(channel.deliver(alert))).toMatchObject({ uncertain: true, permanent: false });
    slack.disturb(/services/, { status: 200, body: '<html>Sign in' }, 1);
    expect(await faultOf(channel.deliver(alert))).toMatchObject({ uncertain: true, message: expect.not.stringContaining('<') });
    slack.disturb(/services/, { status: 403, body: 'action_prohibited' }, 1);
    expect(await faultOf(channel.deliver(alert))).toMatchObject({ permanent: true });
    slack.disturb(/services/, 'lose', 1);
    expect(await faultOf(channel.deliver(alert))).toMatchObject({ uncertain: true });
  });
  test('no address of a webhook', async () => {
    for (const address of ['hunter2', 'http://hooks.slack.com/services/T/B/x', 'https://hooks.slack.com'])
      expect(await faultOf(over(address).deliver(alert))).toMatchObject({
        permanent: true,
        message: expect.not.stringContaining('hunter2'),
      });
  });
});
