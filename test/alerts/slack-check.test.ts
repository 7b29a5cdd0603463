import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { checkSlack, type SlackReading } from '#src/alerts/slack-check.ts';
import { secretOf } from '#src/config/secret.ts';
import { allScopes, type SlackDouble, type SlackWorld, startSlack, workspace } from '#test/doubles/slack.ts';

let slack: SlackDouble;
beforeEach(async () => {
  slack = await startSlack();
});
afterEach(async () => {
  await slack.close();
  expect(slack.faults).toEqual([]);
  expect(slack.posted).toEqual([]);
});

interface Given {
  readonly token?: string;
  readonly appToken?: string;
  readonly channels?: readonly string[];
  readonly world?: Partial<SlackWorld>;
  readonly webhook?: string;
}

async function check({
  token = workspace.token,
  appToken = workspace.appToken,
  channels = ['#security'],
  world = {},
  webhook,
}: Given): Promise<SlackReading[]> {
  slack.change(world);
  const env = { T: token, A: appToken, W: webhook };
  const secret = (name: string) => secretOf(`\${env:${name}}`, 'test', { folder: '/', env });
  return checkSlack({
    slack: { token: secret('T'), appToken: secret('A'), endpoint: slack.endpoint },
    channels,
    ...(webhook !== undefined && { webhook: secret('W') }),
  });
}

test('where all is well, nothing is to be done', async () => {
  const readings = await check({ channels: ['#security', '#audit', 'C0PLATFORM', '#security'], webhook: slack.webhook });
  expect(readings.map(({ part, ok, mend }) => [part, ok, mend])).toEqual(
    ['Slack, bot token', 'Slack, #security', 'Slack, #audit', 'Slack, C0PLATFORM', 'Slack, app token', 'Slack, webhook'].map((part) => [
      part,
      true,
      '',
    ]),
  );
});

const cases: Readonly<Record<string, [given: Given, part: string, says: RegExp, mend: RegExp]>> = {
  'a wrong token': [{ token: 'xoxb-other' }, 'bot token', /does not know the token/, /OAuth & Permissions/],
  'an app token in place of the bot token': [{ token: workspace.appToken }, 'bot token', /app-level token/, /appToken/],
  'the token of a user': [{ token: 'xoxp-1' }, 'bot token', /of a user/, /xoxb-/],
  'the address of a webhook in place of a token': [
    { token: 'https://hooks.slack.com/services/T/B/x' },
    'bot token',
    /an address/,
    /alerts\.webhook/,
  ],
  'something else': [{ token: 'hunter2' }, 'bot token', /no bot token/, /xoxb-/],
  'a token that is not there': [{ token: '' }, 'bot token', /it is empty/, /variable/],
  'no scope to write': [{ world: { scopes: allScopes.slice(1) } }, 'bot token', /without chat:write, nothing is told/, /Add chat:write/],
  'no addresses of users': [
    { world: { scopes: allScopes.filter((scope) => !scope.startsWith('users:')) } },
    'bot token',
    /without users:read,.*without users:read\.email/,
    /Add users:read, users:read\.email under/,
  ],
  'no history': [
    { world: { scopes: allScopes.filter((scope) => scope !== 'channels:history') } },
    '#security',
    /may come twice after a crash/,
    /Add channels:history/,
  ],
  'no history of private channels': [
    { channels: ['#audit'], world: { scopes: allScopes.filter((scope) => scope !== 'groups:history') } },
    '#audit',
    /without groups:history/,
    /Add groups:history/,
  ],
  'a channel that does not exist': [{ channels: ['#nowhere'] }, '#nowhere', /no such channel/, /Mend its name.*\/invite/],
  'an id that does not exist': [{ channels: ['C0NOWHERE0'] }, 'C0NOWHERE0', /no such channel/, /Mend its name.*\/invite/],
  'a channel without the app': [{ channels: ['#general'] }, '#general', /not in it/, /\/invite/],
  'a private channel without the app': [{ channels: ['#board'] }, '#board', /private and the app is not in it/, /\/invite/],
  'an archived channel': [{ channels: ['#old-times'] }, '#old-times', /archived/, /another channel/],
  'no scope to look channels up': [
    { world: { scopes: allScopes.filter((scope) => !/^(channels|groups):read/.test(scope)) } },
    '#security',
    /channels:read is not granted/,
    /Add it under OAuth/,
  ],
  'a wrong app token': [{ appToken: 'xapp-1-A0HOLD0001-9-other' }, 'app token', /does not know it/, /Basic Information/],
  'a bot token in place of the app token': [{ appToken: workspace.token }, 'app token', /no app-level token/, /alerts\.slack\.token/],
  'the app token of another app': [{ appToken: 'xapp-1-A0OTHER001-1-x' }, 'app token', /another app/, /same app/],
  'an app token without its scope': [{ world: { appScopes: [] } }, 'app token', /connections:write/, /Basic Information/],
  'Socket Mode that is off': [{ world: { socketMode: false } }, 'app token', /turned off/, /page Socket Mode/],
  'a webhook that is none': [{ webhook: 'hunter2' }, 'webhook', /no address of a webhook/, /Incoming Webhooks/],
};
test.each(Object.entries(cases))('%s is told, with what to do', async (_, [given, part, says, mend]) => {
  const readings = await check(given);
  const failed = readings.filter(({ ok }) => !ok);
  expect(failed.at(-1)!.part).toBe(`Slack, ${part}`);
  expect(failed.length).toBe(given.world?.scopes?.includes('channels:read') === false ? 2 : 1);
  expect(failed.at(-1)!.says).toMatch(says);
  expect(failed.at(-1)!.mend).toMatch(mend);
  expect(JSON.stringify(readings)).not.toMatch(/double-bot|double-app|double-secret|hunter2|services\/T/);
});

test('Slack that cannot be reached is told for each part', async () => {
  slack.disturb(/./, { status: 502, body: '<html>' });
  const readings = await check({});
  expect(readings.map(({ ok, says }) => [ok, says])).toEqual([
    [false, expect.stringContaining('502')],
    [false, expect.stringContaining('502')],
  ]);
});
