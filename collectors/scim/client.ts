import PQueue from 'p-queue';
import { z } from 'zod';
import { type Answer, CallFailure, type Connection, type FoundPlace, type Reads, type Transport } from '#collector';
import {
  type Attempt,
  fetchWithin,
  type Http,
  type HttpDependencies,
  httpWith,
  onceEach,
  patiently,
  retryAfter,
} from '#collectors/http.ts';

export interface ScimOptions {
  readonly id: string;
  /** The base address of the service, as `https://host/scim/v2`. */
  readonly endpoint: string;
  /** The bearer token. Asked for once per cycle. */
  readonly token: () => Promise<string>;
}

const concurrency = 4;
const pageSize = 100;

const discovery = {
  'GET /ServiceProviderConfig': { needs: 'scim:read', reply: z.object({ schemas: z.array(z.string()) }) },
} satisfies Reads;

/**
 * A SCIM 2.0 service (RFC 7644). Operations are written as paths under the endpoint. Lists are asked for with `startIndex` and `count` always,
 * since some services answer nothing without, and read on by the number received, since services cap `count` as they like.
 */
export function connectScim(options: ScimOptions, dependencies: HttpDependencies = {}): Connection {
  const http = httpWith(dependencies);
  const queue = new PQueue({ concurrency });
  const place = { account: tenantOf(options.endpoint), region: 'global' };
  const open = (signal?: AbortSignal): Ask => {
    const ask = askerOf(options, http, signal);
    return (path, query) => queue.add(() => ask(path, query), signal && { signal });
  };
  return {
    id: options.id,
    provider: 'scim',
    discovery,
    async places(): Promise<FoundPlace[]> {
      const [operation, { reply, needs }] = Object.entries(discovery)[0]!;
      try {
        const { body } = await open()(pathOf(operation, {}), {});
        if (!reply.safeParse(body).success)
          throw new CallFailure('malformed', { detail: 'the answer is not the configuration of a SCIM service' });
        return [place];
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        // The place is the one that is configured; not every service describes itself.
        if (error.status === 404 || error.status === 501) return [place];
        return [{ ...place, unread: { unread: error.reason, call: operation, needs, detail: error.message.slice(0, 300) } }];
      }
    },
    open: (_place, signal) => transportOf(open(signal)),
    close: async () => undefined,
  };
}

type Query = Record<string, string | number>;
type Ask = (path: string, query: Query) => Promise<Answer>;

function transportOf(ask: Ask): Transport {
  const shared = onceEach<Answer>();
  return {
    call(operation, parameters, paged) {
      const { query = {}, ...path } = parameters as { query?: Query };
      const read = () => (paged ? pagesOf(ask, pathOf(operation, path), query) : only(ask(pathOf(operation, path), query)));
      return operation.includes('{') ? read() : shared(`${operation} ${JSON.stringify([query, paged])}`, read);
    },
  };
}

async function* only(answer: Promise<Answer>): AsyncGenerator<Answer> {
  yield await answer;
}

const Page = z.object({ totalResults: z.int(), Resources: z.array(z.object({ id: z.string() })).optional() });

/**
 * Until a page is empty, and not merely until the service's own count is reached: services are known to count one page only. The look beyond
 * the end is no part of the list. The collector checks the count against what came.
 */
async function* pagesOf(ask: Ask, path: string, query: Query): AsyncGenerator<Answer> {
  const seen = new Set<string>();
  let received = 0;
  let total = Number.POSITIVE_INFINITY;
  for (;;) {
    const beyond = received >= total;
    const answer = await ask(path, { ...query, startIndex: received + 1, count: pageSize }).catch((error: unknown) => {
      if (beyond && error instanceof CallFailure && error.status === 400) return null;
      throw error;
    });
    const page = Page.safeParse(answer?.body);
    const ids = (page.data?.Resources ?? []).map(({ id }) => id);
    const repeated = ids.every((id) => seen.has(id));
    // What cannot be read there may hide the rest of the list: it is given on, and refused as malformed.
    if (beyond && repeated && (answer === null || page.success)) return;
    if (ids.length > 0 && repeated) {
      throw new CallFailure('malformed', { code: 'page-repeats', detail: 'the service ignores startIndex and gives the same page again' });
    }
    yield answer!;
    if (ids.length === 0) return;
    for (const id of ids) seen.add(id);
    received += ids.length;
    total = page.data!.totalResults;
  }
}

function askerOf({ endpoint, token }: ScimOptions, http: Http, signal?: AbortSignal): Ask {
  const fetch = fetchWithin(endpoint, http);
  let bearer: Promise<string> | null = null;
  let rejected: CallFailure | null = null;

  const attempt = async (url: URL): Promise<Attempt<Answer>> => {
    if (rejected) return { failure: rejected, wait: 'final' };
    try {
      const authorization = `Bearer ${await (bearer ??= credentialOf(token))}`;
      const response = await fetch(url.href, { headers: { authorization, accept: 'application/scim+json, application/json' } });
      const outcome = outcomeOf(response, await response.text(), http.now());
      if ('failure' in outcome && outcome.failure.reason === 'credential-rejected') rejected = outcome.failure;
      return outcome;
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      return { failure: error, wait: error.code === 'network' || error.code === 'timeout' ? 'back-off' : 'final' };
    }
  };
  return (path, query) => {
    const url = new URL(`${endpoint.replace(/\/+$/, '')}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return patiently(() => attempt(url), http, signal);
  };
}

async function credentialOf(token: () => Promise<string>): Promise<string> {
  try {
    return await token();
  } catch (error) {
    throw new CallFailure(
      'credential-rejected',
      { code: 'no-credential', detail: Error.isError(error) ? error.message : 'there is no credential' },
      { cause: error },
    );
  }
}

const ScimError = z.object({ detail: z.string().optional(), scimType: z.string().optional() });

function outcomeOf({ status, headers }: Response, text: string, now: number): Attempt<Answer> {
  const requestId = headers.get('x-request-id') ?? headers.get('x-okta-request-id') ?? '';
  const date = headers.get('date') ?? undefined;
  const body = jsonIn(text);
  const fail = (reason: CallFailure['reason'], detail: string, wait: number | 'back-off' | 'final' = 'final'): Attempt<Answer> => ({
    failure: new CallFailure(reason, { code: `http-${status}`, status, requestId, date, detail }),
    wait,
  });
  const told = ScimError.safeParse(body).data;
  const words = told?.detail ?? told?.scimType ?? `HTTP ${status}`;
  if (status === 429) return fail('throttled', 'asked to slow down', retryAfter(headers.get('retry-after'), now) ?? 'back-off');
  if (status === 410 || status === 501) return fail('not-offered', words);
  if (status >= 500 || status === 408) {
    return fail('unavailable', 'a fault of the provider', retryAfter(headers.get('retry-after'), now) ?? 'back-off');
  }
  if (status === 401) return fail('credential-rejected', words);
  if (status === 403 || status === 404 || status === 400) return fail('denied', words);
  if (status < 200 || status > 299) return fail('unavailable', words);
  if (body === undefined) return fail('malformed', /^\s*</.test(text) ? 'a web page instead of SCIM' : 'an answer that is not JSON');
  return { done: { body, status, requestId, date } };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pathOf(operation: string, parameters: object): string {
  return operation
    .replace(/^GET /, '')
    .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String((parameters as Record<string, unknown>)[name])));
}

/** Services put the tenant into the host or into the path; both together tell tenants of one host apart. A scope's parts have no slash. */
function tenantOf(endpoint: string): string {
  const { host, pathname } = new URL(endpoint);
  return [host, ...pathname.split('/').filter((part) => part !== '')].join('~');
}
