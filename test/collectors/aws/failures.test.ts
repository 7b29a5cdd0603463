import { expect, test } from '@jest/globals';
import { classify, isSilence } from '#collectors/aws/failures.ts';
import { CallFailure } from '#src/collector.ts';

/** An error as the SDK throws it for an answer with a code. */
const refusal = (status: number, code: string, message = 'no') => ({
  name: `${code}Exception`,
  Code: code,
  message,
  $fault: 'client',
  $metadata: { httpStatusCode: status, requestId: 'r' },
});

test.each([
  [refusal(403, 'AccessDenied'), 'denied'],
  [refusal(400, 'AccessDeniedException'), 'denied'],
  [refusal(403, 'UnauthorizedOperation'), 'denied'],
  [refusal(401, 'AuthFailure'), 'denied'],
  [refusal(403, 'SomethingNew'), 'denied'],
  [refusal(400, 'KMSAccessDeniedException'), 'denied'],
  [refusal(403, 'ExpiredToken'), 'credential-rejected'],
  [refusal(400, 'ExpiredTokenException'), 'credential-rejected'],
  [refusal(403, 'InvalidClientTokenId'), 'credential-rejected'],
  [refusal(400, 'UnrecognizedClientException'), 'credential-rejected'],
  [refusal(403, 'SignatureDoesNotMatch'), 'credential-rejected'],
  [refusal(400, 'Throttling'), 'throttled'],
  [refusal(503, 'SlowDown'), 'throttled'],
  [refusal(503, 'RequestLimitExceeded'), 'throttled'],
  [refusal(409, 'LimitExceeded'), 'throttled'],
  [refusal(429, 'Whatever'), 'throttled'],
  [refusal(500, 'InternalFailure'), 'unavailable'],
  [refusal(503, 'ServiceUnavailable'), 'unavailable'],
  [refusal(404, 'NoSuchBucket'), 'gone'],
  [refusal(404, 'DBInstanceNotFound'), 'gone'],
  [refusal(400, 'InvalidGroup.NotFound'), 'gone'],
  [refusal(400, 'NotFoundException'), 'gone'],
  [refusal(400, 'OptInRequired'), 'not-offered'],
  [refusal(400, 'UnsupportedOperationException'), 'not-offered'],
  [refusal(400, 'ValidationException'), 'collector-fault'],
  [refusal(400, 'SomethingNew'), 'unavailable'],
  [refusal(301, 'PermanentRedirect'), 'unavailable'],
  [{ name: 'SyntaxError', message: 'Unexpected token <', $metadata: { httpStatusCode: 200 } }, 'malformed'],
  [{ name: 'TypeError', message: 'Expected real number, got string', $metadata: { httpStatusCode: 200 } }, 'malformed'],
  [{ name: 'SyntaxError', message: 'Unexpected token <', $metadata: { httpStatusCode: 500 } }, 'unavailable'],
  [{ name: 'NotFound', message: 'UnknownError', $fault: 'client', $metadata: { httpStatusCode: 404 } }, 'unavailable'],
  [{ name: 'SyntaxError', message: 'x', $metadata: {}, $response: { statusCode: 403 } }, 'denied'],
  [{ name: 'CredentialsProviderError', message: 'Could not load credentials' }, 'credential-rejected'],
  [{ name: 'TokenProviderError', message: 'SSO session is expired' }, 'credential-rejected'],
  [{ name: 'Error', message: 'No value provided for input HTTP label: Bucket.' }, 'collector-fault'],
  [{ name: 'Error', message: 'getaddrinfo ENOTFOUND ec2.mars-1.amazonaws.com', code: 'ENOTFOUND' }, 'unavailable'],
  [undefined, 'unavailable'],
  ['boom', 'unavailable'],
])('%j is %s', (error, reason) => {
  expect(classify(error).reason).toBe(reason);
});

test("the provider's own code is kept, a name of the SDK's is not", () => {
  expect(classify(refusal(404, 'NoSuchEntity'))).toMatchObject({
    code: 'NoSuchEntity',
    status: 404,
    requestId: 'r',
    message: 'NoSuchEntity: no',
  });
  for (const name of ['NotFound', 'UnknownError', 'SyntaxError', 'Error']) {
    expect(classify({ name, message: '<html>', $fault: 'client', $metadata: { httpStatusCode: 404 } })).toMatchObject({
      code: '',
      message: expect.stringContaining('HTTP 404'),
    });
  }
});

test('a failure is classified once', () => {
  const failure = new CallFailure('partial', { detail: 'x' });
  expect(classify(failure)).toBe(failure);
});

test.each([
  [{ name: 'TimeoutError', message: 'the request socket did not establish a connection' }, true],
  [{ name: 'Error', message: 'connect ECONNREFUSED 127.0.0.1:9', code: 'ECONNREFUSED' }, true],
  [{ name: 'Error', message: 'AWS SDK error wrapper for Error: connect ECONNREFUSED 127.0.0.1:9' }, true],
  [{ name: 'Error', message: 'getaddrinfo EAI_AGAIN sts.eu-west-1.amazonaws.com', code: 'EAI_AGAIN' }, true],
  [{ name: 'CredentialsProviderError', message: 'Could not load credentials' }, false],
  [refusal(503, 'ServiceUnavailable'), false],
  [refusal(504, 'GatewayTimeout', 'TimeoutError'), false],
])('%j is silence: %s', (error, silent) => {
  expect(isSilence(classify(error))).toBe(silent);
});

test('no secret is in the words that are kept', () => {
  const token = 'IQoJb3JpZ2luX2VjEAaCXVzLWVhc3QtMSJHMEUCIQ'.repeat(4);
  const words = [
    refusal(
      403,
      'SignatureDoesNotMatch',
      `The request signature does not match. The Canonical String for this request should have been 'GET / x-amz-security-token:${token}'`,
    ),
    refusal(403, 'UnauthorizedOperation', `You are not authorized. Encoded authorization failure message: ${token}`),
    refusal(400, 'Whatever', `AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYx`),
  ].map((error) => classify(error).message);
  for (const text of words) expect(text).not.toMatch(/IQoJ|AKIA|wJalr/);
  expect(words[1]).toBe('UnauthorizedOperation: You are not authorized. Encoded authorization failure message: (left out)');
  expect(classify(refusal(403, 'AccessDenied', 'x '.repeat(1000))).message.length).toBeLessThanOrEqual(300);
});
