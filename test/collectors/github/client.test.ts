import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Answer, CallFailure } from '#collector';
import { connectGithub, type GithubOptions } from '#collectors/github/client.ts';
import type { HttpDependencies } from '#collectors/http.ts';
import { type Double, type Mischief, standingClock } from '#test/doubles/double.ts';
import { type GithubWorld, refusals, startGithub } from '#test/doubles/github.ts';

const place = { account: 'acme', region: 'global' };
const world: GithubWorld = {
  organization: 'acme',
  id: 7001,
  repositories: Array.from({ length: 250 }, (_, i) => ({ id: 9000 + i, name: `service-${i}` })),
  members: [{ id: 501, login: 'octavia', owner: true }],
};

let github: Double;
afterEach(() => github.close());

async function open(given: Partial<GithubWorld> = {}, options: Partial<GithubOptions> = {}, dependencies: HttpDependencies = {}) {
  github = await startGithub({ ...world, ...given });
  const clock = standingClock();
  const base: GithubOptions = { id: 'github', organization: 'acme', endpoint: github.endpoint };
  const credential = options.app ? {} : { token: async () => 'token' };
  const connection = connectGithub({ ...base, ...credential, ...options }, { ...clock, timeout: 300, ...dependencies });
  return { clock, connection, transport: connection.open(place) };
}

const repositories = 'GET /orgs/{org}/repos';
const protection = 'GET /repos/{owner}/{repo}/branches/{branch}/protection';
const branch = { owner: 'acme', repo: 'service-0', branch: 'main' };

type Opened = Awaited<ReturnType<typeof open>>;
const read = ({ transport }: Opened, operation: string, parameters: object, paged: boolean): Promise<Answer[]> =>
  Array.fromAsync(transport.call(operation, parameters, paged));
const failure = async (opened: Opened, operation: string, parameters: object, paged = false): Promise<CallFailure> => {
  try {
    await read(opened, operation, parameters, paged);
  } catch (error) {
    return error as CallFailure;
  }
  throw new Error('the call did not fail');
};

describe('a list', () => {
  test('is read to its last page, a hundred at a time, and each answer names its request', async () => {
    const opened = await open();
    const pages = await read(opened, repositories, { org: 'acme' }, true);
    expect(pages.map(({ body }) => (body as unknown[]).length)).toEqual([100, 100, 50]);
    expect(pages.every(({ requestId, status }) => requestId !== '' && status === 200)).toBe(true);
    expect(github.calls).toEqual([
      'GET /orgs/acme/repos?per_page=100',
      'GET /orgs/acme/repos?per_page=100&page=2',
      'GET /orgs/acme/repos?per_page=100&page=3',
    ]);
  });

  test('whose page names itself as the next one is malformed, not endless', async () => {
    const opened = await open();
    github.disturb(/page=2/, { body: [], headers: { link: `<${github.endpoint}/orgs/acme/repos?per_page=100&page=2>; rel="next"` } });
    expect(await failure(opened, repositories, { org: 'acme' }, true)).toMatchObject({ reason: 'malformed', code: 'page-repeats' });
    expect(github.calls).toHaveLength(2);
  });

  test('whose next page lies on another host is malformed, and the token stays here', async () => {
    const opened = await open();
    github.disturb(/repos/, { body: [], headers: { link: '<https://elsewhere.example/orgs/acme/repos?page=2>; rel="next"' } });
    expect(await failure(opened, repositories, { org: 'acme' }, true)).toMatchObject({ reason: 'malformed', code: 'page-elsewhere' });
  });

  test('is asked for once by the collectors of one cycle, and again in the next', async () => {
    const opened = await open();
    const twice = await Promise.all([read(opened, repositories, { org: 'acme' }, true), read(opened, repositories, { org: 'acme' }, true)]);
    expect(twice[0]).toEqual(twice[1]);
    expect(github.calls).toHaveLength(3);
    await Array.fromAsync(opened.connection.open(place).call(repositories, { org: 'acme' }, true));
    expect(github.calls).toHaveLength(6);
  });

  test('fails where a page fails, for everyone who asked', async () => {
    const opened = await open();
    github.disturb(/page=3/, refusals.integration);
    expect(await failure(opened, repositories, { org: 'acme' }, true)).toMatchObject({ reason: 'denied' });
    expect(await failure(opened, repositories, { org: 'acme' }, true)).toMatchObject({ reason: 'denied' });
  });
});

describe('a refusal', () => {
  const cases: [string, Mischief, object][] = [
    [
      'a missing permission, which GitHub names',
      refusals.integration,
      { reason: 'denied', message: 'Resource not accessible by integration (X-Accepted-GitHub-Permissions: administration=read)' },
    ],
    ['absent or forbidden', refusals.notFound, { reason: 'denied', code: 'not-found' }],
    ['a fact: not protected', refusals.branchNotProtected, { code: 'branch-not-protected' }],
    ['no such branch', refusals.branchNotFound, { reason: 'gone', code: 'branch-not-found' }],
    ['a fact: the plan has it not', refusals.upgrade, { reason: 'not-offered', code: 'plan' }],
    ['a filter for owners only', refusals.ownersOnly, { reason: 'denied', status: 422 }],
    ['a rejected credential', refusals.badCredentials, { reason: 'credential-rejected' }],
    ['an empty repository', { status: 409, body: { message: 'Git Repository is empty.' } }, { code: 'empty-repository' }],
    ['no content', { status: 204, body: null }, { reason: 'malformed', code: 'no-content' }],
    [
      'a feature switched off',
      { status: 410, body: { message: 'Issues are disabled for this repo' } },
      { reason: 'not-offered', code: 'disabled' },
    ],
    [
      'a repository blocked by law',
      { status: 451, body: { message: 'Repository access blocked' } },
      { reason: 'denied', code: 'http-451' },
    ],
    ['a page of a proxy', { status: 403, body: '<html>Blocked</html>' }, { reason: 'denied' }],
    [
      'another host',
      { status: 302, headers: { location: 'https://login.example/' }, body: null },
      { reason: 'unavailable', code: 'other-host' },
    ],
  ];
  test.each(cases)('%s', async (_, mischief, expected) => {
    const opened = await open();
    github.disturb(/protection/, mischief);
    expect(await failure(opened, protection, branch)).toMatchObject(expected);
    expect(github.calls).toHaveLength(1);
    expect(opened.clock.sleeps).toEqual([]);
  });

  test('a rejected credential is not tried again in the cycle, and asked for anew in the next', async () => {
    let tokens = 0;
    const opened = await open({}, { token: async () => (tokens++ === 0 ? 'revoked' : 'token') });
    await failure(opened, protection, branch);
    expect(await failure(opened, repositories, { org: 'acme' }, true)).toMatchObject({ reason: 'credential-rejected' });
    expect(github.calls).toHaveLength(1);
    expect(await Array.fromAsync(opened.connection.open(place).call(repositories, { org: 'acme' }, true))).toHaveLength(3);
  });

  test('a token that cannot be had is a rejected credential, told without the call', async () => {
    const opened = await open({}, { token: () => Promise.reject(new Error('GITHUB_TOKEN is not set')) });
    expect(await failure(opened, protection, branch)).toMatchObject({ reason: 'credential-rejected', message: 'GITHUB_TOKEN is not set' });
    expect(github.calls).toEqual([]);
  });

  test('a moved repository is followed on the same host', async () => {
    const opened = await open();
    github.disturb(/service-0/, { status: 301, headers: { location: '/orgs/acme' }, body: { message: 'Moved Permanently' } });
    expect((await read(opened, protection, branch, false))[0]!.body).toMatchObject({ login: 'acme' });
  });

  test('a branch with a slash is one part of the path', async () => {
    const opened = await open();
    await failure(opened, protection, { ...branch, branch: 'release/1.0' });
    expect(github.calls).toEqual(['GET /repos/acme/service-0/branches/release%2F1.0/protection']);
  });
});

describe('quota and faults', () => {
  test.each([
    ['a secondary limit', refusals.secondaryLimit, 30_000],
    ['too many requests', refusals.tooMany, 7_000],
    ['a limit without a hint', { status: 429, body: { message: 'slow down' } }, 60_000],
  ])('%s is waited for as long as GitHub asks', async (_, mischief, wait) => {
    const opened = await open();
    github.disturb(/repos/, mischief, 1);
    expect(await read(opened, repositories, { org: 'acme' }, true)).toHaveLength(3);
    expect(opened.clock.sleeps).toEqual([wait]);
  });

  test('the hourly quota is waited for until it is filled again', async () => {
    const opened = await open();
    github.disturb(/repos/, refusals.primaryLimit(opened.clock.now() + 10 * 60_000), 1);
    expect(await read(opened, repositories, { org: 'acme' }, true)).toHaveLength(3);
    expect(opened.clock.sleeps).toEqual([10 * 60_000]);
  });

  test('a quota that the last answer used up stops the calls that follow, before they are made', async () => {
    const opened = await open();
    const reset = String((opened.clock.now() + 60_000) / 1000);
    github.disturb(/acme$/, { body: { id: 7001, login: 'acme' }, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } });
    await read(opened, 'GET /orgs/{org}', { org: 'acme' }, false);
    await read(opened, repositories, { org: 'acme' }, true);
    expect(opened.clock.sleeps).toEqual([60_000]);
  });

  test('beyond the longest wait it is throttled', async () => {
    const opened = await open({}, {}, { maximumWait: 60_000 });
    github.disturb(/repos/, refusals.secondaryLimit);
    expect(await failure(opened, repositories, { org: 'acme' }, true)).toMatchObject({ reason: 'throttled', code: 'secondary-rate-limit' });
    expect(opened.clock.sleeps.splice(0)).toEqual([30_000, 30_000]);
    github.disturb(/protection/, refusals.primaryLimit(opened.clock.now() + 40 * 60_000));
    expect(await failure(opened, protection, branch)).toMatchObject({ reason: 'throttled' });
    // The next call waits for what the one before was told, then gives up at once.
    expect(opened.clock.sleeps).toEqual([30_000]);
  });

  test.each([
    ['a fault of GitHub', refusals.unicorn as Mischief],
    ['an answer that never comes', 'hang' as const],
    ['an answer that breaks off', 'cut' as const],
  ])('%s is asked again, and is unavailable when it stays', async (_, mischief) => {
    const opened = await open({}, {}, { timeout: 50 });
    github.disturb(/repos/, mischief, 1);
    expect(await read(opened, repositories, { org: 'acme' }, true)).toHaveLength(3);
    github.disturb(/protection/, mischief);
    expect(await failure(opened, protection, branch)).toMatchObject({ reason: 'unavailable' });
    expect(opened.clock.sleeps).toEqual([1_000, 1_000, 2_000, 4_000, 8_000]);
  });

  test('at most eight calls are under way at once', async () => {
    let under = 0;
    let most = 0;
    const counting: typeof fetch = async (...request) => {
      most = Math.max(most, ++under);
      try {
        return await fetch(...request);
      } finally {
        under--;
      }
    };
    const opened = await open({}, {}, { fetch: counting });
    await Promise.all(world.repositories.slice(0, 40).map(({ name }) => failure(opened, protection, { ...branch, repo: name })));
    expect(most).toBe(8);
  });

  test('a web page in place of an answer is handed on as it is, for the collector to refuse', async () => {
    const opened = await open();
    github.disturb(/protection/, refusals.html);
    expect(typeof (await read(opened, protection, branch, false))[0]!.body).toBe('string');
  });
});

test('nothing is written to the console, deprecated or refused', async () => {
  const spies = (['debug', 'info', 'log', 'warn', 'error'] as const).map((name) =>
    jest.spyOn(console, name).mockImplementation(() => undefined),
  );
  const opened = await open();
  github.disturb(/repos/, { body: [], headers: { deprecation: 'true', sunset: 'Fri, 31 Dec 2027 00:00:00 GMT' } });
  github.disturb(/protection/, refusals.integration);
  await read(opened, repositories, { org: 'acme' }, true);
  await failure(opened, protection, branch);
  const written = spies.flatMap((spy) => spy.mock.calls);
  for (const spy of spies) spy.mockRestore();
  expect(written).toEqual([]);
});

describe('places', () => {
  test('the organization is the one place', async () => {
    const { connection } = await open();
    expect(await connection.places()).toEqual([{ ...place, name: 'Acme' }]);
  });

  test.each([
    ['refused', refusals.notFound, 'denied'],
    ['a web page', refusals.html, 'malformed'],
    ['another credential', refusals.badCredentials, 'credential-rejected'],
  ])('%s: the place is there, unread', async (_, mischief, reason) => {
    const { connection } = await open();
    github.disturb(/orgs/, mischief);
    expect(await connection.places()).toEqual([
      { ...place, unread: expect.objectContaining({ unread: reason, call: 'GET /orgs/{org}', needs: 'metadata:read' }) },
    ]);
  });

  test('nobody there: unread', async () => {
    const { connection } = await open();
    await github.close();
    expect(await connection.places()).toMatchObject([{ ...place, unread: { unread: 'unavailable' } }]);
  });
});

describe('an App', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const app = { id: 12, installation: 34, publicKey };
  // As GitHub hands it out.
  const key = pair.privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;

  test('signs in with its key, once, and says on what it is installed', async () => {
    const opened = await open({ app }, { app: { id: 12, installation: 34, privateKey: async () => key } });
    const [answer] = await read(opened, 'GET /installation/repositories', { query: { per_page: 1 } }, false);
    expect(answer!.body).toMatchObject({ total_count: 250, repository_selection: 'all' });
    await read(opened, repositories, { org: 'acme' }, true);
    expect(github.calls.filter((call) => call.startsWith('POST'))).toEqual(['POST /app/installations/34/access_tokens']);
  });

  test('that was uninstalled has a rejected credential', async () => {
    const opened = await open({ app }, { app: { id: 12, installation: 34, privateKey: async () => key } });
    github.disturb(/access_tokens/, refusals.notFound);
    expect(await failure(opened, repositories, { org: 'acme' }, true)).toMatchObject({
      reason: 'credential-rejected',
      code: 'installation-refused',
    });
  });

  test('whose key is no key has a rejected credential', async () => {
    const opened = await open({ app }, { app: { id: 12, installation: 34, privateKey: async () => 'not a key' } });
    expect(await failure(opened, repositories, { org: 'acme' }, true)).toMatchObject({ reason: 'credential-rejected' });
    expect(github.calls).toEqual([]);
  });

  test('a token of a person is told apart from an installation', async () => {
    const opened = await open();
    expect(await failure(opened, 'GET /installation/repositories', { query: { per_page: 1 } })).toMatchObject({
      code: 'not-an-installation',
    });
  });
});
