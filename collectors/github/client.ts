import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import PQueue from 'p-queue';
import { z } from 'zod';
import { type Answer, CallFailure, type Connection, type FoundPlace, type Quota, type Reads, type Transport } from '#collector';
import { type Attempt, fetchWithin, type Http, type HttpDependencies, httpWith, onceEach, patiently } from '#collectors/http.ts';
import { failureOf, type Refusal } from './failures.ts';

export interface GithubOptions {
  readonly id: string;
  /** The login of the organization. */
  readonly organization: string;
  /** The REST base of GitHub Enterprise Server or of a double; github.com otherwise. */
  readonly endpoint?: string | undefined;
  /** Exactly one of `token` and `app`. Both are asked for when a cycle needs them, and again after they were rejected. */
  readonly token?: (() => Promise<string>) | undefined;
  readonly app?: { readonly id: number; readonly installation: number; readonly privateKey: () => Promise<string> } | undefined;
}

/** GitHub asks for no more than 100 at once over all its interfaces; few are enough, as answers come in tenths of a second. */
const concurrency = 8;
const pageSize = 100;
const version = '2022-11-28';

const discovery = {
  'GET /orgs/{org}': { needs: 'metadata:read', reply: z.object({ id: z.int(), login: z.string(), name: z.string().nullish() }) },
} satisfies Reads;

/**
 * One organization on GitHub. Operations are written as paths, `GET /orgs/{org}/repos`; parameters fill the path, `query` goes behind it.
 * Lists are read page by page along the `Link` header. Quota is waited for at most `maximumWait`; what is left is `throttled`.
 */
export function connectGithub(options: GithubOptions, dependencies: HttpDependencies = {}): Connection {
  const http = httpWith(dependencies);
  const { ask, renew, quotas } = askerOf(options, http);
  return {
    id: options.id,
    provider: 'github',
    discovery,
    async places(): Promise<FoundPlace[]> {
      renew();
      const place = { account: options.organization, region: 'global' };
      const [operation, { reply, needs }] = Object.entries(discovery)[0]!;
      try {
        const { body } = await ask(operation, { org: options.organization });
        const organization = reply.safeParse(body);
        if (!organization.success) throw new CallFailure('malformed', { detail: 'the answer is not an organization' });
        return [{ ...place, name: organization.data.name ?? organization.data.login }];
      } catch (error) {
        const { reason, message } = asFailure(error);
        return [{ ...place, unread: { unread: reason, call: operation, needs, detail: message.slice(0, 300) } }];
      }
    },
    open(_place, signal) {
      renew();
      return transportOf((route, parameters) => ask(route, parameters, signal), options.endpoint);
    },
    quotas,
    close: async () => undefined,
  };
}

interface Page extends Answer {
  readonly link: string;
}

type Ask = (route: string, parameters: Record<string, unknown>, signal?: AbortSignal) => Promise<Page>;

interface Asker {
  readonly ask: Ask;
  /** Forgets a credential that was rejected, so that the next call asks for it again. */
  readonly renew: () => void;
  readonly quotas: () => readonly Quota[];
}

/** One request, within the connection's quota and concurrency, with its credential. */
function askerOf(options: GithubOptions, http: Http): Asker {
  const queue = new PQueue({ concurrency });
  let session: Promise<Octokit> | null = null;
  let rejected: CallFailure | null = null;
  let pausedUntil = 0;
  const quotas = new Map<string, Quota>();

  const attempt = async (route: string, parameters: Record<string, unknown>): Promise<Attempt<Page>> => {
    const pause = pausedUntil - http.now();
    if (pause > 0) return { failure: new CallFailure('throttled', { code: 'rate-limit', detail: 'the quota is used up' }), wait: pause };
    // A rejected credential is not tried again within a cycle: GitHub locks out who keeps trying.
    if (rejected) return { failure: rejected, wait: 'final' };
    try {
      const octokit = await (session ??= signIn(options, http));
      const { status, headers, data } = await octokit.request(route, { ...parameters, headers: { 'x-github-api-version': version } });
      const requestId = headers['x-github-request-id'] ?? '';
      const quota = quotaIn(headers);
      if (quota) quotas.set(quota.name, quota);
      if (headers['x-ratelimit-remaining'] === '0') pausedUntil = Number(headers['x-ratelimit-reset']) * 1_000 || 0;
      if (status === 204)
        throw new CallFailure('malformed', { code: 'no-content', status, requestId, detail: 'an answer without content' });
      return { done: { body: data, status, requestId, date: headers.date, link: headers.link ?? '' } };
    } catch (error) {
      const failed = failedBy(error, http.now());
      if (failed.failure.reason === 'credential-rejected') rejected = failed.failure;
      if (failed.failure.reason === 'throttled' && typeof failed.wait === 'number')
        pausedUntil = Math.max(pausedUntil, http.now() + failed.wait);
      return failed;
    }
  };
  return {
    ask: (route, parameters, signal) => queue.add(() => patiently(() => attempt(route, parameters), http, signal), signal && { signal }),
    renew() {
      if (rejected) session = null;
      rejected = null;
    },
    quotas: () => [...quotas.values()],
  };
}

/** GitHub has a few quotas, each with a name. */
function quotaIn(headers: Readonly<Record<string, string | number | undefined>>): Quota | null {
  const [left, of] = ['x-ratelimit-remaining', 'x-ratelimit-limit'].map((name) => Number(headers[name] ?? Number.NaN)) as [number, number];
  const name = String(headers['x-ratelimit-resource'] ?? 'core');
  return Number.isFinite(left) && Number.isFinite(of) && /^[a-z_]{1,40}$/.test(name) ? { name, left, of } : null;
}

async function signIn({ endpoint, token, app }: GithubOptions, http: Http): Promise<Octokit> {
  const silent = () => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const baseUrl = baseOf(endpoint);
  const shared = { baseUrl, log, userAgent: 'holdfast', request: { fetch: fetchWithin(baseUrl, http), log } };
  try {
    if (!app) return new Octokit({ ...shared, auth: await token!() });
    const privateKey = await app.privateKey();
    return new Octokit({
      ...shared,
      authStrategy: createAppAuth,
      auth: { appId: app.id, installationId: app.installation, privateKey, log },
    });
  } catch (error) {
    throw new CallFailure(
      'credential-rejected',
      { code: 'no-credential', detail: Error.isError(error) ? error.message : 'there is no credential' },
      { cause: error },
    );
  }
}

function failedBy(error: unknown, now: number): Exclude<Attempt<never>, { done: never }> {
  const { cause, request, response } = error as { cause?: unknown; request?: { url: string }; response?: Omit<Refusal, 'url'> };
  const own = [error, cause].find((candidate) => candidate instanceof CallFailure);
  if (own)
    return {
      failure: own,
      wait: own.reason === 'unavailable' && (own.code === 'network' || own.code === 'timeout') ? 'back-off' : 'final',
    };
  if (response) return failureOf({ ...response, url: request?.url ?? '' }, now);
  // What is left is the key of the app, which could not sign.
  return {
    failure: new CallFailure('credential-rejected', { code: 'key-unusable', detail: (error as Error).message }, { cause: error }),
    wait: 'final',
  };
}

function transportOf(ask: Ask, endpoint: string | undefined): Transport {
  const shared = onceEach<Answer>();
  return {
    call(operation, parameters, paged) {
      const { query, ...path } = parameters as { query?: Record<string, unknown> };
      const read = () => answersTo(ask, endpoint, operation, { ...path, ...query }, paged);
      // What is asked of a whole organization, several collectors of one cycle share.
      return operation.includes('{repo}') ? read() : shared(`${operation} ${JSON.stringify([path, query, paged])}`, read);
    },
  };
}

async function* answersTo(
  ask: Ask,
  endpoint: string | undefined,
  operation: string,
  parameters: Record<string, unknown>,
  paged: boolean,
): AsyncGenerator<Answer> {
  if (!paged) {
    yield answerOf(await ask(operation, parameters));
    return;
  }
  const visited = new Set<string>();
  let page = await ask(operation, { per_page: pageSize, ...parameters });
  for (;;) {
    yield answerOf(page);
    const next = /<([^>]+)>;\s*rel="next"/.exec(page.link)?.[1];
    if (next === undefined) return;
    const { status, requestId } = page;
    if (visited.has(next))
      throw new CallFailure('malformed', { code: 'page-repeats', status, requestId, detail: 'a page names itself as the next one' });
    if (!next.startsWith(`${new URL(baseOf(endpoint)).origin}/`)) {
      throw new CallFailure('malformed', { code: 'page-elsewhere', status, requestId, detail: 'the next page lies on another host' });
    }
    visited.add(next);
    page = await ask(`GET ${next}`, {});
  }
}

const answerOf = ({ body, status, requestId, date }: Page): Answer => ({ body, status, requestId, date });
const baseOf = (endpoint: string | undefined): string => (endpoint ?? 'https://api.github.com').replace(/\/+$/, '');
const asFailure = (error: unknown): CallFailure =>
  error instanceof CallFailure
    ? error
    : new CallFailure('collector-fault', { detail: Error.isError(error) ? error.message : String(error) }, { cause: error });
