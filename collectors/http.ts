import { setTimeout } from 'node:timers/promises';
import { CallFailure } from '#collector';

/** What a client over HTTP needs of the world. Each has a default; tests bring their own. */
export interface HttpDependencies {
  readonly fetch?: typeof globalThis.fetch;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Milliseconds. */
  readonly sleep?: (duration: number, signal?: AbortSignal) => Promise<void>;
  /** The longest that one call may wait in all for quota and repeats, in milliseconds. */
  readonly maximumWait?: number;
  /** How long one request may take, body included, in milliseconds. */
  readonly timeout?: number;
}

export type Http = Required<HttpDependencies>;

export const httpWith = (dependencies: HttpDependencies): Http => ({
  fetch: (input, init) => globalThis.fetch(input, init),
  now: () => Date.now(),
  sleep: (duration, signal) => setTimeout(duration, undefined, signal && { signal }),
  maximumWait: 15 * 60_000,
  timeout: 30_000,
  ...dependencies,
});

/**
 * A fetch for one provider: it never leaves the provider's own origin, so that neither the credential nor the evidence goes to or comes from
 * another host; it reads the body whole; and it gives up after `timeout`. Throws only `CallFailure`.
 */
export function fetchWithin(base: string, http: Http): typeof globalThis.fetch {
  const { origin } = new URL(base);
  return async (input, init) => {
    const signal = AbortSignal.timeout(http.timeout);
    let url = input instanceof Request ? input.url : String(input);
    for (let redirects = 0; redirects <= 3; redirects++) {
      if (new URL(url).origin !== origin)
        throw new CallFailure('unavailable', { code: 'other-host', detail: `sent on to another host, ${new URL(url).host}` });
      const response = await wholeAnswer(() => http.fetch(url, { ...init, redirect: 'manual', signal }));
      const location = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || response.status === 304 || !location) return response;
      url = new URL(location, url).href;
    }
    throw new CallFailure('unavailable', { code: 'redirects', detail: 'redirected without end' });
  };
}

async function wholeAnswer(send: () => Promise<Response>): Promise<Response> {
  try {
    const response = await send();
    const body = await response.arrayBuffer();
    return new Response(body.byteLength === 0 ? null : body, { status: response.status, headers: response.headers });
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: Error & { code?: string } };
    const timedOut = name === 'TimeoutError' || name === 'AbortError';
    const detail = timedOut ? 'no answer in time' : cause?.message || cause?.code || message;
    throw new CallFailure('unavailable', { code: timedOut ? 'timeout' : 'network', detail }, { cause: error });
  }
}

/** What came of one attempt. `wait` is how long the provider asks us to wait (ms), or that a repeat may help, or that nothing does. */
export type Attempt<T> = { readonly done: T } | { readonly failure: CallFailure; readonly wait: number | 'back-off' | 'final' };

const repeats = 4;
const shortestWait = 1_000;

/** Repeats an attempt as its answers ask for, within `maximumWait`; throws the last failure when that is used up, or what the signal says. */
export async function patiently<T>(attempt: () => Promise<Attempt<T>>, { sleep, maximumWait }: Http, signal?: AbortSignal): Promise<T> {
  let waited = 0;
  for (let tries = 0; ; tries++) {
    const outcome = await attempt();
    if ('done' in outcome) return outcome.done;
    const { failure, wait } = outcome;
    if (wait === 'final' || (wait === 'back-off' && tries >= repeats)) throw failure;
    const duration = wait === 'back-off' ? shortestWait * 2 ** tries : Math.max(wait, shortestWait);
    waited += duration;
    if (waited > maximumWait) throw failure;
    await sleep(duration, signal);
    signal?.throwIfAborted();
  }
}

/** `Retry-After` in milliseconds, given as seconds or as a date. */
export function retryAfter(header: string | null | undefined, now: number): number | undefined {
  if (!header) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Answers that several collectors of one cycle ask for, so that each is asked for once; failures are shared too. */
export function onceEach<A>(): (key: string, read: () => AsyncIterable<A>) => AsyncGenerator<A> {
  const kept = new Map<string, Promise<{ answers: A[]; failure?: unknown }>>();
  return async function* (key, read) {
    if (!kept.has(key)) kept.set(key, gather(read()));
    const { answers, failure } = await kept.get(key)!;
    yield* answers;
    if (failure !== undefined) throw failure;
  };
}

async function gather<A>(source: AsyncIterable<A>): Promise<{ answers: A[]; failure?: unknown }> {
  const answers: A[] = [];
  try {
    for await (const answer of source) answers.push(answer);
    return { answers };
  } catch (failure) {
    return { answers, failure };
  }
}
