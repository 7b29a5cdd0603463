import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Agent, openAgent } from '#src/agent.ts';
import { actionIds } from '#src/alerts/slack-buttons.ts';
import { loadConfig } from '#src/config.ts';
import { openLog } from '#src/log.ts';
import { collectors } from '#src/registry.ts';
import { connectionTo, type Groups, groupsWith, minute, start } from '#test/alerts/world.ts';
import { type SlackDouble, startSlack, workspace } from '#test/doubles/slack.ts';

/** The whole way, in one process: a provider's answer, a message in Slack, what people press, a record in the ledger, the thread. */
let folder: string;
let slack: SlackDouble;
let agent: Agent;
let groups: Groups;
let now: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-slack-'));
  now = start;
  slack = await startSlack({ now: () => now, burst: 100 });
  const without = collectors.map(({ id }) => id).filter((id) => id.startsWith('aws-') && id !== 'aws-security-groups');
  writeFileSync(
    join(folder, 'holdfast.yaml'),
    JSON.stringify({
      company: 'Acme Health',
      portal: { address: 'https://holdfast.acme.example' },
      connections: [{ id: 'aws', provider: 'aws', without, every: { 'aws-security-groups': '1m' } }],
      scope: { in: ['aws:*'] },
      alerts: { slack: { token: '${env:T}', appToken: '${env:A}', channel: '#security', endpoint: slack.endpoint } },
      people: [
        { email: 'dana@acme.example', name: 'Dana Owner', roles: ['owner', 'approver'] },
        { email: 'alex@acme.example', name: 'Alex Approver', roles: ['approver'] },
      ],
    }),
  );
  const config = loadConfig(join(folder, 'holdfast.yaml'), { T: workspace.token, A: workspace.appToken });
  groups = groupsWith({ count: 2 });
  agent = await openAgent({ config, connections: [connectionTo(groups)], log: openLog('silent'), now: () => now, operating: true });
  await slack.socket.connected();
});
afterEach(async () => {
  await agent[Symbol.asyncDispose]();
  await slack.close();
  rmSync(folder, { recursive: true });
  expect(slack.faults).toEqual([]);
});

async function look(minutes = 1): Promise<void> {
  for (let i = 0; i < minutes; i++) {
    now += minute;
    await agent.runDue();
  }
}
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds() && tries < 800; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
}
const first = () => slack.posted.find(({ thread }) => thread === null)!;
const dana = 'U0DANA0001';

test('a drift is told, acknowledged, accepted by two people, and mended', async () => {
  await look(2);
  groups.open = 1;
  await look(3);
  await until(() => slack.posted.length > 0);
  expect(slack.seen(first()).text).toMatch(
    /Drift, low, open[^]*Changed by \*unknown, between[^]*\+ ingress\[\][^]*2 items[^]*\( Acknowledge… ▾ \)/,
  );
  expect(slack.seen(first()).links.every(({ url }) => /^https:\/\/(holdfast\.acme\.example|[\w.-]+\.aws\.amazon\.com)\//.test(url))).toBe(
    true,
  );

  await slack.press(first(), { user: dana, action: actionIds.acknowledge, chosen: '7' });
  await until(() => agent.store.entries('action').length === 1);
  expect(agent.store.entries('action')[0]!.body).toMatchObject({
    by: 'dana@acme.example',
    via: { way: 'slack', team: workspace.team.id, user: dana, ts: first().ts },
    deed: { do: 'acknowledge' },
  });
  await look(2);
  await until(() => slack.seen(first()).text.includes('acknowledged') && slack.posted.some(({ thread }) => thread === first().ts));

  await slack.press(first(), { user: dana, action: actionIds['request-waiver'] });
  await until(() => slack.views.length === 1);
  const day = new Date(now + 30 * 86_400_000).toISOString().slice(0, 10);
  const asked = { reason: 'The vendor needs it until the move.', compensating: 'Only from the vendor’s addresses.', until: day };
  expect(await slack.submit(asked)).toEqual({ payload: {} });
  expect(agent.store.entries('waiver')).toMatchObject([{ body: { step: 'requested', by: 'dana@acme.example' } }]);
  await look(2);
  const request = () => slack.posted.find((message) => slack.seen(message).text.includes('( Approve )'));
  await until(() => request() !== undefined);

  // Whoever asks does not approve; it is said in the form.
  await slack.press(request()!, { user: dana, action: actionIds['approve-waiver'] });
  await until(() => slack.views.length === 2);
  expect(await slack.submit({ reason: 'I think it is fine.' })).toMatchObject({ payload: { response_action: 'errors' } });
  await slack.press(request()!, { user: 'U0ALEX0001', action: actionIds['approve-waiver'] });
  await until(() => slack.views.length === 3);
  expect(await slack.submit({ reason: 'Low risk for a month.' })).toEqual({ payload: {} });
  expect(agent.store.entries('waiver').map(({ body }) => body)).toMatchObject([
    { step: 'requested' },
    { step: 'approved', by: 'alex@acme.example', via: { way: 'slack', user: 'U0ALEX0001' } },
  ]);

  groups.open = 0;
  await look(3);
  await until(() => slack.seen(first()).text.includes('✅ Resolved'));
  expect(slack.seen(first()).text).not.toContain('( Ask');
  expect(slack.screen('#security')).not.toContain('undefined');
});

test('thousands of drifts of one change are a message or a few, and a waiver for all of them is told how to be asked for', async () => {
  groups.count = 1000;
  await look(2);
  groups.open = 1000;
  await look(3);
  await until(() => slack.posted.length > 0);
  const alerts = slack.posted.filter(({ thread }) => thread === null);
  expect(alerts.length).toBeLessThanOrEqual(3);
  expect(slack.seen(first()).text).toContain('2,000 items');
  await slack.press(first(), { user: dana, action: actionIds['request-waiver'] });
  await until(() => slack.ephemerals.length === 1);
  expect(slack.ephemerals[0]).toMatchObject({ user: dana, text: expect.stringContaining('holdfast waive') });
});
