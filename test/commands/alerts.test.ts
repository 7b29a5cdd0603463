import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { shapes } from '#src/commands/shapes.ts';
import { loadConfig } from '#src/config.ts';
import { holdfast } from '#test/commands/cli.ts';
import type { Double } from '#test/doubles/double.ts';
import { startScim } from '#test/doubles/scim.ts';
import { type SlackDouble, startSlack, workspace } from '#test/doubles/slack.ts';

let folder: string;
let slack: SlackDouble;
let scim: Double;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-alerts-commands-'));
  slack = await startSlack({ burst: 10 });
  scim = await startScim({ users: [], groups: [] });
});
afterEach(async () => {
  await slack.close();
  await scim.close();
  rmSync(folder, { recursive: true });
  expect(slack.faults).toEqual([]);
});

function configure(alerts: string, secrets: Readonly<Record<string, string>> = {}): void {
  for (const [name, secret] of Object.entries({
    'scim-token': 'token',
    token: workspace.token,
    'app-token': workspace.appToken,
    webhook: slack.webhook,
    ...secrets,
  }))
    writeFileSync(join(folder, name), secret);
  writeFileSync(
    join(folder, 'holdfast.yaml'),
    `company: Acme Health\nconnections:\n  - { id: scim, provider: scim, endpoint: '${scim.endpoint}', token: '\${file:scim-token}' }\n${alerts}\n`,
  );
}
const bot = () =>
  `alerts: { slack: { token: '\${file:token}', appToken: '\${file:app-token}', channel: '#security', endpoint: '${slack.endpoint}' } }`;

describe('alerts --test', () => {
  test('sends one message that says what it is, there or elsewhere', async () => {
    configure(bot());
    const { code, out } = await holdfast(folder, 'alerts --test --json');
    expect(code).toBe(0);
    expect(shapes['alerts --test'].parse(JSON.parse(out))).toEqual({ channel: '#security', by: 'bot', ts: slack.posted[0]!.ts });
    expect(slack.screen('#security')).toMatch(/This is a trial: nothing is wrong/);
    expect(await holdfast(folder, 'alerts --test --channel platform')).toMatchObject({
      code: 0,
      out: expect.stringContaining('#platform'),
    });
    expect(slack.posted.map(({ channel }) => channel)).toEqual(['C0SECURITY', 'C0PLATFORM']);
  });

  test('by a webhook says so', async () => {
    configure("alerts: { webhook: '${file:webhook}' }");
    expect(await holdfast(folder, 'alerts --test')).toMatchObject({ code: 0, out: expect.stringContaining('the channel of the webhook') });
    expect(slack.posted).toHaveLength(1);
  });

  test('that is refused says why and what to do, and no secret', async () => {
    configure(bot(), { token: 'xoxb-Sup3rS3cret' });
    const wrong = await holdfast(folder, 'alerts --test');
    expect(wrong).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/Slack does not know the token[^]*OAuth & Permissions/) });
    expect(wrong.err).not.toContain('Sup3rS3cret');
    configure(bot());
    expect(await holdfast(folder, 'alerts --test --channel nowhere')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/#nowhere[^]*\/invite/),
    });
    configure('');
    expect(await holdfast(folder, 'alerts --test')).toMatchObject({ code: 2, err: expect.stringContaining('docs/slack.md') });
    expect(await holdfast(folder, 'alerts --channel x')).toMatchObject({ code: 2 });
  });
});

test('check tells each part of Slack, with what to do, and fails for what is to be mended', async () => {
  configure(bot());
  slack.change({ socketMode: false });
  const { code, out } = await holdfast(folder, 'check --json');
  expect(code).toBe(2);
  const readings = shapes.check.parse(JSON.parse(out)).filter((each) => 'kind' in each && each.kind === 'slack');
  expect(readings).toEqual([
    expect.objectContaining({ outside: 'Slack, bot token', ok: true }),
    expect.objectContaining({ outside: 'Slack, #security', ok: true }),
    expect.objectContaining({ outside: 'Slack, app token', ok: false, mend: expect.stringContaining('Socket Mode') }),
  ]);
  const text = (await holdfast(folder, 'check')).out;
  expect(text).toMatch(/ok {6}Slack, #security: the app is in it/);
  expect(text).toMatch(/FAILED {2}Slack, app token: Socket Mode is turned off for the app\n {10}Turn it on/);
});

test('what init writes for Slack is a configuration once it is no comment', async () => {
  await holdfast(folder, 'init --company Acme --aws');
  const file = join(folder, 'holdfast.yaml');
  const [before, rest] = readFileSync(file, 'utf8').split('# alerts:\n') as [string, string];
  writeFileSync(file, `${before}alerts:\n${rest.replaceAll(/^# /gm, '')}`);
  const { alerts, people } = loadConfig(file, {});
  expect(alerts).toMatchObject({ slack: { channel: '#security' } });
  expect(people).toMatchObject([{ email: 'anna@example.com' }]);
});
