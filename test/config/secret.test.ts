import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parseReference, type Secret, type SecretSources, secretOf } from '#src/config/secret.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-secret-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(path.join(folder, 'token'), 'from-file\n');
writeFileSync(path.join(folder, 'empty'), '\n');
writeFileSync(path.join(folder, 'large'), 'x'.repeat(70_000));

const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:github-AbCdEf';
const sources: SecretSources = { folder, env: { TOKEN: 'from-env', EMPTY: '' } };
const secret = (ref: string, more: Partial<SecretSources> = {}): Secret =>
  secretOf(ref, 'holdfast.yaml:7 connections[0].token', { ...sources, ...more });

describe('resolving', () => {
  test('from the environment, a file and Secrets Manager', async () => {
    await expect(secret('${env:TOKEN}').resolve()).resolves.toBe('from-env');
    await expect(secret('${file:token}').resolve()).resolves.toBe('from-file');
    await expect(secret(`\${file:${folder}/token}`).resolve()).resolves.toBe('from-file');
    await expect(
      secret(`\${aws-sm:${arn}}`, { secretsManager: async (asked) => (asked === arn ? 'from-sm' : 'no') }).resolve(),
    ).resolves.toBe('from-sm');
  });

  test('anew each time, so that a rotated secret is picked up', async () => {
    const rotating = secret('${file:rotating}');
    writeFileSync(path.join(folder, 'rotating'), 'first');
    await expect(rotating.resolve()).resolves.toBe('first');
    writeFileSync(path.join(folder, 'rotating'), 'second');
    await expect(rotating.resolve()).resolves.toBe('second');
  });

  test.each([
    ['${env:ABSENT}', 'the environment variable ABSENT is not set'],
    ['${env:EMPTY}', 'it is empty'],
    ['${file:absent}', `there is no file ${folder}/absent`],
    ['${file:empty}', 'it is empty'],
    ['${file:large}', `${folder}/large is too large to be a secret`],
    ['${file:.}', `${folder} cannot be read (EISDIR)`],
  ])('%s: %s', async (ref, reason) => {
    await expect(secret(ref).resolve()).rejects.toMatchObject({
      code: 'SECRET_NOT_RESOLVED',
      exit: 2,
      message: `The secret ${ref} (holdfast.yaml:7 connections[0].token) cannot be resolved: ${reason}.`,
      remedy: expect.stringMatching(/\w/),
    });
  });

  test("a refusal of Secrets Manager is told without the provider's words", async () => {
    const refusal = Object.assign(new Error('not authorized: hunter2'), { name: 'AccessDeniedException' });
    const asked = secret(`\${aws-sm:${arn}}`, { secretsManager: () => Promise.reject(refusal) }).resolve();
    await expect(asked).rejects.toMatchObject({ message: expect.stringContaining('(AccessDeniedException)') });
    await expect(asked).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') });
  });
});

test('however it is printed, a secret shows its reference', async () => {
  const shown = secret('${env:TOKEN}');
  await shown.resolve();
  for (const text of [
    String(shown),
    JSON.stringify({ shown }),
    inspect({ shown }),
    inspect(shown, { showHidden: true, customInspect: false, depth: 9 }),
  ]) {
    expect(text).toContain('${env:TOKEN}');
    expect(text).not.toContain('from-env');
  }
});

test('references', () => {
  expect(parseReference('${env:A_1}')).toEqual({ scheme: 'env', name: 'A_1' });
  expect(parseReference('${file:/run/secrets/x y.pem}')).toEqual({ scheme: 'file', name: '/run/secrets/x y.pem' });
  expect(parseReference(`\${aws-sm:${arn}}`)).toEqual({ scheme: 'aws-sm', name: arn });
  expect(['', 'x', '$X', '{env:X}', '${env:X', 'a${env:X}', '${env:X} ', '${env:X}${env:Y}', '${env:${X}}'].map(parseReference)).toEqual(
    Array(9).fill('literal'),
  );
  expect(['${vault:x}', '${ENV:X}', '${X}', '${:x}'].map(parseReference)).toEqual(Array(4).fill('unknown-scheme'));
  expect(['${env:}', '${env}', '${file: }'].map(parseReference)).toEqual(Array(3).fill('no-name'));
  expect(['${env:A-B}', '${env:1A}', '${aws-sm:name}', '${file: x}'].map(parseReference)).toEqual(Array(4).fill('bad-name'));
  expect(() => secretOf('literal', 'here', sources)).toThrow(TypeError);
});
