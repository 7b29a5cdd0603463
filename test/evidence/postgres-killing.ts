import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres } from '#src/evidence/postgres.ts';
import { openPostgresDatabase } from '#src/evidence/postgres-engine.ts';
import { createFrontier } from '#src/ledger/tree.ts';
import { startPostgres } from '#test/evidence/postgres-server.ts';

export interface ServerKilled {
  readonly kills: number;
  readonly cycles: number;
  /** How often a writer was told that the other one writes. */
  readonly refusals: number;
  readonly faults: readonly string[];
}

/**
 * Kills every process of PostgreSQL at a random moment under two writers that compete for one store, starts it again, and looks: every cycle
 * that either was told is durable is there with the root that it was told, none was told twice, and the store agrees with itself.
 */
export async function killServerAgainAndAgain(kills: number, random: () => number = Math.random): Promise<ServerKilled> {
  const server = await startPostgres();
  const address = server.address('competed');
  const faults: string[] = [];
  const acknowledged = new Map<number, string>();
  let refusals = 0;
  const hear = (line: string) => {
    const [size, root] = line.split(' ');
    if (line.startsWith('fault')) faults.push(line);
    else if (line === 'STORE_LOCKED') refusals += 1;
    else if (root !== undefined) {
      if (acknowledged.has(Number(size))) faults.push(`cycle ${size} was acknowledged twice`);
      acknowledged.set(Number(size), root);
    }
  };
  const writers = [startWriter(address, hear), startWriter(address, hear)];
  let cycles = 0;
  try {
    for (let n = 1; n <= kills; n++) {
      const before = acknowledged.size;
      while (acknowledged.size === before && writers.every(({ exitCode }) => exitCode === null)) await sleep(5);
      await sleep(random() * 300);
      await server.kill();
      // What was said before the server died may still be on its way.
      await sleep(20);
      const told = new Map(acknowledged);
      await server.start();
      cycles = await compare(address, told, (fault) => faults.push(`kill ${n}: ${fault}`));
      if (writers.some(({ exitCode }) => exitCode !== null)) throw new Error('a writer ended by itself');
    }
    return { kills, cycles, refusals, faults };
  } finally {
    for (const writer of writers) writer.kill('SIGKILL');
    await server.remove();
  }
}

function startWriter(address: string, hear: (line: string) => void): ChildProcess {
  const script = new URL('postgres-writing.ts', import.meta.url).pathname;
  const writer = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, address], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: writer.stdout }).on('line', hear);
  return writer;
}

/** The store as it stands against what was acknowledged. Returns its size. */
async function compare(address: string, told: ReadonlyMap<number, string>, fault: (text: string) => void): Promise<number> {
  const db = openPostgresDatabase(address, { readOnly: true });
  const frontier = createFrontier();
  for (const { idx, hash } of db.prepare('SELECT idx, hash FROM ledger ORDER BY idx').all()) {
    if (idx !== frontier.size()) fault(`leaf ${Number(idx)} stands where ${frontier.size()} is expected`);
    frontier.append(Buffer.from(hash as Uint8Array));
    const root = told.get(frontier.size());
    if (root !== undefined && root !== frontier.root().toString('hex'))
      fault(`the root of ${frontier.size()} is not the one that was acknowledged`);
  }
  db.close();
  const last = Math.max(0, ...told.keys());
  if (frontier.size() < last) fault(`${last} cycles were acknowledged, ${frontier.size()} are there`);
  await using store = openPostgres(address, { readOnly: true });
  for (const line of store.check()) fault(line);
  return frontier.size();
}
