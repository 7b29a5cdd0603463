import { HoldfastError } from '#src/errors.ts';
import { type LogLevel, logLevels } from '#src/log.ts';
import type { Invocation } from './command.ts';

export const logLevelOption = {
  'log-level': { type: 'string', means: 'debug, info (default), warn, error or silent; also HOLDFAST_LOG_LEVEL' },
} as const;

/** How much the log says: as the option, or else the environment, asks for. Errors: USAGE. */
export function logLevelIn({ options, env }: Pick<Invocation, 'options' | 'env'>, otherwise: LogLevel = 'info'): LogLevel {
  const given = options['log-level'] ?? env['HOLDFAST_LOG_LEVEL'];
  if (given === undefined || given === '') return otherwise;
  const level = logLevels.find((each) => each === given);
  if (level === undefined)
    throw new HoldfastError('USAGE', { problem: `There is no log level ${String(given)}.`, mend: `Use one of ${logLevels.join(', ')}.` });
  return level;
}
