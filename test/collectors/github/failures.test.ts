import { expect, test } from '@jest/globals';
import { failureOf, type Refusal } from '#collectors/github/failures.ts';

const now = Date.parse('2026-01-15T00:00:00Z');
const refusal = (
  status: number,
  message: unknown,
  headers: Refusal['headers'] = {},
  url = 'https://api.github.com/orgs/acme',
): Refusal => ({ url, status, headers, data: { message } });
const told = (given: Refusal) => {
  const { failure, wait } = failureOf(given, now);
  return [failure.reason, failure.code, wait];
};

test.each([
  // The same status with different words.
  [refusal(404, 'Branch not protected'), ['not-offered', 'branch-not-protected', 'final']],
  [refusal(404, 'Not Found'), ['denied', 'not-found', 'final']],
  [refusal(403, 'Upgrade to GitHub Team to enable this feature.'), ['not-offered', 'plan', 'final']],
  [refusal(403, 'Resource not accessible by personal access token'), ['denied', 'http-403', 'final']],
  [
    refusal(403, 'Resource not accessible by personal access token', {}, 'https://api.github.com/installation/repositories?per_page=1'),
    ['denied', 'not-an-installation', 'final'],
  ],
  // A forbidden call is not a limit only because quota is named in passing; a limit is not a missing permission.
  [refusal(403, 'Forbidden', { 'x-ratelimit-remaining': '4000' }), ['denied', 'http-403', 'final']],
  [
    refusal(403, 'Forbidden', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 90) }),
    ['throttled', 'rate-limit', 90_000],
  ],
  [refusal(403, 'You have exceeded a secondary rate limit'), ['throttled', 'secondary-rate-limit', 60_000]],
  [refusal(403, 'You have triggered an abuse detection mechanism', { 'retry-after': '5' }), ['throttled', 'secondary-rate-limit', 5_000]],
  [refusal(429, 'Too many requests', { 'retry-after': 'Thu, 15 Jan 2026 00:00:40 GMT' }), ['throttled', 'rate-limit', 40_000]],
  [
    refusal(404, 'Not Found', {}, 'https://api.github.com/app/installations/9/access_tokens'),
    ['credential-rejected', 'installation-refused', 'final'],
  ],
  [refusal(500, 'Server Error', {}, 'https://api.github.com/app/installations/9/access_tokens'), ['unavailable', 'http-500', 'back-off']],
  [refusal(401, 'Requires authentication'), ['credential-rejected', 'bad-credentials', 'final']],
  [refusal(418, 'A teapot'), ['unavailable', 'http-418', 'final']],
  [refusal(403, undefined), ['denied', 'http-403', 'final']],
])('%j', (given, expected) => {
  expect(told(given)).toEqual(expected);
});

test('what changes with every request stays out of the words, so that the same refusal is the same evidence', () => {
  const limited = failureOf(
    refusal(403, 'API rate limit exceeded for installation ID 9. If you reach out, include the request ID A1:B2 and timestamp 2026-01-15.'),
    now,
  );
  expect(limited.failure.message).toBe('asked to slow down');
});
