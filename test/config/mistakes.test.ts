import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { loadConfig } from '#src/config.ts';
import { errorText, HoldfastError } from '#src/errors.ts';
import { cases } from '#test/config/mistakes.cases.ts';

const golden = path.join(import.meta.dirname, 'mistakes.golden.txt');
const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-config-'));
const collectors = ['aws-iam-users', 'aws-kms-keys', 'github-repositories', 'scim-users'];
afterAll(() => rmSync(folder, { recursive: true }));

/** HOLDFAST_GOLDEN=write rewrites the texts; read the difference before keeping it. */
test('every kind of mistake is told in one clear error each', () => {
  const told = Object.entries(cases)
    .map(([title, content]) => `== ${title}\n${mistakeIn(content)}\n`)
    .join('\n');
  if (process.env['HOLDFAST_GOLDEN'] === 'write') writeFileSync(golden, told);
  expect(told).toBe(readFileSync(golden, 'utf8'));
});

test.each(Object.keys(cases))('%s: a place, what to do, and no secret', (title) => {
  const error = errorOf(cases[title]!);
  const each = error.problems.length > 0 ? error.problems : [error];
  expect(error.exit).toBe(2);
  expect(errorText(error)).not.toMatch(/Sup3rS3cret|314159265|a1a1|undefined|\[object|NaN/);
  expect(JSON.stringify(error)).not.toMatch(/Sup3rS3cret|314159265|a1a1/);
  for (const { code, data, message, remedy } of each) {
    expect(remedy).not.toBe('');
    if (code === 'CONFIG_FILE_TOO_LARGE') continue;
    expect(data['line']).toBeGreaterThan(0);
    expect(message).toContain(`${String(data['file'])}:${String(data['line'])}:${String(data['column'])}`);
  }
});

test('a configuration that is not there', () => {
  expect(() => loadConfig(path.join(folder, 'none.yaml'), {})).toThrow(expect.objectContaining({ code: 'CONFIG_FILE_MISSING' }));
  expect(() => loadConfig(folder, {})).toThrow(expect.objectContaining({ code: 'CONFIG_FILE_UNREADABLE' }));
});

function mistakeIn(content: string | Uint8Array): string {
  return errorText(errorOf(content)).replaceAll(`${folder}/`, '');
}

function errorOf(content: string | Uint8Array): HoldfastError {
  const file = path.join(folder, 'holdfast.yaml');
  writeFileSync(file, content);
  try {
    loadConfig(file, {}, { collectors });
  } catch (error) {
    if (error instanceof HoldfastError) return error;
    throw error;
  }
  throw new Error('no mistake was found');
}
