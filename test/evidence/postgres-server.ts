import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** A PostgreSQL of our own in a temporary folder, reached over a socket in it. */
export interface PostgresServer {
  /** The address of a schema, made when it is first opened. */
  address(schema: string, parameters?: string): string;
  /** The folder of the tables. */
  readonly tables: string;
  /** As superuser, in the schema. */
  asked<T>(schema: string, ask: (client: pg.Client) => Promise<T>): Promise<T>;
  /** The same where triggers and references do not hold: what no check of the server would stop. */
  unguarded<T>(schema: string, ask: (client: pg.Client) => Promise<T>): Promise<T>;
  /** Kills every process of the server at once, as a power cut of the machine would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

const programs = [
  ...(existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`) : []),
  '/usr/local/bin',
  '/usr/bin',
]
  .filter((folder) => existsSync(join(folder, 'initdb')))
  .at(0);

/** False where no PostgreSQL is installed: the suites that need one are then skipped. */
export const postgresIsThere = programs !== undefined;

/** PostgreSQL refuses to run as root. */
const user = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];

/** `settings` as on the command line of the server. Without `fsync` unless the store refuses that: the tests kill processes, not machines. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pg-'));
  if (user.length > 0) execFileSync('chown', ['postgres', folder]);
  const data = join(folder, 'data');
  const run = (program: string, ...args: string[]) => {
    const [command, ...rest] = [...user, join(programs!, program), ...args];
    return execFileSync(command!, rest, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  };
  run('initdb', '-D', data, '-U', 'holdfast', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync');
  const options = Object.entries({
    listen_addresses: '',
    unix_socket_directories: folder,
    shared_buffers: '32MB',
    max_connections: '20',
    ...settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let exited: Promise<unknown> = Promise.resolve();

  const start = async () => {
    const [command, ...rest] = [...user, join(programs!, 'postgres'), '-D', data, ...options];
    const server = spawn(command!, rest, { cwd: folder, stdio: 'ignore' });
    exited = new Promise((resolve) => void server.once('exit', resolve));
    const deadline = Date.now() + 60_000;
    while (!(await answers()) && server.exitCode === null && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    if (server.exitCode !== null || Date.now() >= deadline) throw new Error('PostgreSQL did not start');
  };
  const connected = async <T>(ask: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ host: folder, user: 'holdfast', database: 'postgres' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await ask(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const asked: PostgresServer['asked'] = (schema, ask) =>
    connected(async (client) => {
      await client.query(`SET search_path = ${schema}`);
      return await ask(client);
    });
  const answers = () => connected(async () => true).catch(() => false);
  const postmaster = () => Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10);

  await start();
  return {
    address: (schema, parameters = '') =>
      `postgres://holdfast@localhost/postgres?host=${encodeURIComponent(folder)}&schema=${schema}${parameters}`,
    tables: join(data, 'base'),
    asked,
    unguarded: (schema, ask) =>
      asked(schema, async (client) => {
        await client.query('SET session_replication_role = replica');
        return await ask(client);
      }),
    start,
    async kill() {
      const parent = postmaster();
      const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').split(' ').map(Number).filter(Boolean);
      for (const pid of [parent, ...children]) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself meanwhile.
        }
      }
      await exited;
    },
    async remove() {
      try {
        process.kill(postmaster(), 'SIGQUIT');
      } catch {
        // It does not run.
      }
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}
