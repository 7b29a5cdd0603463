import { afterEach, expect, test } from '@jest/globals';
import { defaultChannel, openChannel, type SlackPlaces } from '#src/alerts/slack-open.ts';
import { secretOf } from '#src/config/secret.ts';
import { type SlackDouble, startSlack, workspace } from '#test/doubles/slack.ts';
import { drift, letterOf, reply } from './samples.ts';

let slack: SlackDouble;
afterEach(async () => {
  await slack.close();
  expect(slack.faults).toEqual([]);
});

async function places(): Promise<Required<SlackPlaces>> {
  slack = await startSlack({ burst: 10 });
  const env = { T: workspace.token, W: slack.webhook };
  const secret = (name: string) => secretOf(`\${env:${name}}`, 'test', { folder: '/', env });
  return { slack: { token: secret('T'), channel: '#platform', endpoint: slack.endpoint }, webhook: secret('W') };
}
const alert = letterOf('1', { is: 'alert', message: drift }, '#platform');

test('beside the bot, the webhook tells what Slack refuses the bot; where Slack is only away, nothing does', async () => {
  const both = openChannel(await places())!;
  expect(await both.deliver(alert)).toMatchObject({ channel: 'C0PLATFORM' });
  slack.disturb(/chat\.postMessage/, { status: 502, body: 'away' }, 1);
  await expect(both.deliver(alert)).rejects.toMatchObject({ permanent: false, uncertain: true });
  slack.change({ token: 'revoked' });
  expect(await both.deliver(alert)).toBeNull();
  expect(slack.posted.map(({ channel, user }) => [channel, user])).toEqual([
    ['C0PLATFORM', workspace.bot.user],
    ['C0SECURITY', 'U0WEBHOOK1'],
  ]);
});

test('what goes on of a message that only the webhook could bring is told once more each time, never as an edit; also where the bot is let in again', async () => {
  const both = openChannel(await places())!;
  const at = { channel: 'C0PLATFORM', ts: '1.1' };
  const more = letterOf('2', { is: 'reply', message: reply, to: null, broadcast: false }, '#platform');
  slack.change({ token: 'revoked' });
  await both.deliver(more);
  await expect(both.deliver(letterOf('3', { is: 'edit', message: drift, of: at }, '#platform'))).rejects.toMatchObject({ permanent: true });
  slack.change({ token: workspace.token });
  const receipt = await both.deliver({ ...more, id: '4' });
  expect(receipt).toMatchObject({ channel: 'C0PLATFORM' });
  expect(await both.find({ ...more, id: '4' }, 0)).toEqual(receipt);
  expect(slack.posted.map(({ channel, thread, text }) => [channel, thread, text.includes('HF-7K3QZ')])).toEqual([
    ['C0SECURITY', null, true],
    ['C0PLATFORM', null, true],
  ]);
});

test('where both refuse, both are told, and what to mend of the first', async () => {
  const both = openChannel(await places())!;
  slack.disturb(/services/, { status: 404, body: 'no_service' });
  slack.change({ token: 'revoked' });
  await expect(both.deliver(alert)).rejects.toMatchObject({
    permanent: true,
    message: expect.stringMatching(/invalid_auth.*no_service/),
    mend: expect.stringContaining('alerts.slack.token'),
  });
});

test('a webhook alone has a channel of its own; without either there is none', async () => {
  const { webhook } = await places();
  expect(defaultChannel({ webhook })).toBe('webhook');
  expect(await openChannel({ webhook })!.deliver({ ...alert, channel: 'webhook' })).toBeNull();
  expect(slack.posted).toHaveLength(1);
  expect([openChannel({}), defaultChannel({})]).toEqual([null, null]);
});
