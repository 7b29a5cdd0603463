import { expect, test } from '@jest/globals';
import { text } from './files.ts';

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/** Licences that ask for no more than to be named. */
const free = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'Unlicense']);

test('every package in the image has a licence that lets it be shipped', () => {
  const { packages } = JSON.parse(text('package-lock.json')) as { packages: Record<string, Locked> };
  const shipped = Object.entries(packages).filter(
    ([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional,
  );
  expect(shipped.length).toBeGreaterThan(100);
  const others = shipped.flatMap(([path, { version, license }]) =>
    license !== undefined &&
    license
      .replace(/[()]/g, '')
      .split(' OR ')
      .some((each) => free.has(each))
      ? []
      : [`${path} ${version}: ${license ?? 'no licence'}`],
  );
  expect(others).toEqual([]);
});
