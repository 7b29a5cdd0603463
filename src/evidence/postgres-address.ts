import { readFileSync } from 'node:fs';
import type { ClientConfig } from 'pg';
import { HoldfastError } from '#src/errors.ts';

/** Where a store in PostgreSQL lies. */
export interface PostgresAddress {
  /** As errors name it: without user and password. */
  readonly name: string;
  readonly schema: string;
  readonly connection: ClientConfig & {
    /** The certificate must be of this host. */
    readonly checkName: boolean;
  };
}

/**
 * Takes `postgres://user:password@host:5432/database?sslmode=verify-full&schema=holdfast` apart. Nothing of it is in the error, STORE_ADDRESS.
 * `sslmode` is `verify-full` unless the host is this machine, a socket or a name without a dot, as in a private container network: then `disable`.
 */
export function postgresAddress(text: string): PostgresAddress {
  // Without a host, as libpq takes it where `host` names a socket.
  const url = URL.parse(text.trim().replace(/^(postgres(?:ql)?:\/\/[^/]*@)\//, '$1localhost/'));
  if (!url || !/^postgres(ql)?:$/.test(url.protocol))
    throw wrong('it does not begin with postgres://, or a special letter in it is not written as %xx');
  const parameters = Object.fromEntries(url.searchParams);
  const stray = Object.keys(parameters).find((name) => !known.includes(name));
  if (stray !== undefined) throw wrong(`the parameter "${stray.slice(0, 40)}" is not known; known are ${known.join(', ')}`);

  const host = parameters['host'] ?? (decoded(url.hostname).replace(/^\[|\]$/g, '') || 'localhost');
  const database = decoded(url.pathname.slice(1));
  if (database === '' || database.includes('/')) throw wrong('it names no database');
  const user = decoded(url.username);
  if (user === '') throw wrong('it names no user');
  const schema = parameters['schema'] ?? 'holdfast';
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw wrong('the schema is not a name of small letters, digits and _');
  const port = Number(url.port || 5432);
  const nearby = host.startsWith('/') || !/[.:]/.test(host) || /^127\.|^::1$/.test(host);
  const { ssl, checkName } = encryption(
    parameters['sslmode'] ?? (nearby && parameters['sslrootcert'] === undefined ? 'disable' : 'verify-full'),
    parameters,
  );
  const place = host.startsWith('/') ? `${host}:${port}` : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    name: `postgres://${place}/${database}, schema ${schema}`,
    schema,
    connection: { host, port, database, user, password: decoded(url.password), connectionTimeoutMillis: 10_000, ssl, checkName },
  };
}

const known = ['schema', 'host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'];

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw wrong('a % in it does not begin a %xx');
  }
}

/** `require` is libpq's: encrypted, to whoever answers. `prefer` and `allow` would fall back to clear text unnoticed. */
function encryption(mode: string, { sslrootcert, sslcert, sslkey }: Record<string, string>): { ssl: Ssl; checkName: boolean } {
  if (mode === 'disable') return { ssl: false, checkName: false };
  if (!['require', 'verify-ca', 'verify-full'].includes(mode))
    throw wrong('sslmode is none of disable, require, verify-ca and verify-full');
  const ssl = {
    rejectUnauthorized: mode !== 'require' || sslrootcert !== undefined,
    ...(sslrootcert !== undefined && { ca: fileAt('sslrootcert', sslrootcert) }),
    ...(sslcert !== undefined && { cert: fileAt('sslcert', sslcert) }),
    ...(sslkey !== undefined && { key: fileAt('sslkey', sslkey) }),
  };
  return { ssl, checkName: mode === 'verify-full' };
}

type Ssl = Exclude<ClientConfig['ssl'], undefined>;

function fileAt(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw wrong(`the file of ${parameter} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'})`);
  }
}

const wrong = (reason: string): HoldfastError => new HoldfastError('STORE_ADDRESS', { reason });
