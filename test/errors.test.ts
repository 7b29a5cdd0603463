import { describe, expect, test } from '@jest/globals';
import { didYouMean, errorList, errors, errorText, HoldfastError, nearestTo } from '#src/errors.ts';

describe('the table', () => {
  test.each(Object.entries(errors))(
    '%s says what happened, what to do, and leaves with 1, 2 or 3',
    (code, { says, remedy, exit, retry }) => {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(`${says} ${remedy}`.replaceAll(/\{\w+\}/g, '')).not.toMatch(/[{}]/);
      expect(says).toMatch(/[.}]$/);
      expect(remedy).toMatch(/[.}]$/);
      expect([1, 2, 3]).toContain(exit);
      expect(typeof retry).toBe('boolean');
      expect(`${says} ${remedy}`).not.toMatch(/compliant|effective|certified/i);
    },
  );

  test('the page has a row for each code', () => {
    for (const code of Object.keys(errors)) expect(errorList()).toContain(`| \`${code}\` |`);
  });
});

describe('an error', () => {
  const cause = new Error('inner');
  const error = new HoldfastError('STORE_NEWER', { file: 'evidence.db', found: 9, known: 3 }, { cause });

  test('fills in its data', () => {
    expect(error).toMatchObject({
      name: 'HoldfastError',
      code: 'STORE_NEWER',
      message: 'The store evidence.db has schema 9; this program knows up to 3.',
      remedy: 'Run the newer version of Holdfast that wrote it. Nothing was changed.',
      retry: false,
      exit: 2,
      cause,
    });
    expect(error).toBeInstanceOf(Error);
  });

  test('what was filled in is not filled in again', () => {
    expect(new HoldfastError('STORE_NEWER', { file: '{found}', found: 9, known: '$&' }).message).toBe(
      'The store {found} has schema 9; this program knows up to $&.',
    );
  });

  test('as JSON, without the cause and the stack', () => {
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'STORE_NEWER',
      message: error.message,
      remedy: error.remedy,
      retry: false,
      exit: 2,
      data: { file: 'evidence.db', found: 9, known: 3 },
    });
  });

  test('with its parts', () => {
    const whole = new HoldfastError('CONFIG_MISTAKES', { file: 'x', count: 1 }, { problems: [error] });
    expect(whole.toJSON().problems).toEqual([error.toJSON()]);
    expect(errorText(whole)).toBe(`x has 1 mistakes.\n  Mend each of them; the list says how.\n${error.message}\n  ${error.remedy}`);
    expect('cause' in whole).toBe(false);
  });

  test('its data is typed on the code', () => {
    // @ts-expect-error: `known` is missing
    const incomplete = new HoldfastError('STORE_NEWER', { file: 'x', found: 1 });
    expect(incomplete.message).toContain('{known}');
  });
});

test('did you mean', () => {
  expect(didYouMean('AC-7', ['AC-07', 'NW-01'])).toBe(' Did you mean "AC-07"?');
  expect(didYouMean('zebra', ['AC-07', 'NW-01'])).toBe('');
  expect(nearestTo('Coverge', ['coverage'])).toBe('coverage');
  expect(nearestTo('x'.repeat(1000), ['x'])).toBeUndefined();
  expect(nearestTo('x', [])).toBeUndefined();
});
