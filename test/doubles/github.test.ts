import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { recordingOf } from '#test/collector-replayer.ts';
import type { Double } from './double.ts';
import { startGithub } from './github.ts';

// GitHub's own description of its answers, so that neither the double nor a recording drifts from what GitHub sends.
const shapes = JSON.parse(readFileSync(new URL('../fixtures/github/shapes.json', import.meta.url), 'utf8')) as Record<string, never>;
const shapeOf = (call: string) => z.fromJSONSchema(shapes[call]!);
const flaw = (call: string, body: unknown) => shapeOf(call).safeParse(body).error?.issues ?? [];

let github: Double;
const reviews = {
  required_approving_review_count: 1,
  dismiss_stale_reviews_on_push: true,
  require_last_push_approval: false,
  require_code_owner_review: false,
  required_review_thread_resolution: false,
};

beforeAll(async () => {
  github = await startGithub({
    organization: 'acme',
    id: 7001,
    app: { id: 1, installation: 2, publicKey: '' },
    repositories: [{ id: 1, name: 'payments', rulesets: [99], protection: protectionFrom('github/repositories.json') }],
    rulesets: [
      {
        id: 99,
        rules: [{ type: 'pull_request', parameters: reviews }, { type: 'deletion' }],
        bypass_actors: [{ actor_id: 42, actor_type: 'Team', bypass_mode: 'always' }],
      },
    ],
    members: [{ id: 501, login: 'octavia', owner: true }],
    outsiders: [{ id: 601, login: 'visitor' }],
  });
});
afterAll(() => github.close());

function protectionFrom(recording: string): object {
  return recordingOf(recording).find(({ call, pages }) => call.endsWith('/protection') && pages)!.pages![0] as object;
}

const fill = (call: string): string =>
  call
    .replace('GET ', '')
    .replaceAll('{org}', 'acme')
    .replace('{owner}', 'acme')
    .replace('{repo}', 'payments')
    .replace('{branch}', 'main')
    .replace('{ruleset_id}', '99');

describe('answers have the shape that GitHub describes', () => {
  test.each(Object.keys(shapes))('of the double: %s', async (call) => {
    const headers = { authorization: 'token ghs_installation', 'x-github-api-version': '2022-11-28' };
    const response = await fetch(`${github.endpoint}${fill(call)}?per_page=1`, { headers });
    const body = (await response.json()) as object;
    expect(response.status).toBe(200);
    expect(Object.keys(body).length).toBeGreaterThan(0);
    expect(flaw(call, body)).toEqual([]);
    // The shape can tell: nothing at all is refused.
    expect(flaw(call, 'nothing')).not.toEqual([]);
  });

  const recordings = readdirSync(new URL('../recordings/github', import.meta.url));
  test.each(recordings)('of the recording: %s', (file) => {
    for (const { call, pages = [] } of recordingOf(`github/${file}`)) {
      for (const page of pages) if (shapes[call]) expect({ call, flaws: flaw(call, page) }).toEqual({ call, flaws: [] });
    }
  });
});
