import { postgresIsThere, startPostgres } from '#test/evidence/postgres-server.ts';
import { type Killing, kill, seeded } from './killing.ts';

/**
 * Kills processes that tell people, again and again: one over a file, and two over a file and over PostgreSQL, where one also stands still for
 * longer than the lease. Usage: kill.long.ts [KILLS]. Exit code 1 where a letter is told twice or never.
 */
const kills = Number(process.argv[2] ?? 40);
const seed = Date.now() % 1_000_000;

async function tried(name: string, how: Omit<Killing, 'chance'>): Promise<void> {
  const { delivered, posted, waiting, astray, first, takenBack } = await kill({ ...how, chance: seeded(seed) });
  const twice = delivered.filter((id) => (posted.get(id) ?? 0) > 1);
  const never = delivered.filter((id) => !posted.has(id));
  const told = `${first.length} alerts, ${delivered.length} letters: ${twice.length} twice, ${never.length} never, ${waiting} left, ${takenBack} taken back`;
  console.log(`${name} (seed ${seed}): ${how.times} kills, ${told}`);
  if (never.length > 0 || waiting > 0 || astray.length > 0 || delivered.length === 0 || (how.finds && twice.length > 0))
    process.exitCode = 1;
  if (astray.length > 0) console.log(`not as it is: ${astray.join(', ')}`);
}

const half = Math.ceil(kills / 2);
const two = { processes: 2, stops: true } as const;
await tried('a channel that finds', { times: kills, finds: true });
await tried('a channel that cannot', { times: half, finds: false });
await tried('two processes over a file', { ...two, times: half, finds: true });
if (postgresIsThere) {
  const server = await startPostgres();
  try {
    await tried('two processes over PostgreSQL', { ...two, times: kills, finds: true, where: server.address('told') });
  } finally {
    await server.remove();
  }
} else console.log('skipped: PostgreSQL is not installed');
