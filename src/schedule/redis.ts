import { Redis, type RedisOptions } from 'ioredis';
import { HoldfastError } from '#src/errors.ts';

/** Where a Redis lies. */
export interface RedisAddress {
  /** As errors name it: without user and password. */
  readonly name: string;
  readonly options: RedisOptions;
}

/**
 * Takes `rediss://user:password@host:6379/0` apart. Nothing of it is in the error, QUEUE_ADDRESS. Clear text, `redis://`, is taken for this
 * machine and for a name without a dot, as in a private container network; elsewhere only with `?tls=off`.
 */
export function redisAddress(text: string): RedisAddress {
  const url = URL.parse(text.trim());
  if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    throw wrong('it does not begin with rediss:// or redis:// and a host, or a special letter in it is not written as %xx');
  const stray = [...url.searchParams.keys()].find((key) => key !== 'tls');
  if (stray !== undefined) throw wrong(`the parameter "${stray.slice(0, 40)}" is not known; known is tls`);
  const database = url.pathname.slice(1);
  if (!/^\d{0,4}$/.test(database)) throw wrong('the part after the host is not the number of a database');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const nearby = !/[.:]/.test(host) || /^127\.|^::1$/.test(host);
  const encrypted = url.protocol === 'rediss:';
  if (!encrypted && !nearby && url.searchParams.get('tls') !== 'off')
    throw wrong('its host is not on this machine, and redis:// would send the password and the evidence in clear: write rediss://');
  const port = Number(url.port || 6379);
  return {
    name: `${url.protocol}//${host.includes(':') ? `[${host}]` : host}:${port}${database === '' ? '' : `/${database}`}`,
    options: {
      host,
      port,
      ...(url.username !== '' && { username: decoded(url.username) }),
      ...(url.password !== '' && { password: decoded(url.password) }),
      ...(database !== '' && { db: Number(database) }),
      ...(encrypted && { tls: { servername: host } }),
    },
  };
}

const wrong = (reason: string): HoldfastError => new HoldfastError('QUEUE_ADDRESS', { reason });

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw wrong('a % in it does not begin a %xx');
  }
}

/** How a connection behaves while Redis is away: who asks is told within seconds, or waits until it is back. */
export type WhileAway = 'told' | 'waiting';

/** Opens a connection that comes back by itself. `said` hears why it is away. */
export function connectRedis({ options }: RedisAddress, whileAway: WhileAway, said: (reason: string) => void = () => undefined): Redis {
  const settings: Omit<RedisOptions, 'replyMapping'> = {
    ...options,
    connectTimeout: 5_000,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(2_000, 50 * 2 ** Math.min(times, 6)),
    ...(whileAway === 'told' ? { maxRetriesPerRequest: 2, commandTimeout: 10_000 } : { maxRetriesPerRequest: null }),
  };
  const redis = new Redis(settings);
  redis.on('error', (error: NodeJS.ErrnoException) => said(error.code ?? error.message));
  return redis;
}

/** Oldest version with all that is used of it. */
const needed = '6.2';

export interface RedisFacts {
  readonly version: string;
  /** Whether what it holds is there after a restart. */
  readonly keeps: boolean;
}

/** Refuses a Redis that may lose jobs. Errors: QUEUE_UNREACHABLE, QUEUE_TOO_OLD, QUEUE_EVICTS. */
export async function examine(redis: Redis, queue: string): Promise<RedisFacts> {
  const info = await redis.info().catch((error: unknown) => {
    throw unreachable(queue, error);
  });
  const fact = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const found = fact('redis_version');
  const [major = 0, minor = 0] = found.split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 2)) throw new HoldfastError('QUEUE_TOO_OLD', { queue, found, needed });
  const policy = fact('maxmemory_policy');
  if (policy !== '' && policy !== 'noeviction') throw new HoldfastError('QUEUE_EVICTS', { queue, policy });
  return { version: found, keeps: fact('aof_enabled') === '1' };
}

/** Why Redis did not answer. What it says may repeat a command, never a password: those go over the wire as arguments of `AUTH`. */
export function unreachable(queue: string, error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const { code, message = '' } = (error ?? {}) as { code?: string; message?: string };
  const reason = /NOAUTH|WRONGPASS/.test(message)
    ? 'it does not accept the user and password'
    : /max retries|Connection is closed|Command timed out/i.test(message)
      ? 'it does not answer'
      : (code ?? message.split('\n')[0]!.slice(0, 200));
  return new HoldfastError('QUEUE_UNREACHABLE', { queue, reason }, { cause: error });
}
