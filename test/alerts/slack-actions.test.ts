import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { Action, Actions, Answer } from '#src/actions/action.ts';
import { slackChannel } from '#src/alerts/slack.ts';
import { slackActions } from '#src/alerts/slack-actions.ts';
import { actionIds } from '#src/alerts/slack-buttons.ts';
import type { KnownAlerts } from '#src/alerts/sources.ts';
import { secretOf } from '#src/config/secret.ts';
import { allScopes, type SlackDouble, type SlackOptions, startSlack, workspace } from '#test/doubles/slack.ts';
import { drift, letterOf, samples } from './samples.ts';

const day = 86_400_000;
const items = [
  { scope: 'aws production eu-central-1', item: 'sg-0a1b2c3d' },
  { scope: 'aws production eu-central-1', item: 'sg-<!channel>' },
];
let slack: SlackDouble;
let listening: ReturnType<typeof slackActions>;
let taken: Action[];
/** What the agent answers, or how long it takes. */
let answer: (action: Action) => Promise<Answer>;
let alert: ReturnType<KnownAlerts['find']>;
const log: string[] = [];

async function begin(options: SlackOptions = {}): Promise<void> {
  slack = await startSlack({ burst: 100, ...options });
  taken = [];
  alert = { state: 'open', headline: drift.headline, rule: 'aws.ec2.no-open-admin-ports', items };
  answer = async () => ({ ok: true, index: 7, says: 'recorded' });
  const env = { SLACK_TOKEN: workspace.token, SLACK_APP_TOKEN: workspace.appToken };
  const secret = (name: string) => secretOf(`\${env:${name}}`, 'test', { folder: '/', env });
  const done = new Map<string, Promise<Answer>>();
  const actions: Actions = {
    submit(action) {
      const before = done.get(action.id);
      if (before) return before;
      taken.push(action);
      const now = answer(action);
      done.set(action.id, now);
      return now;
    },
  };
  listening = slackActions({
    token: secret('SLACK_TOKEN'),
    appToken: secret('SLACK_APP_TOKEN'),
    endpoint: slack.endpoint,
    actions,
    alerts: { find: () => alert },
    people: [{ email: 'boss@acme.example', slack: 'U0NOMAIL01' }],
    timeZone: 'Europe/Berlin',
    now: Date.now,
    log: pino({ level: 'info' }, { write: (line: string) => void log.push(line) }),
  });
  const channel = slackChannel({ token: secret('SLACK_TOKEN'), interactive: true, endpoint: slack.endpoint });
  await channel.deliver(letterOf('1', { is: 'alert', message: drift }));
  await channel.deliver(letterOf('2', { is: 'alert', message: samples['a waiver to decide on']! }));
}

beforeEach(() => begin());
afterEach(async () => {
  await listening.close();
  await slack.close();
  expect(slack.faults).toEqual([]);
});

const dana = 'U0DANA0001';
const press = async (action: keyof typeof actionIds, chosen?: string, user = dana) => {
  await slack.socket.connected();
  const message = slack.posted[action.endsWith('e-waiver') ? 1 : 0]!;
  return slack.press(message, { user, action: actionIds[action], ...(chosen !== undefined && { chosen }) });
};
const told = () =>
  slack.ephemerals.map(({ user, blocks, text }) => ({ user, says: slack.seen({ ...slack.posted[0]!, blocks, text }).text }));
const until = async (holds: () => boolean) => {
  for (let tries = 0; !holds() && tries < 500; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
};
const waiverAnswers = { reason: 'The vendor needs it until the move.', compensating: 'Only the vendor’s addresses.', until: '2099-01-31' };

describe('buttons', () => {
  test('acknowledge for a time, as the person whose address Slack verified', async () => {
    const before = Date.now();
    expect(await press('acknowledge', '7')).toEqual({ payload: {} });
    const [action] = taken;
    expect(action).toMatchObject({
      by: 'dana@acme.example',
      via: { way: 'slack', team: 'T0ACME0001', user: dana, ts: slack.posted[0]!.ts },
      deed: { do: 'acknowledge', alert: 'HF-7K3QZ' },
    });
    const { deed } = action!;
    expect(deed.do === 'acknowledge' && deed.until - before - 7 * day).toBeLessThan(60_000);
    expect(slack.ephemerals).toEqual([]);
  });

  test('assign to a person, by their address', async () => {
    await press('assign', 'U0ALEX0001');
    expect(taken[0]!.deed).toEqual({ do: 'assign', alert: 'HF-7K3QZ', to: 'alex@acme.example' });
  });

  test('an envelope that comes twice is one action; pressing twice is two', async () => {
    await slack.socket.connected();
    const message = slack.posted[0]!;
    const pressed = slack.press(message, { user: dana, action: actionIds.acknowledge, chosen: '1' });
    await pressed;
    await pressed.repeat();
    expect(taken).toHaveLength(1);
    await press('acknowledge', '1');
    expect(taken).toHaveLength(2);
    expect(new Set(taken.map(({ id }) => id)).size).toBe(2);
  });

  test('what the agent refuses is told to whoever did it, and to nobody else', async () => {
    answer = async () => ({
      ok: false,
      problem: 'dana@acme.example is none of the people who may act <!channel>.',
      mend: 'Name the person under `people`.',
    });
    await press('acknowledge', '7');
    await until(() => slack.ephemerals.length > 0);
    expect(told()).toEqual([
      { user: dana, says: expect.stringMatching(/Not done.*none of the people who may act <!channel>\.\nName the person/) },
    ]);
    expect(slack.posted).toHaveLength(2);
  });

  const strangers: Readonly<Record<string, [user: string, says: RegExp]>> = {
    'a member of another workspace': ['U0STRANGER', /another workspace/],
    'a deactivated account': ['U0GONE0001', /deactivated/],
    'an account that Slack does not know': ['U0NOBODY01', /could not be told.*user_not_found/],
  };
  test.each(Object.entries(strangers))('%s does nothing', async (_, [user, says]) => {
    await press('acknowledge', '7', user);
    await until(() => slack.ephemerals.length > 0);
    expect(taken).toEqual([]);
    expect(told()[0]).toEqual({ user, says: expect.stringMatching(says) });
  });

  test('an address that Slack has not verified is nobody’s', async () => {
    slack.change({ users: [{ id: dana, name: 'Dana', email: 'dana@acme.example', emailConfirmed: false }] });
    await press('acknowledge', '7');
    await until(() => slack.ephemerals.length > 0);
    expect(taken).toEqual([]);
    expect(told()[0]!.says).toMatch(/has not verified the address dana@acme.example/);
  });

  test('without users:read.email nobody is known, and the scope is named', async () => {
    slack.change({ scopes: allScopes.filter((scope) => scope !== 'users:read.email') });
    await press('acknowledge', '7');
    await until(() => slack.ephemerals.length > 0);
    expect(taken).toEqual([]);
    expect(told()[0]!.says).toContain('users:read.email');
  });

  test('a member id in the configuration stands for its person', async () => {
    await press('acknowledge', '30', 'U0NOMAIL01');
    expect(taken[0]).toMatchObject({ by: 'boss@acme.example' });
  });

  test('an envelope of another workspace, or of nothing known, changes nothing', async () => {
    await slack.socket.connected();
    expect(await slack.deliver({ type: 'something_new' })).toEqual({ payload: {} });
    const foreign = {
      type: 'block_actions',
      team: { id: 'T0OTHER001' },
      user: { id: dana },
      channel: { id: 'C0SECURITY' },
      container: { message_ts: '1.1' },
      trigger_id: 't',
      actions: [{ action_id: actionIds.acknowledge, block_id: 'alert:HF-7K3QZ', action_ts: '1.2', selected_option: { value: '7' } }],
    };
    await slack.deliver(foreign);
    await slack.deliver({
      ...foreign,
      team: { id: 'T0ACME0001' },
      actions: [{ ...foreign.actions[0], selected_option: { value: '9999' } }],
    });
    await until(() => slack.ephemerals.length === 2);
    expect(taken).toEqual([]);
  });
});

describe('a waiver', () => {
  test('is asked for in a form that names what it is for, and is handed over', async () => {
    await press('request-waiver');
    await until(() => slack.views.length === 1);
    const shown = slack.seen({ ...slack.posted[0]!, blocks: slack.views[0]!.view.blocks });
    expect(shown.text).toContain('these 2 items');
    expect(shown.text).toContain('sg-<!channel> · aws production');
    expect(shown.mentions).toEqual([]);
    expect(await slack.submit(waiverAnswers)).toEqual({ payload: {} });
    expect(taken[0]).toMatchObject({
      by: 'dana@acme.example',
      via: { way: 'slack', ts: slack.posted[0]!.ts },
      // The whole of the last day, in Berlin.
      deed: {
        do: 'request-waiver',
        rule: 'aws.ec2.no-open-admin-ports',
        items,
        reason: waiverAnswers.reason,
        compensating: waiverAnswers.compensating,
        until: Date.parse('2099-01-31T23:00:00Z'),
      },
    });
  });

  test('is refused in the form, beside the field it is about, and may be mended there', async () => {
    answer = async ({ deed }) =>
      deed.do === 'request-waiver' && deed.until > Date.parse('2098-01-01')
        ? { ok: false, problem: 'It would last longer than 90 days.', mend: 'Choose an earlier day.' }
        : { ok: true, index: 1, says: '' };
    await press('request-waiver');
    await until(() => slack.views.length === 1);
    expect(await slack.submit(waiverAnswers)).toEqual({
      payload: { response_action: 'errors', errors: { until: 'It would last longer than 90 days. Choose an earlier day.' } },
    });
    expect(await slack.submit({ ...waiverAnswers, until: '2001-01-01' })).toEqual({
      payload: { response_action: 'errors', errors: { until: expect.stringContaining('over') } },
    });
    expect(await slack.submit({ ...waiverAnswers, until: null })).toEqual({
      payload: { response_action: 'errors', errors: { until: expect.stringContaining('missing') } },
    });
    expect(await slack.submit({ ...waiverAnswers, until: '2097-01-31' })).toEqual({ payload: {} });
    expect(taken).toHaveLength(2);
  });

  test('submitted twice by the same envelope is one', async () => {
    await press('request-waiver');
    await until(() => slack.views.length === 1);
    const sent = slack.submit(waiverAnswers);
    await sent;
    await sent.repeat();
    expect(taken).toHaveLength(1);
  });

  test('is for what the form named: other items since then need another form', async () => {
    await press('request-waiver');
    await until(() => slack.views.length === 1);
    alert = { ...alert!, items: items.slice(0, 1) };
    expect(await slack.submit(waiverAnswers)).toEqual({
      payload: { response_action: 'errors', errors: { reason: expect.stringContaining('have changed') } },
    });
    expect(taken).toEqual([]);
  });

  test('for what is over, or for too much, is refused with what to do instead', async () => {
    alert = { ...alert!, items: Array.from({ length: 2000 }, (_, index) => ({ scope: 's', item: `sg-${index}` })) };
    await press('request-waiver');
    alert = null;
    await press('request-waiver');
    await until(() => slack.ephemerals.length === 2);
    expect(told()[0]!.says).toMatch(/2000 items.*\n.*holdfast waive/);
    expect(told()[1]!.says).toMatch(/not open any more/);
    expect(slack.views).toEqual([]);
  });

  test.each([
    ['approve-waiver', { do: 'approve-waiver', waiver: 'W-31', reason: 'Low risk for a month.' }],
    ['refuse-waiver', { do: 'refuse-waiver', waiver: 'W-31', reason: 'Low risk for a month.' }],
  ] as const)('%s asks why, and is done in the name of whoever submits', async (action, deed) => {
    await press(action, undefined, 'U0ALEX0001');
    await until(() => slack.views.length === 1);
    expect(await slack.submit({ reason: 'Low risk for a month.' })).toEqual({ payload: {} });
    expect(taken[0]).toMatchObject({ by: 'alex@acme.example', deed });
  });

  test('whose answer is not there in time is said to be kept; a refusal that comes later is told', async () => {
    let refuse: (answer: Answer) => void = () => undefined;
    answer = () => new Promise((resolve) => (refuse = resolve));
    await press('approve-waiver', undefined, dana);
    await until(() => slack.views.length === 1);
    const acknowledged = await slack.submit({ reason: 'I asked for it myself.' });
    expect(acknowledged).toMatchObject({ payload: { response_action: 'update', view: { title: { text: 'Kept' } } } });
    refuse({ ok: false, problem: 'Whoever asks for a waiver does not approve it.', mend: 'Have another approver decide.' });
    await until(() => slack.ephemerals.length === 1);
    expect(told()[0]).toEqual({ user: dana, says: expect.stringContaining('does not approve it') });
  });
});

describe('the connection', () => {
  test('is opened anew when Slack refreshes it, and when it breaks', async () => {
    await slack.socket.connected();
    slack.socket.refresh();
    await until(() => slack.socket.opened() === 2);
    slack.socket.cut();
    await until(() => slack.socket.opened() === 3);
    await press('acknowledge', '1');
    expect(taken).toHaveLength(1);
    expect(listening.trouble()).toBeNull();
  });

  test('comes back after Slack was away', async () => {
    await slack.socket.connected();
    slack.disturb(/apps\.connections\.open/, { status: 503, body: 'away' }, 1);
    slack.socket.cut();
    await until(() => listening.trouble()?.includes('503') === true);
    await until(() => slack.socket.opened() === 2);
    expect(listening.trouble()).toBeNull();
  });

  test.each([
    ['a wrong app token', { appToken: 'xapp-other' }, /does not know the token/],
    ['an app token without its scope', { appScopes: [] }, /connections:write/],
    ['Socket Mode that is off', { socketMode: false }, /turned off/],
  ])('%s is told once, and nothing else suffers', async (_, world, says) => {
    await listening.close();
    await slack.close();
    log.length = 0;
    await begin({ world });
    await until(() => says.test(listening.trouble() ?? ''));
    expect(log.filter((line) => says.test(line))).toHaveLength(1);
    expect(log.join('')).not.toContain('xapp-');
    expect(listening.troubles(Date.now())).toEqual([]);
    expect(listening.troubles(Date.now() + 11 * 60_000)).toMatchObject([
      { severity: 'low', says: expect.stringMatching(says), remedy: expect.stringMatching(/\w/) },
    ]);
    expect(slack.posted).toHaveLength(2);
  });
});
