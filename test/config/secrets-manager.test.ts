import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { secretOf } from '#src/config/secret.ts';
import { type AwsAnswer, type AwsDouble, startAws } from '#test/doubles/aws-http.ts';

const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:holdfast/github-AbCdEf';
const variables = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
const before = { ...process.env };
let answer: (input: { SecretId: string }) => AwsAnswer;
let server: AwsDouble;
let asked: { target: string; signedFor: string }[];

beforeEach(async () => {
  asked = [];
  server = await startAws(({ headers, body }) => {
    const signedFor = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)/.exec(String(headers['authorization']));
    asked.push({ target: String(headers['x-amz-target']), signedFor: `${signedFor?.[1]} ${signedFor?.[2]}` });
    return answer(JSON.parse(body) as { SecretId: string });
  });
  Object.assign(process.env, variables, { AWS_ENDPOINT_URL_SECRETS_MANAGER: server.endpoint });
});
afterEach(async () => {
  process.env = { ...before };
  await server.close();
});

const json = (body: object, status = 200): AwsAnswer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(body),
});
const resolved = (reference: string) => secretOf(`\${aws-sm:${reference}}`, 'holdfast.yaml:7 token', { folder: '/', env: {} }).resolve();

test('a secret is read from the region of its ARN, as text, as bytes, or as one field of a JSON object', async () => {
  answer = ({ SecretId }) => json({ ARN: SecretId, SecretString: ' from-aws\n' });
  await expect(resolved(arn)).resolves.toBe('from-aws');
  expect(asked).toEqual([{ target: 'secretsmanager.GetSecretValue', signedFor: 'eu-central-1 secretsmanager' }]);

  answer = () => json({ SecretBinary: Buffer.from('-----BEGIN-----').toString('base64') });
  await expect(resolved(arn)).resolves.toBe('-----BEGIN-----');

  answer = ({ SecretId }) => (SecretId === arn ? json({ SecretString: '{"password":"p","port":5432}' }) : json({}, 400));
  await expect(resolved(`${arn}#password`)).resolves.toBe('p');
  await expect(resolved(`${arn}#port`)).resolves.toBe('5432');
});

test.each([
  [
    'denied',
    arn,
    () => json({ __type: 'AccessDeniedException', message: 'User hunter2 may not' }, 400),
    'did not give it (AccessDeniedException)',
    'holdfast policy aws',
  ],
  [
    'gone',
    arn,
    () => json({ __type: 'ResourceNotFoundException', message: 'hunter2' }, 400),
    'did not give it (ResourceNotFoundException)',
    'see that it exists',
  ],
  ['no such field', `${arn}#toString`, () => json({ SecretString: '{"password":"hunter2"}' }), 'no such field', 'after the #'],
  ['no JSON', `${arn}#password`, () => json({ SecretString: 'hunter2' }), 'no JSON object', 'Leave the #'],
  ['empty', arn, () => json({ SecretString: '' }), 'it is empty', 'Put the secret'],
])('%s: told with what to do, and without a word of the secret', async (_name, reference, given, reason, mend) => {
  answer = given;
  const error = (await resolved(reference).catch((thrown: unknown) => thrown)) as Error & { code: string; remedy: string };
  expect(error).toMatchObject({
    code: 'SECRET_NOT_RESOLVED',
    message: expect.stringContaining(reason),
    remedy: expect.stringContaining(mend),
  });
  expect(`${error.message} ${error.remedy}`).not.toContain('hunter2');
});
