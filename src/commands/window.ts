import { isLocalDate } from '#src/config/local-date.ts';
import { type Config, windowOf } from '#src/config.ts';
import { HoldfastError } from '#src/errors.ts';
import type { Window } from '#src/window/types.ts';
import type { Options } from './command.ts';

export const windowOptions = {
  from: { type: 'string', means: 'First day of the window, in the declared time zone' },
  to: { type: 'string', means: 'Last day of the window, included' },
} as const;

/** The window that `--from` and `--to` name, else the declared one. WINDOW_NOT_DECLARED where there is neither. */
export function windowIn(options: Options, config: Config, asOf: number): Window {
  const { from = config.window?.from, to = config.window?.to } = options;
  if (from === undefined || to === undefined) throw new HoldfastError('WINDOW_NOT_DECLARED', {});
  for (const [name, day] of Object.entries({ from, to }))
    if (typeof day !== 'string' || !isLocalDate(day))
      throw new HoldfastError('USAGE', { problem: `--${name} ${String(day)} is no date.`, mend: 'Write a day as 2026-02-01.' });
  if (String(from) > String(to))
    throw new HoldfastError('USAGE', {
      problem: 'The window ends before it begins.',
      mend: 'Give the first day with --from and the last with --to.',
    });
  const { start, end } = windowOf(from as `${number}-${number}-${number}`, to as `${number}-${number}-${number}`, config.timeZone);
  return { from: start, to: end, asOf };
}
