import { expect, test } from '@jest/globals';
import { learnSecret, learnSecretsOf, secretIn, withoutSecrets } from '#src/redaction.ts';

test('a secret is taken out whole, encoded, and in the parts that are secret by themselves', () => {
  learnSecret('postgres://holdfast:p%40ss-w0rd-of-the-store@db.example.com/evidence');
  learnSecret('https://hooks.example.com/services/T000/B000/abcdefghijklmnop');
  learnSecret('-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n');
  learnSecretsOf({
    GITHUB_TOKEN: 'a token/with signs',
    HOME: '/home/somebody/else',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/token',
  });
  const said = (text: string) => withoutSecrets(`x ${text} y`);
  expect(said('p@ss-w0rd-of-the-store')).toBe('x (secret) y');
  expect(said('p%40ss-w0rd-of-the-store')).toBe('x (secret) y');
  expect(said('/services/T000/B000/abcdefghijklmnop')).toBe('x (secret) y');
  expect(said('abcdefghijklmnop')).toBe('x (secret) y');
  expect(said('MC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')).toBe('x (secret) y');
  expect(said('a%20token%2Fwith%20signs')).toBe('x (secret) y');
  for (const open of ['db.example.com', 'https://hooks.example.com', '/home/somebody/else', '/var/run/secrets/token'])
    expect(said(open)).toBe(`x ${open} y`);
});

test('what is too short to be no word is left; what is long enough is never kept', () => {
  learnSecret('token');
  learnSecret('twelve-chars');
  learnSecret('sixteen-or-more-of-them');
  expect(withoutSecrets('a token')).toBe('a token');
  expect(withoutSecrets('of twelve-chars')).toBe('of (secret)');
  expect([secretIn('"twelve-chars"'), secretIn('"sixteen-or-more-of-them"')]).toEqual([null, 'a secret of ours']);
});
