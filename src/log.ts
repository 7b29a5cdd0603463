import pino, { type DestinationStream, type Logger } from 'pino';
import { withoutSecrets } from '#src/redaction.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const secretPaths = [
  'authorization',
  'token',
  'secret',
  'password',
  'privateKey',
  'externalId',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
];

/** One line of JSON per fact, on standard error: standard output belongs to data. Secrets are redacted wherever they might turn up. */
export function openLog(level: LogLevel, stream: DestinationStream = pino.destination({ dest: 2, sync: true })): Logger {
  const paths = secretPaths.flatMap((path) => [path, `*.${path}`, `*.*.${path}`]);
  const cleaned: DestinationStream = { write: (line) => stream.write(withoutSecrets(line)) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths, censor: '[redacted]' } }, cleaned);
}
