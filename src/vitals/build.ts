import { readFileSync } from 'node:fs';
import type { Build } from './meter.ts';

/** Which program this is: the version of the package, and the state of the sources where the image was told of it. */
export function buildIn(env: Readonly<Record<string, string | undefined>>): Build {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return { version, revision: env['HOLDFAST_REVISION'] ?? 'unknown' };
}
