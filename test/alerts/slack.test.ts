import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Channel, ChannelFault, Overtaken } from '#src/alerts/channel.ts';
import { slackChannel } from '#src/alerts/slack.ts';
import { slackFault } from '#src/alerts/slack-faults.ts';
import { secretOf } from '#src/config/secret.ts';
import { allScopes, type SlackDouble, type SlackOptions, startSlack, workspace } from '#test/doubles/slack.ts';
import { drift, letterOf, reply, samples } from './samples.ts';

const start = Date.parse('2026-03-02T11:02:00Z');
let now = start;
let env: Record<string, string> = {};
let slack: SlackDouble;
let channel: Channel;

async function begin(options: SlackOptions = {}, endpoint?: string): Promise<void> {
  slack = await startSlack({ now: () => now, burst: 100, ...options });
  channel = slackChannel({
    token: secretOf('${env:SLACK_TOKEN}', 'test', { folder: '/', env }),
    interactive: true,
    endpoint: endpoint ?? slack.endpoint,
  });
}

beforeEach(() => {
  now = start;
  env = { SLACK_TOKEN: workspace.token };
});
afterEach(async () => {
  await channel.close();
  await slack.close();
  expect(slack.faults).toEqual([]);
});

const alert = (id = 'letter-1', name = '#security') => letterOf(id, { is: 'alert', message: drift }, name);
const faultOf = async (work: Promise<unknown>): Promise<ChannelFault> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof ChannelFault) return error;
    throw error;
  }
  throw new Error('it was delivered');
};

describe('a message', () => {
  beforeEach(() => begin());

  test('arrives with its blocks, its fallback and the id of its letter', async () => {
    const receipt = await channel.deliver(alert());
    const [posted] = slack.posted;
    expect(receipt).toEqual({ channel: 'C0SECURITY', ts: posted!.ts });
    expect(posted).toMatchObject({
      channel: 'C0SECURITY',
      thread: null,
      metadata: { event_type: 'holdfast_alert', event_payload: { letter: 'letter-1' } },
    });
    expect(posted!.text).toContain('changed by bob');
    expect(slack.screen('#security')).toContain('+ ingress[0].cidr: "0.0.0.0/0"');
  });

  test('is edited in place, and its thread tells the rest', async () => {
    const receipt = (await channel.deliver(alert()))!;
    await channel.deliver(letterOf('letter-2', { is: 'reply', message: reply, to: receipt, broadcast: false }));
    const edited = await channel.deliver(letterOf('letter-3', { is: 'edit', message: samples['resolved']!, of: receipt }));
    expect(edited).toEqual(receipt);
    expect(slack.posted).toHaveLength(2);
    expect(slack.posted[0]).toMatchObject({ edits: 1 });
    expect(slack.posted[1]).toMatchObject({ thread: receipt.ts, broadcast: false });
    expect(slack.screen('#security')).toMatch(/^# ✅ Resolved: Servers[^]*\n {4}\*Acknowledged by dana/);
  });

  test('goes to channels by name, private ones too, and asks for their ids once', async () => {
    await channel.deliver(alert('1', '#audit'));
    await channel.deliver(alert('2', '#audit'));
    await channel.deliver(alert('3', 'C0PLATFORM'));
    expect(slack.posted.map(({ channel: where }) => where)).toEqual(['G0PRIVATE1', 'G0PRIVATE1', 'C0PLATFORM']);
    const lists = slack.calls.filter(({ method }) => method === 'conversations.list');
    expect(new Set(lists.map(({ args }) => args['cursor'] ?? '')).size).toBe(lists.length);
  });

  test('whose original is gone is posted anew; where editing is over the thread tells', async () => {
    const receipt = (await channel.deliver(alert()))!;
    slack.change({ editWindow: 1000 });
    now += 5000;
    const second = await channel.deliver(letterOf('letter-2', { is: 'edit', message: samples['resolved']!, of: receipt }));
    expect(slack.posted.at(-1)).toMatchObject({ thread: receipt.ts, ts: second!.ts });
    slack.remove(slack.posted[0]!);
    const third = await channel.deliver(letterOf('letter-3', { is: 'edit', message: samples['resolved']!, of: receipt }));
    expect(slack.posted.at(-1)).toMatchObject({ thread: null, ts: third!.ts });
    await channel.deliver(letterOf('letter-4', { is: 'reply', message: reply, to: receipt, broadcast: false }));
    expect(slack.posted.at(-1)).toMatchObject({ thread: null });
    expect(slack.seen(slack.posted.at(-1)!).text).toContain('HF-7K3QZ: Acknowledged by dana');
  });

  test('is taken back, once and again', async () => {
    const [first, second] = [(await channel.deliver(alert()))!, (await channel.deliver(alert()))!];
    await channel.retract!(second);
    await channel.retract!(second);
    expect(slack.posted.map(({ ts }) => ts)).toEqual([first.ts]);
    expect(await faultOf(channel.retract!({ ...first, ts: slack.chat('C0SECURITY', 'hello').ts }))).toMatchObject({ uncertain: false });
  });

  test('is not sent where another process brings it by now, whatever was asked before', async () => {
    const sent: string[] = [];
    const still = () => {
      sent.push(...slack.calls.map(({ method }) => method));
      throw new Overtaken('another');
    };
    const to = { channel: 'C0SECURITY', ts: '1.1' };
    await expect(channel.deliver(alert(), still)).rejects.toBeInstanceOf(Overtaken);
    for (const content of [
      { is: 'reply', message: reply, to, broadcast: false },
      { is: 'edit', message: drift, of: to },
    ] as const)
      await expect(channel.deliver(letterOf('2', content), still)).rejects.toBeInstanceOf(Overtaken);
    expect(slack.calls.filter(({ method }) => method.startsWith('chat.'))).toEqual([]);
    expect(sent).toContain('conversations.list');
  });

  test('whose layout is refused still arrives, as text that says so', async () => {
    slack.disturb(/chat\.postMessage/, { error: 'invalid_blocks' }, 1);
    await channel.deliver(alert());
    expect(slack.posted).toHaveLength(1);
    expect(slack.seen(slack.posted[0]!).text).toMatch(/port 22.*changed by bob.*Slack refused the layout/);
  });
});

describe('what is found again', () => {
  beforeEach(() => begin());

  test('a message whose answer was lost', async () => {
    slack.disturb(/chat\.postMessage/, 'lose', 1);
    expect(await faultOf(channel.deliver(alert()))).toMatchObject({ uncertain: true, permanent: false });
    for (let index = 0; index < 450; index++) slack.chat('C0SECURITY', `chatter ${index}`);
    expect(await channel.find(alert(), now)).toEqual({ channel: 'C0SECURITY', ts: slack.posted[0]!.ts });
    expect(await channel.find(alert('another'), now)).toBeNull();
  });

  test('a reply, in its thread', async () => {
    const to = (await channel.deliver(alert()))!;
    const letter = letterOf('letter-2', { is: 'reply', message: reply, to, broadcast: false });
    expect(await channel.find(letter, now)).toBeNull();
    const receipt = await channel.deliver(letter);
    expect(await channel.find(letter, now)).toEqual(receipt);
  });

  test('not where somebody else claims it', async () => {
    const posted = slack.chat('C0SECURITY', 'me');
    Object.assign(posted, { metadata: { event_type: 'holdfast_alert', event_payload: { letter: 'letter-1' } } });
    expect(await channel.find(alert(), now)).toBeNull();
  });

  test('is not told where the app may not read', async () => {
    slack.change({ scopes: allScopes.filter((scope) => scope !== 'channels:history') });
    const fault = await faultOf(channel.find(alert(), now));
    expect(fault).toMatchObject({ permanent: true, message: expect.stringContaining('channels:history') });
    expect(fault.mend).toContain('docs/slack-app.yaml');
  });
});

describe('what goes wrong', () => {
  const cases: Readonly<Record<string, { world?: object; disturb?: Parameters<SlackDouble['disturb']>[1]; name?: string; fault: object }>> =
    {
      'a wrong token': {
        world: { token: 'another' },
        fault: { permanent: true, uncertain: false, mend: expect.stringContaining('xoxb-') },
      },
      'an app removed': { disturb: { error: 'account_inactive' }, fault: { permanent: true } },
      'a channel that does not exist': { name: '#nowhere', fault: { permanent: true, mend: expect.stringContaining('/invite') } },
      'a private channel without the app': { name: 'G0PRIVATE2', fault: { permanent: true, mend: expect.stringContaining('/invite') } },
      'a channel without the app': { name: '#general', fault: { permanent: true, mend: expect.stringContaining('/invite') } },
      'an archived channel': { name: '#old-times', fault: { permanent: true } },
      'no scope to write': {
        world: { scopes: ['channels:read', 'groups:read'] },
        fault: { permanent: true, message: expect.stringContaining('chat:write') },
      },
      'a fault of Slack': { disturb: { error: 'fatal_error' }, fault: { uncertain: true, permanent: false } },
      'a code nobody knows': { disturb: { error: 'mercury_in_retrograde' }, fault: { uncertain: false, permanent: false } },
      'a page of a proxy': {
        disturb: { status: 200, body: '<html>Sign in' },
        fault: { uncertain: true, permanent: false, message: expect.not.stringContaining('<') },
      },
      'an answer of 502': { disturb: { status: 502, body: '<html>bad gateway' }, fault: { uncertain: true, permanent: false } },
      'an answer of 403': { disturb: { status: 403, body: '<html>forbidden' }, fault: { uncertain: false, permanent: false } },
      'a 429 that says how long': {
        disturb: { status: 429, body: '{}', headers: { 'retry-after': '7' } },
        fault: { retryAfter: 7000, uncertain: false, permanent: false },
      },
      'a 429 that does not': { disturb: { status: 429, body: '{}' }, fault: { retryAfter: 30_000 } },
      'a broken connection': { disturb: 'lose', fault: { uncertain: true, permanent: false } },
    };
  test.each(Object.entries(cases))('%s', async (_, { world, disturb, name, fault }) => {
    await begin({ world: world ?? {} });
    if (disturb !== undefined) slack.disturb(/chat\.postMessage/, disturb);
    const told = await faultOf(channel.deliver(alert('letter-1', name)));
    expect(told).toMatchObject(fault);
    expect(`${told.message} ${told.mend}`).not.toMatch(/xoxb-1|<html/);
    if (told.permanent) expect(told.mend).not.toBe('');
  });

  test('a second message within a second waits, as Slack asks', async () => {
    await begin({ burst: 1 });
    await channel.deliver(alert('1'));
    expect(await faultOf(channel.deliver(alert('2')))).toMatchObject({ retryAfter: 1000, permanent: false, uncertain: false });
    await channel.deliver(alert('3', '#platform'));
    now += 1000;
    await channel.deliver(alert('2'));
    expect(slack.posted).toHaveLength(3);
  });

  // As fetch wraps it. Jest's own realm would hide the reason.
  test.each(['ECONNREFUSED', 'ENOTFOUND', 'DEPTH_ZERO_SELF_SIGNED_CERT'])('%s: nothing was sent, and that is known', async (code) => {
    await begin();
    const cause = new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code }) });
    const error = Object.assign(new Error('A request error occurred', { cause }), { code: 'slack_webapi_request_error' });
    expect(slackFault('chat.postMessage', error)).toMatchObject({
      uncertain: false,
      permanent: false,
      message: expect.stringContaining(code),
    });
  });

  test('a token that was replaced is used from then on', async () => {
    await begin();
    slack.change({ token: 'xoxb-2-new' });
    expect(await faultOf(channel.deliver(alert()))).toMatchObject({ permanent: true });
    env['SLACK_TOKEN'] = 'xoxb-2-new';
    await channel.deliver(alert());
    delete env['SLACK_TOKEN'];
    expect(await faultOf(channel.deliver(alert()))).toMatchObject({ permanent: true, message: expect.stringContaining('SLACK_TOKEN') });
  });

  test('without scopes to list channels a name serves, and is found by its id from then on', async () => {
    await begin({ world: { scopes: ['chat:write', 'channels:history'] } });
    const receipt = await channel.deliver(alert());
    expect(await channel.find(alert(), now)).toEqual(receipt);
  });
});
