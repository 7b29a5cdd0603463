import { expect, test } from '@jest/globals';
import { parsePolicy, refusesPlainHttp } from '#collectors/aws/bucket-policy.ts';

const arn = 'arn:aws:s3:::b';
const deny = {
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [arn, `${arn}/*`],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
};
const judged = (...statements: object[]) => refusesPlainHttp(parsePolicy(JSON.stringify({ Statement: statements }))!, arn);

test.each<[string, object[]]>([
  ['the usual statement', [deny]],
  ['one bucket-wide pattern', [{ ...deny, Resource: `${arn}*` }]],
  ['every resource', [{ ...deny, Resource: '*' }]],
  ['every action', [{ ...deny, Action: ['s3:GetObject', '*'] }]],
  ['the principal written as a map', [{ ...deny, Principal: { AWS: ['*'] } }]],
  ['a boolean, and another case', [{ ...deny, Condition: { BoolIfExists: { 'AWS:securetransport': [false] } } }]],
  ['denying everyone everything', [{ ...deny, Condition: {} }]],
  [
    'two statements together',
    [
      { ...deny, Resource: arn },
      { ...deny, Resource: `${arn}/*` },
    ],
  ],
])('%s refuses plain HTTP', (_, statements) => expect(judged(...statements)).toBe(true));

test.each<[string, object[]]>([
  ['only the bucket', [{ ...deny, Resource: arn }]],
  ['only the objects', [{ ...deny, Resource: `${arn}/*` }]],
  ['another bucket', [{ ...deny, Resource: ['arn:aws:s3:::c', 'arn:aws:s3:::c/*'] }]],
  ['a folder of it', [{ ...deny, Resource: [arn, `${arn}/private/*`] }]],
  ['a pattern that leaves room', [{ ...deny, Resource: [arn, 'arn:aws:s3:::?/*'] }]],
  ['some actions', [{ ...deny, Action: ['s3:GetObject', 's3:PutObject'] }]],
  ['all actions but some', [{ ...deny, Action: undefined, NotAction: 's3:GetObject' }]],
  ['one role only', [{ ...deny, Principal: { AWS: 'arn:aws:iam::123456789012:role/r' } }]],
  ['everyone but some', [{ ...deny, Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::123456789012:role/r' } }]],
  ['all resources but some', [{ ...deny, Resource: undefined, NotResource: `${arn}/public/*` }]],
  ['a further condition', [{ ...deny, Condition: { ...deny.Condition, StringEquals: { 'aws:SourceVpc': 'vpc-1' } } }]],
  ['a further key', [{ ...deny, Condition: { Bool: { 'aws:SecureTransport': 'false', 'aws:ViaAWSService': 'false' } } }]],
  ['the wrong way round', [{ ...deny, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }]],
  ['a grant', [{ ...deny, Effect: 'Allow' }]],
  ['nothing', []],
])('%s does not', (_, statements) => expect(judged(...statements)).toBe(false));

test.each([
  '',
  'null',
  '[]',
  '{}',
  '{"Statement":"*"}',
  '{"Statement":[{"Effect":"Perhaps"}]}',
  '{"Statement":[{"Effect":"Deny","Action":7}]}',
])('%s is no policy', (text) => {
  expect(parsePolicy(text)).toBeNull();
});
