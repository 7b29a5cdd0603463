import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { allScopes } from '#test/doubles/slack.ts';

const docs = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

test('the manifest asks for what the suites are given, and turns on what buttons need', () => {
  const manifest = parse(docs('slack-app.yaml')) as { oauth_config: { scopes: { bot: string[] } }; settings: object };
  expect(manifest.oauth_config.scopes.bot.toSorted()).toEqual([...allScopes].toSorted());
  expect(manifest.settings).toMatchObject({
    socket_mode_enabled: true,
    interactivity: { is_enabled: true },
    token_rotation_enabled: false,
  });
});
