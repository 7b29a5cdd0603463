import { CallFailure } from '#collector';
import { type Attempt, retryAfter } from '#collectors/http.ts';

/** An answer that was not a success, as far as it came. */
export interface Refusal {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly data: unknown;
}

type Failed = Exclude<Attempt<never>, { done: never }>;
type UnreadReason = CallFailure['reason'];
type Told = [reason: UnreadReason, code: string];

/**
 * What a refusal of GitHub means. GitHub says several things with one status, told apart by the message: a missing permission is never read as
 * "not set", and "not set" is never read as a missing permission.
 */
export function failureOf(refusal: Refusal, now: number): Failed {
  const { status, headers, data } = refusal;
  const words = (data as { message?: unknown } | null)?.message;
  const message = typeof words === 'string' ? words : "an answer that is not GitHub's";
  const facts = {
    status,
    requestId: String(headers['x-github-request-id'] ?? ''),
    date: headers.date === undefined ? undefined : String(headers.date),
  };
  const fail = (reason: UnreadReason, code: string, wait: Failed['wait'], detail = message): Failed => ({
    failure: new CallFailure(reason, { ...facts, code, detail }),
    wait,
  });

  const pause = pauseOf(refusal, message, now);
  // Their messages hold the time and the request, which would make every cycle look like a change.
  if (pause !== null) return fail('throttled', pause.code, pause.wait, 'asked to slow down');
  if (status >= 500 || status === 408) return fail('unavailable', `http-${status}`, 'back-off', 'a fault of the provider');
  if (status === 401) return fail('credential-rejected', 'bad-credentials', 'final');
  if (refusal.url.endsWith('/access_tokens')) return fail('credential-rejected', 'installation-refused', 'final');
  const [reason, code] = meaningOf(refusal.url, status, message);
  return fail(reason, code, 'final', reason === 'denied' ? `${message}${permissionsIn(headers)}` : message);
}

/** Whether the answer asks us to slow down, and for how long (ms). */
function pauseOf({ status, headers }: Refusal, message: string, now: number): { code: string; wait: number } | null {
  if (status !== 403 && status !== 429) return null;
  const asked = retryAfter(headers['retry-after'] === undefined ? null : String(headers['retry-after']), now);
  const spent = String(headers['x-ratelimit-remaining'] ?? '') === '0';
  const secondary = /secondary rate limit|abuse/i.test(message);
  if (status === 403 && asked === undefined && !spent && !secondary && !/rate limit/i.test(message)) return null;
  const reset = spent ? Number(headers['x-ratelimit-reset']) * 1_000 - now : Number.NaN;
  return { code: secondary ? 'secondary-rate-limit' : 'rate-limit', wait: asked ?? (Number.isNaN(reset) ? 60_000 : reset) };
}

function meaningOf(url: string, status: number, message: string): Told {
  if (status === 403 && /^Upgrade to /i.test(message)) return ['not-offered', 'plan'];
  // Open to every installation whatever its permissions, so a refusal says that this is a token of a person.
  if (status === 403 && /\/installation\/repositories\b/.test(url)) return ['denied', 'not-an-installation'];
  if (status === 404 && /^Branch not protected/i.test(message)) return ['not-offered', 'branch-not-protected'];
  if (status === 404 && /^Branch not found/i.test(message)) return ['gone', 'branch-not-found'];
  // Absent or forbidden: GitHub hides which, so it is never a fact.
  if (status === 404) return ['denied', 'not-found'];
  if (status === 409 && /empty/i.test(message)) return ['not-offered', 'empty-repository'];
  if (status === 410) return ['not-offered', 'disabled'];
  // The two-factor filters answer 422 to everyone but owners.
  if (status === 422) return ['denied', 'not-processable'];
  if (status === 403 || status === 451) return ['denied', `http-${status}`];
  return ['unavailable', `http-${status}`];
}

/** GitHub names the permission that would have been enough. */
function permissionsIn(headers: Refusal['headers']): string {
  const accepted = headers['x-accepted-github-permissions'];
  return accepted ? ` (X-Accepted-GitHub-Permissions: ${accepted})` : '';
}
